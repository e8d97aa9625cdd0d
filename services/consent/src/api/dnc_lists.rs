//! `PUT /v1/dnc-lists/{name}?as_of=` and `GET /v1/dnc-lists`: copies of do-not-call lists.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, State};
use chassis::http::{Auth, Params, Problem};
use chrono::NaiveDate;
use contract::Phone;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::csv_body::{BATCH, CsvBody, Imported, refused};
use super::intake::Fault;
use crate::app::App;
use crate::db;
use crate::law::Place;

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct AsOf {
    /// The day the list is of.
    pub as_of: NaiveDate,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct DncListShown {
    pub name: String,
    pub as_of: NaiveDate,
    pub entries: i64,
    pub age_days: i64,
    /// The law row for which it is too old to prove anything.
    pub stale_by: Option<String>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct DncLists {
    pub data: Vec<DncListShown>,
}

/// The do-not-call lists there are, with their age.
#[utoipa::path(get, path = "/v1/dnc-lists", tag = "consent", responses((status = 200, body = DncLists)))]
pub async fn list(
    Auth(caller): Auth,
    State(app): State<Arc<App>>,
) -> Result<Json<DncLists>, Problem> {
    let today = app.cx.clock.now().date_naive();
    let lists = db::dnc::with_entries(app.cx.db.read(), app.engine(), caller.tenant).await?;
    let shown = lists.into_iter().map(|(name, as_of, entries)| {
        let age_days = (today - as_of).num_days();
        let mut rows = app.law.rows.dnc.iter();
        let stale = rows.find(|row| row.list == name && age_days > i64::from(row.max_age_days));
        DncListShown {
            stale_by: stale.map(|row| row.id.clone()),
            name,
            as_of,
            entries,
            age_days,
        }
    });
    Ok(Json(DncLists {
        data: shown.collect(),
    }))
}

/// Puts a copy in the place of the one before. One number a line, or `area code,number`; a header may stand
/// first. Until the whole list is in, the old entries count as well.
#[utoipa::path(put, path = "/v1/dnc-lists/{name}", tag = "consent", params(("name" = String, Path), AsOf),
    request_body(content = String, content_type = "text/csv"), responses((status = 200, body = Imported),
    (status = 422, description = "dnc.unknown_list, dnc.in_future, import.*")))]
pub async fn put(
    Auth(caller): Auth,
    State(app): State<Arc<App>>,
    Path(name): Path<String>,
    Params(AsOf { as_of }): Params<AsOf>,
    body: CsvBody,
) -> Result<Json<Imported>, Problem> {
    let Some(row) = app.law.rows.dnc.iter().find(|row| row.list == name) else {
        let mut known: Vec<&str> = app
            .law
            .rows
            .dnc
            .iter()
            .map(|row| row.list.as_str())
            .collect();
        known.sort_unstable();
        known.dedup();
        let detail = format!("no law knows such a list; known ones: {}", known.join(", "));
        return Err(refused("dnc.unknown_list", &detail));
    };
    if as_of > app.cx.clock.now().date_naive() {
        return Err(refused("dnc.in_future", "`as_of` lies in the future"));
    }
    let country = match row.region {
        Place::In(region) => region.country().to_string(),
        Place::Elsewhere => "US".to_string(),
    };
    let mut told = Imported::default();
    let mut phones = Vec::new();
    let text = String::from_utf8_lossy(body.bytes());
    for (line, text) in (1..).zip(text.trim_start_matches('\u{feff}').lines()) {
        let digits: String = text.split(',').map(str::trim).collect();
        if digits.is_empty() || (line == 1 && !digits.contains(|c: char| c.is_ascii_digit())) {
            continue;
        }
        match Phone::parse(&digits, Some(&country)) {
            Ok(phone) => phones.push(phone),
            Err(e) => told.reject(line, Fault::new(e.code(), "/phone", e.to_string())),
        }
    }
    if phones.is_empty() {
        return Err(refused(
            "import.no_valid_rows",
            "the file holds no number; the list stays as it was",
        ));
    }
    let (engine, tenant, now) = (app.engine(), caller.tenant, app.cx.clock.millis().0);
    // Names this load: the same day loaded again replaces what was loaded before.
    let load = format!("{as_of} {:032x}", rand::random::<u128>());
    for some in phones.chunks(BATCH) {
        let (some, name, load) = (some.to_vec(), name.clone(), load.clone());
        let write = app.cx.db.write(move |tx| {
            Box::pin(async move { db::dnc::add(tx, engine, tenant, &name, &load, &some).await })
        });
        write.await?;
    }
    let write = app.cx.db.write(move |tx| {
        Box::pin(
            async move { db::dnc::finish(tx, engine, tenant, (&name, as_of, &load), now).await },
        )
    });
    told.recorded = u64::try_from(write.await?).unwrap_or(0);
    app.tenants.forget(tenant);
    Ok(Json(told))
}
