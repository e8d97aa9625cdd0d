//! `POST /v1/suppressions`: puts somebody on the suppression list.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use chassis::http::{Auth, Body, Problem};
use contract::Phone;
use serde::Deserialize;
use utoipa::ToSchema;

use super::SuppressionShown;
use crate::api::intake::Fault;
use crate::app::App;
use crate::db;
use crate::standing::Scope;
use crate::suppress::{Wanted, add};

/// Longest note.
const MAX_NOTE: usize = 500;

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewSuppression {
    /// E.164.
    pub phone: String,
    /// `global` (if absent), `class:marketing`, `programme:<name>` or `channel:sms`.
    pub scope: Option<String>,
    pub note: Option<String>,
}

/// Checks what is to go on the list.
pub fn checked(new: &NewSuppression, source: &'static str) -> Result<Wanted, Fault> {
    let phone = Phone::parse(&new.phone, None)
        .map_err(|e| Fault::new(e.code(), "/phone", e.to_string()))?;
    let scope = Scope::parse(new.scope.as_deref().unwrap_or("global")).ok_or_else(|| {
        let detail = "a scope is global, class:<class>, programme:<name> or channel:sms";
        Fault::new("consent.scope_unknown", "/scope", detail)
    })?;
    let note = new.note.clone().unwrap_or_default();
    if note.chars().count() > MAX_NOTE {
        let detail = format!("{MAX_NOTE} characters at most");
        return Err(Fault::new("value.too_long", "/note", detail));
    }
    Ok(Wanted {
        phone,
        scope,
        source,
        note,
    })
}

/// Suppress a number. It counts from the answer on; one that is there already answers 200.
#[utoipa::path(post, path = "/v1/suppressions", tag = "consent", request_body = NewSuppression,
    responses((status = 201, body = SuppressionShown), (status = 200, body = SuppressionShown),
    (status = 422, description = "phone.*, consent.scope_unknown, value.too_long")))]
pub async fn handle(
    Auth(caller): Auth,
    State(app): State<Arc<App>>,
    Body(new): Body<NewSuppression>,
) -> Result<(StatusCode, Json<SuppressionShown>), Problem> {
    let wanted = checked(&new, "api").map_err(|fault| fault.problem())?;
    let shared = app.clone();
    let write = app.cx.db.write(move |tx| {
        Box::pin(async move {
            let told = add(&shared, tx, caller.tenant, &[wanted], caller.mode).await?;
            let (id, fresh) = told
                .first()
                .copied()
                .unwrap_or((contract::SuppressionId::from_raw(0), false));
            let found = db::suppression::find(tx, shared.engine(), caller.tenant, id).await?;
            Ok((found, fresh))
        })
    });
    let (found, fresh) = write.await?;
    let found = found.ok_or_else(|| Problem::not_found("suppression"))?;
    app.opt_out_recorded();
    let status = if fresh {
        StatusCode::CREATED
    } else {
        StatusCode::OK
    };
    Ok((status, Json(found.into())))
}
