-- Texts that came by the API on their own. The id is (run, 0, 0) of a run of its own, assigned when the row is
-- committed. `work` (number and text) goes once it is settled; `due_at` is empty from then on.
CREATE TABLE api_message (
  id {uuid} NOT NULL PRIMARY KEY,
  tenant {uuid} NOT NULL,
  mode TEXT NOT NULL,
  dedup {bytes},
  body_hash {bytes} NOT NULL,
  contact {uuid} NOT NULL,
  class TEXT NOT NULL,
  sender TEXT NOT NULL,
  template {uuid},
  segments BIGINT NOT NULL,
  accepted_at BIGINT NOT NULL,
  valid_until BIGINT NOT NULL,
  owner TEXT NOT NULL,
  state BIGINT NOT NULL,
  reason TEXT NOT NULL,
  decision {uuid},
  held_until BIGINT,
  due_at BIGINT,
  work {bytes}
);

-- A key is used once by a tenant, in each mode.
CREATE UNIQUE INDEX api_message_dedup ON api_message (tenant, mode, dedup) WHERE dedup IS NOT NULL;

CREATE INDEX api_message_due ON api_message (due_at) WHERE due_at IS NOT NULL;

CREATE INDEX api_message_list ON api_message (tenant, mode, id);
