//! `dispatch__forget_person`: consent has erased a person.

use std::sync::Arc;

use chassis::Failure;
use contract::Envelope;
use contract::contacts::FindByPhone;
use contract::dispatch::ForgetPerson;

use crate::app::App;
use crate::db::{api_message, look_up, operators, senders, sticky_sender};
use crate::sends::NOBODY;

pub const DURABLE: &str = "dispatch__forget_person";

/// Acknowledged when number, words and sender are gone. What proves that a text left names only ids, and stays.
pub async fn handle(app: Arc<App>, envelope: Envelope<ForgetPerson>) -> Result<(), Failure> {
    let (tenant, phone) = (envelope.tenant, envelope.body.phone);
    let contact = app.cx.bus.ask(tenant, &FindByPhone { phone }).await?;
    let engine = app.cx.db.engine();
    let write = app.cx.db.write(move |tx| {
        Box::pin(async move {
            if let Some(contact) = contact {
                sticky_sender::forget(engine, tx, contact).await?;
            }
            let people = [contact.unwrap_or(NOBODY), NOBODY];
            api_message::forget_person(engine, tx, tenant, people, phone).await?;
            look_up::forget_person(engine, tx, tenant, phone).await?;
            senders::forget_replies(engine, tx, tenant, phone).await?;
            operators::forget_number(engine, tx, tenant, phone).await
        })
    });
    write.await?;
    app.routing.refresh(&app.cx.db, &app.links).await?;
    Ok(())
}
