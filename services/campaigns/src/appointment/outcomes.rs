//! What becomes of texts about appointments, in the transaction that notes their outcomes.

use std::collections::BTreeSet;

use chassis::{Bus, Engine, Tx};
use contract::campaigns::AppointmentEvent;
use contract::chunk::Outcome;
use contract::{AppointmentId, Reason, UnixMillis};

use super::change;
use super::model::{
    Appointment, Attention, Reminder, ReminderState, Status, TellingKind, TellingState,
};
use super::plan::target;
use super::replan::restore;
use super::rules::Rules;
use super::send::{Hands, announce};
use crate::db;
use crate::texts::TextOutcome;

pub async fn tell(
    tx: &Tx,
    engine: Engine,
    bus: &Bus,
    outcomes: &[&TextOutcome],
    now: UnixMillis,
) -> anyhow::Result<()> {
    let hands = Hands {
        engine,
        bus,
        now: now.to_utc(),
    };
    for outcome in outcomes {
        one(tx, &hands, outcome).await?;
    }
    Ok(())
}

async fn one(tx: &Tx, hands: &Hands<'_>, outcome: &TextOutcome) -> anyhow::Result<()> {
    let now = hands.now_millis();
    if let Some(state) = telling_state(outcome.outcome) {
        let tellings = db::telling::set_state(tx, outcome.message, state).await?;
        let call = reason_to_call(outcome);
        for telling in &tellings {
            let needs = matches!(
                telling.kind,
                TellingKind::Reminder | TellingKind::Moved | TellingKind::Cancelled
            );
            if let Some(reason) = call.filter(|_| needs) {
                let found = db::appointment::lock(tx, hands.engine, telling.appointment).await?;
                let current = |one: &Appointment| {
                    one.version == telling.version || change::is_true(telling, one)
                };
                if let Some(appointment) = found.filter(current) {
                    needs_call(tx, hands, appointment, reason).await?;
                }
            }
        }
    }
    let mut rows = db::reminder::of_message(tx, outcome.message).await?;
    let mut again = Vec::new();
    for row in &mut rows {
        row.state = reminder_state(outcome);
        row.changed_at = now;
        if row.state != ReminderState::Delivered && outcome.reason != Reason::OK {
            row.reason = outcome.reason.to_string();
        }
        // It shared the text of an appointment that changed, and has lost its own reminder by that.
        if row.state == ReminderState::Superseded || row.state == ReminderState::Cancelled {
            again.push(row.clone());
        }
    }
    db::reminder::save(tx, hands.engine, &rows).await?;
    for row in again {
        let found = in_its_place(tx, hands, row.appointment).await?;
        if let Some(appointment) = found.filter(|one| one.is_open(now)) {
            let (plan, version) = (appointment.plan, appointment.plan_version);
            let rules = db::reminder_plan::rules(tx, plan, version).await?;
            if is_missed(tx, &appointment, &rules, &row).await? {
                restore(tx, hands, &appointment, &rules).await?;
            }
        }
    }
    Ok(())
}

/// The appointment, or the one that has taken its place, and so on; locked.
async fn in_its_place(
    tx: &Tx,
    hands: &Hands<'_>,
    id: AppointmentId,
) -> anyhow::Result<Option<Appointment>> {
    let mut found = db::appointment::lock(tx, hands.engine, id).await?;
    let mut seen = BTreeSet::from([id]);
    while let Some(to) = found.as_ref().and_then(|one| one.replaced_by) {
        if !seen.insert(to) {
            return Ok(None);
        }
        found = db::appointment::lock(tx, hands.engine, to).await?;
    }
    Ok(found)
}

/// Whether what is agreed now has lost its reminder with this one: it is of this version, or of an older one that told
/// the same, so that the step was not planned again.
async fn is_missed(
    tx: &Tx,
    of: &Appointment,
    rules: &Rules,
    row: &Reminder,
) -> anyhow::Result<bool> {
    if of.id == row.appointment && of.version == row.version {
        return Ok(true);
    }
    let planned = db::reminder::of_appointment(tx, of.id).await?;
    let planned = planned
        .iter()
        .any(|other| other.version == of.version && other.step == row.step);
    let same = rules.steps.iter().any(|step| {
        let target = target(step, of.agreed.local, of.agreed.timezone);
        step.id == row.step && target == row.target_at.to_utc()
    });
    Ok(same && !planned)
}

const fn telling_state(outcome: Outcome) -> Option<TellingState> {
    Some(match outcome {
        Outcome::Pending => return None,
        Outcome::Held => TellingState::Held,
        Outcome::Expired | Outcome::Cancelled | Outcome::Suppressed | Outcome::Failed => {
            TellingState::Never
        }
        // They may have read it; to believe so costs a notice at worst.
        Outcome::Unknown | Outcome::HandedOver | Outcome::Undelivered | Outcome::Delivered => {
            TellingState::Left
        }
    })
}

fn reminder_state(outcome: &TextOutcome) -> ReminderState {
    match outcome.outcome {
        Outcome::Pending => ReminderState::Queued,
        Outcome::Held => ReminderState::Held,
        Outcome::Expired => ReminderState::Expired,
        Outcome::Cancelled if outcome.reason == Reason::SUPERSEDED => ReminderState::Superseded,
        Outcome::Cancelled => ReminderState::Cancelled,
        Outcome::Suppressed => ReminderState::Suppressed,
        Outcome::Failed => ReminderState::Failed,
        Outcome::Unknown => ReminderState::Unknown,
        Outcome::HandedOver => ReminderState::Sent,
        Outcome::Undelivered => ReminderState::Undelivered,
        Outcome::Delivered => ReminderState::Delivered,
    }
}

/// Why somebody should call instead: the text has not reached the person and will not.
fn reason_to_call(outcome: &TextOutcome) -> Option<&str> {
    let lost = matches!(
        outcome.outcome,
        Outcome::Suppressed | Outcome::Failed | Outcome::Undelivered | Outcome::Expired
    );
    lost.then(|| outcome.reason.as_str())
}

async fn needs_call(
    tx: &Tx,
    hands: &Hands<'_>,
    mut appointment: Appointment,
    reason: &str,
) -> anyhow::Result<()> {
    let ended = matches!(appointment.status, Status::Completed | Status::NoShow);
    let known = appointment.attention == Some(Attention::NeedsCall);
    if ended || known || appointment.starts_at <= hands.now_millis() {
        return Ok(());
    }
    appointment.call_for(Attention::NeedsCall, reason);
    db::appointment::save(tx, &appointment).await?;
    announce(tx, hands, &appointment, AppointmentEvent::NeedsCall).await
}
