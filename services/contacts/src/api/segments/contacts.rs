//! `GET /v1/segments/{id}/contacts`

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use chassis::http::{Auth, Listing, Page, Params, PathId, Problem, cursor};
use contract::{ContactId, SegmentId};

use super::super::contact_view::ContactView;
use crate::app::App;
use crate::db;
use crate::db::contacts::Filter;

/// Who is in a segment, oldest first.
#[utoipa::path(get, path = "/v1/segments/{id}/contacts", tag = "contacts", params(("id" = String, Path), Page),
    responses((status = 200, body = Listing<ContactView>), (status = 409, description = "segment.computing")))]
pub async fn handle(
    Auth(caller): Auth,
    State(app): State<Arc<App>>,
    PathId(id): PathId<SegmentId>,
    Params(page): Params<Page>,
) -> Result<Json<Listing<ContactView>>, Problem> {
    let (read, engine, tenant) = (app.db.read(), app.db.engine(), caller.tenant);
    let segment = db::segments::by_id(read, engine, tenant, id)
        .await?
        .ok_or_else(|| Problem::not_found("segment"))?;
    if !segment.standing.is_complete() {
        let detail =
            "who is in this segment is still being looked up; ask again when its state is `ready`";
        return Err(Problem::new(
            StatusCode::CONFLICT,
            "segment.computing",
            detail,
        ));
    }
    let after = cursor(page.cursor.as_deref())?.unwrap_or(ContactId::from_raw(0));
    let limit = i64::try_from(page.size() + 1).unwrap_or(i64::MAX);
    let members = Filter {
        part: Some(id.into()),
        ..Filter::default()
    };
    let found = db::contacts::page(read, engine, tenant, &members, after, limit).await?;
    let views = found.into_iter().map(ContactView::from).collect();
    Ok(Json(Listing::cut(views, page.size(), |view| {
        view.id.to_string()
    })))
}
