//! A carrier brought a text. Durable first, then consent acts on it, and only then is the carrier answered.
//!
//! Every step may be repeated: the text is recognised by the carrier's id, consent by the inbound id. If
//! consent cannot be asked, the carrier hears a temporary error and brings the text again, while the
//! command said with the row makes sure that consent acts on it in any case.

use std::sync::Arc;
use std::time::Duration;

use contract::consent::{ActOnReply, RecordReply};
use contract::contacts::FindByPhone;
use contract::inbound::{MessageReceived, ReceiveReply, ReplyReceived};
use contract::{Envelope, InboundId};

use crate::app::App;
use crate::db::received::{self, Received};

/// The carrier waits meanwhile.
const CONTACT_WAIT: Duration = Duration::from_secs(1);

pub async fn handle(
    app: Arc<App>,
    envelope: Envelope<ReceiveReply>,
) -> anyhow::Result<ReplyReceived> {
    let (tenant, asked) = (envelope.tenant, envelope.body);
    // Who it is can be found out later; that it came must not be lost.
    let question = FindByPhone { phone: asked.from };
    let found = app.bus.ask_within(tenant, &question, CONTACT_WAIT).await;
    let contact = found.unwrap_or_else(|error| {
        tracing::warn!(%error, "a reply is stored without its contact");
        None
    });
    let new = Received {
        id: InboundId::at(app.clock.now()),
        provider: asked.provider,
        provider_message_id: asked.provider_message_id,
        contact,
        from: asked.from,
        to: asked.to,
        text: storable(&asked.text, app.config.max_text_chars),
        keyword: None,
        mode: asked.mode,
        received_at: asked.received_at,
    };
    let (engine, bus) = (app.db.engine(), app.bus.clone());
    let stored = app
        .db
        .write(move |tx| {
            Box::pin(async move {
                let (stored, is_new) = received::insert(tx, engine, tenant, new).await?;
                if is_new {
                    let event = MessageReceived {
                        inbound: stored.id,
                        contact: stored.contact,
                        provider: stored.provider.clone(),
                        at: stored.received_at,
                    };
                    bus.say(tx, tenant, &event).await?;
                    bus.say(
                        tx,
                        tenant,
                        &ActOnReply {
                            reply: stored.reply(),
                        },
                    )
                    .await?;
                }
                Ok(stored)
            })
        })
        .await?;
    metrics::counter!("inbound_replies_total").increment(1);

    let keyword = app
        .bus
        .ask(
            tenant,
            &RecordReply {
                reply: stored.reply(),
            },
        )
        .await?
        .keyword;
    if stored.keyword.as_deref() != Some(keyword.as_str()) {
        // For the list of what came in; the carrier need not wait for it.
        let (id, db) = (stored.id, app.db.clone());
        tokio::spawn(async move {
            let noted = db.write(move |tx| {
                Box::pin(async move { received::set_keyword(tx, engine, id, keyword).await })
            });
            if let Err(error) = noted.await {
                tracing::warn!(error = format!("{error:#}"), "a keyword was not noted");
            }
        });
    }
    Ok(ReplyReceived {
        inbound: stored.id,
        keyword,
    })
}

/// PostgreSQL cannot store NUL, and nobody texts a book.
fn storable(text: &str, max_chars: usize) -> String {
    text.chars()
        .filter(|c| *c != '\0')
        .take(max_chars)
        .collect()
}
