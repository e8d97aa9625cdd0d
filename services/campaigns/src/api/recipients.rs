//! `GET /v1/campaigns/{id}/recipients`

use std::str::FromStr;
use std::sync::Arc;

use axum::Json;
use axum::extract::State as Shared;
use chassis::http::{Auth, Listing, Params, PathId, Problem, cursor};
use contract::chunk::Outcome;
use contract::{CampaignId, ContactId, MessageId, RunId};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::transition::find;
use crate::app::App;
use crate::db;
use crate::db::chunk::Chunk;

/// Chunks read at once.
const AT_ONCE: usize = 32;

/// Where a recipient of a run stands, as its progress counts it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Standing {
    Pending,
    Held,
    Suppressed,
    Failed,
    Cancelled,
    Expired,
    Unknown,
    HandedOver,
}

impl Standing {
    const fn outcome(self) -> Outcome {
        match self {
            Self::Pending => Outcome::Pending,
            Self::Held => Outcome::Held,
            Self::Suppressed => Outcome::Suppressed,
            Self::Failed => Outcome::Failed,
            Self::Cancelled => Outcome::Cancelled,
            Self::Expired => Outcome::Expired,
            Self::Unknown => Outcome::Unknown,
            Self::HandedOver => Outcome::HandedOver,
        }
    }
}

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct Asked {
    pub outcome: Standing,
    /// A run of the campaign (`GET …/runs`); the last one if absent.
    #[param(value_type = Option<String>)]
    pub run: Option<RunId>,
    /// `next_cursor` of the page before.
    pub cursor: Option<String>,
    /// 1 to 200, 50 if absent.
    pub limit: Option<u32>,
}

/// Somebody a run was for, by id: numbers stand with contacts.
#[derive(Debug, Serialize, ToSchema)]
pub struct Recipient {
    #[schema(value_type = String)]
    pub contact: ContactId,
    #[schema(value_type = String)]
    pub message: MessageId,
    pub outcome: Standing,
    /// A code of docs/reasons.md.
    pub reason: String,
    #[serde(skip)]
    place: Place,
}

/// A place of a run, and where its list goes on behind it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Place {
    run: RunId,
    chunk: u32,
    position: u16,
}

impl FromStr for Place {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let mut parts = text.split('.');
        let (Some(run), Some(chunk), Some(position), None) =
            (parts.next(), parts.next(), parts.next(), parts.next())
        else {
            return Err(());
        };
        Ok(Self {
            run: run.parse().map_err(|_| ())?,
            chunk: chunk.parse().map_err(|_| ())?,
            position: position.parse().map_err(|_| ())?,
        })
    }
}

/// Those of a run who stand at an outcome, each with the reason, in the order of the run. A list that was begun keeps to
/// its run when a retry begins. Whether a carrier delivered what it took is not known here (`GET /v1/messages/{id}`).
#[utoipa::path(get, path = "/v1/campaigns/{id}/recipients", tag = "campaigns", params(("id" = String, Path), Asked),
    responses((status = 200, body = Listing<Recipient>), (status = 404, description = "not_found"),
        (status = 400, description = "cursor.invalid")))]
pub async fn handle(
    Auth(caller): Auth,
    Shared(app): Shared<Arc<App>>,
    PathId(id): PathId<CampaignId>,
    Params(asked): Params<Asked>,
) -> Result<Json<Listing<Recipient>>, Problem> {
    let campaign = find(&app, caller, id).await?;
    let after = cursor::<Place>(asked.cursor.as_deref())?;
    let size = u64::from(asked.limit.unwrap_or(50).clamp(1, 200));
    let named = after.map(|after| after.run).or(asked.run);
    let Some(run) = named.or(campaign.run) else {
        // It has not begun.
        return Ok(Json(Listing::cut(Vec::new(), size, place)));
    };
    let found = db::run::by_id(app.cx.db.read(), run).await?;
    if found.is_none_or(|found| found.campaign != campaign.id) {
        return Err(Problem::not_found("run of this campaign"));
    }
    let rows = page(&app, run, asked.outcome, after, size + 1).await?;
    Ok(Json(Listing::cut(rows, size, place)))
}

fn place(one: &Recipient) -> String {
    let Place {
        run,
        chunk,
        position,
    } = one.place;
    format!("{run}.{chunk}.{position}")
}

async fn page(
    app: &App,
    run: RunId,
    wanted: Standing,
    after: Option<Place>,
    limit: u64,
) -> anyhow::Result<Vec<Recipient>> {
    let (read, limit) = (app.cx.db.read(), usize::try_from(limit)?);
    let mut rows = Vec::new();
    let mut from = after.map_or(0, |after| after.chunk);
    while rows.len() < limit {
        let chunks = db::chunk::with_outcome(read, run, wanted.outcome(), from, AT_ONCE).await?;
        let Some(last) = chunks.last() else { break };
        from = last.number.saturating_add(1);
        let numbers: Vec<u32> = chunks.iter().map(|chunk| chunk.number).collect();
        let people = db::chunk::contacts(read, run, &numbers).await?;
        for chunk in &chunks {
            let of_chunk = people.iter().find(|(number, _)| *number == chunk.number);
            let of_chunk = of_chunk.map(|(_, contacts)| contacts.as_slice());
            rows.extend(standing(chunk, of_chunk.unwrap_or_default(), wanted));
        }
        rows.retain(|row| after.is_none_or(|after| row.place > after));
    }
    rows.truncate(limit);
    Ok(rows)
}

/// Those of a chunk who stand there, in the order of the chunk.
fn standing(
    chunk: &Chunk,
    contacts: &[ContactId],
    wanted: Standing,
) -> impl Iterator<Item = Recipient> {
    let (run, number) = (chunk.run, chunk.number);
    let marks = chunk
        .marks
        .iter()
        .filter(move |(_, mark)| mark.outcome == wanted.outcome());
    marks.filter_map(move |(position, mark)| {
        Some(Recipient {
            contact: *contacts.get(usize::from(position))?,
            message: MessageId::of(run, number, position),
            outcome: wanted,
            reason: mark.reason.to_string(),
            place: Place {
                run,
                chunk: number,
                position,
            },
        })
    })
}
