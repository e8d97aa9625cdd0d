//! Brings the judge what it needs to know, as often as it may have changed.

use std::time::{Duration, Instant};

use contract::dispatch::SpendOf;
use contract::{RunId, TenantId};

use super::{Case, Figures, Judgement, act, judge};
use crate::app::App;
use crate::db;
use crate::db::run::Run;
use crate::envelope::opt_outs;
use crate::pace::Pace;

/// Between two looks at the same run.
const BETWEEN: Duration = Duration::from_millis(300);
/// Between two questions what its texts cost.
const BETWEEN_SPEND: Duration = Duration::from_secs(1);

/// When a run was last looked at. Forgotten with the process, which only means one look more.
#[derive(Debug, Default)]
pub struct Looked {
    at: Option<Instant>,
    spend_at: Option<Instant>,
    spend: Option<u64>,
}

impl Looked {
    fn is_time(at: &mut Option<Instant>, between: Duration) -> bool {
        let now = Instant::now();
        let time = at.is_none_or(|at| now.duration_since(at) >= between);
        if time {
            *at = Some(now);
        }
        time
    }
}

/// Judges a running run that has an envelope. True if that changed something.
pub async fn look(app: &App, run: &Run) -> anyhow::Result<bool> {
    let handle = app.runs.handle(run.id);
    let mut looked = handle.looked.lock().await;
    if !Looked::is_time(&mut looked.at, BETWEEN) {
        return Ok(false);
    }
    let Some(mut pace) = db::pace::by_run(app.cx.db.read(), run.id).await? else {
        return Ok(false);
    };
    let Some(envelope) = pace.envelope.clone() else {
        return Ok(false);
    };
    if pace.canary_done_at.is_none() && pace.canary_is_out(run.recipients, run.frozen) {
        note_canary(app, &pace).await?;
        pace.canary_done_at = Some(app.cx.clock.millis());
    }
    opt_outs::settle(app, run.id).await?;
    let mut figures = figures_of(app, &pace).await?;
    if let Some(max) = &envelope.max_spend {
        if Looked::is_time(&mut looked.spend_at, BETWEEN_SPEND) {
            looked.spend = spend(app, run.tenant, run.id, &max.currency).await;
        }
        figures.spend_micros = looked.spend;
    }
    let judgement = judge(&Case {
        envelope: &envelope,
        phase: pace.phase,
        waived: &pace.waived,
        canary: envelope.canary(run.recipients),
        canary_done_at: pace.canary_done_at,
        figures: &figures,
        now: app.cx.clock.millis(),
    });
    match judgement {
        Judgement::Wait(_) => Ok(false),
        Judgement::Widen | Judgement::Breach(_) => act::act(app, &pace, judgement, &figures).await,
    }
}

/// All that is known of a run just now.
pub async fn figures_with_spend(app: &App, pace: &Pace) -> anyhow::Result<Figures> {
    opt_outs::settle(app, pace.run).await?;
    let mut figures = figures_of(app, pace).await?;
    let max = pace.envelope.as_ref().and_then(|of| of.max_spend.as_ref());
    if let Some(max) = max {
        figures.spend_micros = spend(app, pace.tenant, pace.run, &max.currency).await;
    }
    Ok(figures)
}

/// Everything but what the texts cost.
async fn figures_of(app: &App, pace: &Pace) -> anyhow::Result<Figures> {
    let db = app.cx.db.read();
    let mut figures = Figures {
        released: pace.released,
        opt_outs: db::envelope::opted_out(db, pace.run).await?,
        ..Figures::default()
    };
    for counts in db::progress::tallies(db, pace.run).await? {
        figures.add(&counts);
    }
    Ok(figures)
}

/// What the texts of a run have cost, in millionths; `None`: it cannot be told now.
async fn spend(app: &App, tenant: TenantId, run: RunId, currency: &str) -> Option<u64> {
    match app.cx.bus.ask(tenant, &SpendOf { run }).await {
        Ok(spent) => {
            let own = spent
                .amounts
                .iter()
                .find(|spent| spent.currency == currency);
            // Money of another currency cannot be compared with the bound.
            let foreign = spent.amounts.iter().any(|spent| spent.currency != currency);
            match own {
                Some(own) => Some(own.micros),
                None if foreign => None,
                None => Some(0),
            }
        }
        Err(error) => {
            tracing::warn!(%run, error = format!("{error:#}"), "what a run cost is not known yet");
            None
        }
    }
}

async fn note_canary(app: &App, judged: &Pace) -> anyhow::Result<()> {
    let (engine, now, id) = (app.cx.db.engine(), app.cx.clock.millis(), judged.run);
    app.cx
        .db
        .write(move |tx| {
            Box::pin(async move {
                if let Some(mut pace) = db::pace::by_run_for_update(tx, engine, id).await? {
                    pace.canary_done_at = pace.canary_done_at.or(Some(now));
                    db::pace::save(tx, &pace).await?;
                }
                Ok(())
            })
        })
        .await
}
