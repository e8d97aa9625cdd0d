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
