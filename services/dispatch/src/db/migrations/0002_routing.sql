-- Roads to carriers, by tenant and mode. The body is JSON, as its owner wrote it.
CREATE TABLE route (
  id {uuid} NOT NULL PRIMARY KEY,
  tenant {uuid} NOT NULL,
  mode TEXT NOT NULL,
  name TEXT NOT NULL,
  body {json} NOT NULL,
  created_at BIGINT NOT NULL,
  updated_at BIGINT NOT NULL,
  UNIQUE (tenant, mode, name)
);

-- Several senders that a campaign leaves from.
CREATE TABLE sender_pool (
  id {uuid} NOT NULL PRIMARY KEY,
  tenant {uuid} NOT NULL,
  mode TEXT NOT NULL,
  name TEXT NOT NULL,
  body {json} NOT NULL,
  created_at BIGINT NOT NULL,
  updated_at BIGINT NOT NULL,
  UNIQUE (tenant, mode, name)
);

-- Which sender of a pool a person is texted from.
CREATE TABLE sticky_sender (
  pool {uuid} NOT NULL,
  contact {uuid} NOT NULL,
  sender TEXT NOT NULL,
  since BIGINT NOT NULL,
  PRIMARY KEY (pool, contact)
){without_rowid};

-- Beginnings of numbers, and the operator that they were given to.
CREATE TABLE operator_prefix (
  tenant {uuid} NOT NULL,
  prefix TEXT NOT NULL,
  operator TEXT NOT NULL,
  PRIMARY KEY (tenant, prefix)
);

-- What lookups found.
CREATE TABLE number_lookup (
  tenant {uuid} NOT NULL,
  phone BIGINT NOT NULL,
  operator TEXT NOT NULL,
  at BIGINT NOT NULL,
  PRIMARY KEY (tenant, phone)
);

-- Grows with every change of the tables above; every dispatcher looks at it and reads them again.
CREATE TABLE routing_version (
  one BIGINT NOT NULL PRIMARY KEY,
  version BIGINT NOT NULL
);
INSERT INTO routing_version (one, version) VALUES (1, 0);

-- How the carrier of a row of the ledger was chosen, where there was a choice.
CREATE TABLE ledger_route (
  run {uuid} NOT NULL,
  chunk BIGINT NOT NULL,
  slot BIGINT NOT NULL,
  part BIGINT NOT NULL,
  routed {json} NOT NULL,
  PRIMARY KEY (run, chunk, slot, part)
);
