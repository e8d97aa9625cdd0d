//! `GET` and `PUT /v1/papers/campaigns/{id}`: what is declared of a campaign.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use chassis::http::{Auth, Body, PathId, Problem};
use contract::CampaignId;

use super::{Fault, read, refuse, says, write};
use crate::app::App;
use crate::db::papers::Kind;
use crate::papers::CampaignPapers;

/// Papers of a campaign.
#[utoipa::path(get, path = "/v1/papers/campaigns/{id}", tag = "consent", params(("id" = String, Path)),
    responses((status = 200, body = CampaignPapers)))]
pub async fn show(
    Auth(caller): Auth,
    State(app): State<Arc<App>>,
    PathId(id): PathId<CampaignId>,
) -> Result<Json<CampaignPapers>, Problem> {
    Ok(Json(
        read(&app, caller.tenant, (Kind::Campaign, id.to_string())).await?,
    ))
}

/// Declare the papers of a campaign.
#[utoipa::path(put, path = "/v1/papers/campaigns/{id}", tag = "consent", params(("id" = String, Path)),
    request_body = CampaignPapers, responses((status = 200, body = CampaignPapers),
    (status = 422, description = "value.empty, value.too_long, field.range")))]
pub async fn put(
    Auth(caller): Auth,
    State(app): State<Arc<App>>,
    PathId(id): PathId<CampaignId>,
    Body(new): Body<CampaignPapers>,
) -> Result<Json<CampaignPapers>, Problem> {
    refuse(&faults(&new))?;
    write(&app, caller.tenant, (Kind::Campaign, id.to_string()), &new).await?;
    Ok(Json(new))
}

fn faults(new: &CampaignPapers) -> Vec<Fault> {
    let mut faults = Vec::new();
    if let Some(attestation) = &new.attestation {
        faults.extend(says(&attestation.by, "/attestation/by"));
        faults.extend(says(&attestation.statement, "/attestation/statement"));
    }
    if new.minimum_age.is_some_and(|age| age > 99) {
        faults.push(Fault::new(
            "field.range",
            "/minimum_age",
            "99 years at most",
        ));
    }
    faults
}
