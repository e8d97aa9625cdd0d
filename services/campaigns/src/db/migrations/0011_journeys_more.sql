-- What both ends of a journey's webhooks know, and splits of the published version that will have a winner.
ALTER TABLE journey ADD COLUMN webhook_secret TEXT;
ALTER TABLE journey ADD COLUMN contests BIGINT NOT NULL DEFAULT 0;

-- Calls of webhooks that are to be made. `due_at`: when the next try is made, or, while one is under way, when it is
-- taken for lost. Gone once the run has its answer.
CREATE TABLE journey_call (
    run {uuid} NOT NULL,
    epoch BIGINT NOT NULL,
    number BIGINT NOT NULL,
    tenant {uuid} NOT NULL,
    journey {uuid} NOT NULL,
    step TEXT NOT NULL,
    request {json} NOT NULL,
    attempts BIGINT NOT NULL,
    due_at BIGINT NOT NULL,
    PRIMARY KEY (run, epoch, number)
);
CREATE INDEX journey_call_due ON journey_call (due_at);

-- Slots of schedules whose audiences enter, page by page. `cursor`: the last contact that has entered.
CREATE TABLE journey_slot (
    journey {uuid} NOT NULL,
    slot_at BIGINT NOT NULL,
    tenant {uuid} NOT NULL,
    mode TEXT NOT NULL,
    audience {uuid},
    cursor {uuid},
    entered BIGINT NOT NULL,
    done_at BIGINT,
    PRIMARY KEY (journey, slot_at)
);
CREATE INDEX journey_slot_open ON journey_slot (slot_at) WHERE done_at IS NULL;

-- Splits that are decided: whoever comes later gets this variant. `figures`: what it was decided by.
CREATE TABLE journey_winner (
    journey {uuid} NOT NULL,
    version BIGINT NOT NULL,
    step TEXT NOT NULL,
    variant TEXT NOT NULL,
    figures {json} NOT NULL,
    decided_at BIGINT NOT NULL,
    PRIMARY KEY (journey, version, step)
);

-- One live run per key and contact: a key that two people share is two runs.
DROP INDEX journey_run_live;
CREATE UNIQUE INDEX journey_run_live ON journey_run (journey, key, contact) WHERE ended IS NULL;
