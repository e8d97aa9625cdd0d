-- Segments: contacts of whom a condition holds. Who is in one is kept, and follows every change.
CREATE TABLE segment (
    id {uuid} NOT NULL PRIMARY KEY,
    tenant {uuid} NOT NULL,
    name TEXT NOT NULL,
    expression TEXT NOT NULL,
    -- Which expression this is, from 1.
    revision BIGINT NOT NULL,
    by_lists BOOLEAN NOT NULL,
    by_time BOOLEAN NOT NULL,
    -- Why all contacts are being walked through: 'define' or 'again'; NULL while they are not.
    walk TEXT,
    -- The last contact that was looked at.
    walk_cursor {uuid},
    -- When they are to be walked through again.
    due_at BIGINT,
    -- When all had last been looked at.
    complete_at BIGINT,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL
);
CREATE UNIQUE INDEX segment_name ON segment (tenant, name);
CREATE INDEX segment_walk ON segment (id) WHERE walk IS NOT NULL;
CREATE INDEX segment_due ON segment (due_at) WHERE due_at IS NOT NULL;

-- The lists of a contact, for conditions that speak of them.
CREATE INDEX list_member_contact ON list_member (contact);

CREATE TABLE segment_member (
    segment {uuid} NOT NULL,
    contact {uuid} NOT NULL,
    PRIMARY KEY (segment, contact)
){without_rowid};
