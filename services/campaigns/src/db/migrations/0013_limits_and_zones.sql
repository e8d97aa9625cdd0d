-- Texts of journeys with limits, as long as they count: over all runs of a contact in a journey. `nth`: of the run.
CREATE TABLE journey_sent (
    contact {uuid} NOT NULL,
    journey {uuid} NOT NULL,
    run {uuid} NOT NULL,
    nth BIGINT NOT NULL,
    sent_at BIGINT NOT NULL,
    counts_until BIGINT NOT NULL,
    PRIMARY KEY (contact, journey, run, nth)
){without_rowid};
CREATE INDEX journey_sent_age ON journey_sent (counts_until);

-- Slots by the clock of each contact: their local time, and from when on they count.
ALTER TABLE journey_slot ADD COLUMN local_time TEXT;
ALTER TABLE journey_slot ADD COLUMN since BIGINT;

-- Who enters when, for such a slot: one row per contact until then, and one wave for all who enter together. A wave
-- opens at its time, or is dropped where that was missed until `stale_at`.
CREATE TABLE journey_wave (
    journey {uuid} NOT NULL,
    slot_at BIGINT NOT NULL,
    enters_at BIGINT NOT NULL,
    stale_at BIGINT NOT NULL,
    opened_at BIGINT,
    PRIMARY KEY (journey, slot_at, enters_at, stale_at)
);
CREATE INDEX journey_wave_due ON journey_wave (enters_at);
CREATE TABLE journey_entry (
    journey {uuid} NOT NULL,
    slot_at BIGINT NOT NULL,
    enters_at BIGINT NOT NULL,
    stale_at BIGINT NOT NULL,
    contact {uuid} NOT NULL,
    PRIMARY KEY (journey, slot_at, enters_at, stale_at, contact)
){without_rowid};
