-- What was permitted, by slot. A slot may be settled in several goes (pieces of a slow lane, recipients who
-- were held at first): a go is named by the lowest place in it, since a place is permitted once. Written once.
CREATE TABLE ledger (
  run {uuid} NOT NULL,
  chunk BIGINT NOT NULL,
  slot BIGINT NOT NULL,
  part BIGINT NOT NULL,
  tenant {uuid} NOT NULL,
  campaign {uuid} NOT NULL,
  provider TEXT NOT NULL,
  mask BIGINT NOT NULL,
  at BIGINT NOT NULL,
  items {bytes} NOT NULL,
  PRIMARY KEY (run, chunk, slot, part)
);

-- Ranks by place, once receipts have changed them; apart from the ledger because they are rewritten.
CREATE TABLE ledger_state (
  run {uuid} NOT NULL,
  chunk BIGINT NOT NULL,
  slot BIGINT NOT NULL,
  part BIGINT NOT NULL,
  states {bytes} NOT NULL,
  awaiting BIGINT NOT NULL,
  PRIMARY KEY (run, chunk, slot, part)
){without_rowid};

-- Receipts as they came, until they are folded into ledger_state.
CREATE TABLE receipt_log (
  seq {serial_pk},
  entries {bytes} NOT NULL
);

-- Receipts for texts that the ledger does not know (yet).
CREATE TABLE parked_receipt (
  provider TEXT NOT NULL,
  provider_message_id TEXT NOT NULL,
  outcome BIGINT NOT NULL,
  code TEXT NOT NULL,
  at BIGINT NOT NULL,
  received_at BIGINT NOT NULL,
  PRIMARY KEY (provider, provider_message_id, outcome)
);

-- Who sends as whom: a reply to a sender finds its tenant here.
CREATE TABLE sender (
  sender TEXT NOT NULL,
  mode TEXT NOT NULL,
  tenant {uuid} NOT NULL,
  seen_at BIGINT NOT NULL,
  PRIMARY KEY (sender, mode)
);

-- Replies to a sender nobody has used.
CREATE TABLE orphan_reply (
  provider TEXT NOT NULL,
  provider_message_id TEXT NOT NULL,
  from_phone BIGINT NOT NULL,
  to_sender TEXT NOT NULL,
  body TEXT NOT NULL,
  received_at BIGINT NOT NULL,
  PRIMARY KEY (provider, provider_message_id)
);
