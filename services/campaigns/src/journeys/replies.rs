//! Which question a text of a person answers: one of an appointment, or one of a journey's run. It goes to one of them.
//!
//! [`choose`] is the rule; [`asked`] finds the questions that are open. Opt-outs and calls for help never come here:
//! consent reads them first.

use std::collections::{BTreeMap, HashMap};

use chassis::{Engine, Tx};
use contract::consent::Reply;
use contract::{ContactId, JourneyRunId, MessageId, TenantId, UnixMillis};
use sea_orm::ConnectionTrait;

use crate::app::App;
use crate::appointment::model::{TellingKind, TellingState};
use crate::appointment::said::{self, Said};
use crate::db;
use crate::db::journey_run::Row;
use crate::journey::run::{Fate, asks};
use crate::journey::version::Version;

/// Questions about appointments that are older are not meant any more.
const REMEMBERED_MS: i64 = 90 * 86_400_000;

/// Who asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Asker {
    Appointment,
    Run(JourneyRunId),
}

/// A question that somebody may be answering.
#[derive(Debug, Clone, PartialEq)]
pub struct Question {
    pub asker: Asker,
    /// When the text was queued that they have read last of it.
    pub asked_at: i64,
    /// What it left from, as far as is known: a number, or the name of a pool.
    pub sender: String,
    /// It knows what to do with these words.
    pub understands: bool,
    /// It does something with words that it does not know.
    pub takes_anything: bool,
}

/// The latest question that understands the words; where none does, the latest that takes anything. Questions of the
/// sender that was answered to come first; the number of a pool may be another one than the text left from.
pub fn choose(questions: &[Question], to: &str) -> Option<Asker> {
    let from_it: Vec<&Question> = questions.iter().filter(|one| one.sender == to).collect();
    let open: Vec<&Question> = if from_it.is_empty() {
        questions.iter().collect()
    } else {
        from_it
    };
    let latest = |wanted: fn(&Question) -> bool| {
        open.iter()
            .copied()
            .filter(|one| wanted(one))
            .max_by_key(|one| (one.asked_at, one.asker))
    };
    latest(|one| one.understands)
        .or_else(|| latest(|one| one.takes_anything))
        .map(|one| one.asker)
}

/// Whether any run of this person may wait for a text.
pub async fn concerns(
    conn: &impl ConnectionTrait,
    engine: Engine,
    (tenant, contact): (TenantId, ContactId),
    reply: &Reply,
) -> anyhow::Result<bool> {
    let now = reply.received_at;
    let places = db::journey_run::places(conn, engine, &[], &[contact], now).await?;
    Ok(places
        .iter()
        .any(|place| place.live && place.tenant == tenant && place.mode == reply.mode))
}

/// The questions that are open for this person, of appointments and of runs.
pub async fn asked(
    tx: &Tx,
    app: &App,
    (tenant, contact): (TenantId, ContactId),
    reply: &Reply,
    now: UnixMillis,
) -> anyhow::Result<Vec<Question>> {
    let mut questions = of_runs(tx, app, (tenant, contact), reply, now).await?;
    if !questions.is_empty() {
        questions.extend(of_appointments(tx, (tenant, contact), reply, now).await?);
    }
    Ok(questions)
}

async fn of_runs(
    tx: &Tx,
    app: &App,
    (tenant, contact): (TenantId, ContactId),
    reply: &Reply,
    now: UnixMillis,
) -> anyhow::Result<Vec<Question>> {
    let engine = app.cx.db.engine();
    let rows = db::journey_run::of_contacts(tx, engine, &[contact], now).await?;
    let rows: Vec<Row> = rows
        .into_iter()
        .filter(|row| row.run.end.is_none() && row.tenant == tenant && row.mode == reply.mode)
        .collect();
    let last: BTreeMap<JourneyRunId, (i64, MessageId)> = rows
        .iter()
        .filter_map(|row| Some((row.id, last_text(row)?)))
        .collect();
    let messages: Vec<MessageId> = last.values().map(|(_, message)| *message).collect();
    let senders: HashMap<MessageId, String> = db::journey_text::told(tx, engine, &messages)
        .await?
        .into_iter()
        .map(|told| (told.message, told.sender))
        .collect();
    let mut questions = Vec::new();
    for row in &rows {
        let Some((asked_at, message)) = last.get(&row.id) else {
            continue;
        };
        let ready = app.versions.get(tx, row.journey, row.version).await?;
        questions.extend(
            question(row, &ready.version, reply, now).map(|(knows, any)| Question {
                asker: Asker::Run(row.id),
                asked_at: *asked_at,
                sender: senders.get(message).cloned().unwrap_or_default(),
                understands: knows,
                takes_anything: any,
            }),
        );
    }
    Ok(questions)
}

/// Whether a run waits for texts, understands this one, and takes any.
fn question(row: &Row, version: &Version, reply: &Reply, now: UnixMillis) -> Option<(bool, bool)> {
    let asked = asks(version, &row.run, &reply.text, now.0);
    (asked.waits).then_some((asked.understands, asked.takes_anything))
}

/// The last text of a run that its person may have read.
fn last_text(row: &Row) -> Option<(i64, MessageId)> {
    let texts = row.run.texts.iter().rev();
    texts
        .filter(|text| text.fate == Fate::Queued || text.fate.left())
        .find_map(|text| {
            let place = format!("{}.{}", row.run.epoch, text.number);
            Some((text.at, *row.messages.get(&place)?))
        })
}

/// The last that was told of an appointment that is still to come.
async fn of_appointments(
    tx: &Tx,
    (tenant, contact): (TenantId, ContactId),
    reply: &Reply,
    now: UnixMillis,
) -> anyhow::Result<Vec<Question>> {
    let since = UnixMillis(reply.received_at.0 - REMEMBERED_MS);
    let tellings = db::telling::of_contact(tx, tenant, reply.mode, contact, since).await?;
    let at = reply.received_at.min(now);
    let theirs = db::appointment::of_contact(tx, tenant, reply.mode, contact, at).await?;
    let mut questions = Vec::new();
    for told in &tellings {
        let may_be_read = matches!(told.state, TellingState::Queued | TellingState::Left);
        let open = theirs
            .iter()
            .find(|one| one.id == told.appointment && one.is_open(at));
        let Some(appointment) = open.filter(|_| may_be_read) else {
            continue;
        };
        let rules =
            db::reminder_plan::rules(tx, appointment.plan, appointment.plan_version).await?;
        let understands = match said::read(&reply.text, &rules.replies) {
            Said::Confirm | Said::Reschedule | Said::Cancel => true,
            Said::Pick(_) | Said::All => told.kind == TellingKind::Which,
            Said::Other => false,
        };
        questions.push(Question {
            asker: Asker::Appointment,
            asked_at: told.queued_at.0,
            sender: told.sender.clone(),
            understands,
            takes_anything: true,
        });
    }
    Ok(questions)
}

#[cfg(test)]
mod tests {
    use super::*;

    const TO: &str = "+15005550100";

    fn question(asker: Asker, asked_at: i64, understands: bool, takes_anything: bool) -> Question {
        Question {
            asker,
            asked_at,
            sender: TO.to_string(),
            understands,
            takes_anything,
        }
    }

    fn run(n: u128) -> Asker {
        Asker::Run(JourneyRunId::from_raw(n))
    }

    #[test]
    fn the_latest_question_that_understands_the_words_is_answered() {
        let both = [
            question(run(1), 10, true, true),
            question(Asker::Appointment, 20, true, true),
            question(run(2), 30, false, true),
        ];
        assert_eq!(choose(&both, TO), Some(Asker::Appointment));
        let unknown: Vec<Question> = both
            .iter()
            .map(|one| Question {
                understands: false,
                ..one.clone()
            })
            .collect();
        assert_eq!(choose(&unknown, TO), Some(run(2)));
        assert_eq!(choose(&[question(run(1), 10, false, false)], TO), None);
        assert_eq!(choose(&[], TO), None);
    }

    #[test]
    fn a_question_of_another_sender_is_not_answered_unless_none_is_known() {
        let other = Question {
            sender: "+15005550199".into(),
            ..question(run(2), 30, true, true)
        };
        let asked = [question(run(1), 10, true, false), other.clone()];
        assert_eq!(choose(&asked, TO), Some(run(1)));
        let pool = Question {
            sender: "us".into(),
            ..other
        };
        assert_eq!(choose(&[pool], TO), Some(run(2)));
    }
}
