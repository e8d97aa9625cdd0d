//! Takes what one carrier brings: receipts go to the recorder, replies to those who answer them.

use std::sync::Arc;

use channels::{FromCarrier, Incoming};
use tokio::sync::mpsc;

use crate::app::App;
use crate::book::CarrierReceipt;
use crate::recorder::Receipts;
use crate::tasks::answer_replies::{Arrived, Brought};

/// Ends when the carrier is left for good.
pub async fn run(
    app: Arc<App>,
    link: usize,
    mut incoming: mpsc::Receiver<Vec<Incoming>>,
    replies: mpsc::Sender<Arrived>,
) -> anyhow::Result<()> {
    let Some(provider) = app.links.get(link).map(|link| link.name.clone()) else {
        return Ok(());
    };
    loop {
        let batch = tokio::select! {
            batch = incoming.recv() => batch,
            () = app.quiet.cancelled() => None,
        };
        let Some(batch) = batch else { return Ok(()) };
        let (mut receipts, mut tokens) = (
            Vec::with_capacity(batch.len()),
            Vec::with_capacity(batch.len()),
        );
        for Incoming { item, token } in batch {
            match item {
                FromCarrier::Receipt(receipt) => {
                    receipts.push(CarrierReceipt::from(receipt));
                    tokens.push(token);
                }
                FromCarrier::Reply {
                    provider_message_id,
                    from,
                    to,
                    text,
                } => {
                    let brought = Brought {
                        provider_message_id,
                        from,
                        to,
                        text,
                    };
                    let arrived = Arrived {
                        link,
                        brought,
                        token,
                    };
                    // More replies than can be worked on: the carrier brings them again.
                    if let Err(refused) = replies.try_send(arrived) {
                        app.links
                            .answer(link, vec![refused.into_inner().token], false);
                    }
                }
            }
        }
        if receipts.is_empty() {
            continue;
        }
        let entry = Receipts {
            link,
            provider: provider.clone(),
            receipts,
            tokens,
            done: None,
        };
        if let Err(unsent) = app.recorder.receipts(entry).await {
            app.links.answer(link, unsent.tokens, false);
        }
    }
}
