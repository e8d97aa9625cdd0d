//! Brings replies to inbound while the carrier waits: it is told that we have a reply only once the reply,
//! and an opt-out in it, is recorded.

use std::sync::Arc;

use channels::AnswerToken;
use contract::inbound::ReceiveReply;
use contract::phone::Phone;
use futures::StreamExt;
use sha2::{Digest, Sha256};
use tokio::sync::mpsc;

use crate::app::App;
use crate::db::senders;
use crate::route;

/// Replies that may wait to be worked on.
pub const QUEUE: usize = 8192;
/// Replies worked on at once.
const AT_ONCE: usize = 64;
const MINUTE_MS: i64 = 60_000;

/// A reply as a carrier brought it.
pub struct Brought {
    /// Empty where the carrier gives none.
    pub provider_message_id: String,
    pub from: Phone,
    pub to: String,
    pub text: String,
}

/// A reply over a carrier's link, which waits for its answer.
pub struct Arrived {
    pub link: usize,
    pub brought: Brought,
    pub token: AnswerToken,
}

pub async fn run(app: Arc<App>, replies: mpsc::Receiver<Arrived>) -> anyhow::Result<()> {
    let replies = futures::stream::unfold(replies, |mut replies| async move {
        let reply = replies.recv().await?;
        Some((reply, replies))
    });
    let all = replies.for_each_concurrent(AT_ONCE, |reply| answer(&app, reply));
    tokio::select! {
        () = all => {}
        () = app.quiet.cancelled() => {}
    }
    Ok(())
}

async fn answer(app: &App, arrived: Arrived) {
    let Arrived {
        link,
        brought,
        token,
    } = arrived;
    let Some(provider) = app.links.get(link).map(|link| link.name.to_string()) else {
        return;
    };
    let kept = keep(app, provider, brought).await;
    app.links.answer(link, vec![token], kept.is_ok());
}

/// Has a reply recorded by the tenant it belongs to, or parks it where nobody is known to use the number.
pub async fn keep(app: &App, provider: String, brought: Brought) -> anyhow::Result<()> {
    let now = app.cx.clock.millis();
    let Brought {
        provider_message_id,
        from,
        to,
        text,
    } = brought;
    let provider_message_id = if provider_message_id.is_empty() {
        derived_id(from, &to, &text, now.0 / MINUTE_MS)
    } else {
        provider_message_id
    };
    let mode = route::mode_of(&provider);
    let tenant = app.senders.tenant_of(&to, mode);
    let reply = ReceiveReply {
        provider,
        provider_message_id,
        from,
        to,
        text,
        received_at: now,
        mode,
    };
    let kept = match tenant {
        Some(tenant) => app
            .urgent
            .bus
            .ask(tenant, &reply)
            .await
            .map(|_| ())
            .map_err(anyhow::Error::from),
        None => senders::park_reply(&app.cx.db, reply).await,
    };
    if let Err(error) = &kept {
        tracing::warn!(
            error = format!("{error:#}"),
            "a reply could not be kept; the carrier will bring it again"
        );
    }
    metrics::counter!("dispatch_replies_total", "kept" => if kept.is_ok() { "yes" } else { "no" })
        .increment(1);
    kept
}

/// An id for a reply that came without one: the same for a repetition within the minute.
fn derived_id(from: Phone, to: &str, text: &str, minute: i64) -> String {
    let mut hash = Sha256::new();
    hash.update(from.digits().to_be_bytes());
    hash.update(minute.to_be_bytes());
    hash.update(to.as_bytes());
    hash.update([0]);
    hash.update(text.as_bytes());
    hash.finalize()
        .iter()
        .take(16)
        .fold(String::with_capacity(32), |id, byte| {
            format!("{id}{byte:02x}")
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_repetition_within_the_minute_has_the_same_id() {
        let from = Phone::from_digits(12_125_550_123).unwrap();
        let id = derived_id(from, "100", "STOP", 7);
        assert_eq!(id.len(), 32);
        assert_eq!(id, derived_id(from, "100", "STOP", 7));
        assert_ne!(id, derived_id(from, "100", "STOP", 8));
        assert_ne!(id, derived_id(from, "10", "0STOP", 7));
    }
}
