//! Removes what is past its time: once after the start and then daily, in small batches. Ledger entries are
//! never removed; what is personal in them goes as in an erasure.

use std::sync::Arc;
use std::time::Duration;

use contract::Mode;
use serde_json::json;

use crate::app::App;
use crate::config::Config;
use crate::db::retention::{self, CONSENT, DECISIONS, REVIEWS, TEXTS};
use crate::privacy::{Order, erase};

/// How often the clock is looked at.
const LOOK: Duration = Duration::from_secs(1);
/// Leave for a start to settle.
const FIRST_MILLIS: i64 = 60_000;
const DAY_MILLIS: i64 = 24 * 3_600_000;
/// What an interrupted round left is found again this much later.
const LOOK_BACK_MILLIS: i64 = 30 * DAY_MILLIS;
/// Rows in one transaction.
const BATCH: u32 = 500;
/// People looked at together: finding whom of them somebody texted goes through the permits once.
const PEOPLE: u32 = 10_000;

/// Days that a class is kept.
pub fn days(config: &Config, class: &str) -> u32 {
    match class {
        CONSENT => config.keep_consent_days,
        DECISIONS => config.keep_decisions_days,
        REVIEWS => config.keep_reviews_days,
        _ => config.keep_reply_texts_days,
    }
}

/// From when the days count, and what happens then.
pub fn rule(class: &str) -> &'static str {
    match class {
        CONSENT => {
            "since the person's last entry and last message: number and evidence are erased, the keyed hash \
             stays suppressed"
        }
        DECISIONS => {
            "since the message was permitted or screened, or the text that it answers came in: which decision it got is \
             removed; decisions themselves name nobody and stay"
        }
        REVIEWS => {
            "since the reply came in, once it is decided: the review with its text is removed"
        }
        _ => "since the reply was recorded: its text is removed from the ledger's evidence",
    }
}

pub async fn run(app: Arc<App>) -> anyhow::Result<()> {
    let stopping = app.cx.stopping();
    let mut due = app.cx.clock.millis().0 + FIRST_MILLIS;
    loop {
        tokio::select! {
            () = tokio::time::sleep(LOOK) => {}
            () = stopping.cancelled() => return Ok(()),
        }
        let now = app.cx.clock.millis().0;
        if now < due {
            continue;
        }
        due = now + DAY_MILLIS;
        if let Err(error) = round(&app, now).await {
            tracing::warn!(
                error = format!("{error:#}"),
                "retention did not come to its end; it goes on tomorrow"
            );
        }
    }
}

async fn round(app: &Arc<App>, now: i64) -> anyhow::Result<()> {
    for class in retention::CLASSES {
        let until = now - i64::from(days(&app.config, class)) * DAY_MILLIS;
        let gone = match class {
            CONSENT => consent(app, until).await?,
            TEXTS => reply_texts(app, until).await?,
            _ => rows(app, class, until).await?,
        };
        metrics::counter!("retention_removed_total", "class" => class).increment(gone);
        done(app, class, until, now).await?;
    }
    app.counts.forget(now);
    Ok(())
}

async fn done(app: &App, class: &'static str, until: i64, now: i64) -> anyhow::Result<()> {
    let engine = app.engine();
    let write = app.cx.db.write(move |tx| {
        Box::pin(async move { retention::set_mark(tx, engine, class, until, now).await })
    });
    write.await
}

/// Batch after batch until one finds nothing.
async fn rows(app: &App, class: &'static str, until: i64) -> anyhow::Result<u64> {
    let (engine, mut sum) = (app.engine(), 0);
    while !app.cx.stopping().is_cancelled() {
        let write = app.cx.db.write(move |tx| {
            Box::pin(async move {
                if class == DECISIONS {
                    retention::remove_decided(tx, engine, until, BATCH).await
                } else {
                    retention::remove_reviews(tx, engine, until, BATCH).await
                }
            })
        });
        let gone = write.await?;
        if gone == 0 {
            break;
        }
        sum += gone;
    }
    Ok(sum)
}

async fn reply_texts(app: &App, until: i64) -> anyhow::Result<u64> {
    let (engine, mut sum) = (app.engine(), 0);
    let mark = retention::mark(app.cx.db.read(), engine, TEXTS).await?;
    let (done_until, done_at) = mark.unwrap_or((0, 0));
    let from = done_until - LOOK_BACK_MILLIS;
    // The mark comes first: what is blank and older than it is no fault of the ledger.
    done(app, TEXTS, until, done_at).await?;
    while !app.cx.stopping().is_cancelled() {
        let span = (from, until);
        let found = retention::replies(app.cx.db.read(), engine, span, BATCH).await?;
        if found.is_empty() {
            break;
        }
        let write = app
            .cx
            .db
            .write(move |tx| Box::pin(async move { retention::blank(tx, engine, &found).await }));
        sum += write.await?;
    }
    Ok(sum)
}

/// Erases people of whom nothing was recorded and to whom nothing was sent since `until`.
async fn consent(app: &Arc<App>, until: i64) -> anyhow::Result<u64> {
    let (reader, engine) = (app.cx.db.read(), app.engine());
    let people = retention::idle(reader, engine, until, PEOPLE).await?;
    if people.is_empty() {
        return Ok(0);
    }
    let texted = retention::texted_since(reader, engine, &people, until).await?;
    let mut sum = 0;
    for (tenant, phone) in people {
        if app.cx.stopping().is_cancelled() {
            break;
        }
        if texted.contains(&phone) {
            continue;
        }
        let order = Order {
            by: "retention",
            once: None,
            evidence: json!({}),
            mode: Mode::Test,
        };
        erase(app, tenant, phone, order).await?;
        sum += 1;
    }
    Ok(sum)
}
