CREATE TABLE template (
    id {uuid} NOT NULL PRIMARY KEY,
    tenant {uuid} NOT NULL,
    name TEXT NOT NULL,
    language TEXT,
    body TEXT NOT NULL,
    fields TEXT NOT NULL,
    published_version BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL
);
CREATE INDEX template_of_tenant ON template (tenant, id);
CREATE TABLE template_version (
    template {uuid} NOT NULL,
    version BIGINT NOT NULL,
    body TEXT NOT NULL,
    fields TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (template, version)
);
