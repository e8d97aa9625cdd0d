//! `/v1/limits`: how fast texts may leave, by level and name.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use chassis::http::{Auth, Body, Listing, Problem};
use contract::TenantId;
use serde::Serialize;
use utoipa::ToSchema;

use super::reach;
use crate::app::App;
use crate::db::traffic as db;
use crate::tasks::traffic::load;
use crate::traffic::{Limit, Name};

/// A limit, and what follows from it.
#[derive(Debug, Serialize, ToSchema)]
pub struct LimitShown {
    level: &'static str,
    name: String,
    #[schema(value_type = String)]
    tenant: Option<TenantId>,
    mode: Option<&'static str>,
    /// As it was set.
    set: Limit,
    /// Segments a second in force; 0: no limit.
    segments_per_second: f64,
    /// Segments that may leave at once.
    burst: u32,
    per_day: Option<u64>,
}

fn shown(name: Name, set: Limit) -> LimitShown {
    let (shared, rate) = (name.level.is_shared(), set.rate());
    LimitShown {
        level: name.level.as_str(),
        tenant: (!shared).then_some(name.tenant),
        mode: (!shared).then_some(name.mode),
        name: name.name,
        segments_per_second: rate.per_second,
        burst: rate.burst(),
        per_day: set.per_day(),
        set,
    }
}

/// The limits on the caller's traffic.
#[utoipa::path(get, path = "/v1/limits", tag = "dispatch", responses((status = 200, body = Listing<LimitShown>)))]
pub async fn list(
    Auth(caller): Auth,
    State(app): State<Arc<App>>,
) -> Result<Json<Listing<LimitShown>>, Problem> {
    let limits = db::limits(app.cx.db.engine(), app.cx.db.read()).await?;
    let data = limits
        .into_iter()
        .filter(|(name, _)| reach::is_shown(&app, caller, name))
        .map(|(name, limit)| shown(name, limit))
        .collect();
    Ok(Json(Listing {
        data,
        next_cursor: None,
        has_more: false,
    }))
}

/// Sets a limit, in the place of what was set before; in force like a control.
#[utoipa::path(put, path = "/v1/limits/{level}/{name}", tag = "dispatch", request_body = Limit,
    params(("level" = String, Path, description = "lane, registration, campaign, tenant, provider or global"),
           ("name" = String, Path, description = "sender, registration, `cmp_…`, `ten_…` or `own`, provider, or `all`")),
    responses((status = 200, body = LimitShown), (status = 403, body = Problem), (status = 422, body = Problem)))]
pub async fn put(
    Auth(caller): Auth,
    State(app): State<Arc<App>>,
    Path((level, name)): Path<(String, String)>,
    Body(limit): Body<Limit>,
) -> Result<Json<LimitShown>, Problem> {
    let name = reach::named(&app, caller, &level, &name)?;
    if let Err(fault) = limit.check(name.level) {
        let status = StatusCode::UNPROCESSABLE_ENTITY;
        return Err(Problem::new(status, "traffic.limit", fault.to_string()));
    }
    db::set_limit(&app.cx.db, name.clone(), &limit).await?;
    load(&app).await?;
    Ok(Json(shown(name, limit)))
}

/// Takes a limit away.
#[utoipa::path(delete, path = "/v1/limits/{level}/{name}", tag = "dispatch",
    params(("level" = String, Path), ("name" = String, Path)),
    responses((status = 204), (status = 403, body = Problem), (status = 404, body = Problem)))]
pub async fn remove(
    Auth(caller): Auth,
    State(app): State<Arc<App>>,
    Path((level, name)): Path<(String, String)>,
) -> Result<StatusCode, Problem> {
    let name = reach::named(&app, caller, &level, &name)?;
    let was = db::remove_limit(&app.cx.db, name).await?;
    load(&app).await?;
    if was {
        Ok(StatusCode::NO_CONTENT)
    } else {
        Err(Problem::not_found("limit"))
    }
}
