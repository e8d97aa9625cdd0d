//! What journeys look like on the wire.

use std::collections::BTreeMap;

use axum::http::StatusCode;
use channels::call::Secret;
use chassis::http::Problem;
use chrono::{DateTime, Utc};
use contract::{ContactId, JourneyId, JourneyRunId, MessageId, Mode, TemplateId};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use crate::db;
use crate::journey::fault::Fault;
use crate::journey::model::Definition;
use crate::journey::source::Format;
use crate::journey::validate_at;
use crate::journeys::state::State;

/// The text of a journey: JSON as it is, or YAML as a text.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Written {
    /// The journey as JSON. Either this or `source`.
    pub definition: Option<Value>,
    /// The journey as a text, YAML 1.2 or JSON; faults then come with line and column.
    pub source: Option<String>,
}

impl Written {
    /// The checked journey, or all of its faults.
    pub fn read(&self, now: DateTime<Utc>) -> Result<Result<Definition, Vec<Fault>>, Problem> {
        read(self.definition.as_ref(), self.source.as_deref(), Some(now))
    }
}

/// `now`: when it would begin; `None` where it is only played.
pub fn read(
    definition: Option<&Value>,
    source: Option<&str>,
    now: Option<DateTime<Utc>>,
) -> Result<Result<Definition, Vec<Fault>>, Problem> {
    match (definition, source) {
        (Some(definition), None) => Ok(validate_at(&definition.to_string(), Format::Json, now)),
        (None, Some(text)) => {
            let json = text.trim_start().starts_with('{')
                && serde_json::from_str::<serde::de::IgnoredAny>(text).is_ok();
            let format = if json { Format::Json } else { Format::Yaml };
            Ok(validate_at(text, format, now))
        }
        _ => Err(
            Problem::invalid("one of `definition` and `source` belongs here").error(
                "/definition",
                "field.invalid",
                "Either `definition` (JSON) or `source` (a text in YAML or JSON).",
            ),
        ),
    }
}

/// All faults as one problem. Positions are told where the journey came as a text.
pub fn invalid(faults: &[Fault], positions: bool) -> Problem {
    let problem = Problem::new(
        StatusCode::UNPROCESSABLE_ENTITY,
        "journey.invalid",
        format!("the journey has {} faults", faults.len()),
    );
    let root = if positions { "/source" } else { "/definition" };
    faults.iter().fold(problem, |problem, fault| {
        let detail = if positions {
            format!(
                "line {}, column {}: {}",
                fault.line,
                fault.column,
                fault.detail()
            )
        } else {
            fault.detail()
        };
        problem.error(&format!("{root}{}", fault.pointer), fault.code, detail)
    })
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewJourney {
    /// The journey as JSON. Either this or `source`.
    pub definition: Option<Value>,
    /// The journey as a text, YAML 1.2 or JSON.
    pub source: Option<String>,
    /// Ids of templates by the names the steps have for them.
    #[serde(default)]
    #[schema(value_type = std::collections::HashMap<String, String>)]
    pub templates: BTreeMap<String, TemplateId>,
    /// Where the journey and its steps name no sender.
    pub sender: Option<String>,
    /// Its webhooks are signed with this (Standard Webhooks): `whsec_` and 24 to 64 bytes in Base64. Never shown again.
    pub webhook_secret: Option<String>,
}

impl NewJourney {
    pub fn checked(&self, now: DateTime<Utc>) -> Result<Definition, Problem> {
        if let Some(fault) = self.sender.as_deref().and_then(contract::sender::fault) {
            return Err(Problem::invalid(fault).error("/sender", "sender.invalid", fault));
        }
        if let Some(Err(fault)) = self.webhook_secret.as_deref().map(str::parse::<Secret>) {
            let fault = fault.to_string();
            return Err(Problem::invalid(fault.clone()).error(
                "/webhook_secret",
                "field.invalid",
                fault,
            ));
        }
        read(self.definition.as_ref(), self.source.as_deref(), Some(now))?
            .map_err(|faults| invalid(&faults, self.source.is_some()))
    }
}

#[derive(Debug, Serialize, ToSchema)]
pub struct Journey {
    #[schema(value_type = String)]
    pub id: JourneyId,
    pub name: String,
    #[schema(value_type = String)]
    pub mode: Mode,
    pub state: State,
    /// The version that new runs get; absent: none is published.
    pub version: Option<u32>,
    /// The draft, in its canonical form.
    #[schema(value_type = Object)]
    pub draft: Definition,
    /// SHA-256 of the draft.
    pub draft_hash: String,
    #[schema(value_type = std::collections::HashMap<String, String>)]
    pub templates: BTreeMap<String, TemplateId>,
    pub sender: Option<String>,
    /// Its webhooks are signed.
    pub webhooks_signed: bool,
    pub created_at: DateTime<Utc>,
    pub updated_at: DateTime<Utc>,
    /// Live runs by version.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub live_runs: Option<BTreeMap<u32, u64>>,
    /// Variants that have won their splits in the published version, by step.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub winners: Option<BTreeMap<String, String>>,
}

impl From<db::journey::Journey> for Journey {
    fn from(row: db::journey::Journey) -> Self {
        Self {
            id: row.id,
            name: row.name,
            mode: row.mode,
            state: row.state,
            version: (row.version > 0).then_some(row.version),
            draft_hash: crate::journey::hash(&row.draft),
            draft: row.draft,
            templates: row.templates,
            sender: row.sender,
            webhooks_signed: row.webhook_secret.is_some(),
            created_at: row.created_at.to_utc(),
            updated_at: row.updated_at.to_utc(),
            live_runs: None,
            winners: None,
        }
    }
}

#[derive(Debug, Serialize, ToSchema)]
pub struct RunView {
    #[schema(value_type = String)]
    pub id: JourneyRunId,
    #[schema(value_type = String)]
    pub journey: JourneyId,
    pub version: u32,
    pub key: String,
    #[schema(value_type = String)]
    pub contact: ContactId,
    /// `active`, or how it ended.
    pub state: &'static str,
    /// Why it ended, where there is more to say.
    pub reason: Option<String>,
    /// The steps it stands at.
    pub at: Vec<String>,
    pub next_at: Option<DateTime<Utc>>,
    pub goal_at: Option<DateTime<Utc>>,
    pub started_at: DateTime<Utc>,
    pub moved_at: DateTime<Utc>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub texts: Option<Vec<TextView>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub timeline: Option<Vec<NoteView>>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct TextView {
    pub step: String,
    #[schema(value_type = Option<String>)]
    pub message: Option<MessageId>,
    pub at: DateTime<Utc>,
    pub state: &'static str,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct NoteView {
    pub at: DateTime<Utc>,
    pub step: String,
    pub what: String,
}

fn instant(millis: i64) -> DateTime<Utc> {
    DateTime::from_timestamp_millis(millis).unwrap_or_default()
}

impl RunView {
    pub fn short(row: &db::journey_run::Row) -> Self {
        let end = row.run.end.as_ref();
        Self {
            id: row.id,
            journey: row.journey,
            version: row.version,
            key: row.key.clone(),
            contact: row.contact,
            state: end.map_or("active", |end| end.how.as_str()),
            reason: end.map(|end| end.why.clone()).filter(|why| !why.is_empty()),
            at: row
                .run
                .fibers
                .iter()
                .map(|fiber| fiber.step.clone())
                .collect(),
            next_at: row.run.timer.map(instant),
            goal_at: row.run.goal.as_ref().map(|goal| instant(goal.at)),
            started_at: row.started_at.to_utc(),
            moved_at: row.moved_at.to_utc(),
            texts: None,
            timeline: None,
        }
    }

    pub fn full(row: &db::journey_run::Row) -> Self {
        let texts = row.run.texts.iter().map(|text| TextView {
            step: text.step.clone(),
            message: row
                .messages
                .get(&format!("{}.{}", row.run.epoch, text.number))
                .copied(),
            at: instant(text.at),
            state: text.fate.as_str(),
        });
        let notes = row.run.trail.iter().map(|note| NoteView {
            at: instant(note.at),
            step: note.step.clone(),
            what: note.what.clone(),
        });
        Self {
            texts: Some(texts.collect()),
            timeline: Some(notes.collect()),
            ..Self::short(row)
        }
    }
}
