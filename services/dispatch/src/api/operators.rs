//! `GET` and `PUT /v1/operator-prefixes`, `GET` and `POST /v1/number-lookups`: whose network numbers are in.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use chassis::http::{Auth, Body, Listing, Page, Params, Problem, no_such_cursor};
use chrono::{DateTime, Utc};
use contract::Phone;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::app::App;
use crate::db::operators;
use crate::route::prefix::Prefix;

/// Rows in one request at most.
const MOST: usize = 10_000;

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Prefixes {
    /// All of them: what is not here any more is forgotten.
    pub prefixes: Vec<OperatorPrefix>,
}

#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct OperatorPrefix {
    pub prefix: String,
    pub operator: String,
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Lookups {
    pub numbers: Vec<NumberLookup>,
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NumberLookup {
    #[schema(value_type = String)]
    pub phone: Phone,
    pub operator: String,
}

/// A number and the network that it is in.
#[derive(Debug, Serialize, ToSchema)]
pub struct KnownNumber {
    #[schema(value_type = String)]
    phone: Phone,
    operator: String,
    /// When it was last told.
    at: DateTime<Utc>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct Kept {
    pub rows: usize,
}

/// The tenant's table of prefixes, in order.
#[utoipa::path(get, path = "/v1/operator-prefixes", tag = "dispatch", params(Page),
    responses((status = 200, body = Listing<OperatorPrefix>), (status = 400, description = "cursor.invalid")))]
pub async fn list_prefixes(
    Auth(caller): Auth,
    State(app): State<Arc<App>>,
    Params(page): Params<Page>,
) -> Result<Json<Listing<OperatorPrefix>>, Problem> {
    let after = match page.cursor.as_deref() {
        None => String::new(),
        Some(cursor) => Prefix::parse(cursor)
            .ok_or_else(no_such_cursor)?
            .to_string(),
    };
    let (engine, db, size) = (app.cx.db.engine(), app.cx.db.read(), page.size());
    let rows = operators::page_of_prefixes(engine, db, caller.tenant, &after, size + 1).await?;
    let rows = rows.into_iter();
    let rows = rows.map(|(prefix, operator)| OperatorPrefix { prefix, operator });
    Ok(Json(Listing::cut(rows.collect(), size, |one| {
        one.prefix.clone()
    })))
}

/// What lookups found, by number.
#[utoipa::path(get, path = "/v1/number-lookups", tag = "dispatch", params(Page),
    responses((status = 200, body = Listing<KnownNumber>), (status = 400, description = "cursor.invalid")))]
pub async fn list_lookups(
    Auth(caller): Auth,
    State(app): State<Arc<App>>,
    Params(page): Params<Page>,
) -> Result<Json<Listing<KnownNumber>>, Problem> {
    let cursor = page.cursor.as_deref().map(read_number);
    let after = cursor.unwrap_or(Some(0)).ok_or_else(no_such_cursor)?;
    let (engine, db, size) = (app.cx.db.engine(), app.cx.db.read(), page.size());
    let rows = operators::page_of_lookups(engine, db, caller.tenant, after, size + 1).await?;
    let rows = rows.into_iter().map(|one| KnownNumber {
        phone: one.phone,
        operator: one.operator,
        at: one.at.to_utc(),
    });
    Ok(Json(Listing::cut(rows.collect(), size, |one| {
        format!("{:x}", one.phone.digits())
    })))
}

/// The number in a cursor.
fn read_number(cursor: &str) -> Option<i64> {
    i64::from_str_radix(cursor, 16)
        .ok()
        .filter(|digits| *digits >= 0)
}

/// Replaces the tenant's table of prefixes; overlapping ones are fine, the longest counts.
#[utoipa::path(put, path = "/v1/operator-prefixes", tag = "dispatch", request_body = Prefixes,
    responses((status = 200, body = Kept), (status = 422, description = "route.invalid")))]
pub async fn put_prefixes(
    Auth(caller): Auth,
    State(app): State<Arc<App>>,
    Body(Prefixes { prefixes }): Body<Prefixes>,
) -> Result<Json<Kept>, Problem> {
    let mut problem = too_many(prefixes.len());
    let mut rows = std::collections::BTreeMap::new();
    for (n, one) in prefixes.into_iter().enumerate() {
        match Prefix::parse(&one.prefix) {
            Some(prefix) => {
                rows.insert(prefix.to_string(), one.operator);
            }
            None => {
                let detail = "1 to 15 digits, the first of which is no 0";
                let pointer = format!("/prefixes/{n}/prefix");
                problem = problem.error(&pointer, "route.prefix_invalid", detail);
            }
        }
    }
    if problem.has_errors() {
        return Err(problem);
    }
    let kept = rows.len();
    operators::replace_prefixes(&app.cx.db, caller.tenant, rows.into_iter().collect()).await?;
    app.routing.refresh(&app.cx.db, &app.links).await?;
    Ok(Json(Kept { rows: kept }))
}

/// Adds what lookups found; it beats every prefix.
#[utoipa::path(post, path = "/v1/number-lookups", tag = "dispatch", request_body = Lookups,
    responses((status = 200, body = Kept), (status = 422, description = "route.invalid")))]
pub async fn post_lookups(
    Auth(caller): Auth,
    State(app): State<Arc<App>>,
    Body(Lookups { numbers }): Body<Lookups>,
) -> Result<Json<Kept>, Problem> {
    let problem = too_many(numbers.len());
    if problem.has_errors() {
        return Err(problem);
    }
    // One statement must not meet the same number twice: the last one counts.
    let rows: std::collections::BTreeMap<Phone, String> = numbers
        .into_iter()
        .map(|one| (one.phone, one.operator))
        .collect();
    let rows: Vec<_> = rows.into_iter().collect();
    operators::add_lookups(&app.cx.db, caller.tenant, &rows, app.cx.clock.millis()).await?;
    app.routing.refresh(&app.cx.db, &app.links).await?;
    Ok(Json(Kept { rows: rows.len() }))
}

/// A problem that has an error only where there are too many rows.
fn too_many(rows: usize) -> Problem {
    let problem = Problem::new(
        StatusCode::UNPROCESSABLE_ENTITY,
        "route.invalid",
        "the rows cannot be taken like this",
    );
    if rows > MOST {
        problem.error("", "route.too_many", format!("at most {MOST} rows at once"))
    } else {
        problem
    }
}
