//! Why may somebody be texted or not, and what would change it? Pure: the gates in their order with the facts
//! they used, and the fewest changes after which the text may leave.

mod clocks;
mod flips;
mod gates;
mod scene;
mod shown;
mod steps;

use chrono::{DateTime, Utc};
use contract::ConsentId;
use serde::Serialize;
use utoipa::ToSchema;

pub use flips::remedies;
pub use gates::{GATES, gates};
pub use scene::{Made, Scene};

use crate::places::Places;
use crate::rules::Rules;
use crate::standing::Change;

/// A ledger entry, as far as gates name it.
#[derive(Debug, Clone)]
pub struct Entry {
    pub id: ConsentId,
    pub change: Change,
}

/// One gate.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Gate {
    /// `number`, `class`, `suppression`, `identity`, `consent`, `do_not_call`, `content`, `expiry`, `hours`,
    /// `frequency`, `carrier` or `own_policies`.
    pub gate: &'static str,
    pub passed: bool,
    /// Reasons against, the weightiest first.
    pub reasons: Vec<String>,
    pub policies: Vec<PolicyNamed>,
    /// What it looked at, in plain words.
    pub facts: Vec<FactShown>,
    /// Rows of the law files that bind here.
    pub law: Vec<LawNamed>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct PolicyNamed {
    pub id: String,
    pub source: String,
    pub verified: bool,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct FactShown {
    pub fact: String,
    pub value: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct LawNamed {
    pub id: String,
    /// What it asks for, such as `08:00–21:00`.
    pub asks: String,
    pub source: String,
    pub verified: bool,
    /// It stands against the text now.
    pub against: bool,
}

/// Changes that together let the text leave.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Remedy {
    pub changes: Vec<ChangeNamed>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct ChangeNamed {
    /// Stable, such as `wait` or `opt_in`.
    pub code: &'static str,
    pub what: String,
    /// For `wait`.
    pub until: Option<DateTime<Utc>>,
}

/// The whole answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Explanation {
    /// `allow`, `deny` or `defer`.
    pub effect: &'static str,
    pub reason: String,
    pub reasons: Vec<String>,
    pub defer_until: Option<DateTime<Utc>>,
    pub gates: Vec<Gate>,
    /// The shortest lists of changes, the first the plainest; empty when it may leave, or nothing would help.
    pub smallest_changes: Vec<Remedy>,
}

/// Explains one text to one person at one instant.
pub fn explain(rules: &Rules, places: &Places, scene: &Scene, entries: &[Entry]) -> Explanation {
    let made = scene.judge(rules, places);
    Explanation {
        effect: made.verdict.effect.as_str(),
        reason: made.verdict.reason.to_string(),
        reasons: made
            .verdict
            .reasons
            .iter()
            .map(ToString::to_string)
            .collect(),
        defer_until: made.until,
        gates: gates(rules, places, scene, &made, entries),
        smallest_changes: remedies(rules, places, scene, &made),
    }
}

#[cfg(test)]
mod tests;
