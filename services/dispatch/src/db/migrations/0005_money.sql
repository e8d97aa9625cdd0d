-- What a segment costs. destination: empty (everywhere), a country's two letters, or the first digits of numbers.
CREATE TABLE price (
  tenant {uuid} NOT NULL,
  mode TEXT NOT NULL,
  provider TEXT NOT NULL,
  destination TEXT NOT NULL,
  operator TEXT NOT NULL,
  effective_from BIGINT NOT NULL,
  micros BIGINT NOT NULL,
  currency TEXT NOT NULL,
  PRIMARY KEY (tenant, mode, provider, destination, operator, effective_from)
);

-- Accounts with caps; the row is locked while budget is taken, so that processes take turns.
CREATE TABLE spend_account (
  tenant {uuid} NOT NULL,
  mode TEXT NOT NULL,
  PRIMARY KEY (tenant, mode)
);

-- campaign of zeros: the account as a whole. told_*: the highest mark (80, 100) told of a period.
CREATE TABLE spend_cap (
  tenant {uuid} NOT NULL,
  mode TEXT NOT NULL,
  campaign {uuid} NOT NULL,
  period TEXT NOT NULL,
  micros BIGINT NOT NULL,
  currency TEXT NOT NULL,
  told_period TEXT NOT NULL,
  told_percent BIGINT NOT NULL,
  PRIMARY KEY (tenant, mode, campaign, period)
);

-- What was spent. campaign of zeros: the account as a whole. period: a day, a month or 'all'.
CREATE TABLE spend (
  tenant {uuid} NOT NULL,
  mode TEXT NOT NULL,
  currency TEXT NOT NULL,
  campaign {uuid} NOT NULL,
  period TEXT NOT NULL,
  micros BIGINT NOT NULL,
  texts BIGINT NOT NULL,
  PRIMARY KEY (tenant, mode, currency, campaign, period)
);

-- Budget taken for texts in flight, by the piece that asked; gone once their outcome stands in the ledger.
CREATE TABLE spend_hold (
  dispatcher TEXT NOT NULL,
  run {uuid} NOT NULL,
  chunk BIGINT NOT NULL,
  slot BIGINT NOT NULL,
  part BIGINT NOT NULL,
  tenant {uuid} NOT NULL,
  mode TEXT NOT NULL,
  campaign {uuid} NOT NULL,
  day TEXT NOT NULL,
  currency TEXT NOT NULL,
  micros BIGINT NOT NULL,
  costs {bytes} NOT NULL,
  PRIMARY KEY (dispatcher, run, chunk, slot, part)
);
CREATE INDEX spend_hold_of ON spend_hold (tenant, mode);

-- What the texts of a row of the ledger cost; written with it.
CREATE TABLE ledger_cost (
  run {uuid} NOT NULL,
  chunk BIGINT NOT NULL,
  slot BIGINT NOT NULL,
  part BIGINT NOT NULL,
  tenant {uuid} NOT NULL,
  mode TEXT NOT NULL,
  campaign {uuid} NOT NULL,
  day TEXT NOT NULL,
  currency TEXT NOT NULL,
  micros BIGINT NOT NULL,
  texts BIGINT NOT NULL,
  costs {bytes} NOT NULL,
  PRIMARY KEY (run, chunk, slot, part)
);

-- Countries an account may text, and its limits of velocity, as JSON; without a row the settings hold.
CREATE TABLE money_setting (
  tenant {uuid} NOT NULL,
  mode TEXT NOT NULL,
  name TEXT NOT NULL,
  body {json} NOT NULL,
  PRIMARY KEY (tenant, mode, name)
);

-- Grows with every change of prices, caps and settings; every dispatcher looks at it and reads them again.
CREATE TABLE money_version (
  one BIGINT NOT NULL PRIMARY KEY,
  version BIGINT NOT NULL
);
INSERT INTO money_version (one, version) VALUES (1, 0);
