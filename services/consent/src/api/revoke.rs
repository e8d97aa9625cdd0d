//! `POST /v1/revocations`: an opt-out that came by web, voice, e-mail, paper or chat.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use chassis::http::{Auth, Body, Problem};
use chrono::{DateTime, NaiveDate, Utc};
use contract::{ConsentId, ContactId, UnixMillis};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::intake::{self, Evidence, NewAction, NewConsent};
use crate::app::App;
use crate::record::{Recorded, record};
use crate::revocation_limit::limit;

/// How the person said so.
#[derive(Debug, Clone, Copy, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Method {
    Web,
    Voice,
    Email,
    Paper,
    Chat,
    InPerson,
    Other,
}

impl Method {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Web => "web",
            Self::Voice => "voice",
            Self::Email => "email",
            Self::Paper => "paper",
            Self::Chat => "chat",
            Self::InPerson => "in_person",
            Self::Other => "other",
        }
    }
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewRevocation {
    /// E.164, or absent if `contact` is given.
    pub phone: Option<String>,
    #[schema(value_type = Option<String>)]
    pub contact: Option<ContactId>,
    pub method: Method,
    /// `global` (if absent), `class:marketing`, `programme:<name>` or `channel:sms`.
    pub scope: Option<String>,
    pub programme: Option<String>,
    /// When the person said so; now if absent.
    pub at: Option<DateTime<Utc>>,
    /// Names the revocation once: the same reference of the same person is recorded once.
    pub reference: Option<String>,
    pub note: Option<String>,
    /// The person's own words.
    pub raw_text: Option<String>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct Revoked {
    #[schema(value_type = String)]
    pub id: ConsentId,
    pub recorded_at: DateTime<Utc>,
    /// The last day on which law lets it be honoured; it counts since `recorded_at`.
    pub legal_limit: NaiveDate,
}

/// Record a revocation. It counts from the answer on.
#[utoipa::path(post, path = "/v1/revocations", tag = "consent", request_body = NewRevocation,
    responses((status = 201, body = Revoked), (status = 200, body = Revoked, description = "recorded before"),
    (status = 422, description = "consent.in_future, consent.scope_unknown, phone.*, field.*")))]
pub async fn handle(
    Auth(caller): Auth,
    State(app): State<Arc<App>>,
    Body(new): Body<NewRevocation>,
) -> Result<(StatusCode, Json<Revoked>), Problem> {
    let consent = NewConsent {
        phone: new.phone,
        contact: new.contact,
        action: NewAction::OptOut,
        programme: new.programme,
        scope: new.scope,
        level: None,
        purpose: None,
        channel: None,
        method: Some(new.method.as_str().to_string()),
        at: new.at,
        expires_at: None,
        basis: None,
        double_opt_in: false,
        sender: None,
        reference: None,
        evidence: Some(Evidence {
            raw_text: new.raw_text,
            note: new.note,
            ..Evidence::default()
        }),
    };
    let phones = intake::phones_of(&app, caller.tenant, std::iter::once(&consent)).await?;
    let now = app.cx.clock.millis().0;
    let mut entry = intake::entry(&app, &consent, &phones, caller.mode, now)
        .map_err(|fault| fault.problem())?;
    let phone = entry.phone;
    // Of this person: a reference used for somebody else must never swallow an opt-out.
    entry.inbound = new
        .reference
        .map(|reference| intake::once(&format!("revocation\0{}\0{reference}", phone.digits())));
    let shared = app.clone();
    let write = app.cx.db.write(move |tx| {
        Box::pin(async move { record(&shared, tx, caller.tenant, &[entry]).await })
    });
    let recorded = write
        .await?
        .pop()
        .ok_or_else(|| anyhow::anyhow!("nothing was recorded"))?;
    let status = match recorded {
        Recorded::Already(_) => StatusCode::OK,
        _ => StatusCode::CREATED,
    };
    let id = intake::told(recorded).map_err(|fault| fault.problem())?;
    app.opt_out_recorded();
    // An entry's id begins with the millisecond it was recorded in.
    let recorded_at = i64::try_from(id.raw() >> 80).map_or(now, |millis| millis);
    let recorded_at = UnixMillis(recorded_at).to_utc();
    let regions = app.places.get(app.places.of_number(phone)).regions.clone();
    let from = new.at.unwrap_or(recorded_at).date_naive();
    let told = Revoked {
        id,
        recorded_at,
        legal_limit: limit(&app.law, &regions, from),
    };
    Ok((status, Json(told)))
}
