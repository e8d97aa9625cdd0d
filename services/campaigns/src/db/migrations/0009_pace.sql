-- Throttle and safety envelope of a campaign, as JSON; empty without either.
ALTER TABLE campaign ADD COLUMN pace TEXT;

-- `paced`: there is a row of run_pace, and people are released for the first time as it allows. `retry_of`: the run
-- whose failed recipients this one texts again.
ALTER TABLE run ADD COLUMN paced BOOLEAN NOT NULL DEFAULT false;
ALTER TABLE run ADD COLUMN retry_of {uuid};
CREATE INDEX run_campaign ON run (campaign, id);

-- Positions below `released_to` were released at least once. Those below `retry_below` are released again at
-- `retry_at`; the others left after that instant was set and come with the next one.
ALTER TABLE chunk ADD COLUMN released_to BIGINT NOT NULL DEFAULT 0;
ALTER TABLE chunk ADD COLUMN retry_below BIGINT NOT NULL DEFAULT 0;
UPDATE chunk SET released_to = n, retry_below = n WHERE released_at IS NOT NULL;

-- credit: what the throttle has saved up, in 3,600,000ths of a person, at credit_at. released: people released for the
-- first time. frontier: no chunk before it has anybody left who was never released. canary_done_at: the last of the
-- canary was released then. watched_until: opt-outs are counted until then; empty while the run is open.
CREATE TABLE run_pace (
    run {uuid} NOT NULL PRIMARY KEY,
    tenant {uuid} NOT NULL,
    started_at BIGINT NOT NULL,
    throttle TEXT,
    credit BIGINT NOT NULL,
    credit_at BIGINT NOT NULL,
    released BIGINT NOT NULL,
    frontier BIGINT NOT NULL,
    envelope TEXT,
    phase TEXT NOT NULL,
    canary_done_at BIGINT,
    waived TEXT NOT NULL,
    watched_until BIGINT
);
CREATE INDEX run_pace_watched ON run_pace (tenant, watched_until) WHERE envelope IS NOT NULL;

-- What the envelope decided. figures: what was known then. by_key: the API key of whoever widened by hand.
CREATE TABLE envelope_decision (
    run {uuid} NOT NULL,
    n BIGINT NOT NULL,
    at BIGINT NOT NULL,
    decision TEXT NOT NULL,
    bound TEXT,
    figures TEXT NOT NULL,
    by_key TEXT,
    PRIMARY KEY (run, n)
);

-- People of a run who opted out while it was watched. texted: their text is known to have been handed over.
CREATE TABLE envelope_opt_out (
    run {uuid} NOT NULL,
    contact {uuid} NOT NULL,
    chunk BIGINT NOT NULL,
    place BIGINT NOT NULL,
    at BIGINT NOT NULL,
    texted BOOLEAN NOT NULL,
    PRIMARY KEY (run, contact)
);

-- Where a retry takes its people from: runs, the earliest first, and how far it has read them.
CREATE TABLE run_retry (
    run {uuid} NOT NULL PRIMARY KEY,
    sources TEXT NOT NULL,
    undelivered BOOLEAN NOT NULL,
    source BIGINT NOT NULL,
    chunk BIGINT NOT NULL
);
