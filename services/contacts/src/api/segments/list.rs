//! `GET /v1/segments`

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use chassis::http::{Auth, Listing, Page, Params, Problem, cursor};
use contract::SegmentId;

use super::view::SegmentView;
use crate::app::App;
use crate::db;

/// Segments, oldest first.
#[utoipa::path(get, path = "/v1/segments", tag = "contacts", params(Page),
    responses((status = 200, body = Listing<SegmentView>)))]
pub async fn handle(
    Auth(caller): Auth,
    State(app): State<Arc<App>>,
    Params(page): Params<Page>,
) -> Result<Json<Listing<SegmentView>>, Problem> {
    let after = cursor(page.cursor.as_deref())?.unwrap_or(SegmentId::from_raw(0));
    let limit = i64::try_from(page.size() + 1).unwrap_or(i64::MAX);
    let (read, engine) = (app.db.read(), app.db.engine());
    let segments = db::segments::page(read, engine, caller.tenant, after, limit).await?;
    let views = segments.into_iter().map(SegmentView::from).collect();
    Ok(Json(Listing::cut(views, page.size(), |view| {
        view.id.to_string()
    })))
}
