-- Slots take turns by `turn_at`: when the next page of one may enter at the earliest. `tries`: how often that could not
-- be told since the last page. `stale_at`: when it is too late for the first of its audience to enter; never, where absent.
ALTER TABLE journey_slot ADD COLUMN turn_at BIGINT NOT NULL DEFAULT 0;
ALTER TABLE journey_slot ADD COLUMN tries BIGINT NOT NULL DEFAULT 0;
ALTER TABLE journey_slot ADD COLUMN stale_at BIGINT;
DROP INDEX journey_slot_open;
CREATE INDEX journey_slot_open ON journey_slot (turn_at) WHERE done_at IS NULL;
