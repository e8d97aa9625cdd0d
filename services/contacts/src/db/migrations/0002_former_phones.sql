-- Numbers that contacts had until a moment ago: what comes from one is still theirs until then.
CREATE TABLE former_phone (
    tenant {uuid} NOT NULL,
    phone BIGINT NOT NULL,
    contact {uuid} NOT NULL,
    until BIGINT NOT NULL,
    PRIMARY KEY (tenant, phone)
){without_rowid};
CREATE INDEX former_phone_until ON former_phone (until);
