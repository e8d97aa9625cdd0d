//! A route on the wire, and what makes one acceptable.

use axum::http::StatusCode;
use chassis::http::Problem;
use chrono::{DateTime, Utc};
use contract::accounts::Caller;
use contract::ids::RouteId;
use serde::Serialize;
use utoipa::ToSchema;

use crate::api::named;
use crate::app::App;
use crate::db::named_rows::{NamedRow, Table};
use crate::routing::route_body::RouteBody;

#[derive(Debug, Serialize, ToSchema)]
pub struct RouteView {
    #[schema(value_type = String)]
    pub id: RouteId,
    #[serde(flatten)]
    pub body: RouteBody,
    pub created_at: DateTime<Utc>,
    pub updated_at: DateTime<Utc>,
}

impl RouteView {
    pub fn of(row: &NamedRow) -> anyhow::Result<Self> {
        Ok(Self {
            id: RouteId::from_uuid(row.id),
            body: serde_json::from_str(&row.body)?,
            created_at: row.created_at.to_utc(),
            updated_at: row.updated_at.to_utc(),
        })
    }
}

pub fn name_taken() -> Problem {
    Problem::new(
        StatusCode::CONFLICT,
        "route.name_taken",
        "another route has this name",
    )
}

/// Most routes of a tenant: every text is matched with all of them.
const MOST: usize = 500;

/// Everything that is wrong with a route, alone and among the others.
pub async fn check(
    app: &App,
    caller: Caller,
    id: RouteId,
    body: &RouteBody,
) -> Result<(), Problem> {
    let problem = Problem::new(
        StatusCode::UNPROCESSABLE_ENTITY,
        "route.invalid",
        "the route cannot be saved like this",
    );
    let providers: Vec<&str> = app.links.iter().map(|link| &*link.name).collect();
    named::refuse(problem.clone(), body.faults(caller.mode, &providers))?;
    let others: Vec<RouteBody> = named::list(app, caller, Table::Route)
        .await?
        .iter()
        .filter(|row| row.id != id.uuid())
        .filter_map(|row| serde_json::from_str(&row.body).ok())
        .collect();
    if others.len() >= MOST {
        return Err(problem.error("", "route.too_many", format!("at most {MOST} routes")));
    }
    let takes = |route: &RouteBody| route.enabled && route.weight != Some(0);
    if body.enabled && !takes(body) && !others.iter().any(takes) {
        let detail =
            "every enabled route would have weight 0, and none would be the first to be tried";
        return Err(problem.error("/weight", "route.no_weight", detail));
    }
    Ok(())
}
