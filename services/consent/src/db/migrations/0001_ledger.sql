-- What people consented to and revoked, in the order it was recorded. Never updated, never deleted.
CREATE TABLE ledger (
  id {uuid} NOT NULL PRIMARY KEY,
  tenant {uuid} NOT NULL,
  phone BIGINT NOT NULL,
  contact {uuid},
  programme TEXT,
  action TEXT NOT NULL,
  method TEXT NOT NULL,
  evidence {json} NOT NULL,
  inbound {uuid},
  acted_at BIGINT NOT NULL,
  recorded_at BIGINT NOT NULL,
  revision BIGINT NOT NULL
);
CREATE UNIQUE INDEX ledger_by_inbound ON ledger (tenant, inbound);
CREATE INDEX ledger_by_phone ON ledger (tenant, phone, revision);

-- Where a person stands: the fold of their ledger entries. See standing.rs for `programmes`.
CREATE TABLE standing (
  tenant {uuid} NOT NULL,
  phone BIGINT NOT NULL,
  programmes TEXT NOT NULL,
  opted_out_at BIGINT,
  confirmation_at BIGINT,
  revision BIGINT NOT NULL,
  PRIMARY KEY (tenant, phone)
){without_rowid};

-- Every distinct decision once; equal facts under equal policies share one.
CREATE TABLE decision (
  id {uuid} NOT NULL PRIMARY KEY,
  policy_set {bytes} NOT NULL,
  facts {json} NOT NULL,
  effect TEXT NOT NULL,
  reason TEXT NOT NULL,
  policies {json} NOT NULL,
  first_seen BIGINT NOT NULL
){without_rowid};

-- Which decision each recipient of a released chunk got at screening.
CREATE TABLE screen (
  run {uuid} NOT NULL,
  chunk BIGINT NOT NULL,
  released_at BIGINT NOT NULL,
  decisions {bytes} NOT NULL,
  at BIGINT NOT NULL,
  PRIMARY KEY (run, chunk, released_at)
){without_rowid};
