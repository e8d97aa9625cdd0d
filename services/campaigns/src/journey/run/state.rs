//! The state of a run, what moves it, and what it wants done. Instants are Unix milliseconds.

use std::collections::{BTreeMap, VecDeque};

use chrono_tz::Tz;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::journey::model::Method;

/// One person on the way through one version of a journey.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Run {
    /// How often it was begun anew.
    pub epoch: u32,
    pub started_at: i64,
    /// Up to here everything has happened.
    pub clock: i64,
    pub end: Option<Ended>,
    /// Where it stands; the first is the way itself, the others go beside it.
    pub fibers: Vec<Fiber>,
    pub next_fiber: u32,
    pub texts: Vec<Text>,
    /// Of the last effect.
    pub number: u32,
    /// Data of the event that started it.
    pub event: Value,
    pub appointment: Value,
    /// Values set by `update: {run.…}`.
    pub values: Map<String, Value>,
    /// Fields of the contact set by this run, until they are loaded from where they were written.
    pub contact: BTreeMap<String, Value>,
    pub variants: BTreeMap<String, String>,
    /// The name of the last reply that was understood, or `other`.
    pub reply: Option<String>,
    /// Data of events that were waited for, by step.
    pub awaited: BTreeMap<String, Value>,
    pub happened: BTreeMap<String, i64>,
    /// When texts that count were sent.
    pub sent: Vec<i64>,
    pub goal: Option<Reached>,
    /// The timer that was last asked for.
    pub timer: Option<i64>,
    /// Calls without an answer: their numbers, and the strands that wait for them.
    #[serde(default)]
    pub calls: BTreeMap<u32, u32>,
    /// What calls were answered, by step.
    #[serde(default)]
    pub called: BTreeMap<String, Value>,
    /// Inputs that were worked in, newest last.
    pub seen: VecDeque<u64>,
    pub trail: Vec<Note>,
    /// Notes that made room for newer ones.
    pub notes_dropped: u32,
}

impl Run {
    /// What stands for a run whose state cannot be read.
    pub fn unreadable(at: i64) -> Self {
        let end = Ended {
            how: End::Failed,
            at,
            why: "what was kept of it cannot be read".to_string(),
        };
        Self {
            end: Some(end),
            ..Self::empty(0, at)
        }
    }

    /// One in which nothing has happened yet.
    pub(super) fn empty(epoch: u32, at: i64) -> Self {
        Self {
            epoch,
            started_at: at,
            clock: at,
            end: None,
            fibers: Vec::new(),
            next_fiber: 0,
            texts: Vec::new(),
            number: 0,
            event: Value::Null,
            appointment: Value::Null,
            values: Map::new(),
            contact: BTreeMap::new(),
            variants: BTreeMap::new(),
            reply: None,
            awaited: BTreeMap::new(),
            happened: BTreeMap::new(),
            sent: Vec::new(),
            goal: None,
            timer: None,
            calls: BTreeMap::new(),
            called: BTreeMap::new(),
            seen: VecDeque::new(),
            trail: Vec::new(),
            notes_dropped: 0,
        }
    }
}

/// One strand of a run, standing at a step.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Fiber {
    pub id: u32,
    pub step: String,
    pub waiting: Waiting,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "for", content = "due")]
pub enum Waiting {
    /// A wait; then comes the next step.
    Time(i64),
    /// The step itself is tried again then: its window was closed, or the last text too near.
    Again(i64),
    /// An event or reply, or the end of the waiting.
    Event(Option<i64>),
    /// The same, beside the way.
    Listening(Option<i64>),
    /// The answer of a webhook; whoever calls it tells in any case.
    Answer,
    /// A text that is sent anew stands alone: it is tried again then, and nothing follows it.
    Alone(i64),
}

impl Waiting {
    pub const fn due(self) -> Option<i64> {
        match self {
            Self::Time(due) | Self::Again(due) | Self::Alone(due) => Some(due),
            Self::Event(due) | Self::Listening(due) => due,
            Self::Answer => None,
        }
    }
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Text {
    pub number: u32,
    pub step: String,
    /// Which of the step's channels.
    pub channel: usize,
    pub at: i64,
    pub fate: Fate,
    /// Its occasion was overtaken while it was on its way.
    pub superseded: bool,
    /// When the next channel is tried if no receipt has come.
    pub receipt_due: Option<i64>,
    /// What was true of the appointment when it was written; `None`: it names no time, or that was not noted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub told: Option<Facts>,
}

/// What people are told of an appointment: when it is, and where.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Facts {
    pub starts_at: String,
    /// `None`: whoever told of the appointment did not say where it is.
    #[serde(default)]
    pub location: Option<String>,
}

impl Facts {
    /// Of an appointment as expressions see it; `None`: it does not say when it is.
    pub fn of(appointment: &Value) -> Option<Self> {
        let text = |name| appointment.get(name).and_then(Value::as_str);
        Some(Self {
            starts_at: text("starts_at")?.to_string(),
            location: text("location").map(str::to_string),
        })
    }
}

/// What became of a text, ascending: a fate never falls back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Fate {
    Queued,
    /// Taken back, or never let go: as far as is known it did not leave.
    Withdrawn,
    HandedOver,
    NoConsent,
    Expired,
    Failed,
    Undelivered,
    Delivered,
}

impl Fate {
    /// The person may have read it.
    pub const fn left(self) -> bool {
        matches!(self, Self::HandedOver | Self::Undelivered | Self::Delivered)
    }

    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::HandedOver => "handed_over",
            Self::Withdrawn => "withdrawn",
            Self::NoConsent => "no_consent",
            Self::Expired => "expired",
            Self::Failed => "failed",
            Self::Undelivered => "undelivered",
            Self::Delivered => "delivered",
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum End {
    Completed,
    Goal,
    Cancelled,
    Expired,
    /// By somebody's hand.
    Stopped,
    /// An expression came to nothing; nothing more is sent.
    Failed,
}

impl End {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Completed => "completed",
            Self::Goal => "goal",
            Self::Cancelled => "cancelled",
            Self::Expired => "expired",
            Self::Stopped => "stopped",
            Self::Failed => "failed",
        }
    }
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Ended {
    pub how: End,
    pub at: i64,
    /// In words, where there is more to say.
    pub why: String,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Reached {
    pub at: i64,
    pub value: Value,
}

/// One line of what happened.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Note {
    pub at: i64,
    pub step: String,
    pub what: String,
}

/// An event of the contact. Its id makes it one and the same, however often it comes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Happening {
    pub id: String,
    pub name: String,
    #[serde(default)]
    pub data: Value,
    #[serde(default)]
    pub appointment: Option<Value>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Input {
    /// A timer; what is due is worked in.
    Wake,
    Event(Happening),
    /// A text of the person.
    Reply {
        id: String,
        text: String,
    },
    Outcome {
        text: u32,
        fate: Fate,
    },
    /// What came of a call.
    Called(Answer),
    Stop {
        why: String,
    },
    /// The person is gone: it ends, and what it knows of them goes.
    Forget,
}

/// The answer to a call, or that there is none.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Answer {
    pub number: u32,
    pub ok: bool,
    /// The status of HTTP; `None`: there was no answer.
    pub status: Option<u16>,
    /// As [`super::kept`] has it.
    #[serde(default)]
    pub body: Value,
}

impl Answer {
    /// That there is none, and will be none.
    pub const fn none(number: u32) -> Self {
        Self {
            number,
            ok: false,
            status: None,
            body: Value::Null,
        }
    }
}

/// Whom it is about.
#[derive(Debug, Clone, PartialEq)]
pub struct Person {
    pub id: String,
    pub zone: Option<Tz>,
    pub fields: BTreeMap<String, Value>,
}

/// What a run wants done. Numbers are unique within a run, so doing it twice can be seen.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Effect {
    Send(Outgoing),
    /// Get this text back if it has not left.
    Withdraw {
        text: u32,
    },
    Emit {
        number: u32,
        event: String,
        data: Value,
    },
    /// Of the contact.
    Update {
        number: u32,
        field: String,
        value: Value,
    },
    /// Of the appointment that the run is about.
    Appointment {
        number: u32,
        field: String,
        value: Value,
    },
    /// Answered by [`Input::Called`] with this number.
    Webhook {
        number: u32,
        url: String,
        method: Method,
        headers: BTreeMap<String, String>,
        step: String,
        data: Value,
        timeout_ms: i64,
    },
    /// From now on this is the one timer of the run; `None`: it has none.
    Timer {
        due: Option<i64>,
    },
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Outgoing {
    pub text: u32,
    pub step: String,
    pub template: String,
    pub channel: String,
    pub sender: Option<String>,
    pub valid_until: i64,
    pub vars: BTreeMap<String, String>,
    /// It answers the person.
    pub answer: bool,
}
