//! `qry.consent.register_dispatcher`: a dispatcher starts; its predecessors are fenced.

use std::sync::Arc;

use contract::Envelope;
use contract::consent::{DispatcherRegistered, OpenSlot, RegisterDispatcher};

use crate::app::App;
use crate::db::open_slot::Open;
use crate::db::{self};

pub async fn handle(
    app: Arc<App>,
    envelope: Envelope<RegisterDispatcher>,
) -> anyhow::Result<DispatcherRegistered> {
    let (engine, name) = (app.engine(), envelope.body.dispatcher);
    let write = app.cx.db.write(move |tx| {
        Box::pin(async move {
            // The row is held first: a grant to a predecessor has either committed or will be fenced.
            let epoch = db::dispatcher::register(tx, engine, &name).await?;
            let open = db::open_slot::of_dispatcher(tx, engine, &name).await?;
            Ok((epoch, open))
        })
    });
    let (epoch, open) = write.await?;
    let open = open.iter().map(told).collect();
    Ok(DispatcherRegistered {
        epoch: u64::try_from(epoch)?,
        open,
    })
}

fn told(open: &Open) -> OpenSlot {
    OpenSlot {
        tenant: open.tenant,
        slot: open.slot,
        campaign: open.campaign,
        positions: open.entries.iter().map(|entry| entry.position).collect(),
        contacts: open.entries.iter().map(|entry| entry.contact).collect(),
        decisions: open.entries.iter().map(|entry| entry.decision).collect(),
    }
}
