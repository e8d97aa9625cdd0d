//! `GET /v1/privacy/retention`: how long what is kept.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use chassis::http::{Auth, Problem};
use chrono::{DateTime, Utc};
use contract::UnixMillis;
use serde::Serialize;
use utoipa::ToSchema;

use crate::app::App;
use crate::db::retention::{CLASSES, mark};
use crate::tasks::retention::{days, rule};

#[derive(Debug, Serialize, ToSchema)]
pub struct Retention {
    pub schedule: Vec<Keeping>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct Keeping {
    /// `consent_proof`, `decisions`, `reviews` or `reply_texts`.
    pub class: &'static str,
    pub days: u32,
    /// From when the days count, and what happens then.
    pub rule: &'static str,
    /// Everything older than this is gone.
    pub done_until: Option<DateTime<Utc>>,
    pub last_run_at: Option<DateTime<Utc>>,
}

/// The schedule, which the operator sets, and how far it has been kept to.
#[utoipa::path(get, path = "/v1/privacy/retention", tag = "privacy", responses((status = 200, body = Retention)))]
pub async fn handle(
    Auth(_caller): Auth,
    State(app): State<Arc<App>>,
) -> Result<Json<Retention>, Problem> {
    Ok(Json(Retention {
        schedule: schedule(&app).await?,
    }))
}

pub async fn schedule(app: &App) -> anyhow::Result<Vec<Keeping>> {
    let mut schedule = Vec::with_capacity(CLASSES.len());
    for class in CLASSES {
        let mark = mark(app.cx.db.read(), app.engine(), class).await?;
        let utc = |at: i64| UnixMillis(at).to_utc();
        schedule.push(Keeping {
            class,
            days: days(&app.config, class),
            rule: rule(class),
            done_until: mark.map(|(until, _)| utc(until)),
            last_run_at: mark.map(|(_, done)| utc(done)),
        });
    }
    Ok(schedule)
}
