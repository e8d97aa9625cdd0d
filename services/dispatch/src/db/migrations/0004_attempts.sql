-- Hand-overs that surely sent nothing and are to be tried again. Numbered by text from 1, as consent counts the
-- permits that come back. `returned`: the permit is back, so that the text may be permitted again.
CREATE TABLE attempt (
  run {uuid} NOT NULL,
  chunk BIGINT NOT NULL,
  position BIGINT NOT NULL,
  number BIGINT NOT NULL,
  tenant {uuid} NOT NULL,
  campaign {uuid} NOT NULL,
  contact {uuid} NOT NULL,
  decision {uuid} NOT NULL,
  at BIGINT NOT NULL,
  until BIGINT NOT NULL,
  provider TEXT NOT NULL,
  reason TEXT NOT NULL,
  code TEXT NOT NULL,
  dispatcher TEXT NOT NULL,
  returned BIGINT NOT NULL,
  PRIMARY KEY (run, chunk, position, number)
){without_rowid};

CREATE INDEX attempt_pending ON attempt (dispatcher) WHERE returned = 0;
