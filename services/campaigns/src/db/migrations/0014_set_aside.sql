-- Rows that cannot be read are set aside, so that the others go on; `set_aside_at`: since when.
ALTER TABLE journey_input ADD COLUMN set_aside_at BIGINT;
DROP INDEX journey_input_next;
CREATE INDEX journey_input_next ON journey_input (seq) WHERE held_by IS NULL AND set_aside_at IS NULL;
CREATE INDEX journey_input_aside ON journey_input (set_aside_at) WHERE set_aside_at IS NOT NULL;

-- Calls are taken by tenant, so that none holds up the others.
ALTER TABLE journey_call ADD COLUMN set_aside_at BIGINT;
DROP INDEX journey_call_due;
CREATE INDEX journey_call_due ON journey_call (tenant, due_at) WHERE set_aside_at IS NULL;
CREATE INDEX journey_call_aside ON journey_call (set_aside_at) WHERE set_aside_at IS NOT NULL;

-- A run whose state cannot be read has ended; `unread`: the state as it was.
ALTER TABLE journey_run ADD COLUMN unread TEXT;
CREATE INDEX journey_run_unread ON journey_run (moved_at) WHERE unread IS NOT NULL;
