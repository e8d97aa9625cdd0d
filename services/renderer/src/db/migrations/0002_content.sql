ALTER TABLE template ADD COLUMN more TEXT NOT NULL DEFAULT '{}';
ALTER TABLE template_version ADD COLUMN more TEXT NOT NULL DEFAULT '{}';
ALTER TABLE template_version ADD COLUMN language TEXT;
CREATE TABLE fragment (
    tenant {uuid} NOT NULL,
    name TEXT NOT NULL,
    version BIGINT NOT NULL,
    body TEXT NOT NULL,
    language TEXT,
    variants TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (tenant, name, version)
);
