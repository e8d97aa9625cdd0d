-- Receipts for texts that the ledger does not know (yet), with all that they said: what a code means, our own id of
-- the text, and whose block it tells of. `foreign_to`: the text of another provider account that has the same id.
-- `judged`: it was looked at for receipts that should not be (odd_receipt).
ALTER TABLE parked_receipt RENAME TO parked_receipt_before;

CREATE TABLE parked_receipt (
  provider TEXT NOT NULL,
  provider_message_id TEXT NOT NULL,
  reference TEXT NOT NULL,
  outcome BIGINT NOT NULL,
  code TEXT NOT NULL,
  fault TEXT,
  block_phone BIGINT,
  block_sender TEXT,
  at BIGINT NOT NULL,
  received_at BIGINT NOT NULL,
  foreign_to TEXT NOT NULL,
  judged BIGINT NOT NULL,
  PRIMARY KEY (provider, provider_message_id, reference, outcome)
);

INSERT INTO parked_receipt (provider, provider_message_id, reference, outcome, code, at, received_at, foreign_to, judged)
SELECT provider, provider_message_id, '', outcome, code, at, received_at, '', 1 FROM parked_receipt_before;

DROP TABLE parked_receipt_before;

CREATE INDEX parked_receipt_unjudged ON parked_receipt (received_at) WHERE judged = 0;

-- What a carrier said, in its own words, of a text that it refused or did not deliver. One row for each outcome.
CREATE TABLE carrier_code (
  run {uuid} NOT NULL,
  chunk BIGINT NOT NULL,
  position BIGINT NOT NULL,
  outcome BIGINT NOT NULL,
  provider TEXT NOT NULL,
  code TEXT NOT NULL,
  fault TEXT,
  at BIGINT NOT NULL,
  PRIMARY KEY (run, chunk, position, outcome)
){without_rowid};

-- Texts of which nobody can say what became of them: unknown ones, and those without a receipt for long. Number and
-- fingerprint are there while `open` is 1, for the look-up; `due_at` is empty where none is to come. Only the dispatcher
-- that is named here looks up.
CREATE TABLE look_up (
  run {uuid} NOT NULL,
  chunk BIGINT NOT NULL,
  position BIGINT NOT NULL,
  tenant {uuid} NOT NULL,
  mode TEXT NOT NULL,
  campaign {uuid} NOT NULL,
  contact {uuid} NOT NULL,
  provider TEXT NOT NULL,
  provider_message_id TEXT NOT NULL,
  cause TEXT NOT NULL,
  outcome BIGINT NOT NULL,
  at BIGINT NOT NULL,
  phone BIGINT,
  sender TEXT NOT NULL,
  fingerprint {bytes},
  dispatcher TEXT NOT NULL,
  open BIGINT NOT NULL,
  tries BIGINT NOT NULL,
  due_at BIGINT,
  last_at BIGINT,
  last_result TEXT NOT NULL,
  PRIMARY KEY (run, chunk, position)
);

CREATE INDEX look_up_due ON look_up (dispatcher, provider, due_at) WHERE due_at IS NOT NULL;

CREATE INDEX look_up_open ON look_up (tenant, mode, run, chunk, position) WHERE open = 1;

CREATE INDEX look_up_at ON look_up (at);

CREATE INDEX look_up_name ON look_up (provider, provider_message_id) WHERE provider_message_id <> '';

-- Receipts that should not be: a second id for one text (the provider took it twice), or one that came through another
-- provider account than the text's.
CREATE TABLE odd_receipt (
  run {uuid} NOT NULL,
  chunk BIGINT NOT NULL,
  position BIGINT NOT NULL,
  kind TEXT NOT NULL,
  provider TEXT NOT NULL,
  provider_message_id TEXT NOT NULL,
  at BIGINT NOT NULL,
  PRIMARY KEY (run, chunk, position, kind, provider, provider_message_id)
){without_rowid};

-- Whose texts they are: this dispatcher alone looks for receipts that do not come. Empty in older rows.
ALTER TABLE ledger ADD COLUMN dispatcher TEXT;

CREATE INDEX ledger_at ON ledger (at);

-- A text that goes out in place of one that failed; each is redriven once. `work_until`: until when number and text of a
-- text that may still be redriven are kept.
ALTER TABLE api_message ADD COLUMN redrive_of {uuid};

ALTER TABLE api_message ADD COLUMN work_until BIGINT;

CREATE UNIQUE INDEX api_message_redrive ON api_message (redrive_of) WHERE redrive_of IS NOT NULL;

CREATE INDEX api_message_work ON api_message (work_until) WHERE work_until IS NOT NULL;
