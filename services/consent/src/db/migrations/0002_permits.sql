-- Leave to hand over one text, once, ever. The key is the message id; it ascends along a run.
CREATE TABLE permit (
  run {uuid} NOT NULL,
  chunk BIGINT NOT NULL,
  position BIGINT NOT NULL,
  decision {uuid} NOT NULL,
  revision BIGINT NOT NULL,
  phone BIGINT NOT NULL,
  granted_at BIGINT NOT NULL,
  PRIMARY KEY (run, chunk, position)
){without_rowid};

-- Permits whose outcome their dispatcher has not made durable yet. `ask` names one answer, because a slot
-- may be asked for again with other positions.
CREATE TABLE permit_open (
  run {uuid} NOT NULL,
  chunk BIGINT NOT NULL,
  slot BIGINT NOT NULL,
  ask {uuid} NOT NULL,
  tenant {uuid} NOT NULL,
  campaign {uuid} NOT NULL,
  dispatcher TEXT NOT NULL,
  epoch BIGINT NOT NULL,
  entries {bytes} NOT NULL,
  granted_at BIGINT NOT NULL,
  PRIMARY KEY (run, chunk, slot, ask)
){without_rowid};

-- Dispatchers by name; a newer epoch fences the older ones.
CREATE TABLE dispatcher (
  name TEXT NOT NULL PRIMARY KEY,
  epoch BIGINT NOT NULL
);

-- Whether permits of a run may be granted; a run without a row is open.
CREATE TABLE run_gate (
  run {uuid} NOT NULL PRIMARY KEY,
  gate TEXT NOT NULL
){without_rowid};

-- Opt-outs recorded and not confirmed. `waits` are the asks that were open at that moment.
CREATE TABLE opt_out_pending (
  consent {uuid} NOT NULL PRIMARY KEY,
  tenant {uuid} NOT NULL,
  phone BIGINT NOT NULL,
  contact {uuid},
  recorded_at BIGINT NOT NULL,
  waits {bytes} NOT NULL,
  sender TEXT,
  mode TEXT NOT NULL
){without_rowid};
