//! `qry.consent.cancel_runs`: shuts runs for good, and says of each whether anything of it may have left.

use std::sync::Arc;
use std::time::{Duration, Instant};

use chassis::Engine;
use contract::consent::{CancelRuns, RunsCancelled};
use contract::{Envelope, Reason, RunId};

use crate::app::App;
use crate::db;

/// Runs of one question.
const MOST: usize = 500;
/// A permit that is open may come back unused within this time, and then nothing has left.
const PATIENCE: Duration = Duration::from_secs(1);
const POLL: Duration = Duration::from_millis(10);

pub async fn handle(
    app: Arc<App>,
    envelope: Envelope<CancelRuns>,
) -> anyhow::Result<RunsCancelled> {
    let (engine, CancelRuns { runs, reason }) = (app.engine(), envelope.body);
    anyhow::ensure!(runs.len() <= MOST, "more than {MOST} runs in one question");
    anyhow::ensure!(is_code(&reason), "a reason has capital letters and _");
    // Grants hold several gates at a time, in the order they were asked for; where writers run side by side, one
    // that takes a single gate cannot be part of a circle.
    let together = match engine {
        Engine::Sqlite => MOST,
        Engine::Postgres => 1,
    };
    for some in runs.chunks(together) {
        shut(&app, some.to_vec(), reason.clone()).await?;
    }
    let asked = Instant::now();
    loop {
        let states = db::run_gate::left(app.cx.db.read(), engine, &runs).await?;
        if states.iter().all(|one| one.settled) || asked.elapsed() > PATIENCE {
            return Ok(RunsCancelled { runs: states });
        }
        tokio::time::sleep(POLL).await;
    }
}

async fn shut(app: &App, runs: Vec<RunId>, reason: Reason) -> anyhow::Result<()> {
    let engine = app.engine();
    let write = app.cx.db.write(move |tx| {
        Box::pin(async move { db::run_gate::cancel(tx, engine, &runs, &reason).await })
    });
    write.await
}

fn is_code(reason: &Reason) -> bool {
    let code = reason.as_str();
    (1..=64).contains(&code.len()) && code.bytes().all(|b| b.is_ascii_uppercase() || b == b'_')
}
