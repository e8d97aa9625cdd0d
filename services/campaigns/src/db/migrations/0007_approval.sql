ALTER TABLE campaign ADD COLUMN edited_by {uuid};

CREATE TABLE campaign_transition (
    campaign {uuid} NOT NULL,
    number BIGINT NOT NULL,
    tenant {uuid} NOT NULL,
    at BIGINT NOT NULL,
    from_state TEXT NOT NULL,
    to_state TEXT NOT NULL,
    action TEXT NOT NULL,
    by_key {uuid},
    reason TEXT,
    note TEXT,
    PRIMARY KEY (campaign, number)
){without_rowid};

CREATE TABLE preflight (
    id {uuid} NOT NULL PRIMARY KEY,
    tenant {uuid} NOT NULL,
    campaign {uuid} NOT NULL,
    state TEXT NOT NULL,
    reason TEXT,
    asked_by {uuid} NOT NULL,
    asked_at BIGINT NOT NULL,
    finished_at BIGINT,
    brief {json} NOT NULL,
    cursor {uuid},
    step BIGINT NOT NULL,
    attempts BIGINT NOT NULL,
    held_until BIGINT NOT NULL,
    tally {json} NOT NULL,
    report {json},
    samples {json}
);
CREATE UNIQUE INDEX preflight_running ON preflight (campaign) WHERE state = 'running';
CREATE INDEX preflight_of ON preflight (campaign, id);
CREATE INDEX preflight_samples ON preflight (finished_at) WHERE samples IS NOT NULL;

CREATE TABLE approval (
    campaign {uuid} NOT NULL PRIMARY KEY,
    tenant {uuid} NOT NULL,
    preflight {uuid} NOT NULL,
    bound {json} NOT NULL,
    hash TEXT NOT NULL,
    verdict TEXT NOT NULL,
    submitted_by {uuid} NOT NULL,
    submitted_at BIGINT NOT NULL,
    decided_by {uuid},
    decided_at BIGINT,
    note TEXT
);

CREATE TABLE campaign_setting (
    tenant {uuid} NOT NULL,
    mode TEXT NOT NULL,
    body {json} NOT NULL,
    updated_by {uuid} NOT NULL,
    updated_at BIGINT NOT NULL,
    PRIMARY KEY (tenant, mode)
);
