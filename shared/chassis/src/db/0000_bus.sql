CREATE TABLE outbox (
  seq {serial_pk},
  id {uuid} NOT NULL,
  stream TEXT NOT NULL,
  subject TEXT NOT NULL,
  type TEXT NOT NULL,
  tenant {uuid} NOT NULL,
  at BIGINT NOT NULL,
  trace TEXT,
  body {bytes} NOT NULL,
  published_at BIGINT
);
CREATE INDEX outbox_waiting ON outbox (seq) WHERE published_at IS NULL;
CREATE INDEX outbox_published ON outbox (published_at) WHERE published_at IS NOT NULL;
CREATE TABLE inbox (
  durable TEXT NOT NULL,
  id {uuid} NOT NULL,
  at BIGINT NOT NULL,
  PRIMARY KEY (durable, id)
){without_rowid};
CREATE TABLE filled_stream (
  stream TEXT NOT NULL PRIMARY KEY,
  created TEXT NOT NULL
);
