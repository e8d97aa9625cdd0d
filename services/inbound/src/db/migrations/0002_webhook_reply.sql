CREATE TABLE webhook_reply (
    provider TEXT NOT NULL,
    provider_message_id TEXT NOT NULL,
    from_phone BIGINT NOT NULL,
    to_sender TEXT NOT NULL,
    body TEXT NOT NULL,
    received_at BIGINT NOT NULL,
    PRIMARY KEY (provider, provider_message_id)
);
