//! From texts to a policy set in service.

use std::str::FromStr;
use std::sync::{Arc, RwLock};

use ahash::AHashMap;
use cedar_policy::{
    Effect, Entities, EntityUid, Policy, PolicyId, PolicySet, Schema, ValidationMode, Validator,
};
use chrono::NaiveDate;
use contract::Class;
use miette::Diagnostic;
use sha2::{Digest, Sha256};

use super::check::{Fault, RulesError, annotation, may_error};
use super::texts::{BASE, PACK, SCHEMA};
use super::{Own, Rule, Rules};
use crate::law::{Law, Region};

/// Whose text it is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Author {
    Base,
    Pack,
    Operator,
    Tenant,
}

struct Draft {
    rules: AHashMap<PolicyId, Rule>,
    all: PolicySet,
    faults: Vec<Fault>,
}

pub fn compile(law: Arc<Law>, operator: &str, own: Own) -> Result<Rules, RulesError> {
    let schema = Schema::from_cedarschema_str(SCHEMA)
        .map_err(|e| RulesError::Schema(e.to_string()))?
        .0;
    let mut draft = Draft {
        rules: AHashMap::new(),
        all: PolicySet::new(),
        faults: Vec::new(),
    };
    let texts = std::iter::once((BASE.file, BASE.cedar, Author::Base))
        .chain(
            PACK.iter()
                .map(|text| (text.file, text.cedar, Author::Pack)),
        )
        .chain([
            ("operator", operator, Author::Operator),
            ("tenant", own.forbids.as_str(), Author::Tenant),
        ]);
    let mut hash = Sha256::new()
        .chain_update(SCHEMA)
        .chain_update(law.hash)
        .chain_update(serde_json::to_string(&own.parameters).unwrap_or_default());
    for (file, text, author) in texts {
        hash.update([0]);
        hash.update(text);
        draft.add(file, text, author, &schema);
    }
    for (pointer, fault) in own.parameters.faults() {
        draft.faults.push(Fault::new(
            "policy.parameters",
            Some(pointer.to_string()),
            fault,
        ));
    }
    if !draft.faults.is_empty() {
        return Err(RulesError::Faults(draft.faults));
    }
    finish(law, (operator, own), draft, &schema, hash.finalize().into())
}

fn finish(
    law: Arc<Law>,
    (operator, own): (&str, Own),
    draft: Draft,
    schema: &Schema,
    hash: [u8; 32],
) -> Result<Rules, RulesError> {
    let broken = |e: &dyn std::fmt::Display| RulesError::Schema(e.to_string());
    let entities = Entities::from_entities([], Some(schema)).map_err(|e| broken(&e))?;
    let uid = |text: String| EntityUid::from_str(&text).map_err(|e| broken(&e));
    let mut actions = AHashMap::new();
    for class in Class::ALL {
        let class = class.judged_as();
        actions.insert(class, uid(format!("Action::\"{}\"", class.as_str()))?);
    }
    let mut turns: Vec<NaiveDate> = draft
        .rules
        .values()
        .flat_map(|rule| std::iter::once(rule.effective_from).chain(rule.effective_until))
        .collect();
    turns.sort_unstable();
    turns.dedup();
    let mut countries: Vec<Region> = draft
        .rules
        .values()
        .filter_map(|rule| rule.region)
        .collect();
    countries.sort_unstable();
    countries.dedup();
    Ok(Rules {
        law,
        operator: operator.to_string(),
        own,
        rules: draft.rules,
        turns,
        countries,
        sets: RwLock::default(),
        entities,
        principal: uid("Tenant::\"any\"".to_string())?,
        resource: uid("Person::\"any\"".to_string())?,
        actions,
        hash,
    })
}

impl Draft {
    fn add(&mut self, file: &str, text: &str, author: Author, schema: &Schema) {
        let parsed = match PolicySet::from_str(text) {
            Ok(parsed) => parsed,
            Err(errors) => {
                let told = errors
                    .iter()
                    .map(|error| Fault::of("policy.syntax", None, error, text));
                self.faults.extend(told);
                return;
            }
        };
        if parsed.templates().next().is_some() {
            let fault = Fault::new(
                "policy.template",
                None,
                "policy templates are not supported",
            );
            self.faults.push(fault);
            return;
        }
        let before = self.faults.len();
        let mut fresh = PolicySet::new();
        for policy in parsed.policies() {
            match rule(file, policy, author) {
                Err(fault) => self.faults.push(fault.at_its_id(text)),
                Ok((id, rule)) => {
                    let twice = self.all.add(rule.policy.clone()).is_err()
                        || fresh.add(rule.policy.clone()).is_err();
                    if twice {
                        let detail = "another policy has this id";
                        let fault = Fault::new("policy.duplicate", Some(id.to_string()), detail);
                        self.faults.push(fault.at_its_id(text));
                    }
                    self.rules.insert(id, rule);
                }
            }
        }
        if self.faults.len() == before {
            self.prove(&fresh, text, schema);
        }
    }

    /// Strict validation; a policy that can never match is a mistake too, since it looks as if it guarded.
    fn prove(&mut self, policies: &PolicySet, text: &str, schema: &Schema) {
        let proof = Validator::new(schema.clone()).validate(policies, ValidationMode::Strict);
        for error in proof.validation_errors() {
            let policy = error.policy_id().to_string();
            self.faults
                .push(Fault::of("policy.invalid", Some(policy), error, text));
        }
        for warning in proof.validation_warnings() {
            let never = Diagnostic::code(warning)
                .is_some_and(|code| code.to_string().contains("impossible"))
                || warning.to_string().contains("impossible");
            if never {
                let policy = warning.policy_id().to_string();
                self.faults.push(Fault::of(
                    "policy.never_matches",
                    Some(policy),
                    warning,
                    text,
                ));
            }
        }
    }
}

fn rule(file: &str, policy: &Policy, author: Author) -> Result<(PolicyId, Rule), Fault> {
    let Some(name) = annotation(policy, "id") else {
        let detail = format!("{} lacks @id", policy.id());
        return Err(Fault::new("policy.annotation", None, detail));
    };
    let fault = |code, detail: String| Fault::new(code, Some(name.clone()), detail);
    let needed = |key: &str| {
        annotation(policy, key)
            .ok_or_else(|| fault("policy.annotation", format!("it lacks @{key}")))
    };
    let day = |key: &str, text: String| {
        text.parse::<NaiveDate>().map_err(|_| {
            fault(
                "policy.annotation",
                format!("@{key} is no date such as 2026-01-31"),
            )
        })
    };
    let reason = match (policy.effect(), author) {
        (Effect::Permit, Author::Base) => "OK".to_string(),
        (Effect::Permit, _) => {
            return Err(fault(
                "policy.permit",
                "it permits; only forbids may be added".into(),
            ));
        }
        (Effect::Forbid, _) => needed("reason")?,
    };
    let effective_from = day("effective_from", needed("effective_from")?)?;
    let effective_until = match annotation(policy, "effective_until") {
        Some(text) => Some(day("effective_until", text)?),
        None => None,
    };
    if effective_until.is_some_and(|until| until <= effective_from) {
        return Err(fault(
            "policy.annotation",
            "it ends before it begins".into(),
        ));
    }
    let region = match annotation(policy, "region") {
        Some(text) => Some(
            Region::parse(&text)
                .filter(|region| region.country() == *region)
                .ok_or_else(|| {
                    fault(
                        "policy.annotation",
                        "@region is no country such as US".into(),
                    )
                })?,
        ),
        None => None,
    };
    let defers = match annotation(policy, "effect").as_deref() {
        None | Some("deny") => false,
        Some("defer") => true,
        Some(_) => {
            return Err(fault(
                "policy.annotation",
                "@effect is deny or defer".into(),
            ));
        }
    };
    if defers && matches!(author, Author::Operator | Author::Tenant) {
        let detail =
            "own policies deny; when a deferred text may leave is computed for the pack alone";
        return Err(fault("policy.annotation", detail.into()));
    }
    if may_error(policy) {
        let detail = "arithmetic can overflow, and a policy that fails is skipped; compare facts with numbers instead";
        return Err(fault("policy.may_error", detail.into()));
    }
    // Parsed policies are called policy0, policy1, …; @id is only an annotation until it is made the id.
    let id = PolicyId::new(&name);
    let rule = Rule {
        file: file.to_string(),
        reason,
        source: needed("source")?,
        defers,
        region,
        effective_from,
        effective_until,
        verified: annotation(policy, "verified").as_deref() != Some("false"),
        policy: policy.new_id(id.clone()),
    };
    Ok((id, rule))
}
