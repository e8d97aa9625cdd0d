//! What a reminder plan says: its steps, its hours, its templates, its words.

use chrono::{Duration, NaiveTime};
use contract::{Class, TemplateId};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::schedule::{IsoDuration, Window};

/// A reminder plan as it is kept. [`super::read_rules`](super) makes it from what callers write.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Rules {
    pub name: String,
    pub class: Class,
    pub programme: String,
    pub sender: String,
    pub steps: Vec<Step>,
    pub window: Window,
    pub earlier_at: NaiveTime,
    pub min_gap: IsoDuration,
    pub combine: Combine,
    pub templates: Templates,
    pub replies: Words,
    /// A move of less than this keeps the confirmation.
    pub reconfirm_threshold: IsoDuration,
    /// How long before the start an appointment that nobody has confirmed is told to the staff; `None`: never.
    pub unconfirmed: Option<IsoDuration>,
    /// The sentence behind the confirmation of a CANCEL, instead of the installation's; see [`super::stands`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub still_booked: Option<String>,
}

/// One reminder.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Step {
    pub id: String,
    /// Never into the future.
    pub offset: IsoDuration,
    /// The hour on that day, instead of the appointment's own.
    pub at: Option<NaiveTime>,
    pub template: TemplateId,
    pub late: Late,
    pub outside: Outside,
    pub min_lead: IsoDuration,
    /// How long after its time it is still of use; `None`: until the start.
    pub valid_for: Option<IsoDuration>,
}

impl Step {
    /// It comes at least this long before the start.
    pub fn min_lead(&self) -> Duration {
        self.min_lead.nominal()
    }
}

/// What becomes of a reminder whose time has passed when the appointment is made or moved.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Late {
    /// It is left out.
    #[default]
    Skip,
    /// It is sent at once, if that is still `min_lead` before the start.
    SendNow,
}

/// What becomes of a reminder whose time lies outside the window.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Outside {
    /// It goes before: at `earlier_at` of the last day on which the window was open.
    #[default]
    Earlier,
    /// It waits until the window opens; where that is too close to the start it goes before.
    Later,
    /// It is left out.
    Skip,
}

/// Whether several appointments of a contact share one text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Combine {
    #[default]
    None,
    /// Those of one local day in one place.
    ContactDay,
}

/// Templates of what is sent beside the reminders. What has none is not sent.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Templates {
    /// The time or place is another one than the person was told.
    #[schema(value_type = Option<String>)]
    pub moved: Option<TemplateId>,
    /// What the person was told of does not take place.
    #[schema(value_type = Option<String>)]
    pub cancelled: Option<TemplateId>,
    /// Answers C.
    #[schema(value_type = Option<String>)]
    pub confirmed: Option<TemplateId>,
    /// Answers R.
    #[schema(value_type = Option<String>)]
    pub reschedule: Option<TemplateId>,
    /// Answers X.
    #[schema(value_type = Option<String>)]
    pub cancel_request: Option<TemplateId>,
    /// Asks which of several appointments an answer is about: 1, 2, … or ALL.
    #[schema(value_type = Option<String>)]
    pub which: Option<TemplateId>,
}

/// Words of answers beyond those that every plan knows.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Words {
    pub confirm: Vec<String>,
    pub reschedule: Vec<String>,
    pub cancel: Vec<String>,
}
