//! Taking budget for a piece, durably and in turn with every other process.

use std::time::Duration;

use chassis::{Db, Engine, Tx};
use contract::time::UnixMillis;

use super::super::budget::{self, Cap};
use super::super::charge::{Costs, HoldKey};
use super::super::period::Period;
use super::caps::{self, CapRow};
use super::{holds, spend};

/// Waits between tries: another process may have been in the way.
const TRIES: [Duration; 3] = [
    Duration::from_millis(20),
    Duration::from_millis(100),
    Duration::from_millis(500),
];

/// What a piece asks for.
#[derive(Debug, Clone)]
pub struct Ask {
    pub dispatcher: String,
    pub key: HoldKey,
    /// Of every text, in their order.
    pub costs: Costs,
    pub now: UnixMillis,
}

/// What it gets.
#[derive(Debug)]
pub struct Answer {
    /// One per text: the period of the cap that stops it.
    pub stopped_by: Vec<Option<Period>>,
    /// Budget was taken.
    pub held: bool,
    told: Vec<(Cap, i64)>,
}

/// Takes what the caps have left. Nothing is taken on an error.
pub async fn take(db: &Db, ask: Ask) -> anyhow::Result<Answer> {
    let mut tries = TRIES.iter();
    loop {
        let (engine, asked) = (db.engine(), ask.clone());
        let taken = db
            .write(move |tx| Box::pin(async move { once(engine, tx, asked).await }))
            .await;
        match (taken, tries.next()) {
            (Ok(answer), _) => {
                tell(&ask, &answer.told);
                return Ok(answer);
            }
            (Err(error), None) => return Err(error),
            (Err(error), Some(wait)) => {
                tracing::warn!(
                    error = format!("{error:#}"),
                    "budget could not be taken; trying again"
                );
                tokio::time::sleep(*wait).await;
            }
        }
    }
}

async fn once(engine: Engine, tx: &Tx, ask: Ask) -> anyhow::Result<Answer> {
    let Ask {
        dispatcher,
        key,
        mut costs,
        now,
    } = ask;
    let (account, campaign) = (costs.account, Some(costs.campaign));
    caps::lock(engine, tx, account).await?;
    let rows: Vec<CapRow> = caps::of_account(engine, tx, account)
        .await?
        .into_iter()
        .filter(|row| row.cap.campaign.is_none() || row.cap.campaign == campaign)
        .collect();
    let (spent, held) = spend::against(engine, tx, account, campaign, costs.currency, now).await?;
    let caps: Vec<Cap> = rows.iter().map(|row| row.cap.clone()).collect();
    let left: Vec<i64> = caps
        .iter()
        .map(|cap| budget::standing(cap, &spent, &held, now).left)
        .collect();
    let asked: Vec<i64> = costs.places.iter().map(|(_, micros)| *micros).collect();
    let fitted = budget::fit(&caps, &left, &asked);
    let mut told = Vec::new();
    for (at, row) in rows.iter().enumerate() {
        let stopped = fitted.stopped_by.contains(&Some(at));
        let used = row
            .cap
            .micros
            .saturating_sub(left[at])
            .saturating_add(fitted.micros);
        let (mark, period) = (
            budget::mark(&row.cap, used, stopped),
            row.cap.period.key(now),
        );
        let before = if row.told_period == period {
            row.told_percent
        } else {
            0
        };
        if mark > before {
            caps::told(engine, tx, account, &row.cap, &period, mark).await?;
            told.push((row.cap.clone(), mark));
        }
    }
    let mut fits = fitted.stopped_by.iter().map(Option::is_none);
    costs.places.retain(|_| fits.next().unwrap_or(false));
    let taken = fitted.micros > 0;
    if taken {
        holds::insert(engine, tx, &dispatcher, key, &costs).await?;
    }
    let stopped_by = fitted.stopped_by.iter();
    Ok(Answer {
        stopped_by: stopped_by.map(|at| at.map(|at| caps[at].period)).collect(),
        held: taken,
        told,
    })
}

/// Once per cap, period and mark.
fn tell(ask: &Ask, told: &[(Cap, i64)]) {
    for (cap, percent) in told {
        let mark = percent.to_string();
        metrics::counter!("dispatch_spend_cap_marks_total", "percent" => mark).increment(1);
        tracing::warn!(
            tenant = %ask.costs.account.tenant,
            mode = ask.costs.account.mode.as_str(),
            campaign = cap.campaign.map(|campaign| campaign.to_string()),
            period = cap.period.as_str(),
            percent,
            "a spend cap is nearly or wholly used"
        );
    }
}
