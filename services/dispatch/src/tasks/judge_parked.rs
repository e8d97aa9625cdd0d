//! Looks at receipts that wait in vain for a text, though they name one: the provider took it twice, or they came
//! through another account than the text's. They change nothing; they are counted and shown.

use std::sync::Arc;
use std::time::Duration;

use crate::app::App;
use crate::book::Parked;
use crate::db::{ledger, look_up, odd_receipt, parked};
use crate::odd::{Kind, Odd, judge};

const LOOK_EVERY: Duration = Duration::from_secs(1);
/// A receipt overtakes the commit of its own text by less.
const WAITED_MS: i64 = 5_000;
const MOST: i64 = 500;

pub async fn run(app: Arc<App>) -> anyhow::Result<()> {
    let stopping = app.cx.stopping();
    while !stopping.is_cancelled() {
        match round(&app).await {
            Ok(true) => continue,
            Ok(false) => {}
            Err(error) => {
                let error = format!("{error:#}");
                tracing::warn!(error, "parked receipts could not be judged; trying again");
            }
        }
        tokio::select! {
            () = tokio::time::sleep(LOOK_EVERY) => {}
            () = stopping.cancelled() => {}
        }
    }
    Ok(())
}

/// True if there may be more. Each receipt is judged by one dispatcher, once.
async fn round(app: &App) -> anyhow::Result<bool> {
    let (engine, until) = (app.cx.db.engine(), app.cx.clock.millis().0 - WAITED_MS);
    if !parked::is_unjudged(engine, app.cx.db.read(), until).await? {
        return Ok(false);
    }
    let write = app.cx.db.write(move |tx| {
        Box::pin(async move {
            let waiting = parked::take_unjudged(engine, tx, until, MOST).await?;
            let more = i64::try_from(waiting.len()).is_ok_and(|taken| taken == MOST);
            let mut odd = Vec::new();
            for one in waiting {
                odd.extend(of(engine, tx, one).await?);
            }
            if !odd.is_empty() {
                odd_receipt::insert(engine, tx, &odd).await?;
            }
            Ok((odd, more))
        })
    });
    let (odd, more) = write.await?;
    odd.iter().for_each(Odd::count);
    Ok(more)
}

async fn of(engine: chassis::Engine, tx: &chassis::Tx, one: Parked) -> anyhow::Result<Option<Odd>> {
    let Parked {
        provider,
        receipt,
        foreign_to,
        ..
    } = one;
    let odd = |message, kind| Odd {
        message,
        kind,
        provider: provider.clone(),
        provider_message_id: receipt.provider_message_id.clone(),
        at: receipt.at,
    };
    if let Some(message) = foreign_to {
        return Ok(Some(odd(message, Kind::OtherAccount)));
    }
    let Some(message) = receipt.reference else {
        return Ok(None);
    };
    let Some((of, mut name)) = ledger::name_of(engine, tx, message).await? else {
        return Ok(None);
    };
    if name.is_empty()
        && let Some(known) = look_up::find(engine, tx, message).await?
    {
        name = known.provider_message_id;
    }
    let kind = judge((&provider, &receipt.provider_message_id), (&of, &name));
    Ok(kind.map(|kind| odd(message, kind)))
}
