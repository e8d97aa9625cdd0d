//! `qry.consent.set_run_gate`: opens or shuts a run. Settled once nothing of it can leave any more.

use std::sync::Arc;
use std::time::{Duration, Instant};

use contract::Envelope;
use contract::consent::{Gate, RunGateSet, SetRunGate};

use crate::app::App;
use crate::db::{self};

/// Stays below the five seconds a question may take.
const PATIENCE: Duration = Duration::from_secs(4);
const POLL: Duration = Duration::from_millis(10);

pub async fn handle(app: Arc<App>, envelope: Envelope<SetRunGate>) -> anyhow::Result<RunGateSet> {
    let (engine, SetRunGate { run, gate }) = (app.engine(), envelope.body);
    let write = app
        .cx
        .db
        .write(move |tx| Box::pin(async move { db::run_gate::set(tx, engine, run, gate).await }));
    write.await?;
    if gate == Gate::Open {
        return Ok(RunGateSet { settled: true });
    }
    let asked = Instant::now();
    loop {
        let open = db::open_slot::any_of_run(app.cx.db.read(), engine, run).await?;
        if !open {
            return Ok(RunGateSet { settled: true });
        }
        if asked.elapsed() > PATIENCE {
            return Ok(RunGateSet { settled: false });
        }
        tokio::time::sleep(POLL).await;
    }
}
