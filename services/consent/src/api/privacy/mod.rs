//! What a person may ask for: access, erasure, restriction, objection (GDPR art 15, 17, 18, 21).

mod access;
mod erasures;
mod objections;
mod restrictions;
mod retention;

use std::sync::Arc;

use chassis::http::Problem;
use contract::{ConsentId, InboundId, Mode, Phone, TenantId};
use serde_json::json;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::intake::{self, once};
use crate::app::App;
use crate::record::{NewEntry, record};
use crate::standing::{Action, Change};
use crate::tenants::person_hash;

pub fn router() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::new()
        .routes(routes!(access::handle))
        .routes(routes!(erasures::handle))
        .routes(routes!(restrictions::handle))
        .routes(routes!(objections::handle))
        .routes(routes!(retention::handle))
}

/// Bytes of a reference or a note.
const MAX_WORDS: usize = 2_000;

/// Two words of the caller about a request, within their limits.
fn check_words(reference: Option<&str>, note: Option<&str>) -> Result<(), Problem> {
    for (name, text) in [("reference", reference), ("note", note)] {
        if text.is_some_and(|text| text.len() > MAX_WORDS) {
            let detail = format!("`{name}` is over {MAX_WORDS} bytes");
            return Err(Problem::new(
                axum::http::StatusCode::UNPROCESSABLE_ENTITY,
                "field.range",
                detail,
            ));
        }
    }
    Ok(())
}

/// An id for a request, so that it is carried out once. Names the person by their keyed hash, because a
/// plain hash of a number is as good as the number.
async fn request_id(
    app: &Arc<App>,
    tenant: TenantId,
    (kind, phone, reference): (&str, Phone, Option<&str>),
) -> anyhow::Result<Option<InboundId>> {
    let Some(reference) = reference else {
        return Ok(None);
    };
    let keys = super::evidence::key::keys(app, tenant).await?;
    let person = person_hash(&keys, phone);
    Ok(Some(once(&format!(
        "{kind}:{}:{reference}",
        hex::encode(person)
    ))))
}

/// What one request for a person asks to be recorded.
struct Asked<'r> {
    phone: Phone,
    action: Action,
    reference: Option<&'r str>,
    note: Option<&'r str>,
    mode: Mode,
}

async fn record_one(
    app: &Arc<App>,
    tenant: TenantId,
    asked: Asked<'_>,
) -> Result<ConsentId, Problem> {
    let kind = asked.action.as_str();
    let entry = NewEntry {
        phone: asked.phone,
        contact: None,
        change: Change {
            by: "request".to_string(),
            ..Change::new(asked.action, app.cx.clock.millis().0)
        },
        method: "request".to_string(),
        evidence: json!({ "reference": asked.reference, "note": asked.note }),
        inbound: request_id(app, tenant, (kind, asked.phone, asked.reference)).await?,
        confirm_from: None,
        mode: asked.mode,
    };
    let shared = app.clone();
    let write = app
        .cx
        .db
        .write(move |tx| Box::pin(async move { record(&shared, tx, tenant, &[entry]).await }));
    let recorded = write
        .await?
        .pop()
        .ok_or_else(|| anyhow::anyhow!("nothing was recorded"))?;
    let id = intake::told(recorded).map_err(|fault| fault.problem())?;
    if asked.action.ends_texts() {
        app.opt_out_recorded();
    }
    Ok(id)
}
