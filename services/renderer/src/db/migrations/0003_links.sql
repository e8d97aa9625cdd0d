CREATE TABLE link_key (
    id BIGINT NOT NULL PRIMARY KEY,
    key TEXT NOT NULL
);
CREATE TABLE link_domain (
    domain TEXT NOT NULL PRIMARY KEY,
    tenant {uuid} NOT NULL,
    created_at BIGINT NOT NULL
);
CREATE INDEX link_domain_of_tenant ON link_domain (tenant, created_at);
CREATE TABLE link_run (
    number BIGINT NOT NULL PRIMARY KEY,
    run {uuid} NOT NULL UNIQUE,
    tenant {uuid} NOT NULL,
    campaign {uuid} NOT NULL,
    template {uuid} NOT NULL,
    version BIGINT NOT NULL,
    domain TEXT NOT NULL,
    mode TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL
);
