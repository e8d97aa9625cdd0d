CREATE TABLE click (
    id {uuid} NOT NULL PRIMARY KEY,
    tenant {uuid} NOT NULL,
    mode TEXT NOT NULL,
    campaign {uuid} NOT NULL,
    message {uuid} NOT NULL,
    link BIGINT NOT NULL,
    target TEXT NOT NULL,
    method TEXT NOT NULL,
    user_agent TEXT NOT NULL,
    purpose TEXT NOT NULL,
    at BIGINT NOT NULL
);
CREATE INDEX click_of_campaign ON click (tenant, campaign, mode, id);
CREATE INDEX click_of_tenant ON click (tenant, mode, id);
