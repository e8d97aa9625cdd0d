//! What an appointment's timer does: everything of it that is due, in the transaction that ends the timer.
//!
//! A timer says only that it is time to look. What is sent is what is planned for the version that is agreed at this
//! moment, so a timer of an older one finds nothing to do.

use std::collections::BTreeSet;
use std::sync::Arc;

use chassis::Tx;
use contract::campaigns::AppointmentEvent;
use contract::{AppointmentId, UnixMillis};
use futures::future::BoxFuture;

use super::change::{self, Knows};
use super::combine::{Beside, Item, Shared, shared};
use super::model::{
    Appointment, Attention, Confirmation, Reminder, ReminderState, Status, TellingKind,
};
use super::next::template;
use super::replan::{HELD_UP, KIND, catch_up, replan};
use super::rules::{Rules, Step};
use super::send::{Hands, Say, announce, send};
use crate::app::App;
use crate::timers::{self, Handler, Timer};
use crate::{db, release};

/// Before it is looked again whether a text of a former version has left.
const ASK_AGAIN: std::time::Duration = std::time::Duration::from_secs(5);

/// Fires the timers of appointments.
pub struct Look {
    pub app: Arc<App>,
}

impl Handler for Look {
    fn kind(&self) -> &'static str {
        KIND
    }

    fn fire<'t>(
        &'t self,
        tx: &'t Tx,
        now: UnixMillis,
        due: &'t [Timer],
    ) -> BoxFuture<'t, anyhow::Result<()>> {
        Box::pin(async move {
            let hands = Hands {
                engine: self.app.cx.db.engine(),
                bus: &self.app.cx.bus,
                now: now.to_utc(),
            };
            let owners: BTreeSet<_> = due.iter().map(|timer| timer.owner).collect();
            for owner in owners {
                look(tx, &hands, AppointmentId::from_uuid(owner)).await?;
            }
            Ok(())
        })
    }
}

async fn look(tx: &Tx, hands: &Hands<'_>, id: AppointmentId) -> anyhow::Result<()> {
    let Some(mut appointment) = db::appointment::lock(tx, hands.engine, id).await? else {
        return Ok(());
    };
    let now = hands.now_millis();
    let rules = db::reminder_plan::rules(tx, appointment.plan, appointment.plan_version).await?;
    if appointment.notice_at.is_some_and(|at| at <= now) {
        notice(tx, hands, &mut appointment, &rules).await?;
    }
    if !appointment.is_open(now) {
        return Ok(());
    }
    if appointment.unconfirmed_at.is_some_and(|at| at <= now) {
        unconfirmed(tx, hands, &mut appointment).await?;
    }
    reminders(tx, hands, &appointment, &rules).await
}

/// Sends the notice, unless what the person knows is true after all.
async fn notice(
    tx: &Tx,
    hands: &Hands<'_>,
    of: &mut Appointment,
    rules: &Rules,
) -> anyhow::Result<()> {
    let now = hands.now_millis();
    let tellings = db::telling::of_appointment(tx, of.id).await?;
    let knows = change::knows(of, &tellings);
    if knows == Knows::Maybe && of.starts_at > now {
        let again = release::later(now, ASK_AGAIN);
        of.notice_at = Some(again);
        db::appointment::save(tx, of).await?;
        let timer = Timer {
            id: timers::occurrence_id(KIND, of.id.uuid(), &[b"notice", &again.0.to_be_bytes()]),
            kind: KIND.to_string(),
            owner: of.id.uuid(),
            due_at: again,
        };
        return timers::set(tx, hands.engine, &[timer]).await;
    }
    let kind = change::notice(of, &knows, now);
    let old = match knows {
        Knows::Told(told) => Some(told.local),
        Knows::Nothing | Knows::Maybe => None,
    };
    of.notice_at = None;
    if kind == Some(TellingKind::Moved) && of.confirmation != Confirmation::Confirmed {
        // From here on they know of the move: what they confirmed before does not come back with the old time.
        of.confirmed_starts_at = None;
    }
    db::appointment::save(tx, of).await?;
    let wanted = kind.and_then(|kind| template(rules, kind).map(|template| (kind, template)));
    let Some((kind, template)) = wanted else {
        // Reminders had made room for it.
        return replan(tx, hands, of, rules).await;
    };
    let say = Say {
        kind,
        template,
        step: format!("{}/v{}", kind.as_str(), of.version),
        class: rules.class,
        valid_until: of.starts_at,
        old,
        answer: None,
        about: &[of],
    };
    send(tx, hands, rules, &say).await?;
    Ok(())
}

async fn unconfirmed(tx: &Tx, hands: &Hands<'_>, of: &mut Appointment) -> anyhow::Result<()> {
    of.unconfirmed_at = None;
    if of.confirmation == Confirmation::Unconfirmed {
        // A call is more than a hint.
        if of.attention.is_none() {
            of.call_for(Attention::Unconfirmed, "unconfirmed");
        }
        announce(tx, hands, of, AppointmentEvent::Unconfirmed).await?;
    }
    db::appointment::save(tx, of).await?;
    Ok(())
}

async fn reminders(
    tx: &Tx,
    hands: &Hands<'_>,
    of: &Appointment,
    rules: &Rules,
) -> anyhow::Result<()> {
    let now = hands.now_millis();
    let due: Vec<Reminder> = db::reminder::of_appointment(tx, of.id)
        .await?
        .into_iter()
        .filter(|row| is_planned(row, of) && row.due_at.is_some_and(|at| at <= now))
        .collect();
    let held_up = |row: &Reminder| {
        let due = row.due_at.unwrap_or(now);
        hands.now - due.to_utc() > HELD_UP
    };
    if due.iter().any(held_up) {
        return catch_up(tx, hands, of, rules).await;
    }
    for row in due {
        if let Some(step) = rules.steps.iter().find(|step| step.id == row.step) {
            remind(tx, hands, of, rules, step, row).await?;
        }
    }
    Ok(())
}

fn is_planned(row: &Reminder, of: &Appointment) -> bool {
    row.version == of.version && row.state == ReminderState::Planned
}

async fn remind(
    tx: &Tx,
    hands: &Hands<'_>,
    of: &Appointment,
    rules: &Rules,
    step: &Step,
    mut row: Reminder,
) -> anyhow::Result<()> {
    let now = hands.now_millis();
    let due = row.due_at.unwrap_or(now);
    row.changed_at = now;
    let others = others(tx, hands, of, step).await?;
    let beside: Vec<Beside<'_>> = others
        .iter()
        .map(|(other, reminder)| Beside {
            appointment: other,
            told: reminder.as_ref().is_some_and(|of| of.message.is_some()),
            planned: reminder.as_ref().is_some_and(|of| is_planned(of, other)),
        })
        .collect();
    let Shared::Sent { listed, duplicates } = shared(of, &beside, rules.combine) else {
        row.state = ReminderState::Skipped;
        row.reason = "duplicate".to_string();
        return db::reminder::save(tx, hands.engine, &[row]).await;
    };
    let covered: Vec<&(Appointment, Option<Reminder>)> = listed
        .iter()
        .filter_map(|place| others.get(*place))
        .collect();
    let mut about: Vec<&Appointment> = covered.iter().map(|(other, _)| other).collect();
    about.push(of);
    about.sort_by_key(|one| (one.starts_at, one.id));
    let first = about.first().map_or(of.starts_at, |one| one.starts_at);
    let valid_for = step.valid_for.map(|length| length.nominal());
    let until = valid_for.map_or(first, |length| (due.to_utc() + length).into());
    let say = Say {
        kind: TellingKind::Reminder,
        template: step.template,
        step: format!("{}/v{}/{}", step.id, of.version, due.0),
        class: rules.class,
        valid_until: until.min(first),
        old: None,
        answer: None,
        about: &about,
    };
    let message = send(tx, hands, rules, &say).await?;
    row.message = message;
    row.state = ReminderState::Queued;
    if message.is_none() {
        row.state = ReminderState::Skipped;
        row.reason = "duplicate".to_string();
    }
    let mut rows = vec![row];
    if message.is_some() {
        let reminders = covered.iter().filter_map(|(_, reminder)| reminder.clone());
        rows.extend(reminders.map(|reminder| Reminder {
            message,
            state: ReminderState::Queued,
            reason: "combined".to_string(),
            with: Some(of.id),
            changed_at: now,
            ..reminder
        }));
        let twins = duplicates.iter().filter_map(|place| others.get(*place));
        let reminders = twins.filter_map(|(_, reminder)| reminder.clone());
        rows.extend(reminders.map(|reminder| Reminder {
            state: ReminderState::Skipped,
            reason: "duplicate".to_string(),
            changed_at: now,
            ..reminder
        }));
    }
    db::reminder::save(tx, hands.engine, &rows).await
}

/// The contact's other appointments of that day and place, with their reminder of the same step.
async fn others(
    tx: &Tx,
    hands: &Hands<'_>,
    of: &Appointment,
    step: &Step,
) -> anyhow::Result<Vec<(Appointment, Option<Reminder>)>> {
    let now = hands.now_millis();
    let contact = of.agreed.contact;
    let theirs = db::appointment::of_contact(tx, of.tenant, of.mode, contact, now).await?;
    let mut found = Vec::new();
    for other in theirs {
        let same = item(&other, step).goes_with(&item(of, step)) && other.plan == of.plan;
        if other.id == of.id || !same {
            continue;
        }
        // As it is now, and not changed by anybody else until this commits.
        let Some(other) = db::appointment::lock(tx, hands.engine, other.id).await? else {
            continue;
        };
        if other.status != Status::Scheduled {
            continue;
        }
        let reminder = db::reminder::of_appointment(tx, other.id)
            .await?
            .into_iter()
            .find(|row| row.version == other.version && row.step == step.id);
        found.push((other, reminder));
    }
    Ok(found)
}

fn item<'a>(of: &'a Appointment, step: &'a Step) -> Item<'a> {
    let starts = of.starts_at.to_utc();
    Item {
        day: of.agreed.local.date(),
        location: &of.agreed.location,
        step: &step.id,
        starts,
        due: starts,
    }
}
