//! The gates in their order, each with what it looked at.

use contract::UnixMillis;

use super::clocks::{caps, hours};
use super::{Entry, FactShown, Gate, LawNamed, Made, PolicyNamed, Scene};
use crate::facts::Flags;
use crate::law::Level;
use crate::moment::PlaceNow;
use crate::places::Places;
use crate::rules::Rules;
use crate::standing::{Grant, Standing};

/// Every gate in the order in which it weighs.
pub const GATES: [&str; 12] = [
    "number",
    "class",
    "suppression",
    "identity",
    "consent",
    "do_not_call",
    "content",
    "expiry",
    "hours",
    "frequency",
    "carrier",
    "own_policies",
];

/// The gate that a reason belongs to.
fn gate_of(reason: &str) -> &'static str {
    match reason {
        "INVALID_NUMBER" | "UNSUPPORTED_REGION" | "FACTS_UNAVAILABLE" => "number",
        "EMERGENCY_NOT_ATTESTED"
        | "OTP_NOT_REQUESTED"
        | "CONFIRMATION_OWNED_BY_CARRIER"
        | "CONFIRMATION_TOO_LATE"
        | "CONFIRMATION_ALREADY_SENT"
        | "REPLY_RATE_LIMITED"
        | "NO_MATCHING_PERMIT"
        | "POLICY_ERROR" => "class",
        "SUPPRESSED_HASH"
        | "PROCESSING_RESTRICTED"
        | "OPT_OUT_UNDER_REVIEW"
        | "OBJECTED"
        | "PROVIDER_BLOCKED" => "suppression",
        "NUMBER_REASSIGNED" | "REASSIGNMENT_CHECK_STALE" | "AGE_RESTRICTED" => "identity",
        "NO_CONSENT" => "consent",
        "NATIONAL_DNC" | "STATE_DNC" | "DNC_LIST_STALE" => "do_not_call",
        "CAMPAIGN_NOT_REGISTERED" | "TEMPLATE_NOT_REGISTERED" | "OPT_OUT_TEXT_MISSING" => "content",
        "MESSAGE_EXPIRED" => "expiry",
        "TIMEZONE_UNKNOWN" | "NO_SEND_DAY" | "QUIET_HOURS" | "COURTESY_HOURS" => "hours",
        "CARRIER_DAILY_CAP" | "CARRIER_RATE" => "carrier",
        _ if reason.starts_with("OPTED_OUT_") => "suppression",
        _ if reason.starts_with("CONSENT_") => "consent",
        _ if reason.starts_with("CONTENT_") => "content",
        _ if reason.starts_with("FREQUENCY_CAP_") => "frequency",
        _ => "own_policies",
    }
}

pub(super) fn fact(fact: &str, value: impl Into<String>) -> FactShown {
    FactShown {
        fact: fact.to_string(),
        value: value.into(),
    }
}

fn yes(holds: bool) -> &'static str {
    if holds { "yes" } else { "no" }
}

fn day(at: i64) -> String {
    let at = UnixMillis(at).to_utc();
    at.format("%Y-%m-%d %H:%M UTC").to_string()
}

/// All gates of one decision.
pub fn gates(
    rules: &Rules,
    places: &Places,
    scene: &Scene,
    made: &Made,
    entries: &[Entry],
) -> Vec<Gate> {
    let here = scene.moment(rules, places).at(scene.place);
    let gate = |gate: &'static str| {
        let reasons = made.verdict.reasons.iter().map(ToString::to_string);
        let reasons: Vec<String> = reasons.filter(|reason| gate_of(reason) == gate).collect();
        let (facts, law) = looked_at(gate, rules, scene, made, &here, entries);
        Gate {
            gate,
            passed: reasons.is_empty(),
            reasons,
            policies: policies(rules, made, gate),
            facts,
            law,
        }
    };
    GATES.into_iter().map(gate).collect()
}

/// The forbids that matched at this gate.
fn policies(rules: &Rules, made: &Made, gate: &str) -> Vec<PolicyNamed> {
    let matched = made.verdict.policies.iter();
    matched
        .filter_map(|id| {
            let rule = rules.named(id).filter(|rule| !rule.permits())?;
            let own = matches!(rule.file.as_str(), "tenant" | "operator");
            let at = if own {
                "own_policies"
            } else {
                gate_of(&rule.reason)
            };
            (at == gate || gate_of(&rule.reason) == gate).then(|| PolicyNamed {
                id: id.clone(),
                source: rule.source.clone(),
                verified: rule.verified,
            })
        })
        .collect()
}

fn looked_at(
    gate: &str,
    rules: &Rules,
    scene: &Scene,
    made: &Made,
    here: &PlaceNow<'_>,
    entries: &[Entry],
) -> (Vec<FactShown>, Vec<LawNamed>) {
    let none = Vec::new();
    match gate {
        "number" => (number(made, here), none),
        "class" => (class(scene, made), none),
        "suppression" => (suppression(scene, entries), none),
        "identity" => (identity(scene, made), none),
        "consent" => consent(rules, scene, made, here, entries),
        "do_not_call" => do_not_call(scene, made, here),
        "content" => (content(scene, made, here), none),
        "expiry" => (expiry(scene), none),
        "hours" => hours(rules, scene, here),
        "frequency" => caps(rules, scene, made, here),
        "carrier" => (
            vec![
                fact("sender", scene.sender.clone()),
                fact(
                    "carriers' daily cap of the sender",
                    scene
                        .papers
                        .sender
                        .daily_cap
                        .map_or("none declared".to_string(), |cap| cap.to_string()),
                ),
                fact("used up today", yes(scene.carrier_cap_reached)),
            ],
            none,
        ),
        _ => (
            vec![fact(
                "own policies",
                own_count(rules).map_or("none".to_string(), |count| count.to_string()),
            )],
            none,
        ),
    }
}

fn own_count(rules: &Rules) -> Option<usize> {
    let own = rules.listed();
    let own = own
        .iter()
        .filter(|(_, rule)| matches!(rule.file.as_str(), "tenant" | "operator"))
        .count();
    (own > 0).then_some(own)
}

fn number(made: &Made, here: &PlaceNow<'_>) -> Vec<FactShown> {
    let regions: Vec<String> = here.place.regions.iter().map(ToString::to_string).collect();
    let regions = if regions.is_empty() {
        "unknown".to_string()
    } else {
        regions.join(", ")
    };
    vec![
        fact(
            "a number that can exist",
            yes(made.facts.flags.has(Flags::NUMBER_VALID)),
        ),
        fact("the person may be in", regions),
    ]
}

fn class(scene: &Scene, made: &Made) -> Vec<FactShown> {
    let judged = scene.class.judged_as();
    let mut facts = vec![fact("class", scene.class.as_str())];
    if judged != scene.class {
        facts.push(fact("judged as", judged.as_str()));
    }
    for (name, flag) in [
        ("somebody attests an emergency", Flags::ATTESTED),
        ("the person asked for it", Flags::REQUESTED),
        ("an exemption is relied on", Flags::EXEMPT),
    ] {
        if made.facts.flags.has(flag) {
            facts.push(fact(name, "yes"));
        }
    }
    facts
}

fn suppression(scene: &Scene, entries: &[Entry]) -> Vec<FactShown> {
    let Some(standing) = &scene.standing else {
        return vec![fact("standing", "cannot be read")];
    };
    let mut facts: Vec<FactShown> = standing
        .revocations
        .iter()
        .map(|one| {
            let entry = entries
                .iter()
                .rev()
                .find(|entry| entry.change.at == one.at && entry.change.action.ends_texts());
            let entry = entry.map(|entry| format!(", ledger entry {}", entry.id));
            let value = format!("{} by {}{}", day(one.at), one.by, entry.unwrap_or_default());
            fact(&format!("revoked {}", one.scope), value)
        })
        .collect();
    for (name, since) in [
        ("a reply waits for a human since", standing.review_since),
        ("asked which texts were meant", standing.clarification_since),
    ] {
        facts.extend(since.map(|at| fact(name, day(at))));
    }
    for (name, holds) in [
        ("erased", standing.erased),
        ("processing restricted", standing.restricted),
        ("objected", standing.objected),
    ] {
        if holds {
            facts.push(fact(name, "yes"));
        }
    }
    for sender in &standing.blocked_senders {
        let sender = if sender.is_empty() {
            "every sender"
        } else {
            sender
        };
        facts.push(fact("blocked by the carrier for", sender));
    }
    if facts.is_empty() {
        facts.push(fact("revocations", "none"));
    }
    facts
}

fn identity(scene: &Scene, made: &Made) -> Vec<FactShown> {
    let today = scene.now.date_naive();
    let age = scene.facts.age_on(today);
    let minimum = scene.papers.campaign.minimum_age;
    let mut facts = vec![
        fact(
            "age",
            age.map_or("unknown".to_string(), |age| age.to_string()),
        ),
        fact(
            "number reassigned",
            match scene.facts.reassignment {
                _ if made.facts.flags.has(Flags::REASSIGNED) => "yes".to_string(),
                Some((_, on)) => format!("no, checked on {on}"),
                None => "never checked".to_string(),
            },
        ),
    ];
    facts.extend(minimum.map(|age| fact("lowest age of the campaign", age.to_string())));
    facts
}

fn consent(
    rules: &Rules,
    scene: &Scene,
    made: &Made,
    here: &PlaceNow<'_>,
    entries: &[Entry],
) -> (Vec<FactShown>, Vec<LawNamed>) {
    let mut facts = vec![
        fact("level required", here.requirements.level.as_str()),
        fact("level present", made.facts.level.as_str()),
        fact("programme", scene.programme.clone()),
    ];
    let grants = scene.standing.iter().flat_map(|standing| &standing.grants);
    for grant in grants {
        facts.push(fact(
            &format!("consent to {}", grant.programme),
            granted(grant, scene.now.timestamp_millis(), entries),
        ));
    }
    if scene.standing.as_ref().is_none_or(nothing_given) {
        facts.push(fact("consent", "nothing was ever recorded"));
    }
    let class = scene.class.judged_as();
    let (today, regions) = (scene.now.date_naive(), &here.place.regions);
    let rows = rules.law_tables().rows.consent.iter();
    let binding = rows.filter(|row| {
        row.classes.contains(&class)
            && row.in_force.on(today)
            && row.level == here.requirements.level
            && match row.region {
                crate::law::Place::Elsewhere => false,
                crate::law::Place::In(place) => regions.iter().any(|at| place.contains(*at)),
            }
    });
    let law = binding.map(|row| LawNamed {
        id: row.id.clone(),
        asks: row.level.as_str().to_string(),
        source: row.source.clone(),
        verified: row.verified,
        against: made.facts.level.weight() < row.level.weight(),
    });
    (facts, law.collect())
}

fn nothing_given(standing: &Standing) -> bool {
    standing.grants.is_empty()
}

fn granted(grant: &Grant, now: i64, entries: &[Entry]) -> String {
    let state = match grant {
        grant if grant.ended => "ended",
        grant if grant.pending => "waits to be confirmed",
        grant if grant.expires_at.is_some_and(|at| at <= now) => "expired",
        _ => "counts",
    };
    let entry = entries
        .iter()
        .rev()
        .find(|entry| entry.change.at == grant.at && entry.change.action.brings_texts());
    let entry = entry.map(|entry| format!(", ledger entry {}", entry.id));
    let expires = grant
        .expires_at
        .map(|at| format!(", until {}", day(at)))
        .unwrap_or_default();
    let proof = if grant.proven { "" } else { ", without proof" };
    format!(
        "{} for {}, {state}, given {}{expires}{proof}{}",
        grant.level.as_str(),
        grant.purpose.as_str(),
        day(grant.at),
        entry.unwrap_or_default()
    )
}

fn do_not_call(scene: &Scene, made: &Made, here: &PlaceNow<'_>) -> (Vec<FactShown>, Vec<LawNamed>) {
    let listed = if scene.dnc.is_empty() {
        "none".to_string()
    } else {
        scene.dnc.join(", ")
    };
    let mut facts = vec![fact("lists that the number stands on", listed)];
    let mut law = Vec::new();
    for row in &here.requirements.dnc {
        let as_of = scene.lists.get(&row.list);
        let age = as_of.map_or("never loaded".to_string(), |day| format!("as of {day}"));
        facts.push(fact(&format!("list {}", row.list), age));
        let lifted = Level::parse(&row.lifted_by)
            .is_some_and(|level| made.facts.level.weight() >= level.weight());
        law.push(LawNamed {
            id: row.id.clone(),
            asks: format!(
                "not on {}, a copy of at most {} days; lifted by {}",
                row.list, row.max_age_days, row.lifted_by
            ),
            source: row.source.clone(),
            verified: row.verified,
            against: !lifted
                && (scene.dnc.contains(&row.list) || here.stale_lists.contains(&row.list)),
        });
    }
    (facts, law)
}

fn content(scene: &Scene, made: &Made, here: &PlaceNow<'_>) -> Vec<FactShown> {
    let flags = made.facts.flags;
    let today = scene.now.date_naive();
    let registered = |asked: bool, there: bool| {
        let there = if there {
            "registered"
        } else {
            "not registered"
        };
        let asked = match (asked, scene.live) {
            (false, _) => "; not asked for here",
            (true, false) => "; not asked for by the simulated carrier",
            (true, true) => "",
        };
        format!("{there}{asked}")
    };
    let papers = &scene.papers;
    vec![
        fact(
            "sender",
            registered(
                here.requirements.campaign_registration,
                papers.sender.is_registered(today),
            ),
        ),
        fact(
            "template",
            registered(
                here.requirements.template_registration,
                papers.template.registration.is_some(),
            ),
        ),
        fact("holds an offer", yes(flags.has(Flags::CONTENT_PROMOTIONAL))),
        fact(
            "holds what carriers refuse",
            yes(flags.has(Flags::CONTENT_PROHIBITED)),
        ),
        fact(
            "lacks the way to opt out",
            yes(flags.has(Flags::OPT_OUT_TEXT_MISSING)),
        ),
    ]
}

fn expiry(scene: &Scene) -> Vec<FactShown> {
    let until = if scene.valid_until == i64::MAX {
        "no end given".to_string()
    } else {
        day(scene.valid_until)
    };
    vec![fact("valid until", until)]
}
