//! A journey as values, once its text has been checked. The canonical form is this as JSON.

mod steps;

use contract::Class;
use serde::{Deserialize, Serialize};

use crate::schedule::{IsoDuration, Window};

pub use steps::{
    Await, Emit, Fallback, Late, Method, Metric, Past, Reply, Send, Split, Step, StepKind, Stop,
    Variant, Wait, Way, Webhook, Winner,
};

/// What a value is where nothing is said; the canonical form leaves it out.
fn usual<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Definition {
    pub journey: String,
    pub name: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    pub purpose: Class,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub programme: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sender: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub timezone: Option<String>,
    pub trigger: Trigger,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub entry: Option<Entry>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub exit: Vec<Exit>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub replan: Option<Replan>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub window: Option<Hours>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limits: Option<Limits>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub goal: Option<Goal>,
    pub steps: Vec<Step>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Trigger {
    Event {
        event: String,
        #[serde(default, rename = "if", skip_serializing_if = "Option::is_none")]
        condition: Option<String>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        key: Option<String>,
        #[serde(default, skip_serializing_if = "usual")]
        duplicate: Duplicate,
    },
    Segment {
        segment: String,
        #[serde(default, skip_serializing_if = "usual")]
        when: Change,
    },
    Schedule {
        schedule: Recurrence,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        audience: Option<String>,
    },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Duplicate {
    #[default]
    Ignore,
    Restart,
    Update,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Change {
    #[default]
    Enters,
    Leaves,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Recurrence {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cron: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rrule: Option<String>,
    /// Local; where an `rrule` begins.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub start: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub timezone: Option<String>,
    #[serde(default, skip_serializing_if = "usual")]
    pub missed: Missed,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Missed {
    #[default]
    Skip,
    RunOnce,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Entry {
    #[serde(default, rename = "if", skip_serializing_if = "Option::is_none")]
    pub condition: Option<String>,
    /// `never`, `always` or a duration.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reentry: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_active_per_contact: Option<u32>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Exit {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub event: Option<String>,
    #[serde(default, rename = "if", skip_serializing_if = "Option::is_none")]
    pub condition: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<IsoDuration>,
    #[serde(default, rename = "as", skip_serializing_if = "usual")]
    pub how: ExitAs,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ExitAs {
    Goal,
    #[default]
    Cancelled,
    Expired,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Replan {
    pub event: String,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub reset: Vec<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub notice: Option<Send>,
    #[serde(default, skip_serializing_if = "usual")]
    pub notice_if: NoticeIf,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NoticeIf {
    #[default]
    AlreadyContacted,
    Always,
    Never,
}

/// A window and what happens outside of it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Hours {
    pub from: String,
    pub to: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub days: Option<Vec<String>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub timezone: Option<String>,
    #[serde(default, skip_serializing_if = "usual")]
    pub outside: Outside,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub earlier_at: Option<String>,
}

impl Hours {
    /// The span alone; an error where it says nothing.
    pub fn window(&self) -> Result<Window, String> {
        let written = crate::schedule::window::Written {
            from: self.from.clone(),
            to: self.to.clone(),
            days: self.days.clone(),
        };
        Window::try_from(written).map_err(|error| error.to_string())
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outside {
    #[default]
    Later,
    Earlier,
    Skip,
}

#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Limits {
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub per_contact: Vec<Limit>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub min_gap: Option<IsoDuration>,
}

#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Limit {
    pub max: u32,
    pub per: IsoDuration,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Goal {
    pub event: String,
    #[serde(default, rename = "if", skip_serializing_if = "Option::is_none")]
    pub condition: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub within: Option<IsoDuration>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub value: Option<String>,
}
