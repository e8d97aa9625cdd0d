CREATE TABLE timer (
    id {uuid} NOT NULL PRIMARY KEY,
    kind TEXT NOT NULL,
    owner {uuid} NOT NULL,
    due_at BIGINT NOT NULL,
    look_at BIGINT NOT NULL,
    attempts BIGINT NOT NULL,
    paused BOOLEAN NOT NULL
){without_rowid};
CREATE INDEX timer_due ON timer (look_at) WHERE paused = false;
CREATE INDEX timer_owner ON timer (owner, due_at);

CREATE TABLE lease (
    name TEXT NOT NULL PRIMARY KEY,
    holder TEXT NOT NULL,
    epoch BIGINT NOT NULL,
    until BIGINT NOT NULL
);
INSERT INTO lease (name, holder, epoch, until) VALUES ('timers', '', 0, 0);

ALTER TABLE campaign ADD COLUMN schedule TEXT;

CREATE TABLE occurrence (
    id {uuid} NOT NULL PRIMARY KEY,
    campaign {uuid} NOT NULL,
    slot_at BIGINT NOT NULL,
    local_time TEXT NOT NULL,
    zone_data TEXT NOT NULL,
    state TEXT NOT NULL,
    reason TEXT,
    last_slot_at BIGINT NOT NULL,
    slots BIGINT NOT NULL,
    run {uuid},
    recorded_at BIGINT NOT NULL
);
CREATE UNIQUE INDEX occurrence_slot ON occurrence (campaign, slot_at);
CREATE INDEX occurrence_due ON occurrence (slot_at) WHERE state = 'due';
