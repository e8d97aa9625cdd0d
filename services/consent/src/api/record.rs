//! `POST /v1/consents`: one opt-in or opt-out with its evidence.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use chassis::http::{Auth, Body, Problem};
use contract::ConsentId;
use serde::Serialize;
use utoipa::ToSchema;

use super::intake::{self, NewAction, NewConsent};
use crate::app::App;
use crate::record::record;

#[derive(Debug, Serialize, ToSchema)]
pub struct ConsentRecorded {
    #[schema(value_type = String)]
    pub id: ConsentId,
}

/// Record an opt-in or opt-out.
#[utoipa::path(post, path = "/v1/consents", tag = "consent", request_body = NewConsent,
    responses((status = 201, body = ConsentRecorded), (status = 409, description = "consent.newer_revocation, consent.erased"),
    (status = 422, description = "consent.*, phone.*, field.*")))]
pub async fn handle(
    Auth(caller): Auth,
    State(app): State<Arc<App>>,
    Body(new): Body<NewConsent>,
) -> Result<(StatusCode, Json<ConsentRecorded>), Problem> {
    let phones = intake::phones_of(&app, caller.tenant, std::iter::once(&new)).await?;
    let entry = intake::entry(&app, &new, &phones, caller.mode, app.cx.clock.millis().0)
        .map_err(|f| f.problem())?;
    let shared = app.clone();
    let write = app.cx.db.write(move |tx| {
        Box::pin(async move { record(&shared, tx, caller.tenant, &[entry]).await })
    });
    let recorded = write
        .await?
        .pop()
        .ok_or_else(|| anyhow::anyhow!("nothing was recorded"))?;
    let id = intake::told(recorded).map_err(|fault| fault.problem())?;
    if new.action == NewAction::OptOut {
        app.opt_out_recorded();
    }
    Ok((StatusCode::CREATED, Json(ConsentRecorded { id })))
}
