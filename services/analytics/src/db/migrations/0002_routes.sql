-- How the carrier of a message was chosen, where there was a choice. JSON.
CREATE TABLE message_route (
    mid BIGINT NOT NULL PRIMARY KEY,
    routed {json} NOT NULL
){without_rowid};
