//! Receipts of many calls become one command and one commit; every call waits for it.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use chassis::{Bus, Db};
use contract::TenantId;
use contract::dispatch::{ProviderReceipt, RecordReceipts};
use tokio::sync::{mpsc, oneshot};
use tokio_util::sync::CancellationToken;

/// Calls that may wait; with more, a provider is asked to come again.
const QUEUE: usize = 2048;
/// Receipts in one command, which must stay well below what NATS carries.
const MOST: usize = 1000;
const GATHER_FOR: Duration = Duration::from_millis(5);
/// They are of no single tenant.
const EVERYONE: TenantId = TenantId::from_raw(0);

struct Waiting {
    provider: String,
    receipts: Vec<ProviderReceipt>,
    done: oneshot::Sender<()>,
}

/// The way to the task that writes them.
#[derive(Clone)]
pub struct Receipts {
    queue: mpsc::Sender<Waiting>,
}

/// There is no room, or the receipts could not be written.
#[derive(Debug)]
pub struct NotKept;

impl Receipts {
    pub fn new(db: Db, bus: Bus) -> (Self, impl Future<Output = anyhow::Result<()>>) {
        let (queue, waiting) = mpsc::channel(QUEUE);
        (Self { queue }, write(db, bus, waiting))
    }

    /// Resolves once they are durable.
    pub async fn keep(
        &self,
        provider: &str,
        receipts: Vec<ProviderReceipt>,
    ) -> Result<(), NotKept> {
        let (done, durable) = oneshot::channel();
        let waiting = Waiting {
            provider: provider.to_owned(),
            receipts,
            done,
        };
        self.queue.try_send(waiting).map_err(|_| NotKept)?;
        durable.await.map_err(|_| NotKept)
    }
}

/// Ends when nobody can bring anything more.
async fn write(db: Db, bus: Bus, mut waiting: mpsc::Receiver<Waiting>) -> anyhow::Result<()> {
    while let Some(first) = waiting.recv().await {
        tokio::time::sleep(GATHER_FOR).await;
        let mut calls = vec![first];
        let mut count = calls[0].receipts.len();
        while count < MOST {
            let Ok(next) = waiting.try_recv() else { break };
            count += next.receipts.len();
            calls.push(next);
        }
        let (mut commands, mut dones) = (BTreeMap::<String, Vec<_>>::new(), Vec::new());
        for call in calls {
            commands
                .entry(call.provider)
                .or_default()
                .extend(call.receipts);
            dones.push(call.done);
        }
        let commands: Arc<Vec<_>> = Arc::new(commands.into_iter().collect());
        match say(&db, &bus, commands).await {
            Ok(()) => {
                for done in dones {
                    let _gone = done.send(());
                }
            }
            // Whoever waits is told by their dropped channel, and the provider comes again.
            Err(error) => {
                tracing::warn!(error = format!("{error:#}"), "receipts could not be kept");
            }
        }
    }
    Ok(())
}

async fn say(
    db: &Db,
    bus: &Bus,
    commands: Arc<Vec<(String, Vec<ProviderReceipt>)>>,
) -> anyhow::Result<()> {
    let bus = bus.clone();
    db.write(move |tx| {
        Box::pin(async move {
            for (provider, receipts) in commands.iter() {
                for some in receipts.chunks(MOST) {
                    let command = RecordReceipts {
                        provider: provider.clone(),
                        receipts: some.to_vec(),
                    };
                    bus.say(tx, EVERYONE, &command).await?;
                }
            }
            Ok(())
        })
    })
    .await
}

/// Lets the writing task go on until the service stops.
pub async fn until_stopped(
    writing: impl Future<Output = anyhow::Result<()>>,
    stopping: CancellationToken,
) -> anyhow::Result<()> {
    tokio::select! {
        ended = writing => ended,
        () = stopping.cancelled() => Ok(()),
    }
}
