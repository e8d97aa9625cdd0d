//! `POST /v1/privacy/erasures`: forget a person.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use chassis::http::{Auth, Body, Problem};
use contract::{ConsentId, ContactId};
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::ToSchema;

use super::{check_words, request_id};
use crate::api::whom::phone_of;
use crate::app::App;
use crate::privacy::{Order, Removed, erase};

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewErasure {
    /// E.164, or absent if `contact` is given.
    pub phone: Option<String>,
    #[schema(value_type = Option<String>)]
    pub contact: Option<ContactId>,
    /// Names the request: the same one is carried out once, even if the person has come back since.
    pub reference: Option<String>,
    /// Erased with the rest.
    pub note: Option<String>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct Erased {
    /// The ledger entry that records the erasure; it names nobody.
    #[schema(value_type = String)]
    pub id: ConsentId,
    /// Absent where this request was carried out before.
    pub removed: Option<Removed>,
    pub kept: Vec<Kept>,
}

/// What an erasure leaves, and why it may.
#[derive(Debug, Serialize, ToSchema)]
pub struct Kept {
    pub what: &'static str,
    pub why: &'static str,
}

const KEPT: [(&str, &str); 6] = [
    (
        "ledger entries under the keyed hash of the number, without number and evidence",
        "to prove that consent existed and was taken back (GDPR art 7(1), 17(3)(e))",
    ),
    (
        "a keyed hash of the number",
        "so that nobody texts the person after a new import (GDPR art 21(3), 17(3)(b))",
    ),
    (
        "messages without number, and the decisions they point at",
        "to defend legal claims (GDPR art 17(3)(e)); decisions name nobody",
    ),
    (
        "entries of do-not-call lists",
        "they are the authority's and must be kept to (47 CFR 64.1200(c)(2))",
    ),
    (
        "the number in the opt-out's own work until every open permit has closed",
        "so that the erasure can be confirmed as an opt-out is; seconds, as a rule",
    ),
    (
        "the number in the order to the dispatcher to forget it, for up to 72 hours",
        "so that the order is carried out there even if the dispatcher is down just now",
    ),
];

/// Erases a person. Ends every text at once; only an opt-in by their own text or double opt-in lifts it.
#[utoipa::path(post, path = "/v1/privacy/erasures", tag = "privacy", request_body = NewErasure,
    responses((status = 200, body = Erased), (status = 422, description = "phone.*, field.*, contact.unknown")))]
pub async fn handle(
    Auth(caller): Auth,
    State(app): State<Arc<App>>,
    Body(new): Body<NewErasure>,
) -> Result<(StatusCode, Json<Erased>), Problem> {
    check_words(new.reference.as_deref(), new.note.as_deref())?;
    let phone = phone_of(&app, caller.tenant, new.phone.as_deref(), new.contact).await?;
    let named = ("erase", phone, new.reference.as_deref());
    let order = Order {
        by: "request",
        once: request_id(&app, caller.tenant, named).await?,
        evidence: json!({ "reference": new.reference, "note": new.note }),
        mode: caller.mode,
    };
    let (id, removed) = erase(&app, caller.tenant, phone, order).await?;
    if removed.is_some() {
        metrics::counter!("erasures_total").increment(1);
    }
    let kept = KEPT.map(|(what, why)| Kept { what, why }).into();
    Ok((StatusCode::OK, Json(Erased { id, removed, kept })))
}
