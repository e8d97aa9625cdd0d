//! `GET /v1/routes`

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use chassis::http::{Auth, Listing, Problem};

use super::view::RouteView;
use crate::api::named;
use crate::app::App;
use crate::db::named_rows::Table;

/// Every route of the key's tenant and mode, by name.
#[utoipa::path(get, path = "/v1/routes", tag = "dispatch", responses((status = 200, body = Listing<RouteView>)))]
pub async fn handle(
    Auth(caller): Auth,
    State(app): State<Arc<App>>,
) -> Result<Json<Listing<RouteView>>, Problem> {
    let rows = named::list(&app, caller, Table::Route).await?;
    let data = rows
        .iter()
        .map(RouteView::of)
        .collect::<anyhow::Result<_>>()?;
    Ok(Json(Listing {
        data,
        next_cursor: None,
        has_more: false,
    }))
}
