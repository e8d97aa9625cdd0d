-- A run may have several texts, each with links of its own.
CREATE TABLE link_text (
    number BIGINT NOT NULL PRIMARY KEY,
    run {uuid} NOT NULL,
    tenant {uuid} NOT NULL,
    campaign {uuid} NOT NULL,
    template {uuid} NOT NULL,
    version BIGINT NOT NULL,
    domain TEXT NOT NULL,
    mode TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    UNIQUE (run, template, version)
);
INSERT INTO link_text (number, run, tenant, campaign, template, version, domain, mode, created_at, expires_at)
    SELECT number, run, tenant, campaign, template, version, domain, mode, created_at, expires_at FROM link_run;
DROP TABLE link_run;
