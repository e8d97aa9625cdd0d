//! Getting texts back that have not left yet.
//!
//! First the wish is made durable ([`want_withdrawn`], in the flow's own transaction if it likes), then consent is
//! asked to shut the gates ([`settle_withdrawals`]); what it does not confirm at once is asked for again by
//! [`crate::tasks::texts`].

use std::collections::{BTreeMap, HashMap};

use contract::chunk::Outcome;
use contract::consent::{CancelRuns, RunCancelled};
use contract::texts::RecheckTexts;
use contract::{MessageId, Reason, TenantId, UnixMillis};

use super::{Text, Withdrawal, origins};
use crate::app::App;
use crate::db;

/// Runs in one question.
const AT_ONCE: usize = 500;
/// Before consent is asked again.
const AGAIN_MS: i64 = 1_000;

/// Notes that these texts are wanted back, and why ([`Reason::SUPERSEDED`], [`Reason::CANCELLED`]). What is settled
/// already is left as it is, and of two reasons the first stays. After the commit call [`settle_withdrawals`], or
/// leave it to the task.
pub async fn want_withdrawn(
    tx: &chassis::Tx,
    engine: chassis::Engine,
    messages: &[MessageId],
    why: &Reason,
    now: UnixMillis,
) -> anyhow::Result<()> {
    db::flow_text::want_withdrawn(tx, engine, messages, why, now).await
}

/// Both steps at once. In the order of `messages`.
pub async fn withdraw(
    app: &App,
    messages: &[MessageId],
    why: &Reason,
) -> anyhow::Result<Vec<Withdrawal>> {
    let (engine, now) = (app.cx.db.engine(), app.cx.clock.millis());
    let (wanted, why) = (messages.to_vec(), why.clone());
    let write = app.cx.db.write(move |tx| {
        Box::pin(async move { want_withdrawn(tx, engine, &wanted, &why, now).await })
    });
    write.await?;
    settle_withdrawals(app, messages).await
}

/// Asks consent for those that are wanted back and not confirmed yet, and says what came of each: in the order of
/// `messages`. Those that never left are cancelled in their rows, and their flows told.
pub async fn settle_withdrawals(
    app: &App,
    messages: &[MessageId],
) -> anyhow::Result<Vec<Withdrawal>> {
    let (engine, read) = (app.cx.db.engine(), app.cx.db.read());
    let rows = db::flow_text::by_ids(read, engine, messages).await?;
    let rows: HashMap<MessageId, Text> =
        rows.into_iter().map(|text| (text.message, text)).collect();
    let mut open: BTreeMap<(TenantId, Reason), Vec<MessageId>> = BTreeMap::new();
    for text in rows.values().filter(|text| !text.outcome.is_settled()) {
        if let Some(why) = &text.withdrawn {
            let key = (text.tenant, why.clone());
            open.entry(key).or_default().push(text.message);
        }
    }
    let mut answers: HashMap<MessageId, RunCancelled> = HashMap::new();
    for ((tenant, why), mut of_tenant) in open {
        of_tenant.sort_unstable();
        for some in of_tenant.chunks(AT_ONCE) {
            match ask(app, tenant, &why, some).await {
                Ok(answered) => answers.extend(answered),
                Err(error) => {
                    let error = format!("{error:#}");
                    tracing::warn!(error, "consent has not shut the gates of texts yet");
                }
            }
        }
    }
    note(app, &rows, &answers).await?;
    let told = messages.iter().map(|message| match rows.get(message) {
        None => Withdrawal::Unknown,
        Some(text) => came_to(text.outcome, answers.get(message)),
    });
    Ok(told.collect())
}

/// What is known of a text that is wanted back: its outcome before consent was asked, and what consent said.
fn came_to(outcome: Outcome, answer: Option<&RunCancelled>) -> Withdrawal {
    match (outcome, answer) {
        (Outcome::Expired | Outcome::Cancelled | Outcome::Suppressed | Outcome::Failed, _) => {
            Withdrawal::NeverLeft
        }
        (Outcome::Pending | Outcome::Held, None) => Withdrawal::NotYet,
        (Outcome::Pending | Outcome::Held, Some(answer)) => {
            match (answer.permitted, answer.settled) {
                (true, _) => Withdrawal::MayHaveLeft(outcome),
                (false, true) => Withdrawal::NeverLeft,
                (false, false) => Withdrawal::NotYet,
            }
        }
        (outcome, _) => Withdrawal::MayHaveLeft(outcome),
    }
}

async fn ask(
    app: &App,
    tenant: TenantId,
    why: &Reason,
    messages: &[MessageId],
) -> anyhow::Result<Vec<(MessageId, RunCancelled)>> {
    let question = CancelRuns {
        runs: messages.iter().map(|message| message.run()).collect(),
        reason: why.clone(),
    };
    let answer = app.cx.bus.ask(tenant, &question).await?;
    anyhow::ensure!(
        answer.runs.len() == messages.len(),
        "consent answered about other runs"
    );
    Ok(messages.iter().copied().zip(answer.runs).collect())
}

/// Cancels what never left, and has dispatch look at everything that is behind a shut gate now.
async fn note(
    app: &App,
    rows: &HashMap<MessageId, Text>,
    answers: &HashMap<MessageId, RunCancelled>,
) -> anyhow::Result<()> {
    let (engine, bus, now) = (
        app.cx.db.engine(),
        app.cx.bus.clone(),
        app.cx.clock.millis(),
    );
    let open = |text: &&Text| text.withdrawn.is_some() && !text.outcome.is_settled();
    let (mut never, mut shut, mut again) = (Vec::new(), Vec::new(), Vec::new());
    let mut recheck: BTreeMap<TenantId, Vec<MessageId>> = BTreeMap::new();
    for text in rows.values().filter(open) {
        match answers.get(&text.message) {
            Some(answer) if answer.settled => {
                if answer.permitted {
                    shut.push(text.message);
                } else {
                    never.push(text.message);
                }
                recheck.entry(text.tenant).or_default().push(text.message);
            }
            _ => again.push(text.message),
        }
    }
    if never.is_empty() && shut.is_empty() && again.is_empty() {
        return Ok(());
    }
    app.cx
        .db
        .write(move |tx| {
            Box::pin(async move {
                let ask_at = UnixMillis(now.0 + AGAIN_MS);
                db::flow_text::ask_again(tx, engine, &again, Some(ask_at)).await?;
                db::flow_text::ask_again(tx, engine, &shut, None).await?;
                let cancelled = db::flow_text::cancel(tx, engine, &never, now).await?;
                origins::tell(tx, engine, &bus, &cancelled, now).await?;
                for (tenant, mut messages) in recheck {
                    messages.sort_unstable();
                    for some in messages.chunks(AT_ONCE) {
                        let messages = some.to_vec();
                        bus.say(tx, tenant, &RecheckTexts { messages }).await?;
                    }
                }
                Ok(())
            })
        })
        .await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_shut_gate_without_a_permit_proves_that_nothing_left() {
        let answer = |settled, permitted| RunCancelled { settled, permitted };
        for open in [Outcome::Pending, Outcome::Held] {
            let told = |answer: Option<RunCancelled>| came_to(open, answer.as_ref());
            assert_eq!(told(Some(answer(true, false))), Withdrawal::NeverLeft);
            assert_eq!(
                told(Some(answer(true, true))),
                Withdrawal::MayHaveLeft(open)
            );
            assert_eq!(
                told(Some(answer(false, true))),
                Withdrawal::MayHaveLeft(open)
            );
            assert_eq!(told(Some(answer(false, false))), Withdrawal::NotYet);
            assert_eq!(told(None), Withdrawal::NotYet);
        }
        for outcome in Outcome::ALL.into_iter().filter(|one| one.is_settled()) {
            let left = outcome.rank() >= Outcome::Unknown.rank();
            let told = came_to(outcome, None);
            assert_eq!(
                told == Withdrawal::MayHaveLeft(outcome),
                left,
                "{outcome:?}"
            );
            assert_eq!(told == Withdrawal::NeverLeft, !left, "{outcome:?}");
        }
    }
}
