//! `GET /v1/sender-pools`

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use chassis::http::{Auth, Listing, Problem};

use super::view::PoolView;
use crate::api::named;
use crate::app::App;
use crate::db::named_rows::Table;

/// Every pool of the key's tenant and mode, by name.
#[utoipa::path(get, path = "/v1/sender-pools", tag = "dispatch", responses((status = 200, body = Listing<PoolView>)))]
pub async fn handle(
    Auth(caller): Auth,
    State(app): State<Arc<App>>,
) -> Result<Json<Listing<PoolView>>, Problem> {
    let rows = named::list(&app, caller, Table::SenderPool).await?;
    let data = rows
        .iter()
        .map(PoolView::of)
        .collect::<anyhow::Result<_>>()?;
    Ok(Json(Listing {
        data,
        next_cursor: None,
        has_more: false,
    }))
}
