//! Calls the webhooks of journeys, with places for every tenant.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::time::Duration;

use channels::call::Caller;
use contract::TenantId;
use tokio::task::{Id, JoinSet};

use crate::app::App;
use crate::db;
use crate::db::journey_call::Call;
use crate::journey::run::MOST_BODY;
use crate::journeys::{calls, shares};

/// Calls under way at once.
const AT_ONCE: usize = 64;
/// A try of which nothing is heard is taken for lost: longer than any may take.
const LOST_AFTER_MS: i64 = 120_000;
/// Before trying again what failed here.
const AFTER_FAILURE: Duration = Duration::from_millis(500);

pub async fn run(app: Arc<App>) -> anyhow::Result<()> {
    let stopping = app.cx.stopping();
    let caller = Caller::new(app.config.webhook_private_addresses, MOST_BODY)?;
    let (mut open, mut whose) = (JoinSet::new(), HashMap::new());
    while !stopping.is_cancelled() {
        let pause = match take(&app, &whose).await {
            Ok(calls) => {
                for call in calls {
                    let (app, caller, tenant) = (app.clone(), caller.clone(), call.tenant);
                    let begun = open.spawn(async move {
                        if let Err(error) = calls::make(&app, &caller, &call).await {
                            let error = format!("{error:#}");
                            tracing::warn!(run = %call.key.run, error, "the answer of a webhook is not noted; it is called again");
                        }
                    });
                    whose.insert(begun.id(), tenant);
                }
                app.config.poll()
            }
            Err(error) => {
                let error = format!("{error:#}");
                tracing::warn!(error, "webhooks cannot be called yet");
                AFTER_FAILURE
            }
        };
        tokio::select! {
            () = stopping.cancelled() => {}
            () = app.journeys.calls.notified(), if open.len() < AT_ONCE => {}
            Some(ended) = open.join_next_with_id(), if !open.is_empty() => {
                whose.remove(&ended.map_or_else(|failed| failed.id(), |(id, ())| id));
            }
            () = tokio::time::sleep(pause) => {}
        }
    }
    // What is cut off here is called again once it is taken for lost.
    open.shutdown().await;
    Ok(())
}

/// `whose`: the tenant of each call under way.
async fn take(app: &App, whose: &HashMap<Id, TenantId>) -> anyhow::Result<Vec<Call>> {
    if whose.len() >= AT_ONCE {
        return Ok(Vec::new());
    }
    let now = app.cx.clock.millis();
    let waiting = db::journey_call::waiting(app.cx.db.read(), now, AT_ONCE).await?;
    let mut open = BTreeMap::new();
    for tenant in whose.values() {
        *open.entry(*tenant).or_default() += 1;
    }
    let shares = shares::share(AT_ONCE, &open, &waiting);
    if shares.is_empty() {
        return Ok(Vec::new());
    }
    calls::take(app, shares, LOST_AFTER_MS).await
}
