//! `GET` and `PUT /v1/papers/templates/{id}`: what is declared of a template.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use chassis::http::{Auth, Body, PathId, Problem};
use contract::TemplateId;

use super::{Fault, read, refuse, says, write};
use crate::app::App;
use crate::db::papers::Kind;
use crate::papers::TemplatePapers;

/// Papers of a template.
#[utoipa::path(get, path = "/v1/papers/templates/{id}", tag = "consent", params(("id" = String, Path)),
    responses((status = 200, body = TemplatePapers)))]
pub async fn show(
    Auth(caller): Auth,
    State(app): State<Arc<App>>,
    PathId(id): PathId<TemplateId>,
) -> Result<Json<TemplatePapers>, Problem> {
    Ok(Json(
        read(&app, caller.tenant, (Kind::Template, id.to_string())).await?,
    ))
}

/// Declare the papers of a template.
#[utoipa::path(put, path = "/v1/papers/templates/{id}", tag = "consent", params(("id" = String, Path)),
    request_body = TemplatePapers, responses((status = 200, body = TemplatePapers),
    (status = 422, description = "value.empty, value.too_long, field.range")))]
pub async fn put(
    Auth(caller): Auth,
    State(app): State<Arc<App>>,
    PathId(id): PathId<TemplateId>,
    Body(new): Body<TemplatePapers>,
) -> Result<Json<TemplatePapers>, Problem> {
    refuse(&faults(&new))?;
    write(&app, caller.tenant, (Kind::Template, id.to_string()), &new).await?;
    Ok(Json(new))
}

fn faults(new: &TemplatePapers) -> Vec<Fault> {
    let registration = new.registration.as_deref();
    registration
        .and_then(|text| says(text, "/registration"))
        .into_iter()
        .collect()
}
