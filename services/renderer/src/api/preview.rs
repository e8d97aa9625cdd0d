//! `POST /v1/templates/preview`

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use chassis::http::{Auth, Body, Problem};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::types::{refused, unrendered};
use crate::app::App;
use crate::fields::Contact;
use crate::lint::{Lint, lint};
use crate::template;

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PreviewRequest {
    pub body: String,
    /// Values of the merge fields, without `contact.`.
    #[serde(default)]
    pub fields: BTreeMap<String, String>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct Preview {
    pub text: String,
    /// `GSM-7` or `UCS-2`
    pub encoding: &'static str,
    pub segments: usize,
    /// Septets (GSM-7) or UTF-16 units (UCS-2).
    pub units: usize,
    /// Merge fields the body uses.
    pub fields: Vec<String>,
    pub lint: Vec<Lint>,
}

/// Shows a text as one person would get it. Saves nothing.
#[utoipa::path(post, path = "/v1/templates/preview", tag = "templates", request_body = PreviewRequest,
    responses((status = 200, body = Preview), (status = 422)))]
pub async fn handle(
    _auth: Auth,
    State(app): State<Arc<App>>,
    Body(request): Body<PreviewRequest>,
) -> Result<Json<Preview>, Problem> {
    let compiled =
        template::compile(&request.body, app.config.limits()).map_err(|error| refused(&error))?;
    template::try_out(&compiled).map_err(|error| refused(&error))?;
    let names: Arc<[String]> = request.fields.keys().cloned().collect();
    let contact = Contact::new(
        &names,
        request.fields.values().map(|value| Some(value.as_str())),
    );
    let rendered = compiled
        .render(contact)
        .map_err(|error| unrendered(&error))?;
    Ok(Json(Preview {
        lint: lint(&rendered.text),
        encoding: rendered.measure.encoding.as_str(),
        segments: rendered.measure.segments,
        units: rendered.measure.units,
        text: rendered.text,
        fields: compiled.fields,
    }))
}
