CREATE TABLE inbound (
    id {uuid} NOT NULL PRIMARY KEY,
    tenant {uuid} NOT NULL,
    provider TEXT NOT NULL,
    provider_message_id TEXT NOT NULL,
    contact {uuid},
    phone BIGINT NOT NULL,
    sender_to TEXT NOT NULL,
    text TEXT NOT NULL,
    keyword TEXT,
    mode TEXT NOT NULL,
    received_at BIGINT NOT NULL,
    UNIQUE (tenant, provider, provider_message_id)
);
CREATE INDEX inbound_of_tenant ON inbound (tenant, mode, id);
