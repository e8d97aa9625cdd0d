//! Taking events: each id once, whoever sends it and however often.

use contract::{Mode, TenantId};

use crate::app::App;
use crate::db;
use crate::db::journey_input::{Body, NewInput};

/// What became of a batch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Taken {
    pub accepted: usize,
    pub duplicates: usize,
}

/// The id of an event or a reply.
fn id(body: &Body) -> &str {
    match body {
        Body::Event(event) => &event.id,
        Body::Reply { id, .. } => id,
        Body::Outcome { .. } | Body::Stop { .. } => "",
    }
}

/// Notes events that were not taken before; with the commit they will be worked in.
pub async fn take(
    app: &App,
    tenant: TenantId,
    mode: Mode,
    inputs: Vec<NewInput>,
) -> anyhow::Result<Taken> {
    let (engine, now) = (app.cx.db.engine(), app.cx.clock.millis());
    let taken = app
        .cx
        .db
        .write(move |tx| {
            Box::pin(async move {
                let total = inputs.len();
                let ids: Vec<String> = inputs
                    .iter()
                    .map(|input| id(&input.body).to_string())
                    .collect();
                let mut new = db::journey_input::take(tx, engine, tenant, mode, &ids, now).await?;
                // Of two of one id in a batch the first counts.
                let fresh: Vec<NewInput> = inputs
                    .into_iter()
                    .filter(|input| new.remove(id(&input.body)))
                    .collect();
                db::journey_input::insert(tx, engine, &fresh).await?;
                Ok(Taken {
                    accepted: fresh.len(),
                    duplicates: total - fresh.len(),
                })
            })
        })
        .await?;
    app.journeys_rung.notify_one();
    Ok(taken)
}
