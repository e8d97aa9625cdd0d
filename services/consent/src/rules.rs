//! The policy set: Cedar texts, parsed and proved against the schema before anything is decided by them.

use std::collections::HashMap;
use std::str::FromStr;

use cedar_policy::{
    Effect, EntityUid, Policy, PolicyId, PolicySet, Schema, ValidationMode, Validator,
};
use sha2::{Digest, Sha256};

use crate::quiet_hours::Window;

const SCHEMA: &str = include_str!("../policies/consent.cedarschema");
/// The permits, which are ours alone.
const BASE: &str = include_str!("../policies/base.cedar");
/// The law pack: forbids only.
const LAW: [&str; 3] = [
    include_str!("../policies/opt_in.cedar"),
    include_str!("../policies/opt_out.cedar"),
    include_str!("../policies/quiet_hours.cedar"),
];

/// Why a policy set is not taken into service.
#[derive(Debug, thiserror::Error)]
pub enum RulesError {
    #[error("the policy schema cannot be read: {0}")]
    Schema(String),
    #[error("a policy cannot be read: {0}")]
    Syntax(String),
    #[error("policy {policy} lacks @{annotation}")]
    Annotation {
        policy: String,
        annotation: &'static str,
    },
    #[error("policy {0}: @defer_outside must be two minutes of the day, such as \"480-1260\"")]
    Window(String),
    #[error("policy {0} is a permit; only forbids may be added")]
    OwnPermit(String),
    #[error("two policies are called {0}")]
    Twice(String),
    #[error("policy templates are not supported")]
    Template,
    #[error("the policies do not fit the schema: {0}")]
    Invalid(String),
}

/// What we need to know of one policy when it matches.
#[derive(Debug, Clone, Default)]
pub struct Law {
    pub reason: String,
    /// Set where the refusal is only for now.
    pub defer_outside: Option<Window>,
}

/// A policy set in service.
pub struct Rules {
    policies: PolicySet,
    schema: Schema,
    laws: HashMap<PolicyId, Law>,
    uids: (EntityUid, EntityUid, EntityUid),
    hash: [u8; 32],
}

impl Rules {
    /// The embedded policies and `extra` ones, which may only forbid.
    pub fn load(extra: &str) -> Result<Self, RulesError> {
        let (schema, _) =
            Schema::from_cedarschema_str(SCHEMA).map_err(|e| RulesError::Schema(e.to_string()))?;
        let mut policies = PolicySet::new();
        let mut laws = HashMap::new();
        let mut hash = Sha256::new().chain_update(SCHEMA);
        let permits = std::iter::once((BASE, true));
        let forbids = LAW.into_iter().chain([extra]).map(|text| (text, false));
        for (text, permit_allowed) in permits.chain(forbids) {
            hash.update([0]);
            hash.update(text);
            add(&mut policies, &mut laws, text, permit_allowed)?;
        }
        let proof = Validator::new(schema.clone()).validate(&policies, ValidationMode::Strict);
        if !proof.validation_passed() {
            let faults: Vec<String> = proof.validation_errors().map(ToString::to_string).collect();
            return Err(RulesError::Invalid(faults.join("; ")));
        }
        let uid =
            |text: &str| EntityUid::from_str(text).map_err(|e| RulesError::Schema(e.to_string()));
        let uids = (
            uid("Tenant::\"any\"")?,
            uid("Action::\"text\"")?,
            uid("Person::\"any\"")?,
        );
        Ok(Self {
            policies,
            schema,
            laws,
            uids,
            hash: hash.finalize().into(),
        })
    }

    pub const fn policies(&self) -> &PolicySet {
        &self.policies
    }

    pub const fn schema(&self) -> &Schema {
        &self.schema
    }

    /// Principal, action and resource. Which tenant and person it is does not matter to the law.
    pub fn uids(&self) -> (EntityUid, EntityUid, EntityUid) {
        self.uids.clone()
    }

    /// SHA-256 over schema and policy texts: names the policy set in the evidence.
    pub const fn hash(&self) -> &[u8; 32] {
        &self.hash
    }

    /// A policy that is somehow unknown counts as a final refusal.
    pub fn law(&self, id: &PolicyId) -> &Law {
        static UNKNOWN: Law = Law {
            reason: String::new(),
            defer_outside: None,
        };
        self.laws.get(id).unwrap_or(&UNKNOWN)
    }
}

fn add(
    policies: &mut PolicySet,
    laws: &mut HashMap<PolicyId, Law>,
    text: &str,
    permit_allowed: bool,
) -> Result<(), RulesError> {
    let parsed = PolicySet::from_str(text).map_err(|e| RulesError::Syntax(e.to_string()))?;
    if parsed.templates().next().is_some() {
        return Err(RulesError::Template);
    }
    for policy in parsed.policies() {
        let name = annotation(policy, "id")?;
        annotation(policy, "source")?;
        annotation(policy, "effective_from")?;
        let mut law = Law::default();
        match policy.effect() {
            Effect::Permit if !permit_allowed => return Err(RulesError::OwnPermit(name)),
            Effect::Permit => {}
            Effect::Forbid => law.reason = annotation(policy, "reason")?,
        }
        if let Some(window) = policy.annotation("defer_outside") {
            law.defer_outside =
                Some(Window::parse(window).ok_or_else(|| RulesError::Window(name.clone()))?);
        }
        // Parsed policies are called policy0, policy1, …; @id is only an annotation until it is made the id.
        let id = PolicyId::new(&name);
        policies
            .add(policy.new_id(id.clone()))
            .map_err(|_| RulesError::Twice(name))?;
        laws.insert(id, law);
    }
    Ok(())
}

fn annotation(policy: &Policy, key: &'static str) -> Result<String, RulesError> {
    match policy.annotation(key) {
        Some(text) if !text.is_empty() => Ok(text.to_string()),
        _ => {
            let name = policy
                .annotation("id")
                .map_or_else(|| policy.id().to_string(), ToString::to_string);
            Err(RulesError::Annotation {
                policy: name,
                annotation: key,
            })
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fault(extra: &str) -> String {
        Rules::load(extra)
            .err()
            .map(|e| e.to_string())
            .unwrap_or_default()
    }

    const HEAD: &str = r#"@id("own.x") @reason("X") @source("us") @effective_from("2026-01-01")"#;

    #[test]
    fn the_embedded_policies_load() {
        assert!(Rules::load("").is_ok());
    }

    #[test]
    fn own_policies_may_only_forbid() {
        assert!(
            fault(&format!("{HEAD} permit (principal, action, resource);"))
                .contains("only forbids may be added")
        );
    }

    #[test]
    fn a_policy_that_does_not_fit_the_schema_is_refused_at_load() {
        let text =
            format!("{HEAD} forbid (principal, action, resource) when {{ context.age < 18 }};");
        assert!(
            fault(&text).contains("do not fit the schema"),
            "{}",
            fault(&text)
        );
    }

    #[test]
    fn a_policy_without_its_papers_is_refused() {
        let text = r#"@id("own.x") @source("us") @effective_from("2026-01-01") forbid (principal, action, resource);"#;
        assert_eq!(fault(text), "policy own.x lacks @reason");
        assert!(fault("forbid (principal").contains("cannot be read"));
        assert_eq!(
            fault(&format!(
                "{HEAD} @defer_outside(\"8-21h\") forbid (principal, action, resource);"
            )),
            "policy own.x: @defer_outside must be two minutes of the day, such as \"480-1260\""
        );
    }
}
