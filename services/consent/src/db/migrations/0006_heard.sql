-- That somebody texted a sender, and which text it was: a conversation may be answered for a day (heard.rs). What
-- they wrote stands at inbound. An opt-out is no row here.
CREATE TABLE heard (
  tenant {uuid} NOT NULL,
  phone BIGINT NOT NULL,
  at BIGINT NOT NULL,
  inbound {uuid} NOT NULL,
  sender TEXT NOT NULL,
  mode TEXT NOT NULL,
  PRIMARY KEY (tenant, phone, at, inbound)
){without_rowid};
CREATE INDEX heard_by_at ON heard (at);
