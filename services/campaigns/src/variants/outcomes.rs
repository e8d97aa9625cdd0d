//! What people do with the texts of a run whose winner is looked for: clicks, replies, opt-outs. Nothing is counted where
//! none is looked for.

use chassis::Failure;
use contract::consent::{Keyword, OptOutRecorded, RecordReply};
use contract::contacts::FindByPhone;
use contract::inbound::{LinkClicked, LoadReply, MessageReceived};
use contract::{ContactId, Envelope, MessageId, TenantId, UnixMillis};

use super::definition::Metric;
use super::split::Lot;
use crate::app::App;
use crate::db;
use crate::db::partition::Open;

/// How a click by a person is named.
const PERSON: &str = "person";

async fn open(app: &App, metric: Metric) -> anyhow::Result<Vec<Open>> {
    db::partition::open(app.cx.db.read(), metric).await
}

async fn note(
    app: &App,
    metric: Metric,
    texts: Vec<(MessageId, UnixMillis)>,
) -> anyhow::Result<()> {
    if texts.is_empty() {
        return Ok(());
    }
    let engine = app.cx.db.engine();
    let write = app.cx.db.write(move |tx| {
        Box::pin(async move { db::variant_outcome::insert(tx, engine, metric, &texts).await })
    });
    write.await
}

/// The texts by which a contact got a variant in these runs.
async fn texts_of(
    app: &App,
    open: &[Open],
    tenant: TenantId,
    contact: ContactId,
) -> anyhow::Result<Vec<MessageId>> {
    let mut texts = Vec::new();
    for one in open.iter().filter(|one| one.tenant == tenant) {
        let Some(cut) = app.partitions.of(app, one.run).await? else {
            continue;
        };
        let Lot::Goes(Some(variant)) = cut.partition.lot(contact) else {
            continue;
        };
        let place = db::part::place_of(app.cx.db.read(), one.run, variant, contact).await?;
        texts.extend(place.map(|(chunk, position)| MessageId::of(one.run, chunk, position)));
    }
    Ok(texts)
}

/// Links that were followed. Machines count for nothing.
pub async fn clicks(app: &App, events: Vec<Envelope<LinkClicked>>) -> Result<(), Failure> {
    let open = open(app, Metric::Click).await?;
    let texts = events
        .into_iter()
        .map(|event| event.body)
        .filter(|click| click.by == PERSON && open.iter().any(|one| one.run == click.message.run()))
        .map(|click| (click.message, click.at))
        .collect();
    Ok(note(app, Metric::Click, texts).await?)
}

/// People who opted out.
pub async fn opt_outs(app: &App, events: Vec<Envelope<OptOutRecorded>>) -> Result<(), Failure> {
    let open = open(app, Metric::OptOut).await?;
    let mut texts = Vec::new();
    for event in events {
        if let Some(contact) = event.body.contact {
            let of_contact = texts_of(app, &open, event.tenant, contact).await?;
            texts.extend(of_contact.into_iter().map(|text| (text, event.body.at)));
        }
    }
    Ok(note(app, Metric::OptOut, texts).await?)
}

/// Somebody texted back. An opt-out is no answer to a text.
pub async fn reply(app: &App, event: Envelope<MessageReceived>) -> Result<(), Failure> {
    let (tenant, received) = (event.tenant, event.body);
    let mut open = open(app, Metric::Reply).await?;
    open.retain(|one| one.tenant == tenant);
    if open.is_empty() {
        return Ok(());
    }
    let inbound = received.inbound;
    let Some(reply) = app.cx.bus.ask(tenant, &LoadReply { inbound }).await? else {
        return Ok(());
    };
    let contact: Option<ContactId> = match received.contact.or(reply.contact) {
        Some(contact) => Some(contact),
        None => {
            let question = FindByPhone { phone: reply.from };
            app.cx.bus.ask(tenant, &question).await?
        }
    };
    let Some(contact) = contact else {
        return Ok(());
    };
    let texts = texts_of(app, &open, tenant, contact).await?;
    if texts.is_empty() {
        return Ok(());
    }
    // Consent has been asked before, when the text came in, and says the same again.
    let read = app.cx.bus.ask(tenant, &RecordReply { reply }).await?;
    if read.keyword == Keyword::Stop {
        return Ok(());
    }
    let texts = texts.into_iter().map(|text| (text, received.at)).collect();
    Ok(note(app, Metric::Reply, texts).await?)
}
