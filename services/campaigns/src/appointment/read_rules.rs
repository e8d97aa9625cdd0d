//! Reminder plans as callers write them, and what makes them acceptable.

use std::collections::BTreeSet;

use chrono::{Duration, NaiveTime};
use contract::{Class, TemplateId, sender};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::faults::Faults;
use super::rules::{Combine, Late, Outside, Rules, Step, Templates, Words};
use super::stands;
use crate::schedule::window::{self, Written};
use crate::schedule::{IsoDuration, Window};

/// A reminder plan.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RulesBody {
    pub name: String,
    /// `appointment` (if absent), `informational` or `transactional`.
    #[serde(default = "usual_class")]
    #[schema(value_type = String)]
    pub class: Class,
    /// The programme that consent must be given for; `default` if absent.
    #[serde(default = "usual_programme")]
    pub programme: String,
    /// Number or name that people see.
    pub sender: String,
    pub steps: Vec<StepBody>,
    /// Hours in which people are reminded, on their own clock. 08:00 to 21:00 if absent.
    #[serde(default = "usual_window")]
    pub window: Written,
    /// `HH:MM`: where a reminder goes that goes earlier. 18:00 if absent.
    #[serde(default = "usual_earlier_at")]
    pub earlier_at: String,
    /// The least time between two texts about one appointment. `PT4H` if absent.
    #[serde(default = "usual_gap")]
    pub min_gap: String,
    #[serde(default)]
    pub combine: Combine,
    #[serde(default)]
    pub templates: Templates,
    #[serde(default)]
    pub replies: Words,
    /// A move of less than this keeps the confirmation. `PT15M` if absent.
    #[serde(default = "usual_threshold")]
    pub reconfirm_threshold: String,
    /// How long before the start an appointment that nobody confirmed wants a human, such as `PT24H`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unconfirmed: Option<String>,
    /// Stands behind the confirmation of an opt-out where somebody texts CANCEL: `Your visit {when} is still booked; call
    /// (212) 555-0100 to cancel it.` Places: `{when}`, `{date}`, `{time}`, `{location}`, `{subject}`. The installation's
    /// words if absent, none if empty.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub still_booked: Option<String>,
}

/// One reminder.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct StepBody {
    pub id: String,
    /// Before the start: `-P2D` is the same time two days before, `-PT48H` is 48 hours before.
    pub offset: String,
    /// `HH:MM` on that day, instead of the appointment's own hour. Goes with offsets in days.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at: Option<String>,
    #[schema(value_type = String)]
    pub template: TemplateId,
    #[serde(default)]
    pub late: Late,
    #[serde(default)]
    pub outside: Outside,
    /// It comes at least this long before the start. `PT30M` if absent.
    #[serde(default = "usual_lead")]
    pub min_lead: String,
    /// How long after its time it is still of use. Until the start if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub valid_for: Option<String>,
}

fn usual_class() -> Class {
    Class::Appointment
}
fn usual_programme() -> String {
    "default".to_string()
}
fn usual_window() -> Written {
    Written {
        from: "08:00".to_string(),
        to: "21:00".to_string(),
        days: None,
    }
}
fn usual_earlier_at() -> String {
    "18:00".to_string()
}
fn usual_gap() -> String {
    "PT4H".to_string()
}
fn usual_threshold() -> String {
    "PT15M".to_string()
}
fn usual_lead() -> String {
    "PT30M".to_string()
}

const MOST_STEPS: usize = 10;
const MOST_WORDS: usize = 50;
/// Nobody remembers a reminder of longer ago.
const FARTHEST: Duration = Duration::days(366);
const TIME_FORM: &str = "Write a time of day in quotes, such as \"18:00\".";

impl RulesBody {
    /// Reads it; all faults at once.
    pub fn check(&self) -> Result<Rules, Faults> {
        let mut faults = Faults::default();
        let name = self.name.trim();
        if name.is_empty() || name.chars().count() > 100 {
            faults.add("/name", "field.invalid", "A name has 1 to 100 characters.");
        }
        if !matches!(
            self.class,
            Class::Appointment | Class::Informational | Class::Transactional
        ) {
            let detail = "Reminders are appointment, informational or transactional; an offer makes a text marketing.";
            faults.add("/class", "field.invalid", detail);
        }
        let plain =
            |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || matches!(b, b'_' | b'-');
        if !(1..=64).contains(&self.programme.len()) || !self.programme.bytes().all(plain) {
            let detail = "Lower-case letters, digits, - and _; at most 64.";
            faults.add("/programme", "field.invalid", detail);
        }
        if let Some(fault) = sender::fault(&self.sender) {
            faults.add("/sender", "sender.invalid", fault);
        }
        let window = match Window::try_from(self.window.clone()) {
            Ok(window) => Some(window),
            Err(error) => {
                let pointer = format!("/window{}", error.pointer());
                faults.add(pointer, "window.invalid", error.to_string());
                None
            }
        };
        let earlier_at = time(&mut faults, "/earlier_at", &self.earlier_at);
        let min_gap = length(&mut faults, "/min_gap", &self.min_gap);
        let threshold = length(
            &mut faults,
            "/reconfirm_threshold",
            &self.reconfirm_threshold,
        );
        let unconfirmed = self
            .unconfirmed
            .as_deref()
            .map(|text| length(&mut faults, "/unconfirmed", text));
        let steps = self.steps(&mut faults);
        self.words(&mut faults);
        if let Some(fault) = self.still_booked.as_deref().and_then(stands::fault) {
            faults.add("/still_booked", "field.invalid", fault);
        }
        let (Some(window), Some(earlier_at), Some(min_gap), Some(reconfirm_threshold), true) =
            (window, earlier_at, min_gap, threshold, faults.0.is_empty())
        else {
            return Err(faults);
        };
        Ok(Rules {
            name: name.to_string(),
            class: self.class,
            programme: self.programme.clone(),
            sender: self.sender.clone(),
            steps,
            window,
            earlier_at,
            min_gap,
            combine: self.combine,
            templates: self.templates.clone(),
            replies: self.replies.clone(),
            reconfirm_threshold,
            unconfirmed: unconfirmed.flatten(),
            still_booked: self.still_booked.clone(),
        })
    }

    fn steps(&self, faults: &mut Faults) -> Vec<Step> {
        if self.steps.len() > MOST_STEPS {
            faults.add("/steps", "field.range", "At most 10 reminders.");
        }
        let mut ids = BTreeSet::new();
        let mut steps = Vec::with_capacity(self.steps.len());
        for (n, step) in self.steps.iter().enumerate() {
            if !ids.insert(step.id.as_str()) {
                let detail = format!("`{}` is the id of another step.", shortened(&step.id));
                faults.add(format!("/steps/{n}/id"), "field.invalid", detail);
            }
            steps.extend(step.check(faults, n));
        }
        steps
    }

    fn words(&self, faults: &mut Faults) {
        let lists = [
            ("/replies/confirm", &self.replies.confirm),
            ("/replies/reschedule", &self.replies.reschedule),
            ("/replies/cancel", &self.replies.cancel),
        ];
        for (pointer, words) in lists {
            if words.len() > MOST_WORDS || words.iter().any(|word| !(1..=60).contains(&word.len()))
            {
                let detail = "At most 50 words of 1 to 60 bytes.";
                faults.add(pointer, "field.range", detail);
            }
        }
    }
}

impl StepBody {
    fn check(&self, faults: &mut Faults, n: usize) -> Option<Step> {
        let pointer = |field: &str| format!("/steps/{n}/{field}");
        let plain = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-');
        if !(1..=40).contains(&self.id.len()) || !self.id.bytes().all(plain) {
            let detail = "Letters, digits, - and _; at most 40.";
            faults.add(pointer("id"), "field.invalid", detail);
        }
        let offset: Option<IsoDuration> =
            faults.take(&pointer("offset"), "duration.invalid", self.offset.parse());
        if let Some(offset) = offset {
            if !offset.is_negative() && !offset.is_zero() {
                let detail = format!("A reminder comes before the start: write -{offset}.");
                faults.add(pointer("offset"), "offset.after_start", detail);
            } else if offset.nominal() < -FARTHEST {
                let detail = "A reminder comes at most 366 days before.";
                faults.add(pointer("offset"), "field.range", detail);
            }
        }
        let at = self
            .at
            .as_deref()
            .map(|text| time(faults, &pointer("at"), text));
        if at.is_some() && offset.is_some_and(|offset| !offset.elapsed().is_zero()) {
            let detail =
                "`at` goes with an offset in days, such as -P1D; hours say the time themselves.";
            faults.add(pointer("at"), "field.invalid", detail);
        }
        let min_lead = length(faults, &pointer("min_lead"), &self.min_lead);
        let valid_for = self
            .valid_for
            .as_deref()
            .map(|text| length(faults, &pointer("valid_for"), text));
        Some(Step {
            id: self.id.clone(),
            offset: offset?,
            at: at.flatten(),
            template: self.template,
            late: self.late,
            outside: self.outside,
            min_lead: min_lead?,
            valid_for: valid_for.flatten(),
        })
    }
}

fn shortened(text: &str) -> String {
    text.chars().take(40).collect()
}

fn time(faults: &mut Faults, pointer: &str, text: &str) -> Option<NaiveTime> {
    let minute = window::read_time(text).map(u32::from);
    let time = minute.and_then(|minute| NaiveTime::from_hms_opt(minute / 60, minute % 60, 0));
    if time.is_none() {
        faults.add(pointer, "time.malformed", TIME_FORM);
    }
    time
}

/// A duration that is not negative.
fn length(faults: &mut Faults, pointer: &str, text: &str) -> Option<IsoDuration> {
    let length: IsoDuration = faults.take(pointer, "duration.invalid", text.parse())?;
    if length.is_negative() {
        faults.add(pointer, "field.range", "A length is not negative.");
        return None;
    }
    Some(length)
}

/// As it would be written.
impl From<Rules> for RulesBody {
    fn from(rules: Rules) -> Self {
        let time = |time: NaiveTime| time.format("%H:%M").to_string();
        let step = |step: Step| StepBody {
            id: step.id,
            offset: step.offset.to_string(),
            at: step.at.map(time),
            template: step.template,
            late: step.late,
            outside: step.outside,
            min_lead: step.min_lead.to_string(),
            valid_for: step.valid_for.map(|length| length.to_string()),
        };
        Self {
            name: rules.name,
            class: rules.class,
            programme: rules.programme,
            sender: rules.sender,
            steps: rules.steps.into_iter().map(step).collect(),
            window: rules.window.into(),
            earlier_at: time(rules.earlier_at),
            min_gap: rules.min_gap.to_string(),
            combine: rules.combine,
            templates: rules.templates,
            replies: rules.replies,
            reconfirm_threshold: rules.reconfirm_threshold.to_string(),
            unconfirmed: rules.unconfirmed.map(|length| length.to_string()),
            still_booked: rules.still_booked,
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const TEMPLATE: &str = "tpl_01ARZ3NDEKTSV4RRFFQ69G5FAV";

    fn check(body: serde_json::Value) -> Result<Rules, Vec<(String, &'static str)>> {
        let body: RulesBody = serde_json::from_value(body).unwrap();
        let told = |faults: Faults| {
            let fault = |fault: super::super::faults::Fault| (fault.pointer, fault.code);
            faults.0.into_iter().map(fault).collect()
        };
        body.check().map_err(told)
    }

    #[test]
    fn a_short_plan_gets_the_usual_rest_and_is_shown_as_it_may_be_written() {
        let rules = check(json!({
            "name": "Dentist", "sender": "+15005550100",
            "steps": [{"id": "r2d", "offset": "-P2D", "template": TEMPLATE}],
        }))
        .unwrap();
        assert_eq!(rules.class, Class::Appointment);
        assert_eq!(rules.steps[0].min_lead(), Duration::minutes(30));
        let shown = serde_json::to_value(RulesBody::from(rules.clone())).unwrap();
        assert_eq!(check(shown).unwrap(), rules);
        let kept = serde_json::to_string(&rules).unwrap();
        assert_eq!(serde_json::from_str::<Rules>(&kept).unwrap(), rules);
    }

    #[test]
    fn all_faults_are_told_at_once_with_their_places() {
        let faults = check(json!({
            "name": " ", "sender": "no number!!", "class": "marketing", "programme": "A b",
            "window": {"from": "08:00", "to": "8"}, "earlier_at": "25:00", "min_gap": "-PT1H",
            "reconfirm_threshold": "15m", "unconfirmed": "P1M",
            "replies": {"confirm": [""]}, "still_booked": "{who}",
            "steps": [
                {"id": "a b", "offset": "PT2H", "template": TEMPLATE},
                {"id": "x", "offset": "-PT2H", "at": "18:00", "template": TEMPLATE, "min_lead": "1h"},
                {"id": "x", "offset": "-P400D", "template": TEMPLATE, "valid_for": "-PT1H"},
            ],
        }))
        .unwrap_err();
        let places: Vec<&str> = faults.iter().map(|(pointer, _)| pointer.as_str()).collect();
        assert_eq!(
            places,
            [
                "/name",
                "/class",
                "/programme",
                "/sender",
                "/window/to",
                "/earlier_at",
                "/min_gap",
                "/reconfirm_threshold",
                "/unconfirmed",
                "/steps/0/id",
                "/steps/0/offset",
                "/steps/1/at",
                "/steps/1/min_lead",
                "/steps/2/id",
                "/steps/2/offset",
                "/steps/2/valid_for",
                "/replies/confirm",
                "/still_booked",
            ]
        );
    }
}
