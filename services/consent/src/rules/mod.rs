//! A policy set: the law pack, the operator's and the tenant's own forbids, and the tenant's parameters,
//! compiled and proved against the schema before anything is decided by them. Pure.

mod check;
mod compile;
mod texts;

use std::sync::{Arc, PoisonError, RwLock};

use ahash::AHashMap;
use cedar_policy::{ActionConstraint, Entities, EntityUid, Policy, PolicyId, PolicySet};
use chrono::NaiveDate;
use contract::Class;

pub use check::{Fault, RulesError};
pub use texts::{PACK, Text};

use crate::law::{Law, Region};
use crate::parameters::Parameters;

/// What we need to know of one policy when it matches.
#[derive(Debug, Clone)]
pub struct Rule {
    /// Which text it stands in.
    pub file: String,
    pub reason: String,
    pub source: String,
    /// The refusal is only for now.
    pub defers: bool,
    /// Counts where a person may be in this country; `None` everywhere.
    pub region: Option<Region>,
    pub effective_from: NaiveDate,
    pub effective_until: Option<NaiveDate>,
    pub verified: bool,
    policy: Policy,
}

impl Rule {
    /// It is one of the few that permit; all others forbid.
    pub fn permits(&self) -> bool {
        self.policy.effect() == cedar_policy::Effect::Permit
    }
}

/// What a tenant adds to the pack; the empty one adds nothing.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub struct Own {
    pub parameters: Parameters,
    /// Cedar text; forbids only.
    pub forbids: String,
}

/// Era, class and countries: what a set of policies is picked by.
type SetKey = (u16, Class, Vec<Region>);

/// A policy set in service.
pub struct Rules {
    law: Arc<Law>,
    operator: String,
    own: Own,
    rules: AHashMap<PolicyId, Rule>,
    /// Days on which some policy begins or ends, ascending.
    turns: Vec<NaiveDate>,
    /// Countries with policies of their own.
    countries: Vec<Region>,
    sets: RwLock<AHashMap<SetKey, Arc<PolicySet>>>,
    entities: Entities,
    principal: EntityUid,
    resource: EntityUid,
    actions: AHashMap<Class, EntityUid>,
    hash: [u8; 32],
}

impl Rules {
    /// The pack, `operator`'s forbids for every tenant of the installation, and one tenant's `own`.
    pub fn compile(law: Arc<Law>, operator: &str, own: Own) -> Result<Self, RulesError> {
        compile::compile(law, operator, own)
    }

    /// The pack as it is shipped, with default parameters.
    pub fn shipped() -> Result<Self, RulesError> {
        let law = Law::load().map_err(|e| RulesError::Law(e.to_string()))?;
        Self::compile(Arc::new(law), "", Own::default())
    }

    /// The same without the tenant's own forbids.
    pub fn without_forbids(&self) -> Result<Self, RulesError> {
        let own = Own {
            forbids: String::new(),
            ..self.own.clone()
        };
        Self::compile(self.law.clone(), &self.operator, own)
    }

    pub fn law_tables(&self) -> &Law {
        &self.law
    }

    pub const fn parameters(&self) -> &Parameters {
        &self.own.parameters
    }

    pub const fn own(&self) -> &Own {
        &self.own
    }

    /// SHA-256 over schema, policies, law files and parameters: names the policy set in the evidence.
    pub const fn hash(&self) -> &[u8; 32] {
        &self.hash
    }

    /// All of it in full: what stands behind [`Rules::hash`].
    pub fn evidence(&self) -> serde_json::Value {
        let mut texts = serde_json::Map::new();
        texts.insert("consent.cedarschema".to_string(), texts::SCHEMA.into());
        for text in std::iter::once(&texts::BASE).chain(PACK) {
            texts.insert(format!("{}.cedar", text.file), text.cedar.into());
        }
        for (file, text) in crate::law::TEXTS {
            texts.insert(format!("{file}.toml"), (*text).into());
        }
        texts.insert("operator.cedar".to_string(), self.operator.clone().into());
        texts.insert("tenant.cedar".to_string(), self.own.forbids.clone().into());
        serde_json::json!({ "texts": texts, "parameters": self.own.parameters })
    }

    /// Every policy by its id, in order.
    pub fn listed(&self) -> Vec<(String, &Rule)> {
        let mut listed: Vec<(String, &Rule)> = self
            .rules
            .iter()
            .map(|(id, rule)| (id.to_string(), rule))
            .collect();
        listed.sort_unstable_by(|a, b| (&a.1.file, &a.0).cmp(&(&b.1.file, &b.0)));
        listed
    }

    /// Which stretch of the policies' own dates a day falls into.
    pub fn era(&self, day: NaiveDate) -> u16 {
        u16::try_from(self.turns.partition_point(|turn| *turn <= day)).unwrap_or(u16::MAX)
    }

    /// One policy by its @id.
    pub fn named(&self, id: &str) -> Option<&Rule> {
        self.rules.get(&PolicyId::new(id))
    }

    pub(crate) fn rule(&self, id: &PolicyId) -> Option<&Rule> {
        self.rules.get(id)
    }

    /// Any day of an era.
    fn day_of(&self, era: u16) -> NaiveDate {
        usize::from(era)
            .checked_sub(1)
            .and_then(|index| self.turns.get(index))
            .copied()
            .unwrap_or(NaiveDate::MIN)
    }

    /// The policies that count for a text of this class to people who may be in these regions, in this era.
    /// Those for other classes are left out: Cedar would look at every one of them.
    pub(crate) fn policies(&self, era: u16, class: Class, regions: &[Region]) -> Arc<PolicySet> {
        let mut countries: Vec<Region> = regions
            .iter()
            .map(|region| region.country())
            .filter(|country| self.countries.contains(country))
            .collect();
        countries.sort_unstable();
        countries.dedup();
        let key = (era, class.judged_as(), countries);
        {
            let sets = self.sets.read().unwrap_or_else(PoisonError::into_inner);
            if let Some(known) = sets.get(&key) {
                return known.clone();
            }
        }
        let day = self.day_of(era);
        let mut set = PolicySet::new();
        for rule in self.rules.values() {
            let here = rule.region.is_none_or(|region| key.2.contains(&region));
            let here = here && self.concerns(&rule.policy, key.1);
            let now =
                rule.effective_from <= day && rule.effective_until.is_none_or(|until| day < until);
            if here && now {
                // `compile` has put every policy into one set before, so the ids are unique.
                let _added = set.add(rule.policy.clone());
            }
        }
        let set = Arc::new(set);
        self.sets
            .write()
            .unwrap_or_else(PoisonError::into_inner)
            .insert(key, set.clone());
        set
    }

    /// Does the policy's action scope let it match a text of this class at all?
    fn concerns(&self, policy: &Policy, class: Class) -> bool {
        let Some(action) = self.actions.get(&class) else {
            return true;
        };
        let covers =
            |scope: &EntityUid| scope == action || self.entities.is_ancestor_of(scope, action);
        match policy.action_constraint() {
            ActionConstraint::Any => true,
            ActionConstraint::Eq(scope) => scope == *action,
            ActionConstraint::In(scopes) => scopes.iter().any(covers),
        }
    }

    pub(crate) const fn entities(&self) -> &Entities {
        &self.entities
    }

    /// Principal, action and resource. Which tenant and person it is does not matter to the law.
    pub(crate) fn uids(&self, class: Class) -> Option<(EntityUid, EntityUid, EntityUid)> {
        let action = self.actions.get(&class.judged_as())?;
        Some((
            self.principal.clone(),
            action.clone(),
            self.resource.clone(),
        ))
    }
}

#[cfg(test)]
mod tests;
