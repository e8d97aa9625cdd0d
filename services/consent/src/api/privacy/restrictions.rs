//! `PUT /v1/privacy/restrictions`: a person's data is kept and not used (GDPR art 18), or used again.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use chassis::http::{Auth, Body, Problem};
use contract::{Class, ConsentId, ContactId};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{Asked, check_words, record_one};
use crate::api::whom::phone_of;
use crate::app::App;
use crate::db::standing::Hold;
use crate::people::People;
use crate::standing::Action;

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Restriction {
    /// E.164, or absent if `contact` is given.
    pub phone: Option<String>,
    #[schema(value_type = Option<String>)]
    pub contact: Option<ContactId>,
    pub restricted: bool,
    pub reference: Option<String>,
    pub note: Option<String>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct Restricted {
    pub restricted: bool,
    /// The new ledger entry; absent when it was so before.
    #[schema(value_type = Option<String>)]
    pub id: Option<ConsentId>,
}

/// Restrict the use of a person's data, or end it. Nothing is sent while it lasts.
#[utoipa::path(put, path = "/v1/privacy/restrictions", tag = "privacy", request_body = Restriction,
    responses((status = 200, body = Restricted), (status = 422, description = "phone.*, field.*, contact.unknown")))]
pub async fn handle(
    Auth(caller): Auth,
    State(app): State<Arc<App>>,
    Body(new): Body<Restriction>,
) -> Result<Json<Restricted>, Problem> {
    check_words(new.reference.as_deref(), new.note.as_deref())?;
    let phone = phone_of(&app, caller.tenant, new.phone.as_deref(), new.contact).await?;
    let about = (Class::Informational, &[phone][..]);
    let people = People::load(&app, app.cx.db.read(), caller.tenant, about, Hold::None).await?;
    let now = people.known(phone).standing.as_ref();
    let restricted = new.restricted;
    if now.is_some_and(|standing| standing.restricted == restricted) {
        let id = None;
        return Ok(Json(Restricted { restricted, id }));
    }
    let asked = Asked {
        phone,
        action: if restricted {
            Action::Restrict
        } else {
            Action::Unrestrict
        },
        reference: new.reference.as_deref(),
        note: new.note.as_deref(),
        mode: caller.mode,
    };
    let id = Some(record_one(&app, caller.tenant, asked).await?);
    Ok(Json(Restricted { restricted, id }))
}
