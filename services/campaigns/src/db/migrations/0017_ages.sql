-- When a contact's last run of a journey was started, of runs whose rows are gone: whoever may enter but once is asked
-- about however long ago that was.
CREATE TABLE journey_entered (
    contact {uuid} NOT NULL,
    journey {uuid} NOT NULL,
    last_started_at BIGINT NOT NULL,
    PRIMARY KEY (contact, journey)
){without_rowid};

-- What splits are decided by, of runs whose rows are gone.
CREATE TABLE journey_tally (
    journey {uuid} NOT NULL,
    version BIGINT NOT NULL,
    step TEXT NOT NULL,
    variant TEXT NOT NULL,
    runs BIGINT NOT NULL,
    reached BIGINT NOT NULL,
    PRIMARY KEY (journey, version, step, variant)
){without_rowid};

CREATE INDEX occurrence_age ON occurrence (slot_at) WHERE state <> 'due';
CREATE INDEX preflight_age ON preflight (finished_at) WHERE state <> 'running';

-- What texts say of a person goes once they are settled; until then it is found by the person.
CREATE INDEX flow_text_said ON flow_text (contact) WHERE vars IS NOT NULL;
