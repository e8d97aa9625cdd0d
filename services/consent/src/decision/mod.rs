//! May this person be texted now? Pure: facts and policies in, a verdict out.
//!
//! Cedar decides over flat facts. Two of its habits shape this file: a policy that fails while it is
//! evaluated is skipped, so a broken `forbid` would let people through (hence: allow only without a single
//! error), and matching forbids come back unordered (hence: our own order of reasons).

use cedar_policy::{
    Authorizer, Context, Decision as CedarDecision, PolicyId, Request, RestrictedExpression,
};
use contract::{Class, DecisionId, Reason};

use crate::facts::{Facts, Flags};
use crate::law::Region;
use crate::places::Places;
use crate::rules::Rules;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Effect {
    Allow,
    Deny,
    /// Not now; later, with the same facts but the time, it would be allowed.
    Defer,
}

impl Effect {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Allow => "allow",
            Self::Deny => "deny",
            Self::Defer => "defer",
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verdict {
    pub effect: Effect,
    /// `OK`, or the weightiest reason against.
    pub reason: Reason,
    /// All reasons against, the weightiest first.
    pub reasons: Vec<Reason>,
    /// Ids of the policies that determined it.
    pub policies: Vec<String>,
}

/// A verdict with its evidence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decision {
    pub id: DecisionId,
    pub facts: Facts,
    /// The facts as they are written down.
    pub written: String,
    pub verdict: Verdict,
}

impl Decision {
    pub fn make(rules: &Rules, places: &Places, facts: Facts) -> Self {
        let written = facts.canonical(places);
        Self {
            id: Facts::decision_id(&written, rules.hash()),
            verdict: decide(rules, &places.get(facts.place).regions, &facts),
            facts,
            written,
        }
    }
}

/// Refusals in the order of the gates, the weightiest first. A reason that is not listed (a tenant's own)
/// weighs less than the final ones and more than a "not now", which begin with `NO_SEND_DAY`.
const ORDER: [&str; 49] = [
    "POLICY_ERROR",
    "FACTS_UNAVAILABLE",
    "INVALID_NUMBER",
    "UNSUPPORTED_REGION",
    "EMERGENCY_NOT_ATTESTED",
    "CONFIRMATION_OWNED_BY_CARRIER",
    "CONFIRMATION_TOO_LATE",
    "CONFIRMATION_ALREADY_SENT",
    "REPLY_RATE_LIMITED",
    "SUPPRESSED_HASH",
    "PROCESSING_RESTRICTED",
    "OPTED_OUT_GLOBAL",
    "OPTED_OUT_CHANNEL",
    "OPTED_OUT_CLASS",
    "OPTED_OUT_PROGRAM",
    "OPTED_OUT_PENDING_CLARIFICATION",
    "OPT_OUT_UNDER_REVIEW",
    "OBJECTED",
    "PROVIDER_BLOCKED",
    "NUMBER_REASSIGNED",
    "REASSIGNMENT_CHECK_STALE",
    "AGE_RESTRICTED",
    "OTP_NOT_REQUESTED",
    "NO_CONSENT",
    "CONSENT_SCOPE_MISMATCH",
    "CONSENT_PENDING_CONFIRMATION",
    "CONSENT_EXPIRED",
    "CONSENT_LEVEL_TOO_LOW",
    "CONSENT_EVIDENCE_MISSING",
    "NATIONAL_DNC",
    "STATE_DNC",
    "DNC_LIST_STALE",
    "CAMPAIGN_NOT_REGISTERED",
    "TEMPLATE_NOT_REGISTERED",
    "CONTENT_NOT_ALLOWED_FOR_CLASS",
    "CONTENT_PROHIBITED",
    "OPT_OUT_TEXT_MISSING",
    "MESSAGE_EXPIRED",
    "TIMEZONE_UNKNOWN",
    "",
    FIRST_NOT_NOW,
    "QUIET_HOURS",
    "COURTESY_HOURS",
    "FREQUENCY_CAP_LAW",
    "FREQUENCY_CAP_EXEMPTION",
    "FREQUENCY_CAP_TENANT",
    "CARRIER_DAILY_CAP",
    "CARRIER_RATE",
    "NO_MATCHING_PERMIT",
];
const FIRST_NOT_NOW: &str = "NO_SEND_DAY";

/// Judges the facts of a person who may be in these regions. Anything but a clean "allow" is a refusal.
pub fn decide(rules: &Rules, regions: &[Region], facts: &Facts) -> Verdict {
    let Some(request) = request(rules, facts) else {
        return refusal(Reason::POLICY_ERROR, Vec::new());
    };
    let policies = rules.policies(facts.era, facts.class, regions);
    let answer = Authorizer::new().is_authorized(&request, &policies, rules.entities());
    let matched: Vec<&PolicyId> = answer.diagnostics().reason().collect();
    let mut policies: Vec<String> = matched.iter().map(|id| (*id).to_string()).collect();
    policies.sort_unstable();
    if answer.diagnostics().errors().next().is_some() {
        return refusal(Reason::POLICY_ERROR, policies);
    }
    match answer.decision() {
        CedarDecision::Allow => Verdict {
            effect: Effect::Allow,
            reason: allowed(facts.class),
            reasons: Vec::new(),
            policies,
        },
        CedarDecision::Deny if matched.is_empty() => refusal(Reason::NO_MATCHING_PERMIT, policies),
        CedarDecision::Deny => denied(rules, &matched, policies),
    }
}

const fn allowed(class: Class) -> Reason {
    match class {
        Class::Emergency => Reason::OK_EMERGENCY,
        class if class.is_reply() => Reason::OK_REPLY,
        _ => Reason::OK,
    }
}

fn denied(rules: &Rules, matched: &[&PolicyId], policies: Vec<String>) -> Verdict {
    // A policy that is somehow unknown counts as a final refusal.
    let mut reasons: Vec<(bool, &str)> = matched
        .iter()
        .map(|id| {
            rules.rule(id).map_or((false, "POLICY_ERROR"), |rule| {
                (rule.defers, rule.reason.as_str())
            })
        })
        .collect();
    reasons.sort_unstable_by_key(|(defers, reason)| (*defers, weight(reason)));
    reasons.dedup();
    let final_no = reasons.iter().any(|(defers, _)| !defers);
    let reasons: Vec<Reason> = reasons
        .into_iter()
        .map(|(_, reason)| Reason::from(reason.to_string()))
        .collect();
    Verdict {
        effect: if final_no {
            Effect::Deny
        } else {
            Effect::Defer
        },
        reason: reasons.first().cloned().unwrap_or(Reason::POLICY_ERROR),
        reasons,
        policies,
    }
}

fn weight(reason: &str) -> (usize, &str) {
    let own = || ORDER.iter().position(|known| known.is_empty()).unwrap_or(0);
    let place = ORDER.iter().position(|known| *known == reason);
    (place.unwrap_or_else(own), reason)
}

fn refusal(reason: Reason, policies: Vec<String>) -> Verdict {
    Verdict {
        effect: Effect::Deny,
        reasons: vec![reason.clone()],
        reason,
        policies,
    }
}

/// `None` when the facts cannot be put to Cedar: then nobody is texted.
fn request(rules: &Rules, facts: &Facts) -> Option<Request> {
    let long = |n: u16| RestrictedExpression::new_long(i64::from(n));
    let (law, courtesy) = (
        facts.law.map_or((1, 0), |window| (window.from, window.to)),
        facts
            .courtesy
            .map_or((1, 0), |window| (window.from, window.to)),
    );
    let untimed = facts.law.is_none() && facts.flags.has(Flags::SEND_DAY);
    let (law, courtesy) = if untimed {
        ((0, 1440), (0, 1440))
    } else {
        (law, courtesy)
    };
    let numbers = [
        ("level", u16::from(facts.level.weight())),
        ("required_level", u16::from(facts.required.weight())),
        ("zone_count", u16::from(facts.flags.has(Flags::ZONE_KNOWN))),
        ("min_local_minute", facts.min_minute),
        ("max_local_minute", facts.max_minute),
        ("law_from", law.0),
        ("law_to", law.1),
        ("courtesy_from", courtesy.0),
        ("courtesy_to", courtesy.1),
        ("sent_topic", u16::from(facts.sent_topic)),
        ("law_cap", u16::from(facts.law_cap)),
        ("sent_marketing", u16::from(facts.sent_marketing)),
        ("tenant_cap", u16::from(facts.tenant_cap)),
        ("opt_out_seconds", facts.opt_out_seconds),
    ];
    let numbers = numbers
        .into_iter()
        .map(|(name, value)| (name.to_string(), long(value)));
    let flags = Flags::NAMED.iter().map(|(name, flag)| {
        let holds = RestrictedExpression::new_bool(facts.flags.has(*flag));
        ((*name).to_string(), holds)
    });
    let context = Context::from_pairs(numbers.chain(flags)).ok()?;
    let (tenant, action, person) = rules.uids(facts.class)?;
    // The schema is not asked again at every request: these are always the same attributes, of the same
    // types, and a test compares them with it.
    Request::new(tenant, action, person, context, None).ok()
}

#[cfg(test)]
mod tests;
