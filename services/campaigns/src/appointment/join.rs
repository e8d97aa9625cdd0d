//! An appointment that takes the place of another one under an id of its own: the caller says so (Cal.com's
//! `rescheduledFrom`), or a calendar tells a move as a cancellation and a booking (Calendly).
//!
//! What the person was told of the one, they were told of the other.

use chassis::Tx;
use chrono::Duration;
use contract::campaigns::AppointmentEvent;
use contract::{AppointmentId, MessageId, ReminderPlanId, UnixMillis};

use super::model::{Agreed, Appointment, Confirmation, Reminder, Status};
use super::next::{settle_confirmation, settle_notice, write};
use super::put::Request;
use super::replan::{replan, unconfirmed_at};
use super::rules::Rules;
use super::send::{Hands, announce};
use crate::db;

/// The appointment that the caller says is replaced. `None`: it took place, was replaced before, or is the same.
pub async fn named(
    tx: &Tx,
    hands: &Hands<'_>,
    id: AppointmentId,
    before: Option<&Appointment>,
) -> anyhow::Result<Option<Appointment>> {
    if before.is_some_and(|before| before.id == id) {
        return Ok(None);
    }
    let found = db::appointment::lock(tx, hands.engine, id).await?;
    Ok(found.filter(gives_place))
}

fn gives_place(old: &Appointment) -> bool {
    matches!(old.status, Status::Scheduled | Status::Cancelled) && old.replaced_by.is_none()
}

/// One that was cancelled so shortly before that this booking is its new time.
pub async fn cancelled_just_now(
    tx: &Tx,
    hands: &Hands<'_>,
    request: &Request,
    agreed: &Agreed,
    plan: ReminderPlanId,
) -> anyhow::Result<Option<Appointment>> {
    let Some(since) = since(hands, request.waits.join) else {
        return Ok(None);
    };
    let asked = (request.tenant, request.mode, agreed.contact);
    let now = hands.now_millis();
    let cancelled = db::appointment::cancelled_since(tx, asked, since, now).await?;
    let alike = cancelled
        .into_iter()
        .find(|old| is_one_move(&old.agreed, old.plan, agreed, plan));
    match alike {
        Some(old) => named(tx, hands, old.id, None).await,
        None => Ok(None),
    }
}

/// One that was booked so shortly before that it is the new time of this one, which is being cancelled.
pub async fn booked_just_now(
    tx: &Tx,
    hands: &Hands<'_>,
    gone: &Appointment,
    join: Duration,
) -> anyhow::Result<Option<Appointment>> {
    let Some(since) = since(hands, join).filter(|_| gone.starts_at > hands.now_millis()) else {
        return Ok(None);
    };
    let asked = (gone.tenant, gone.mode, gone.agreed.contact);
    let booked = db::appointment::booked_since(tx, asked, since, hands.now_millis()).await?;
    let alike = booked.into_iter().find(|new| {
        new.id != gone.id && is_one_move(&gone.agreed, gone.plan, &new.agreed, new.plan)
    });
    match alike {
        Some(new) => db::appointment::lock(tx, hands.engine, new.id).await,
        None => Ok(None),
    }
}

fn since(hands: &Hands<'_>, join: Duration) -> Option<UnixMillis> {
    (join > Duration::zero()).then(|| (hands.now - join).into())
}

/// Whether a cancelled appointment and a new one are the same thing at another time: of one contact, for the same
/// person, about the same, under the same reminder plan.
fn is_one_move(
    old: &Agreed,
    old_plan: ReminderPlanId,
    new: &Agreed,
    new_plan: ReminderPlanId,
) -> bool {
    old.contact == new.contact
        && old.for_person == new.for_person
        && old.subject == new.subject
        && old_plan == new_plan
}

/// Ends the appointment whose place another one takes, and passes on what was told of it. With its reminders.
pub async fn give_place(
    tx: &Tx,
    hands: &Hands<'_>,
    old: Appointment,
    to: AppointmentId,
) -> anyhow::Result<(Appointment, Vec<Reminder>)> {
    let gone = Appointment {
        status: Status::Cancelled,
        notice_at: None,
        unconfirmed_at: None,
        replaced_by: Some(to),
        updated_at: hands.now_millis(),
        ..old
    };
    let rules = db::reminder_plan::rules(tx, gone.plan, gone.plan_version).await?;
    replan(tx, hands, &gone, &rules).await?;
    db::telling::pass_on(tx, gone.id, to).await?;
    db::appointment::save(tx, &gone).await?;
    let reminders = db::reminder::of_appointment(tx, gone.id).await?;
    Ok((gone, reminders))
}

/// What one that was there before becomes with the place of another one: moved as often, and as confirmed, unless the
/// person has answered to it itself.
pub fn inherit(new: &mut Appointment, old: &Appointment, rules: &Rules) {
    new.moves = new.moves.saturating_add(old.moves);
    if new.confirmed_starts_at.is_none() && new.confirmation == Confirmation::Unconfirmed {
        new.confirmation = old.confirmation;
        new.confirmed_version = old.confirmed_version;
        new.confirmed_starts_at = old.confirmed_starts_at;
        settle_confirmation(new, Some(old), rules);
    } else if new.confirmation == Confirmation::Confirmed {
        new.confirmed_version = Some(new.version);
    }
}

/// The same where the new one was there before: it inherits what the other one was. Says which texts are wanted back,
/// and whose notice depends on them.
pub async fn into(
    tx: &Tx,
    hands: &Hands<'_>,
    old: Appointment,
    mut new: Appointment,
    debounce: Duration,
) -> anyhow::Result<(Appointment, (AppointmentId, u32), Vec<MessageId>)> {
    let rules = db::reminder_plan::rules(tx, new.plan, new.plan_version).await?;
    // Above every version that anything was told under.
    new.version = new.version.max(old.version).saturating_add(1);
    new.updated_at = hands.now_millis();
    inherit(&mut new, &old, &rules);
    new.moves = new.moves.saturating_add(1);
    new.unconfirmed_at = unconfirmed_at(&new, &rules, hands.now);
    let (gone, reminders) = give_place(tx, hands, old, new.id).await?;
    let tellings = db::telling::of_appointment(tx, new.id).await?;
    let called = settle_notice(&mut new, &rules, &tellings, debounce, hands);
    let withdrawn = write(tx, hands, &new, &rules, (&tellings, &reminders)).await?;
    announce(tx, hands, &new, AppointmentEvent::Rescheduled).await?;
    if called {
        announce(tx, hands, &new, AppointmentEvent::NeedsCall).await?;
    }
    Ok((gone, (new.id, new.version), withdrawn))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::appointment::testing::appointment;

    #[test]
    fn only_the_same_thing_for_the_same_person_is_one_move() {
        let old = appointment();
        let one = |change: &dyn Fn(&mut Agreed)| {
            let mut new = old.agreed.clone();
            change(&mut new);
            is_one_move(&old.agreed, old.plan, &new, old.plan)
        };
        assert!(one(&|new| new.location = "Oak St".into()));
        assert!(one(&|new| new.local += Duration::days(3)));
        assert!(!one(&|new| new.subject = "Check-up".into()));
        assert!(!one(&|new| new.for_person = "Leo".into()));
        assert!(!one(&|new| new.contact = contract::ContactId::from_raw(8)));
        let other_plan = ReminderPlanId::from_raw(9);
        assert!(!is_one_move(&old.agreed, old.plan, &old.agreed, other_plan));
    }
}
