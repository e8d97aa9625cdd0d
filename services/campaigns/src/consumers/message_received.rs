//! What people text back, as far as it answers a question: of a text about an appointment, or of a journey.
//!
//! Opt-outs come first: consent is asked what the text is before anything is made of it here. It has been asked before,
//! when the text came in, and says the same again. An opt-out reaches journeys by its own event.

use std::sync::Arc;

use chassis::{Failure, Tx};
use contract::consent::{Keyword, RecordReply, Reply, ReplyRecorded};
use contract::contacts::FindByPhone;
use contract::inbound::{LoadReply, MessageReceived};
use contract::{ContactId, Envelope, TenantId};

use crate::app::App;
use crate::appointment::answer;
use crate::appointment::send::Hands;
use crate::db::journey_input::{Body, NewInput, insert};
use crate::journeys::replies::{self, Asker};

const DURABLE: &str = "campaigns__message_received";
/// Characters of a text that a run looks at.
const MOST_CHARS: usize = 1_600;

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
    let (read, engine) = (app.cx.db.read(), app.cx.db.engine());
    let of_appointments = answer::concerns(read, tenant, &reply, contact).await?;
    let of_journeys = replies::concerns(read, engine, (tenant, contact), &reply).await?;
    if !of_appointments && !of_journeys {
        return Ok(());
    }
    let question = RecordReply {
        reply: reply.clone(),
    };
    let said = app.cx.bus.ask(tenant, &question).await?;
    let (bus, now, id) = (app.cx.bus.clone(), app.cx.clock.now(), envelope.id);
    let working = app.clone();
    let write = app.cx.db.write(move |tx| {
        Box::pin(async move {
            if bus.first_time(tx, DURABLE, &[id]).await? != [true] {
                return Ok(());
            }
            if of_journeys && to_a_run(tx, &working, (tenant, contact), &reply, &said).await? {
                return Ok(());
            }
            if !of_appointments {
                return Ok(());
            }
            let hands = Hands {
                engine,
                bus: &bus,
                now,
            };
            answer::carry_out(tx, &hands, (tenant, contact), &reply, &said).await
        })
    });
    write.await?;
    app.journeys_rung.notify_one();
    Ok(())
}

/// Notes the text for the run that it answers. False where it answers none: then an appointment may have asked.
async fn to_a_run(
    tx: &Tx,
    app: &App,
    (tenant, contact): (TenantId, ContactId),
    reply: &Reply,
    said: &ReplyRecorded,
) -> anyhow::Result<bool> {
    // A YES that opted somebody in has had its effect; what may be an opt-out is for a human.
    let plain = matches!(
        (said.keyword, said.consent),
        (Keyword::None, _) | (Keyword::Yes, None)
    );
    if !plain {
        return Ok(false);
    }
    let (engine, now) = (app.cx.db.engine(), app.cx.clock.millis());
    let questions = replies::asked(tx, app, (tenant, contact), reply, now).await?;
    let Some(Asker::Run(run)) = replies::choose(&questions, &reply.to) else {
        return Ok(false);
    };
    let input = NewInput {
        tenant,
        mode: reply.mode,
        contact: None,
        run: Some(run),
        held_by: None,
        body: Body::Reply {
            id: reply.inbound.to_string(),
            text: reply.text.chars().take(MOST_CHARS).collect(),
        },
        hops: 0,
    };
    insert(tx, engine, &[input]).await?;
    metrics::counter!("campaigns_journey_replies_total").increment(1);
    Ok(true)
}
