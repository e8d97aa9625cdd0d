//! `/v1/traffic/controls`: pause, drain, purge, move, and resume.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use chassis::http::{Auth, Body, Listing, Problem};
use chrono::{DateTime, Utc};
use contract::accounts::Caller;
use contract::{Mode, TenantId, UnixMillis};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::reach;
use crate::app::App;
use crate::db::traffic as db;
use crate::route;
use crate::routing::pool_body;
use crate::tasks::traffic::load;
use crate::traffic::{Action, Control, Level, Name};

/// A purge that nobody ends.
const PURGE_FOR_SECONDS: u32 = 300;
const LONGEST_SECONDS: u32 = 366 * 86_400;
const MAX_REASON: usize = 500;

/// What to do with the traffic of one thing.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ControlWish {
    /// `pause`, `drain`, `purge` or `move`.
    action: String,
    /// Of a move: the sender, or for a provider the provider, that takes the texts.
    to: Option<String>,
    /// Kept and shown.
    #[serde(default)]
    reason: String,
    /// It ends by itself after so long; else when it is resumed. A purge ends after 300.
    for_seconds: Option<u32>,
}

/// What is in force on one thing.
#[derive(Debug, Serialize, ToSchema)]
pub struct ControlShown {
    level: &'static str,
    name: String,
    #[schema(value_type = String)]
    tenant: Option<TenantId>,
    mode: Option<&'static str>,
    action: &'static str,
    to: Option<String>,
    reason: String,
    since: DateTime<Utc>,
    until: Option<DateTime<Utc>>,
}

impl From<Control> for ControlShown {
    fn from(control: Control) -> Self {
        let Control {
            name,
            action,
            target,
            reason,
            set_at,
            until,
        } = control;
        let shared = name.level.is_shared();
        Self {
            level: name.level.as_str(),
            tenant: (!shared).then_some(name.tenant),
            mode: (!shared).then_some(name.mode),
            name: name.name,
            action: action.as_str(),
            to: target,
            reason,
            since: set_at.to_utc(),
            until: until.map(UnixMillis::to_utc),
        }
    }
}

/// What is in force on the caller's traffic.
#[utoipa::path(get, path = "/v1/traffic/controls", tag = "dispatch",
    responses((status = 200, body = Listing<ControlShown>)))]
pub async fn list(
    Auth(caller): Auth,
    State(app): State<Arc<App>>,
) -> Result<Json<Listing<ControlShown>>, Problem> {
    let now = app.cx.clock.millis();
    let controls = db::controls(app.cx.db.engine(), app.cx.db.read(), now).await?;
    let data = controls
        .into_iter()
        .filter(|control| reach::is_shown(&app, caller, &control.name))
        .map(ControlShown::from)
        .collect();
    Ok(Json(Listing {
        data,
        next_cursor: None,
        has_more: false,
    }))
}

/// Puts a control in force: durable and in force here with the answer, in every other dispatcher within a second.
#[utoipa::path(put, path = "/v1/traffic/controls/{level}/{name}", tag = "dispatch", request_body = ControlWish,
    params(("level" = String, Path, description = "lane, campaign, tenant, provider or global"),
           ("name" = String, Path, description = "sender, `cmp_…`, `ten_…` or `own`, provider, or `all`")),
    responses((status = 200, body = ControlShown), (status = 403, body = Problem), (status = 404, body = Problem),
              (status = 422, body = Problem)))]
pub async fn put(
    Auth(caller): Auth,
    State(app): State<Arc<App>>,
    Path((level, name)): Path<(String, String)>,
    Body(wish): Body<ControlWish>,
) -> Result<Json<ControlShown>, Problem> {
    let name = reach::named(&app, caller, &level, &name)?;
    if name.level == Level::Registration {
        return Err(Problem::invalid(
            "registrations have limits; control their senders",
        ));
    }
    let action = Action::parse(&wish.action)
        .ok_or_else(|| Problem::invalid("action is pause, drain, purge or move"))?;
    let target = target(&app, caller, &name, (action, wish.to))?;
    if wish.reason.len() > MAX_REASON {
        return Err(Problem::invalid(format!(
            "a reason has {MAX_REASON} bytes at most"
        )));
    }
    let seconds = wish
        .for_seconds
        .or_else(|| (action == Action::Purge).then_some(PURGE_FOR_SECONDS));
    if seconds.is_some_and(|seconds| !(1..=LONGEST_SECONDS).contains(&seconds)) {
        return Err(Problem::invalid("for_seconds is from 1 second to a year"));
    }
    let now = app.cx.clock.millis();
    let control = Control {
        name,
        action,
        target,
        reason: wish.reason,
        set_at: now,
        until: seconds.map(|seconds| UnixMillis(now.0 + i64::from(seconds) * 1000)),
    };
    db::set_control(&app.cx.db, control.clone()).await?;
    load(&app).await?;
    tracing::info!(
        level = control.name.level.as_str(),
        action = action.as_str(),
        "an operator steers the traffic"
    );
    Ok(Json(control.into()))
}

/// Resumes: ends what is in force.
#[utoipa::path(delete, path = "/v1/traffic/controls/{level}/{name}", tag = "dispatch",
    params(("level" = String, Path), ("name" = String, Path)),
    responses((status = 204), (status = 403, body = Problem), (status = 404, body = Problem)))]
pub async fn remove(
    Auth(caller): Auth,
    State(app): State<Arc<App>>,
    Path((level, name)): Path<(String, String)>,
) -> Result<StatusCode, Problem> {
    let name = reach::named(&app, caller, &level, &name)?;
    let was = db::remove_control(&app.cx.db, name).await?;
    load(&app).await?;
    if was {
        Ok(StatusCode::NO_CONTENT)
    } else {
        Err(Problem::not_found("control in force"))
    }
}

/// Where a move goes: a provider of the same mode, or a sender that is no other tenant's.
fn target(
    app: &App,
    caller: Caller,
    name: &Name,
    (action, to): (Action, Option<String>),
) -> Result<Option<String>, Problem> {
    let refuse = |detail: &str| {
        let status = StatusCode::UNPROCESSABLE_ENTITY;
        Err(Problem::new(status, "traffic.target", detail))
    };
    let to = match (action, to) {
        (Action::Move, Some(to)) => to,
        (Action::Move, None) => return refuse("a move needs `to`"),
        (_, Some(_)) => return refuse("`to` is for moves"),
        (_, None) => return Ok(None),
    };
    if to == name.name {
        return refuse("it is there already");
    }
    match name.level {
        Level::Global | Level::Registration => {
            return refuse("senders, campaigns, tenants and providers can be moved");
        }
        Level::Provider => {
            let known = app.links.iter().any(|link| *link.name == *to);
            if !known || route::mode_of(&to) != route::mode_of(&name.name) {
                return refuse("there is no such provider for texts of this mode");
            }
        }
        Level::Lane | Level::Campaign | Level::Tenant => {
            let mode = Mode::parse(name.mode).unwrap_or(caller.mode);
            if let Some(fault) = contract::sender::fault(&to) {
                return refuse(fault);
            }
            let theirs = |owner: TenantId| owner != name.tenant;
            if app.senders.owner(&to, mode).is_some_and(theirs)
                || app.routing.pooled_by(&to, mode).into_iter().any(theirs)
            {
                return refuse("texts move only to a sender that is no other tenant's");
            }
            let pool = to.strip_prefix(pool_body::PREFIX);
            let own = app.routing.of(name.tenant, mode);
            if pool.is_some_and(|pool| own.is_none_or(|own| !own.pools.contains_key(pool))) {
                return refuse("there is no such pool of the tenant");
            }
        }
    }
    Ok(Some(to))
}
