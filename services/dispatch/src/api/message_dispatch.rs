//! `GET /v1/messages/{id}/dispatch`

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use channels::Fault;
use chassis::http::{Auth, PathId, Problem};
use chrono::{DateTime, Utc};
use contract::chunk::{Encoding, Outcome};
use contract::dispatch::Routed;
use contract::ids::{CampaignId, ContactId, DecisionId, MessageId};
use contract::time::UnixMillis;
use serde::Serialize;
use utoipa::ToSchema;

use super::unknown::LookedUp;
use crate::app::App;
use crate::db::attempt::{self, Attempt};
use crate::db::carrier_code::CarrierCode;
use crate::db::{ledger_route, look_up, odd_receipt};
use crate::money::db::spend;
use crate::standing::{self, Standing};

/// A hand-over that surely sent nothing, after which the text was held.
#[derive(Debug, Serialize, ToSchema)]
pub struct Tried {
    number: u32,
    at: DateTime<Utc>,
    provider: String,
    reason: String,
    /// In the carrier's own words.
    #[serde(skip_serializing_if = "String::is_empty")]
    code: String,
}

/// What the carrier said, in its own words, of a text that it refused or did not deliver.
#[derive(Debug, Serialize, ToSchema)]
pub struct CarrierSaid {
    /// What it made of the text: `failed` at the hand-over, `undelivered` by a receipt.
    #[schema(value_type = String)]
    outcome: Outcome,
    provider: String,
    code: String,
    /// What the code means, in our words.
    #[serde(skip_serializing_if = "Option::is_none")]
    fault: Option<&'static str>,
    /// The reason that was drawn from it.
    reason: String,
    at: DateTime<Utc>,
}

impl From<CarrierCode> for CarrierSaid {
    fn from(said: CarrierCode) -> Self {
        let reason = match (said.outcome, said.fault) {
            (Outcome::Failed, Some(fault)) => fault.reason(),
            (_, fault) => Fault::receipt_reason(fault),
        };
        Self {
            outcome: said.outcome,
            provider: said.provider,
            code: said.code,
            fault: said.fault.map(Fault::as_str),
            reason: reason.to_string(),
            at: UnixMillis(said.at).to_utc(),
        }
    }
}

/// A receipt that should not be.
#[derive(Debug, Serialize, ToSchema)]
pub struct OddReceipt {
    /// `second_id`: the provider took the text twice; `other_account`: it came through another account than the text's.
    kind: String,
    provider: String,
    provider_message_id: String,
    at: DateTime<Utc>,
}

impl From<(String, String, String, i64)> for OddReceipt {
    fn from((kind, provider, provider_message_id, at): (String, String, String, i64)) -> Self {
        Self {
            kind,
            provider,
            provider_message_id,
            at: UnixMillis(at).to_utc(),
        }
    }
}

impl From<Attempt> for Tried {
    fn from(attempt: Attempt) -> Self {
        Self {
            number: attempt.number,
            at: attempt.at.to_utc(),
            provider: attempt.provider,
            reason: attempt.reason.to_string(),
            code: attempt.code,
        }
    }
}

/// What the ledger says about one text.
#[derive(Debug, Serialize, ToSchema)]
pub struct MessageDispatch {
    #[schema(value_type = String)]
    id: MessageId,
    #[schema(value_type = String)]
    campaign: CampaignId,
    #[schema(value_type = String)]
    contact: ContactId,
    /// The decision that its permit rests on.
    #[schema(value_type = Option<String>)]
    decision: Option<DecisionId>,
    /// Where it stands now, receipts included.
    #[schema(value_type = String)]
    outcome: Outcome,
    /// Why it stands there.
    reason: String,
    /// Empty where no carrier was reached.
    provider: String,
    provider_message_id: Option<String>,
    /// Absent while it is held.
    #[serde(skip_serializing_if = "Option::is_none")]
    segments: Option<u8>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    encoding: Option<Encoding>,
    /// What it cost, in millionths of the currency's unit; absent where no price was set.
    cost_micros: Option<i64>,
    currency: Option<String>,
    /// Absent while it is held.
    #[serde(skip_serializing_if = "Option::is_none")]
    handed_over_at: Option<DateTime<Utc>>,
    /// For a text that is held: when it is tried again.
    #[serde(skip_serializing_if = "Option::is_none")]
    held_until: Option<DateTime<Utc>>,
    /// Earlier hand-overs that surely sent nothing.
    attempts: Vec<Tried>,
    /// What carriers said of it, where it was refused or not delivered.
    carrier_said: Vec<CarrierSaid>,
    /// What was done to find out what became of it, where nobody could say.
    #[serde(skip_serializing_if = "Option::is_none")]
    looked_up: Option<LookedUp>,
    /// Receipts about it that should not be; they changed nothing.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    odd_receipts: Vec<OddReceipt>,
    /// How the carrier was chosen, where there was a choice.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    routed: Option<Routed>,
}

impl MessageDispatch {
    /// A text that has been tried, and stands in the ledger only once that has an end.
    fn held(id: MessageId, attempts: Vec<Attempt>) -> Option<Self> {
        let last = attempts.last()?.clone();
        Some(Self {
            id,
            campaign: last.campaign,
            contact: last.contact,
            decision: Some(last.decision),
            outcome: Outcome::Held,
            reason: last.reason.to_string(),
            provider: last.provider,
            provider_message_id: None,
            segments: None,
            encoding: None,
            cost_micros: None,
            currency: None,
            handed_over_at: None,
            held_until: Some(last.until.to_utc()),
            attempts: attempts.into_iter().map(Tried::from).collect(),
            carrier_said: Vec::new(),
            looked_up: None,
            odd_receipts: Vec::new(),
            routed: None,
        })
    }
}

/// The ledger's view of one text that had a permit.
#[utoipa::path(get, path = "/v1/messages/{id}/dispatch", tag = "dispatch", params(("id" = String, Path, description = "`msg_…`")),
    responses((status = 200, body = MessageDispatch), (status = 404, body = Problem)))]
pub async fn handle(
    Auth(caller): Auth,
    State(app): State<Arc<App>>,
    PathId(id): PathId<MessageId>,
) -> Result<Json<MessageDispatch>, Problem> {
    let (engine, db) = (app.cx.db.engine(), app.cx.db.read());
    let found = standing::of(&app.cx.db, caller.tenant, id).await?;
    let attempts = attempt::of_text(engine, db, caller.tenant, id).await?;
    let missing = || Problem::not_found("message with a permit");
    let Some(standing) = found else {
        let held = MessageDispatch::held(id, attempts);
        return held.map(Json).ok_or_else(missing);
    };
    let reason = standing.reason();
    let Standing {
        row,
        place,
        outcome,
        said,
    } = standing;
    let Some(item) = row.items.items.iter().find(|item| item.place == place) else {
        return Err(missing());
    };
    let looked_up = look_up::find(engine, db, id).await?;
    let found_name = looked_up
        .as_ref()
        .map(|one| one.provider_message_id.clone());
    let name = Some(item.provider_message_id.clone()).filter(|name| !name.is_empty());
    let odd = odd_receipt::of_text(engine, db, id).await?;
    let routed = ledger_route::find(engine, db, row.key).await?;
    let cost = spend::of_text(engine, db, row.key, place).await?;
    let (cost_micros, currency) = cost.unzip();
    Ok(Json(MessageDispatch {
        id,
        campaign: row.campaign,
        contact: item.contact,
        decision: row.items.decision(item),
        outcome,
        reason: reason.to_string(),
        provider: row.provider,
        provider_message_id: name.or(found_name).filter(|name| !name.is_empty()),
        segments: Some(item.segments),
        encoding: Some(item.encoding),
        cost_micros,
        currency,
        handed_over_at: Some(UnixMillis(row.at).to_utc()),
        held_until: None,
        attempts: attempts.into_iter().map(Tried::from).collect(),
        carrier_said: said.into_iter().map(CarrierSaid::from).collect(),
        looked_up: looked_up.as_ref().map(LookedUp::from),
        odd_receipts: odd.into_iter().map(OddReceipt::from).collect(),
        routed,
    }))
}
