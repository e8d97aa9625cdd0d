CREATE TABLE campaign (
    id {uuid} NOT NULL PRIMARY KEY,
    tenant {uuid} NOT NULL,
    name TEXT NOT NULL,
    class TEXT NOT NULL,
    programme TEXT NOT NULL,
    template {uuid} NOT NULL,
    sender TEXT NOT NULL,
    audience {json} NOT NULL,
    schedule_at BIGINT,
    valid_for_ms BIGINT NOT NULL,
    mode TEXT NOT NULL,
    state TEXT NOT NULL,
    state_reason TEXT,
    run {uuid},
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL
);
CREATE INDEX campaign_tenant ON campaign (tenant, id);
CREATE INDEX campaign_due ON campaign (schedule_at) WHERE state = 'scheduled';

CREATE TABLE run (
    id {uuid} NOT NULL PRIMARY KEY,
    tenant {uuid} NOT NULL,
    campaign {uuid} NOT NULL,
    state TEXT NOT NULL,
    gate TEXT NOT NULL,
    gate_settled BOOLEAN NOT NULL,
    frozen BOOLEAN NOT NULL,
    cursor {uuid},
    recipients BIGINT NOT NULL,
    chunks BIGINT NOT NULL,
    audience {json} NOT NULL,
    template {uuid} NOT NULL,
    template_version BIGINT NOT NULL,
    field_names {json} NOT NULL,
    class TEXT NOT NULL,
    programme TEXT NOT NULL,
    sender TEXT NOT NULL,
    mode TEXT NOT NULL,
    valid_until BIGINT NOT NULL,
    started_at BIGINT NOT NULL,
    closed_at BIGINT
);
CREATE INDEX run_open ON run (id) WHERE state <> 'closed';

CREATE TABLE chunk_ids (
    run {uuid} NOT NULL,
    chunk BIGINT NOT NULL,
    ids {bytes} NOT NULL,
    PRIMARY KEY (run, chunk)
);

CREATE TABLE chunk (
    run {uuid} NOT NULL,
    chunk BIGINT NOT NULL,
    n BIGINT NOT NULL,
    marks {bytes} NOT NULL,
    tally {json} NOT NULL,
    stage BIGINT NOT NULL,
    attempts BIGINT NOT NULL,
    released_at BIGINT,
    retry_at BIGINT NOT NULL,
    next_release_at BIGINT NOT NULL,
    PRIMARY KEY (run, chunk)
){without_rowid};
CREATE INDEX chunk_stage ON chunk (run, stage, next_release_at, chunk);
