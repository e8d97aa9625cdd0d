//! May this person be texted now? Pure: facts and policies in, a verdict out.
//!
//! Cedar decides over flat facts. Two of its habits shape this file: a policy that fails while it is
//! evaluated is skipped, so a broken `forbid` would let people through (hence: allow only without a single
//! error), and matching forbids come back unordered (hence: our own order of reasons).

use cedar_policy::{
    Authorizer, Context, Decision as CedarDecision, Entities, PolicyId, Request,
    RestrictedExpression,
};
use contract::{DecisionId, Reason};

use crate::facts::Facts;
use crate::quiet_hours::Window;
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
    /// Ids of the policies that determined it.
    pub policies: Vec<String>,
    /// For [`Effect::Defer`]: the local hours in which it is allowed.
    pub window: Option<Window>,
}

/// A verdict with its evidence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decision {
    pub id: DecisionId,
    pub facts: Facts,
    pub verdict: Verdict,
}

impl Decision {
    pub fn make(rules: &Rules, facts: Facts) -> Self {
        Self {
            id: facts.decision_id(rules.hash()),
            facts,
            verdict: decide(rules, &facts),
        }
    }
}

/// Final refusals, the weightiest first. A reason not listed (a tenant's own) weighs less than these and
/// more than a "not now".
const ORDER: [&str; 6] = [
    "POLICY_ERROR",
    "OPTED_OUT_GLOBAL",
    "OPTED_OUT_PROGRAM",
    "CONFIRMATION_TOO_LATE",
    "NO_CONSENT",
    "TIMEZONE_UNKNOWN",
];

/// Judges the facts. Anything but a clean "allow" is a refusal.
pub fn decide(rules: &Rules, facts: &Facts) -> Verdict {
    let Some(request) = request(rules, facts) else {
        return refusal(Reason::POLICY_ERROR, Vec::new());
    };
    let answer = Authorizer::new().is_authorized(&request, rules.policies(), &Entities::empty());
    let matched: Vec<&PolicyId> = answer.diagnostics().reason().collect();
    let mut policies: Vec<String> = matched.iter().map(|id| (*id).to_string()).collect();
    policies.sort_unstable();
    if answer.diagnostics().errors().next().is_some() {
        return refusal(Reason::POLICY_ERROR, policies);
    }
    match answer.decision() {
        CedarDecision::Allow => Verdict {
            effect: Effect::Allow,
            reason: Reason::OK,
            policies,
            window: None,
        },
        CedarDecision::Deny if matched.is_empty() => refusal(Reason::NO_MATCHING_PERMIT, policies),
        CedarDecision::Deny => denied(rules, &matched, policies),
    }
}

fn denied(rules: &Rules, matched: &[&PolicyId], policies: Vec<String>) -> Verdict {
    let mut finals: Vec<&str> = Vec::new();
    let mut not_now: Vec<(&str, Window)> = Vec::new();
    for id in matched {
        let law = rules.law(id);
        match law.defer_outside {
            Some(window) => not_now.push((&law.reason, window)),
            None => finals.push(&law.reason),
        }
    }
    if let Some(first) = finals.into_iter().min_by_key(weight) {
        return refusal(Reason::from(first.to_string()), policies);
    }
    let window = not_now
        .iter()
        .map(|(_, window)| *window)
        .reduce(Window::and);
    let reason = not_now
        .iter()
        .map(|(reason, _)| *reason)
        .min()
        .unwrap_or("NO_MATCHING_PERMIT");
    Verdict {
        effect: Effect::Defer,
        reason: Reason::from(reason.to_string()),
        policies,
        window,
    }
}

fn weight<'a>(reason: &&'a str) -> (usize, &'a str) {
    (
        ORDER
            .iter()
            .position(|known| known == reason)
            .unwrap_or(ORDER.len()),
        reason,
    )
}

fn refusal(reason: Reason, policies: Vec<String>) -> Verdict {
    Verdict {
        effect: Effect::Deny,
        reason,
        policies,
        window: None,
    }
}

/// `None` when the facts do not fit the schema: then nobody is texted.
fn request(rules: &Rules, facts: &Facts) -> Option<Request> {
    let long = |n: u16| RestrictedExpression::new_long(i64::from(n));
    let pairs = [
        (
            "class",
            RestrictedExpression::new_string(facts.class.as_str().to_string()),
        ),
        ("opted_in", RestrictedExpression::new_bool(facts.opted_in)),
        (
            "programme_out",
            RestrictedExpression::new_bool(facts.programme_out),
        ),
        ("opted_out", RestrictedExpression::new_bool(facts.opted_out)),
        ("opt_out_seconds", long(facts.opt_out_seconds)),
        (
            "zone_known",
            RestrictedExpression::new_bool(facts.zone_known),
        ),
        ("min_local_minute", long(facts.min_local_minute)),
        ("max_local_minute", long(facts.max_local_minute)),
    ];
    let context = Context::from_pairs(
        pairs
            .into_iter()
            .map(|(name, value)| (name.to_string(), value)),
    )
    .ok()?;
    let (tenant, action, person) = rules.uids();
    Request::new(tenant, action, person, context, Some(rules.schema())).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use contract::Class;
    use proptest::prelude::*;
    use serde::Deserialize;
    use std::sync::LazyLock;

    static RULES: LazyLock<Rules> = LazyLock::new(|| Rules::load("").unwrap());

    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Case {
        case: String,
        class: Class,
        #[serde(default)]
        opted_in: bool,
        #[serde(default)]
        programme_out: bool,
        #[serde(default)]
        opted_out: bool,
        #[serde(default)]
        opt_out_seconds: u16,
        local: Option<(u16, u16)>,
        effect: String,
        reason: String,
    }

    #[test]
    fn the_law_pack_decides_its_cases() {
        let cases: Vec<Case> =
            serde_json::from_str(include_str!("../policies/cases.json")).unwrap();
        for case in cases {
            let (min_local_minute, max_local_minute) = case.local.unwrap_or_default();
            let facts = Facts {
                class: case.class,
                opted_in: case.opted_in,
                programme_out: case.programme_out,
                opted_out: case.opted_out,
                opt_out_seconds: case.opt_out_seconds,
                zone_known: case.local.is_some(),
                min_local_minute,
                max_local_minute,
            };
            let verdict = decide(&RULES, &facts);
            assert_eq!(
                (verdict.effect.as_str(), verdict.reason.as_str()),
                (&*case.effect, &*case.reason),
                "{}",
                case.case
            );
            assert!(!verdict.policies.is_empty(), "{}", case.case);
        }
    }

    fn noon() -> Facts {
        Facts {
            class: Class::Marketing,
            opted_in: true,
            programme_out: false,
            opted_out: false,
            opt_out_seconds: 0,
            zone_known: true,
            min_local_minute: 720,
            max_local_minute: 720,
        }
    }

    #[test]
    fn the_window_in_the_annotation_is_the_window_of_the_policy() {
        for minute in 0..1440 {
            let facts = Facts {
                min_local_minute: minute,
                max_local_minute: minute,
                ..noon()
            };
            let verdict = decide(&RULES, &facts);
            let open = Window {
                from: 480,
                to: 1260,
            }
            .contains(minute, minute);
            assert_eq!(verdict.effect == Effect::Allow, open, "minute {minute}");
            assert_eq!(
                verdict.window,
                (!open).then_some(Window {
                    from: 480,
                    to: 1260
                }),
                "minute {minute}"
            );
        }
    }

    #[test]
    fn a_policy_that_fails_while_it_is_evaluated_denies() {
        let overflow = r#"@id("own.broken") @reason("OWN") @source("test") @effective_from("2026-01-01")
            forbid (principal, action, resource) when { context.max_local_minute * 9223372036854775807 > 0 };"#;
        let rules = Rules::load(overflow).unwrap();
        let verdict = decide(&rules, &noon());
        assert_eq!(
            (verdict.effect, verdict.reason),
            (Effect::Deny, Reason::POLICY_ERROR)
        );
    }

    #[test]
    fn a_tenants_own_forbid_adds_its_reason() {
        let own = r#"@id("own.lunch") @reason("LUNCH_BREAK") @source("us") @effective_from("2026-01-01")
            forbid (principal, action, resource) when { context.min_local_minute == 720 };"#;
        let rules = Rules::load(own).unwrap();
        assert_eq!(decide(&rules, &noon()).reason.as_str(), "LUNCH_BREAK");
        assert_ne!(rules.hash(), RULES.hash());
    }

    #[test]
    fn equal_facts_share_one_decision_and_other_policies_make_another() {
        let own = Rules::load(
            r#"@id("own.x") @reason("X") @source("us") @effective_from("2026-01-01")
            forbid (principal, action, resource) when { context.class == "x" };"#,
        )
        .unwrap();
        let (a, b) = (
            Decision::make(&RULES, noon()),
            Decision::make(&RULES, noon()),
        );
        assert_eq!(a, b);
        assert_ne!(
            a.id,
            Decision::make(
                &RULES,
                Facts {
                    opted_in: false,
                    ..noon()
                }
            )
            .id
        );
        assert_ne!(a.id, Decision::make(&own, noon()).id);
    }

    prop_compose! {
        fn any_facts()(class in 0..4usize, bools in any::<[bool; 4]>(), seconds in 0..302u16, minutes in any::<[u16; 2]>()) -> Facts {
            let classes = [Class::Marketing, Class::Transactional, Class::OptOutConfirmation, Class::HelpReply];
            Facts {
                class: classes[class],
                opted_in: bools[0],
                programme_out: bools[1],
                opted_out: bools[2],
                opt_out_seconds: seconds,
                zone_known: bools[3],
                min_local_minute: minutes[0] % 1440,
                max_local_minute: minutes[1] % 1440,
            }
        }
    }

    proptest! {
        #[test]
        fn nobody_who_opted_out_gets_marketing_or_reminders(facts in any_facts()) {
            let facts = Facts { opted_out: true, ..facts };
            let reply = matches!(facts.class, Class::OptOutConfirmation | Class::HelpReply);
            prop_assert!(reply || decide(&RULES, &facts).effect == Effect::Deny);
        }

        #[test]
        fn marketing_is_only_allowed_to_whom_it_was_granted_and_by_day(facts in any_facts()) {
            let verdict = decide(&RULES, &facts);
            if facts.class == Class::Marketing && verdict.effect == Effect::Allow {
                prop_assert!(facts.opted_in && facts.zone_known && !facts.programme_out);
                prop_assert!(facts.min_local_minute >= 480 && facts.max_local_minute < 1260);
            }
            prop_assert_eq!(verdict.effect == Effect::Defer, verdict.window.is_some());
        }
    }
}
