-- Texts of flows: one to one person, of an appointment, a journey's run or a campaign's test. The id is
-- (run, 0, 0) of a run of its own. (tenant, origin_kind, origin, step, contact) is one text, ever.
-- `offer_at`: when dispatch is asked (again) to accept it; empty once it has. `withdraw_reason`: it is wanted
-- back; `withdraw_at`: when consent is asked (again) to shut its gate, empty once it has. `vars` go once it is
-- settled. `state` is the rank of an outcome.
CREATE TABLE flow_text (
    id {uuid} NOT NULL PRIMARY KEY,
    tenant {uuid} NOT NULL,
    mode TEXT NOT NULL,
    origin_kind TEXT NOT NULL,
    origin TEXT NOT NULL,
    step TEXT NOT NULL,
    contact {uuid} NOT NULL,
    class TEXT NOT NULL,
    programme TEXT NOT NULL,
    sender TEXT NOT NULL,
    template {uuid} NOT NULL,
    template_version BIGINT,
    vars {json},
    not_before BIGINT,
    valid_until BIGINT NOT NULL,
    state BIGINT NOT NULL,
    reason TEXT NOT NULL,
    held_until BIGINT,
    queued_at BIGINT NOT NULL,
    accepted_at BIGINT,
    changed_at BIGINT NOT NULL,
    offers BIGINT NOT NULL,
    offer_at BIGINT,
    withdraw_reason TEXT,
    withdraw_at BIGINT
);
CREATE UNIQUE INDEX flow_text_place ON flow_text (tenant, origin_kind, origin, step, contact);
CREATE INDEX flow_text_offer ON flow_text (offer_at) WHERE offer_at IS NOT NULL;
CREATE INDEX flow_text_withdraw ON flow_text (withdraw_at) WHERE withdraw_at IS NOT NULL;
