//! What people text back, as far as it answers a text about an appointment.
//!
//! Opt-outs come first: consent is asked what the text is before anything is made of it here. It has been asked before,
//! when the text came in, and says the same again.

use std::sync::Arc;

use chassis::Failure;
use contract::consent::RecordReply;
use contract::contacts::FindByPhone;
use contract::inbound::{LoadReply, MessageReceived};
use contract::{ContactId, Envelope};

use crate::app::App;
use crate::appointment::answer;
use crate::appointment::send::Hands;

const DURABLE: &str = "campaigns__message_received";

pub async fn handle(app: Arc<App>, envelope: Envelope<MessageReceived>) -> Result<(), Failure> {
    let (tenant, event) = (envelope.tenant, envelope.body);
    let inbound = event.inbound;
    let Some(reply) = app.cx.bus.ask(tenant, &LoadReply { inbound }).await? else {
        return Ok(());
    };
    let contact: Option<ContactId> = match event.contact.or(reply.contact) {
        Some(contact) => Some(contact),
        None => {
            let question = FindByPhone { phone: reply.from };
            app.cx.bus.ask(tenant, &question).await?
        }
    };
    let Some(contact) = contact else {
        return Ok(());
    };
    if !answer::concerns(app.cx.db.read(), tenant, &reply, contact).await? {
        return Ok(());
    }
    let question = RecordReply {
        reply: reply.clone(),
    };
    let read = app.cx.bus.ask(tenant, &question).await?;
    let (engine, bus, now) = (app.cx.db.engine(), app.cx.bus.clone(), app.cx.clock.now());
    let id = envelope.id;
    let write = app.cx.db.write(move |tx| {
        Box::pin(async move {
            if bus.first_time(tx, DURABLE, &[id]).await? != [true] {
                return Ok(());
            }
            let hands = Hands {
                engine,
                bus: &bus,
                now,
            };
            answer::carry_out(tx, &hands, (tenant, contact), &reply, &read).await
        })
    });
    Ok(write.await?)
}
