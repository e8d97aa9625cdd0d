//! `POST /v1/privacy/objections`: no marketing any more (GDPR art 21(2)).

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use chassis::http::{Auth, Body, Problem};
use contract::ContactId;
use serde::Deserialize;
use utoipa::ToSchema;

use super::{Asked, check_words, record_one};
use crate::api::record::ConsentRecorded;
use crate::api::whom::phone_of;
use crate::app::App;
use crate::standing::Action;

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewObjection {
    /// E.164, or absent if `contact` is given.
    pub phone: Option<String>,
    #[schema(value_type = Option<String>)]
    pub contact: Option<ContactId>,
    /// Names the objection: the same one is recorded once.
    pub reference: Option<String>,
    pub note: Option<String>,
}

/// Record that a person objects to marketing. An opt-in given later lifts it.
#[utoipa::path(post, path = "/v1/privacy/objections", tag = "privacy", request_body = NewObjection,
    responses((status = 201, body = ConsentRecorded), (status = 422, description = "phone.*, field.*, contact.unknown")))]
pub async fn handle(
    Auth(caller): Auth,
    State(app): State<Arc<App>>,
    Body(new): Body<NewObjection>,
) -> Result<(StatusCode, Json<ConsentRecorded>), Problem> {
    check_words(new.reference.as_deref(), new.note.as_deref())?;
    let phone = phone_of(&app, caller.tenant, new.phone.as_deref(), new.contact).await?;
    let asked = Asked {
        phone,
        action: Action::Object,
        reference: new.reference.as_deref(),
        note: new.note.as_deref(),
        mode: caller.mode,
    };
    let id = record_one(&app, caller.tenant, asked).await?;
    Ok((StatusCode::CREATED, Json(ConsentRecorded { id })))
}
