use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use chassis::http::{Auth, Problem};
use chrono::{DateTime, Utc};
use contract::{Mode, TenantId, UnixMillis};
use serde::Serialize;
use utoipa::ToSchema;

use crate::app::App;
use crate::db;

#[derive(Debug, Serialize, ToSchema)]
pub struct TenantView {
    #[schema(value_type = String)]
    id: TenantId,
    name: String,
    /// Mode of the key this was asked with.
    #[schema(value_type = String)]
    mode: Mode,
    created_at: DateTime<Utc>,
}

/// Whose key is this?
#[utoipa::path(get, path = "/v1/tenant", tag = "accounts", responses((status = 200, body = TenantView)))]
pub async fn handle(
    Auth(caller): Auth,
    State(app): State<Arc<App>>,
) -> Result<Json<TenantView>, Problem> {
    let tenant = db::tenants::by_id(app.db.read(), app.db.engine(), caller.tenant).await?;
    let tenant = tenant.ok_or_else(|| Problem::not_found("tenant"))?;
    let created_at = UnixMillis(tenant.created_at).to_utc();
    Ok(Json(TenantView {
        id: tenant.id,
        name: tenant.name,
        mode: caller.mode,
        created_at,
    }))
}
