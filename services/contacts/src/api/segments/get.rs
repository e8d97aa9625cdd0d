//! `GET /v1/segments/{id}`

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use chassis::http::{Auth, PathId, Problem};
use contract::SegmentId;

use super::view::SegmentView;
use crate::app::App;
use crate::db;

/// One segment, and how many contacts are in it.
#[utoipa::path(get, path = "/v1/segments/{id}", tag = "contacts", params(("id" = String, Path)),
    responses((status = 200, body = SegmentView)))]
pub async fn handle(
    Auth(caller): Auth,
    State(app): State<Arc<App>>,
    PathId(id): PathId<SegmentId>,
) -> Result<Json<SegmentView>, Problem> {
    let (read, engine) = (app.db.read(), app.db.engine());
    let segment = db::segments::by_id(read, engine, caller.tenant, id)
        .await?
        .ok_or_else(|| Problem::not_found("segment"))?;
    let contacts = if segment.standing.is_complete() {
        Some(db::segment_members::count(read, engine, id).await?)
    } else {
        None
    };
    Ok(Json(SegmentView {
        contacts,
        ..segment.into()
    }))
}
