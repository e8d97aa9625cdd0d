//! A version of a journey, compiled: every step with the one that follows it, every expression ready.
//!
//! Steps form a tree without jumps, so each step knows what comes after it, and the id of a step says everything
//! about where a run stands. That is what lets a run move to a new version by the id of its step.

mod compile;

use std::collections::{BTreeMap, BTreeSet, HashMap};

use chrono::NaiveTime;
use chrono_tz::Tz;
use contract::Class;
use serde_json::{Map, Value};

use super::expression::{Compiled, EvalError, Scopes, bounded};
use super::model::{
    Definition, Duplicate, Emit, ExitAs, Late, Method, NoticeIf, Outside, Past, Stop, Trigger,
};
use crate::schedule::recurrence::Recurring;
use crate::schedule::{IsoDuration, Window};

/// Where a step stands in [`Version::steps`].
pub type At = usize;

#[derive(Debug)]
pub struct Version {
    pub name: String,
    pub purpose: Class,
    pub trigger: Start,
    pub entry_if: Option<Compiled>,
    pub reentry: Reentry,
    pub max_active: Option<u32>,
    pub exits: Vec<Exit>,
    pub replan: Option<Replan>,
    pub limits: Vec<(u32, IsoDuration)>,
    pub min_gap: Option<IsoDuration>,
    pub goal: Option<Goal>,
    pub zone: Tz,
    pub steps: Vec<Step>,
    pub first: Option<At>,
    by_id: HashMap<String, At>,
    /// Events that a run listens to.
    pub listens: BTreeSet<String>,
    /// Of those, the ones `happened` is asked about.
    pub remembers: BTreeSet<String>,
    /// Replies matter to it.
    pub replies: bool,
    /// Fields of contacts its expressions speak of.
    pub contact_fields: BTreeSet<String>,
    /// Splits that will have a winner.
    pub contests: Vec<Contest>,
}

/// A split whose better variant gets everybody one day.
#[derive(Debug, Clone, PartialEq)]
pub struct Contest {
    pub step: String,
    /// Those that have steps.
    pub rivals: Vec<String>,
    pub after: IsoDuration,
    pub min_sample: u64,
}

#[derive(Debug)]
pub enum Start {
    Event {
        event: String,
        condition: Option<Box<Compiled>>,
        key: Option<Box<Compiled>>,
        duplicate: Duplicate,
    },
    Schedule {
        slots: Box<Recurring>,
        /// Each contact's own clock counts; then `slots` are told as the first clock shows them.
        each_clock: bool,
        /// A slot that is found later than this is skipped.
        late: chrono::Duration,
        /// The id of a list; `None`: everybody.
        audience: Option<String>,
    },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reentry {
    Never,
    Always,
    After(IsoDuration),
}

#[derive(Debug)]
pub struct Exit {
    pub event: Option<String>,
    pub condition: Option<Compiled>,
    pub after: Option<IsoDuration>,
    pub how: ExitAs,
}

#[derive(Debug)]
pub struct Replan {
    pub event: String,
    pub reset: Vec<String>,
    pub notice: Option<At>,
    pub notice_if: NoticeIf,
}

#[derive(Debug)]
pub struct Goal {
    pub event: String,
    pub condition: Option<Compiled>,
    pub within: Option<IsoDuration>,
    pub value: Option<Compiled>,
}

#[derive(Debug)]
pub struct Step {
    pub id: String,
    pub guard: Option<Compiled>,
    pub next: Option<At>,
    /// It answers a reply, or tells of a move: no window, no limits.
    pub answer: bool,
    pub kind: Kind,
}

#[derive(Debug)]
pub enum Kind {
    Send(Send),
    Wait(Wait),
    Await(Await),
    /// Ways and what they lead to; where none holds the step after the branch comes.
    Branch(Vec<(Option<Compiled>, Option<At>)>),
    Split(Vec<(String, u32, Option<At>)>),
    Update(Vec<(String, Computed)>),
    Emit(Emit, Computed),
    Webhook(Box<Webhook>),
    Stop(Stop),
}

#[derive(Debug)]
pub struct Send {
    pub template: String,
    pub channels: Vec<String>,
    pub sender: Option<String>,
    pub valid_for: IsoDuration,
    pub fallback: BTreeSet<String>,
    pub no_receipt_after: Option<IsoDuration>,
    pub hours: Option<Hours>,
    pub late: Late,
    pub min_lead: Option<IsoDuration>,
    pub vars: Computed,
}

#[derive(Debug)]
pub struct Webhook {
    pub url: String,
    pub method: Method,
    pub headers: Computed,
    pub body: Computed,
    pub timeout: IsoDuration,
    pub on_error: Option<At>,
}

#[derive(Debug, Clone)]
pub struct Hours {
    pub window: Window,
    /// `None`: the contact's.
    pub zone: Option<Tz>,
    pub outside: Outside,
    pub earlier_at: Option<NaiveTime>,
}

#[derive(Debug)]
pub struct Wait {
    pub length: Option<IsoDuration>,
    pub until: Option<Compiled>,
    pub offset: IsoDuration,
    /// Minutes of the day.
    pub at: Option<u16>,
    pub days: Vec<chrono::Weekday>,
    pub zone: Option<Tz>,
    pub past: Past,
}

#[derive(Debug)]
pub struct Await {
    pub event: Option<String>,
    pub condition: Option<Compiled>,
    pub then: Option<At>,
    /// Normalised words and where they lead.
    pub replies: Vec<(Vec<String>, String, Option<At>)>,
    pub other: Option<At>,
    pub timeout: Option<IsoDuration>,
    pub until: Option<Compiled>,
    pub background: bool,
    pub on_timeout: Option<At>,
}

/// Values with expressions in them.
#[derive(Debug)]
pub enum Computed {
    Plain(Value),
    Expression(Compiled),
    List(Vec<Self>),
    Fields(BTreeMap<String, Self>),
}

/// What cannot be compiled.
#[derive(Debug, thiserror::Error)]
pub enum CompileError {
    #[error("{0}")]
    Expression(#[from] EvalError),
    #[error("The window: {0}")]
    Window(String),
    #[error("There is no time zone {0}.")]
    Zone(String),
    #[error("The schedule: {0}.")]
    Schedule(String),
}

impl Version {
    pub fn compile(definition: &Definition) -> Result<Self, CompileError> {
        compile::compile(definition)
    }

    pub fn find(&self, id: &str) -> Option<At> {
        self.by_id.get(id).copied()
    }

    /// Whether its people have an appointment, so that C means what it means among them.
    pub fn is_about_appointments(&self) -> bool {
        let by_one = matches!(&self.trigger, Start::Event { event, .. } if event.starts_with("appointment."));
        by_one || self.purpose == Class::Appointment
    }

    /// How long a text counts against its limits, in milliseconds; `None`: it has none.
    pub fn longest_limit_ms(&self) -> Option<i64> {
        let spans = self.limits.iter().map(|(_, per)| *per).chain(self.min_gap);
        spans.map(|span| span.nominal().num_milliseconds()).max()
    }

    /// The events that its steps say, those of appointments that they change included.
    pub fn says(&self) -> BTreeSet<String> {
        let said = self.steps.iter().flat_map(|step| match &step.kind {
            Kind::Emit(emit, _) => vec![emit.event.clone()],
            Kind::Update(values) => values.iter().flat_map(confirmations).collect(),
            _ => Vec::new(),
        });
        said.collect()
    }

    /// Templates and senders of its texts.
    pub fn sends(&self) -> impl Iterator<Item = (&str, &Send)> {
        self.steps.iter().filter_map(|step| match &step.kind {
            Kind::Send(send) => Some((step.id.as_str(), send)),
            _ => None,
        })
    }
}

/// What is said of an appointment whose confirmation a step sets.
fn confirmations((target, value): &(String, Computed)) -> Vec<String> {
    if target != "appointment.confirmation" {
        return Vec::new();
    }
    match value {
        Computed::Plain(Value::String(word)) => vec![format!("appointment.{word}")],
        Computed::Plain(_) => Vec::new(),
        _ => ["confirmed", "reschedule_requested", "cancel_requested"]
            .map(|word| format!("appointment.{word}"))
            .to_vec(),
    }
}

/// The event that starts runs of a journey, if an event does.
pub fn starts_with(definition: &Definition) -> Option<String> {
    match &definition.trigger {
        Trigger::Event { event, .. } => Some(event.clone()),
        // A segment's change is told by an event of this name, with the segment in its data.
        Trigger::Segment { when, .. } => Some(
            match when {
                super::model::Change::Enters => "segment.entered",
                super::model::Change::Leaves => "segment.left",
            }
            .to_string(),
        ),
        Trigger::Schedule { .. } => None,
    }
}

impl Computed {
    pub fn value(&self, scopes: &Scopes<'_>) -> Result<Value, EvalError> {
        bounded(self.part(scopes)?, "the values of the step")
    }

    fn part(&self, scopes: &Scopes<'_>) -> Result<Value, EvalError> {
        Ok(match self {
            Self::Plain(value) => value.clone(),
            Self::Expression(expression) => expression.json(scopes)?,
            Self::List(items) => items
                .iter()
                .map(|item| item.part(scopes))
                .collect::<Result<Vec<_>, _>>()?
                .into(),
            Self::Fields(fields) => {
                let mut map = Map::new();
                for (name, field) in fields {
                    map.insert(name.clone(), field.part(scopes)?);
                }
                map.into()
            }
        })
    }
}
