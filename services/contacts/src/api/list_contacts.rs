use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use chassis::http::{Auth, Listing, Page, Params, Problem, cursor};
use contract::{AudiencePart, ContactId, ListId, Phone};
use serde::Deserialize;
use utoipa::IntoParams;

use super::contact_view::ContactView;
use crate::app::App;
use crate::db;
use crate::db::contacts::Filter;

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct Wanted {
    /// `next_cursor` of the page before.
    cursor: Option<String>,
    /// 1 to 200, 50 if absent.
    limit: Option<u32>,
    /// E.164
    phone: Option<String>,
    external_id: Option<String>,
    /// Members of this list.
    #[param(value_type = Option<String>)]
    list: Option<ListId>,
}

/// Contacts, oldest first.
#[utoipa::path(get, path = "/v1/contacts", tag = "contacts", params(Wanted), responses((status = 200, body = Listing<ContactView>)))]
pub async fn handle(
    Auth(caller): Auth,
    State(app): State<Arc<App>>,
    Params(wanted): Params<Wanted>,
) -> Result<Json<Listing<ContactView>>, Problem> {
    let (engine, tenant) = (app.db.engine(), caller.tenant);
    let phone = wanted
        .phone
        .as_deref()
        .map(|text| Phone::parse(text, None))
        .transpose()
        .map_err(|error| {
            Problem::new(
                StatusCode::UNPROCESSABLE_ENTITY,
                error.code(),
                error.to_string(),
            )
        })?;
    if let Some(list) = wanted.list {
        let known = db::lists::by_id(app.db.read(), engine, tenant, list).await?;
        known.ok_or_else(|| Problem::not_found("list"))?;
    }
    let after = cursor(wanted.cursor.as_deref())?.unwrap_or(ContactId::from_raw(0));
    let size = Page {
        cursor: None,
        limit: wanted.limit,
    }
    .size();
    let filter = Filter {
        phone,
        external_id: wanted.external_id,
        part: wanted.list.map(AudiencePart::List),
    };
    let limit = i64::try_from(size + 1).unwrap_or(i64::MAX);
    let found = db::contacts::page(app.db.read(), engine, tenant, &filter, after, limit).await?;
    let views = found.into_iter().map(ContactView::from).collect();
    Ok(Json(Listing::cut(views, size, |view| view.id.to_string())))
}
