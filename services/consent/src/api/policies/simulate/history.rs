//! What really left, loaded from the permits.

use std::sync::Arc;

use ahash::{AHashMap, AHashSet};
use axum::http::StatusCode;
use chassis::http::Problem;
use contract::{DecisionId, TenantId};

use super::too_large;
use crate::app::App;
use crate::db;
use crate::facts::{Facts, Written};
use crate::memo::Memo;
use crate::recent::KEPT_MILLIS;
use crate::simulate::{Send, Sends, Tally, replay};

const DAY: i64 = 24 * 3_600_000;
const MAX_DAYS: u16 = 366;
/// Most permits held in memory at once.
const MOST: usize = 5_000_000;
const PAGE: u32 = 20_000;
const DECISIONS_AT_ONCE: usize = 1_000;

pub async fn run(
    app: &Arc<App>,
    tenant: TenantId,
    (before, after): &(Arc<Memo>, Arc<Memo>),
    days: u16,
) -> Result<(Tally, u64), Problem> {
    if !(1..=MAX_DAYS).contains(&days) {
        let detail = format!("1 to {MAX_DAYS} days");
        let problem = Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "field.range", &detail);
        return Err(problem.error("/audience/sent_days", "field.range", detail));
    }
    let since = app.cx.clock.millis().0 - i64::from(days) * DAY;
    let sends = load(app, tenant, since).await?;
    let (shared, before, after) = (app.clone(), before.clone(), after.clone());
    let work =
        tokio::task::spawn_blocking(move || replay(&shared.places, (&before, &after), &sends));
    Ok(work.await.map_err(anyhow::Error::from)?)
}

/// Permits since thirty days before `since`, because they count for the caps of what followed. A run's texts
/// may be deferred for as long again after it began.
async fn load(app: &App, tenant: TenantId, since: i64) -> Result<Sends, Problem> {
    let (reader, engine) = (app.cx.db.read(), app.engine());
    let from = since - KEPT_MILLIS;
    let runs = db::run_about::of_tenant(reader, engine, tenant, from - KEPT_MILLIS).await?;
    let mut sends = Sends {
        since,
        ..Sends::default()
    };
    for (about, index) in runs.iter().zip(0u32..) {
        sends.runs.push((about.class, about.programme.clone()));
        let mut after = (-1, -1);
        loop {
            let page = db::permit::of_run(reader, engine, about.run, after, PAGE).await?;
            let Some(last) = page.last() else { break };
            after = (
                i64::from(last.message.chunk()),
                i64::from(last.message.position()),
            );
            let counted = page.iter().filter(|permit| permit.granted_at >= from);
            sends.sends.extend(counted.map(|permit| Send {
                at: permit.granted_at,
                message: permit.message,
                decision: permit.decision,
                phone: permit.phone,
                run: index,
            }));
            if sends.sends.len() > MOST {
                return Err(too_large(MOST, "texts in that span"));
            }
        }
    }
    sends
        .sends
        .sort_unstable_by_key(|one| (one.at, one.message));
    let judged = sends.sends.iter().filter(|one| one.at >= since);
    let decisions: AHashSet<DecisionId> = judged.map(|one| one.decision).collect();
    sends.facts = facts(app, decisions.into_iter().collect()).await?;
    Ok(sends)
}

async fn facts(app: &App, ids: Vec<DecisionId>) -> anyhow::Result<AHashMap<DecisionId, Facts>> {
    let mut facts = AHashMap::with_capacity(ids.len());
    for some in ids.chunks(DECISIONS_AT_ONCE) {
        for (id, text) in db::decision::facts_of(app.cx.db.read(), app.engine(), some).await? {
            let read = serde_json::from_str::<Written<'_>>(&text).ok();
            if let Some(read) = read.and_then(|written| written.read(&app.places)) {
                facts.insert(id, read);
            }
        }
    }
    Ok(facts)
}
