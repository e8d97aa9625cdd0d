//! What consent does with a reply: STOP is recorded, START restores, HELP is answered. The same for the
//! query (the carrier waits) and for the command (the durable way); a reply that came before changes nothing.

use std::sync::Arc;

use chassis::Tx;
use contract::consent::{Keyword, Reply, ReplyRecorded};
use contract::{Class, ConsentId, TenantId, UnixMillis};

use crate::app::App;
use crate::facts::Facts;
use crate::keyword;
use crate::record::{NewEntry, Recorded, record};
use crate::service_text::{ServiceText, VALID_MILLIS, help_run};
use crate::standing::{Action, Standing};

/// Acts on a reply; resolves once its effect is durable.
pub async fn act(app: &Arc<App>, tenant: TenantId, reply: Reply) -> anyhow::Result<ReplyRecorded> {
    let keyword = keyword::read(&reply.text);
    let action = match keyword {
        Keyword::Stop => Action::OptOut,
        Keyword::Start => Action::Restore,
        Keyword::Help => {
            answer_help(app, tenant, reply).await?;
            return Ok(ReplyRecorded {
                keyword,
                consent: None,
            });
        }
        Keyword::None => {
            return Ok(ReplyRecorded {
                keyword,
                consent: None,
            });
        }
    };
    let received_at = reply.received_at;
    let consent = record_keyword(app, tenant, action, reply).await?;
    if action == Action::OptOut {
        app.opt_out_recorded();
        let waited = app.cx.clock.millis().0 - received_at.0;
        metrics::histogram!("opt_out_recorded_seconds").record(seconds(waited));
    }
    Ok(ReplyRecorded { keyword, consent })
}

#[expect(
    clippy::cast_precision_loss,
    reason = "milliseconds of a few days at most"
)]
pub fn seconds(millis: i64) -> f64 {
    millis.max(0) as f64 / 1000.0
}

async fn record_keyword(
    app: &Arc<App>,
    tenant: TenantId,
    action: Action,
    reply: Reply,
) -> anyhow::Result<Option<ConsentId>> {
    let shared = app.clone();
    let outcome = app.cx.db.write_first(move |tx| {
        Box::pin(async move { entry(&shared, tx, tenant, action, reply).await })
    });
    Ok(match outcome.await? {
        Some(Recorded::Added(id) | Recorded::Already(id)) => Some(id),
        Some(Recorded::Refused(_)) | None => None,
    })
}

async fn entry(
    app: &App,
    tx: &Tx,
    tenant: TenantId,
    action: Action,
    reply: Reply,
) -> anyhow::Result<Option<Recorded>> {
    let evidence =
        serde_json::json!({ "text": reply.text, "to": reply.to, "received_at": reply.received_at });
    let entry = NewEntry {
        phone: reply.from,
        contact: reply.contact,
        programme: None,
        action,
        method: "keyword".to_string(),
        evidence: evidence.to_string(),
        inbound: Some(reply.inbound),
        // By our clock: an opt-in given before this moment must not lift it.
        acted_at: app.cx.clock.millis().0,
        confirm_from: (!app.config.confirmation_text.is_empty()).then_some(reply.to),
        mode: reply.mode,
    };
    Ok(record(app, tx, tenant, &[entry]).await?.pop())
}

async fn answer_help(app: &Arc<App>, tenant: TenantId, reply: Reply) -> anyhow::Result<()> {
    if app.config.help_text.is_empty() {
        return Ok(());
    }
    let now = app.cx.clock.millis();
    let facts = Facts::of(Class::HelpReply, "", &Standing::default(), None, now.0);
    let decision = app.memo.decide(facts);
    let shared = app.clone();
    let write = app.cx.db.write(move |tx| {
        Box::pin(async move {
            let text = ServiceText {
                class: Class::HelpReply,
                run: help_run(reply.inbound),
                contact: reply.contact,
                to: reply.from,
                sender: &reply.to,
                mode: reply.mode,
                decision: decision.id,
                body: &shared.config.help_text,
                now,
                valid_until: UnixMillis(now.0 + VALID_MILLIS),
            };
            shared
                .store_decisions(tx, std::slice::from_ref(&decision), now.0)
                .await?;
            shared.cx.bus.say(tx, tenant, &text.command()).await?;
            Ok(())
        })
    });
    write.await
}
