CREATE TABLE run (
    no {serial_pk},
    run {uuid} NOT NULL UNIQUE,
    tenant {uuid} NOT NULL,
    campaign {uuid},
    class TEXT,
    recipients BIGINT,
    started_at BIGINT,
    closed_at BIGINT
);
CREATE INDEX run_of_campaign ON run (tenant, campaign);
CREATE TABLE message (
    mid BIGINT NOT NULL PRIMARY KEY,
    outcome BIGINT NOT NULL,
    reason TEXT,
    at BIGINT,
    segments BIGINT NOT NULL,
    contact {uuid},
    decision {uuid},
    provider TEXT,
    provider_message_id TEXT,
    receipt BIGINT,
    receipt_reason TEXT,
    receipt_at BIGINT
){without_rowid};
CREATE TABLE rollup (
    run_no BIGINT NOT NULL,
    hour BIGINT NOT NULL,
    outcome BIGINT NOT NULL,
    reason TEXT NOT NULL,
    messages BIGINT NOT NULL,
    segments BIGINT NOT NULL,
    PRIMARY KEY (run_no, hour, outcome, reason)
){without_rowid};
CREATE TABLE chunk_hop (
    run_no BIGINT NOT NULL,
    chunk BIGINT NOT NULL,
    stage TEXT NOT NULL,
    at BIGINT NOT NULL,
    PRIMARY KEY (run_no, chunk, stage)
){without_rowid};
CREATE TABLE reply (
    inbound {uuid} NOT NULL PRIMARY KEY,
    tenant {uuid} NOT NULL,
    contact {uuid},
    at BIGINT NOT NULL
);
CREATE INDEX reply_of_tenant ON reply (tenant, at);
CREATE TABLE opt_out (
    consent {uuid} NOT NULL PRIMARY KEY,
    tenant {uuid} NOT NULL,
    contact {uuid},
    method TEXT,
    recorded_at BIGINT NOT NULL,
    confirmed_at BIGINT
);
CREATE INDEX opt_out_of_tenant ON opt_out (tenant, recorded_at);
CREATE TABLE opt_in (
    event {uuid} NOT NULL PRIMARY KEY,
    tenant {uuid} NOT NULL,
    method TEXT NOT NULL,
    people BIGINT NOT NULL,
    at BIGINT NOT NULL
);
CREATE INDEX opt_in_of_tenant ON opt_in (tenant, at);
