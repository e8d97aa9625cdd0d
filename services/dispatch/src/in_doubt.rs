//! A chunk that is delivered again tells whom its texts in doubt were for: after the death of a process nobody else
//! knows.

use contract::chunk::{Outcome, SlotRef};
use contract::ids::{ContactId, MessageId};

use crate::db::look_up;
use crate::doubt::{Doubt, Trace};
use crate::hand_over::Chunk;

/// Best effort: without it those texts stay unknown.
pub async fn fill(chunk: &Chunk<'_>, slot: SlotRef, traces: Vec<Trace>) {
    let app = chunk.app;
    let at = app.cx.clock.millis();
    if !app.reconciling.may_ask("") {
        return;
    }
    let due = Some(app.config.look_up.first(at));
    let doubts: Vec<Doubt> = traces
        .into_iter()
        .map(|trace| Doubt {
            message: MessageId::of(slot.run, slot.chunk, trace.position),
            tenant: chunk.tenant,
            campaign: chunk.head.campaign,
            contact: ContactId::from_raw(0),
            provider_message_id: String::new(),
            outcome: Outcome::Unknown,
            at,
            due,
            trace,
        })
        .collect();
    let engine = app.cx.db.engine();
    let write = app
        .cx
        .db
        .write(move |tx| Box::pin(async move { look_up::fill(engine, tx, &doubts).await }));
    if let Err(error) = write.await {
        let error = format!("{error:#}");
        tracing::warn!(error, "texts in doubt could not be told whom they were for");
    }
}
