-- Opt-outs by number, for good: when each was recorded and when confirmed (NULL until then). What was recorded
-- before this table came is here without its confirmation. The number comes first in
-- the key: it tells rows apart fastest, and every text that is handed over is looked up here.
CREATE TABLE opt_out (
  tenant {uuid} NOT NULL,
  phone BIGINT NOT NULL,
  consent {uuid} NOT NULL,
  recorded_at BIGINT NOT NULL,
  confirmed_at BIGINT,
  PRIMARY KEY (phone, tenant, consent)
){without_rowid};
INSERT INTO opt_out (tenant, phone, consent, recorded_at)
  SELECT tenant, phone, id, recorded_at FROM ledger
  WHERE phone <> 0 AND action IN ('opt_out', 'block', 'object', 'restrict', 'erase', 'reassign');

-- Texts that left though they must not have (incident.rs), each once. `opt_out` is the ledger's entry,
-- `person` the keyed hash of the number.
CREATE TABLE incident (
  id {uuid} NOT NULL PRIMARY KEY,
  tenant {uuid} NOT NULL,
  kind TEXT NOT NULL,
  run {uuid} NOT NULL,
  chunk BIGINT NOT NULL,
  position BIGINT NOT NULL,
  campaign {uuid} NOT NULL,
  contact {uuid},
  person {bytes},
  opt_out {uuid},
  opt_out_recorded_at BIGINT,
  opt_out_confirmed_at BIGINT,
  permit_granted_at BIGINT,
  handed_over_at BIGINT NOT NULL,
  found_at BIGINT NOT NULL,
  UNIQUE (tenant, run, chunk, position)
){without_rowid};
CREATE INDEX incident_by_tenant ON incident (tenant, id);
