-- One book per tenant: the key that numbers are hashed with, the seed that archives are signed with, and the
-- head of the ledger's chain.
CREATE TABLE tenant_book (
  tenant {uuid} NOT NULL PRIMARY KEY,
  person_key {bytes} NOT NULL,
  sign_seed {bytes} NOT NULL,
  seq BIGINT NOT NULL,
  hash {bytes} NOT NULL
){without_rowid};

-- The chain. `person` is the keyed hash of the number; `detail` is all that the fold looks at; `evidence` is
-- what is personal, sealed with `salt`, both gone after an erasure. Rows from before have no `seq`.
ALTER TABLE ledger ADD COLUMN seq BIGINT;
ALTER TABLE ledger ADD COLUMN person {bytes};
ALTER TABLE ledger ADD COLUMN detail TEXT;
ALTER TABLE ledger ADD COLUMN salt {bytes};
ALTER TABLE ledger ADD COLUMN sealed {bytes};
ALTER TABLE ledger ADD COLUMN hash {bytes};
CREATE UNIQUE INDEX ledger_by_seq ON ledger (tenant, seq);
CREATE INDEX ledger_by_person ON ledger (tenant, person, revision);

-- `state` is the standing (standing/stored.rs) and replaces `programmes`; `opted_out_at` is from now on when
-- the latest revocation that stands was made; `facts` is person.rs; `due_at` is when something of it runs out.
ALTER TABLE standing ADD COLUMN state {bytes};
ALTER TABLE standing ADD COLUMN facts {bytes};
ALTER TABLE standing ADD COLUMN due_at BIGINT;
CREATE INDEX standing_by_due ON standing (due_at) WHERE due_at IS NOT NULL;

-- All reasons against, the weightiest first.
ALTER TABLE decision ADD COLUMN reasons {json};

-- Numbers whose person was erased, as keyed hashes: they stay suppressed.
CREATE TABLE erased (
  tenant {uuid} NOT NULL,
  person {bytes} NOT NULL,
  at BIGINT NOT NULL,
  revision BIGINT NOT NULL,
  PRIMARY KEY (tenant, person)
){without_rowid};

-- The tenant's own policy sets, each version once, and the one in force.
CREATE TABLE policy_version (
  tenant {uuid} NOT NULL,
  version BIGINT NOT NULL,
  parameters {json} NOT NULL,
  forbids TEXT NOT NULL,
  note TEXT NOT NULL,
  hash {bytes} NOT NULL,
  created_at BIGINT NOT NULL,
  PRIMARY KEY (tenant, version)
){without_rowid};
CREATE TABLE policy_active (
  tenant {uuid} NOT NULL PRIMARY KEY,
  version BIGINT NOT NULL,
  at BIGINT NOT NULL
){without_rowid};
CREATE TABLE policy_activation (
  tenant {uuid} NOT NULL,
  at BIGINT NOT NULL,
  version BIGINT NOT NULL,
  before BIGINT NOT NULL,
  PRIMARY KEY (tenant, at)
){without_rowid};

-- Every policy set that ever decided, in full: what a decision's `policy_set` stands for.
CREATE TABLE policy_text (
  hash {bytes} NOT NULL PRIMARY KEY,
  body {json} NOT NULL,
  first_seen BIGINT NOT NULL
){without_rowid};

-- What is declared of campaigns, senders and templates (papers.rs).
CREATE TABLE papers (
  tenant {uuid} NOT NULL,
  kind TEXT NOT NULL,
  name TEXT NOT NULL,
  body {json} NOT NULL,
  updated_at BIGINT NOT NULL,
  PRIMARY KEY (tenant, kind, name)
){without_rowid};

-- Texts permitted a day per sender with a cap.
CREATE TABLE sender_day (
  tenant {uuid} NOT NULL,
  sender TEXT NOT NULL,
  day TEXT NOT NULL,
  texts BIGINT NOT NULL,
  PRIMARY KEY (tenant, sender, day)
){without_rowid};

-- Do-not-call lists, with the day they are of.
CREATE TABLE dnc_list (
  tenant {uuid} NOT NULL,
  name TEXT NOT NULL,
  as_of TEXT NOT NULL,
  loaded_at BIGINT NOT NULL,
  entries BIGINT NOT NULL,
  PRIMARY KEY (tenant, name)
){without_rowid};
CREATE TABLE dnc_entry (
  tenant {uuid} NOT NULL,
  phone BIGINT NOT NULL,
  list TEXT NOT NULL,
  load TEXT NOT NULL,
  PRIMARY KEY (tenant, phone, list)
){without_rowid};

-- What a run is about, once per run: its permits name no class and no programme.
CREATE TABLE run_about (
  run {uuid} NOT NULL PRIMARY KEY,
  tenant {uuid} NOT NULL,
  campaign {uuid} NOT NULL,
  class TEXT NOT NULL,
  programme TEXT NOT NULL,
  sender TEXT NOT NULL,
  started_at BIGINT NOT NULL
){without_rowid};
CREATE INDEX run_about_by_campaign ON run_about (tenant, campaign);

-- PostgreSQL only: what people were sent lately. With SQLite one process owns the file and counts in memory.
CREATE TABLE sent (
  tenant {uuid} NOT NULL,
  phone BIGINT NOT NULL,
  at BIGINT NOT NULL,
  topic BIGINT NOT NULL,
  class TEXT NOT NULL
);
CREATE INDEX sent_by_person ON sent (tenant, phone);

-- Replies that may be an opt-out, for a human to look at.
CREATE TABLE review (
  id {uuid} NOT NULL PRIMARY KEY,
  tenant {uuid} NOT NULL,
  phone BIGINT NOT NULL,
  contact {uuid},
  text TEXT NOT NULL,
  why TEXT NOT NULL,
  sender TEXT NOT NULL,
  mode TEXT NOT NULL,
  received_at BIGINT NOT NULL,
  due_at BIGINT NOT NULL,
  decided_at BIGINT,
  decision TEXT
){without_rowid};
CREATE INDEX review_open ON review (tenant, id) WHERE decided_at IS NULL;
CREATE INDEX review_due ON review (due_at) WHERE decided_at IS NULL;

-- Numbers on the tenant's suppression list, by keyed hash where the number is not kept.
CREATE TABLE suppression (
  id {uuid} NOT NULL PRIMARY KEY,
  tenant {uuid} NOT NULL,
  phone BIGINT NOT NULL,
  scope TEXT NOT NULL,
  source TEXT NOT NULL,
  note TEXT NOT NULL,
  created_at BIGINT NOT NULL,
  UNIQUE (tenant, phone, scope)
);


-- How far retention has come, per class: what is older may be gone.
CREATE TABLE retention_mark (
  class TEXT NOT NULL PRIMARY KEY,
  until BIGINT NOT NULL,
  done_at BIGINT NOT NULL
){without_rowid};
