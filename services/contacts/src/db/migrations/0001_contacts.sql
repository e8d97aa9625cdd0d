CREATE TABLE contact (
    tenant {uuid} NOT NULL,
    id {uuid} NOT NULL,
    phone BIGINT NOT NULL,
    external_id TEXT,
    time_zone TEXT,
    language TEXT,
    first_name TEXT,
    last_name TEXT,
    attributes {json} NOT NULL,
    last_import {uuid},
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    PRIMARY KEY (tenant, id)
){without_rowid};
CREATE UNIQUE INDEX contact_phone ON contact (tenant, phone);
CREATE UNIQUE INDEX contact_external_id ON contact (tenant, external_id) WHERE external_id IS NOT NULL;

CREATE TABLE list (
    id {uuid} NOT NULL PRIMARY KEY,
    tenant {uuid} NOT NULL,
    name TEXT NOT NULL,
    created_at BIGINT NOT NULL
);
CREATE UNIQUE INDEX list_name ON list (tenant, name);

CREATE TABLE list_member (
    list {uuid} NOT NULL,
    contact {uuid} NOT NULL,
    PRIMARY KEY (list, contact)
){without_rowid};

CREATE TABLE field_name (
    tenant {uuid} NOT NULL,
    name TEXT NOT NULL,
    PRIMARY KEY (tenant, name)
){without_rowid};

CREATE TABLE import_job (
    id {uuid} NOT NULL PRIMARY KEY,
    tenant {uuid} NOT NULL,
    state TEXT NOT NULL,
    list {uuid},
    dry_run BOOLEAN NOT NULL,
    settings {json} NOT NULL,
    file_bytes BIGINT NOT NULL,
    next_offset BIGINT NOT NULL,
    next_line BIGINT NOT NULL,
    row_count BIGINT NOT NULL,
    created BIGINT NOT NULL,
    updated BIGINT NOT NULL,
    rejected BIGINT NOT NULL,
    duplicates BIGINT NOT NULL,
    errors_bytes BIGINT NOT NULL,
    failure TEXT,
    created_at BIGINT NOT NULL,
    finished_at BIGINT
);
CREATE INDEX import_job_tenant ON import_job (tenant, id);
CREATE INDEX import_job_open ON import_job (id) WHERE finished_at IS NULL;
