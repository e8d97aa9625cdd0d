CREATE TABLE journey (
    id {uuid} NOT NULL PRIMARY KEY,
    tenant {uuid} NOT NULL,
    name TEXT NOT NULL,
    mode TEXT NOT NULL,
    state TEXT NOT NULL,
    draft {json} NOT NULL,
    templates {json} NOT NULL,
    sender TEXT,
    version BIGINT NOT NULL,
    starts TEXT,
    says {json} NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL
);
CREATE UNIQUE INDEX journey_name ON journey (tenant, mode, name);
CREATE INDEX journey_starts ON journey (tenant, starts) WHERE state = 'running';

CREATE TABLE journey_version (
    journey {uuid} NOT NULL,
    version BIGINT NOT NULL,
    hash TEXT NOT NULL,
    definition {json} NOT NULL,
    templates {json} NOT NULL,
    sender TEXT,
    published_at BIGINT NOT NULL,
    PRIMARY KEY (journey, version)
);

CREATE TABLE journey_run (
    id {uuid} NOT NULL PRIMARY KEY,
    tenant {uuid} NOT NULL,
    journey {uuid} NOT NULL,
    version BIGINT NOT NULL,
    key TEXT NOT NULL,
    contact {uuid} NOT NULL,
    mode TEXT NOT NULL,
    state {json} NOT NULL,
    messages {json} NOT NULL,
    ended TEXT,
    due_at BIGINT,
    hears_until BIGINT NOT NULL,
    started_at BIGINT NOT NULL,
    moved_at BIGINT NOT NULL
);
CREATE UNIQUE INDEX journey_run_live ON journey_run (journey, key) WHERE ended IS NULL;
CREATE INDEX journey_run_contact ON journey_run (contact, journey, id);
CREATE INDEX journey_run_due ON journey_run (due_at) WHERE due_at IS NOT NULL;
CREATE INDEX journey_run_page ON journey_run (journey, id);

CREATE TABLE journey_event (
    tenant {uuid} NOT NULL,
    mode TEXT NOT NULL,
    id TEXT NOT NULL,
    received_at BIGINT NOT NULL,
    PRIMARY KEY (tenant, mode, id)
){without_rowid};
CREATE INDEX journey_event_age ON journey_event (received_at);

CREATE TABLE journey_input (
    seq {serial_pk},
    tenant {uuid} NOT NULL,
    mode TEXT NOT NULL,
    contact {uuid},
    run {uuid},
    held_by {uuid},
    body {json} NOT NULL,
    hops BIGINT NOT NULL
);
CREATE INDEX journey_input_next ON journey_input (seq) WHERE held_by IS NULL;
CREATE INDEX journey_input_held ON journey_input (held_by) WHERE held_by IS NOT NULL;
