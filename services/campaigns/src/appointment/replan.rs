//! Writing the plan of an appointment and setting its timers, in the transaction that changes it.

use chassis::Tx;
use chrono::{DateTime, Duration, Utc};
use chrono_tz::Tz;
use contract::{AppointmentId, MessageId, Reason, UnixMillis};
use sea_orm::prelude::Uuid;

use super::change;
use super::model::{
    Appointment, Confirmation, Reminder, ReminderState, Status, Telling, TellingState,
};
use super::plan::{Asked, Why, plan, target};
use super::rules::{Late, Rules, Step};
use super::send::Hands;
use crate::schedule::zone;
use crate::timers::{self, Timer};
use crate::{db, texts};

/// The kind of all timers of appointments: at each, everything of the appointment that is due is looked at.
pub const KIND: &str = "appointment";

/// A reminder that is found this long after its time was held up by a downtime, and is planned anew.
pub const HELD_UP: Duration = Duration::minutes(15);

/// Plans what has not been sent of the current version, from this moment on, and sets the timers anew. What older
/// versions had planned is superseded.
pub async fn replan(
    tx: &Tx,
    hands: &Hands<'_>,
    of: &Appointment,
    rules: &Rules,
) -> anyhow::Result<()> {
    take_over(tx, hands, of, rules, &[]).await
}

/// The same where it has just taken the place of another one: what that one's reminders have said is not said again, and
/// those that were still to be sent are not late. What was told of it has been passed on.
pub async fn take_over(
    tx: &Tx,
    hands: &Hands<'_>,
    of: &Appointment,
    rules: &Rules,
    replaced: &[Reminder],
) -> anyhow::Result<()> {
    plan_anew(tx, hands, of, rules, (Passed::AtBooking, replaced)).await
}

/// The same for reminders that were found after their time, after a downtime.
pub async fn catch_up(
    tx: &Tx,
    hands: &Hands<'_>,
    of: &Appointment,
    rules: &Rules,
) -> anyhow::Result<()> {
    plan_anew(tx, hands, of, rules, (Passed::HeldUp, &[])).await
}

/// The same where a reminder has lost its text: what has passed is sent as soon as it may.
pub async fn restore(
    tx: &Tx,
    hands: &Hands<'_>,
    of: &Appointment,
    rules: &Rules,
) -> anyhow::Result<()> {
    plan_anew(tx, hands, of, rules, (Passed::Lost, &[])).await
}

/// The zone in which the contact lives at this moment: where it was planned with another one, it is planned anew. Says
/// whether it was.
pub async fn contact_zone(
    tx: &Tx,
    hands: &Hands<'_>,
    of: &mut Appointment,
    zone: Option<Tz>,
) -> anyhow::Result<bool> {
    if of.contact_zone == zone || of.status != Status::Scheduled {
        return Ok(false);
    }
    of.contact_zone = zone;
    db::appointment::save(tx, of).await?;
    let rules = db::reminder_plan::rules(tx, of.plan, of.plan_version).await?;
    replan(tx, hands, of, &rules).await?;
    Ok(true)
}

/// The instant of what was agreed, by the zone data in use. Nobody is told: the clocks show the time they were told.
pub async fn rezone(tx: &Tx, hands: &Hands<'_>, id: AppointmentId) -> anyhow::Result<()> {
    let Some(mut of) = db::appointment::lock(tx, hands.engine, id).await? else {
        return Ok(());
    };
    let (before, at) = (of.starts_at, of.agreed.starts_at());
    of.starts_at = at;
    of.zone_data = zone::DATA_VERSION.to_string();
    if before != at {
        db::telling::rezone(tx, id, before, at).await?;
        let rules = db::reminder_plan::rules(tx, of.plan, of.plan_version).await?;
        of.confirmed_starts_at = of
            .confirmed_starts_at
            .map(|confirmed| if confirmed == before { at } else { confirmed });
        of.unconfirmed_at = unconfirmed_at(&of, &rules, hands.now);
        replan(tx, hands, &of, &rules).await?;
    }
    db::appointment::save(tx, &of).await?;
    Ok(())
}

/// Why a reminder's time may have passed when it is planned.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Passed {
    AtBooking,
    HeldUp,
    Lost,
}

async fn plan_anew(
    tx: &Tx,
    hands: &Hands<'_>,
    of: &Appointment,
    rules: &Rules,
    (passed, replaced): (Passed, &[Reminder]),
) -> anyhow::Result<()> {
    timers::cancel(tx, of.id.uuid()).await?;
    let now = hands.now_millis();
    let mut dues: Vec<UnixMillis> = of.notice_at.into_iter().collect();
    if of.status == Status::Scheduled {
        // As it was planned before, which the next line ends.
        let mut known = db::reminder::said_of(tx, of.id).await?;
        known.extend(replaced.iter().filter(|row| row.message.is_none()).cloned());
        db::reminder::end_planned(tx, of.id, of.version, ReminderState::Superseded, now).await?;
        let tellings = db::telling::of_appointment(tx, of.id).await?;
        let rows = rows(of, rules, (&known, &tellings), hands.now, passed);
        db::reminder::save(tx, hands.engine, &rows).await?;
        dues.extend(rows.iter().filter_map(|row| row.due_at));
        dues.extend(of.unconfirmed_at);
    } else {
        let all = of.version.saturating_add(1);
        db::reminder::end_planned(tx, of.id, all, ReminderState::Cancelled, now).await?;
    }
    let timers: Vec<Timer> = dues.into_iter().map(|due| timer(of, due)).collect();
    timers::set(tx, hands.engine, &timers).await
}

/// The plan as rows: of each step of the current version that has no text yet.
fn rows(
    of: &Appointment,
    rules: &Rules,
    (known, tellings): (&[Reminder], &[Telling]),
    now: DateTime<Utc>,
    passed: Passed,
) -> Vec<Reminder> {
    let is_current = |row: &Reminder| row.appointment == of.id && row.version == of.version;
    let current = || known.iter().filter(|row| is_current(row));
    let target_of = |step: &Step| target(step, of.agreed.local, of.agreed.timezone);
    // A change that leaves the time alone repeats no reminder.
    let said_before = |row: &Reminder, step: &Step| {
        let same_person = |told: &&Telling| told.contact == of.agreed.contact;
        let on_its_way = matches!(row.state, ReminderState::Queued | ReminderState::Held);
        !is_current(row)
            && row.target_at.to_utc() == target_of(step)
            && tellings
                .iter()
                .filter(|told| Some(told.message) == row.message)
                .filter(same_person)
                .any(|told| left(row) || on_its_way && change::is_true(told, of))
    };
    let is_of_plan = |row: &Reminder| rules.steps.iter().any(|step| step.id == row.step);
    let done = |step: &Step| {
        let of_step = |row: &&Reminder| row.step == step.id;
        // Another plan has other words for the same step.
        let like_step = |row: &&Reminder| row.step == step.id || !is_of_plan(row);
        current().filter(of_step).any(sent)
            || known
                .iter()
                .filter(like_step)
                .any(|row| said_before(row, step))
    };
    let open: Vec<(usize, &Step)> = rules
        .steps
        .iter()
        .enumerate()
        .filter(|(_, step)| !done(step))
        .collect();
    // What was left out when it was planned is not lost.
    let skipped = |step: &Step| {
        current().any(|row| row.step == step.id && row.state == ReminderState::Skipped)
    };
    let waiting = |step: &Step| waiting(known, of.id, step, target_of(step), now);
    let heard = || {
        let left = |told: &&Telling| told.state != TellingState::Never;
        tellings
            .iter()
            .filter(left)
            .filter(|told| change::is_true(told, of))
    };
    // What another plan would have said by now, the person has heard since.
    let heard_since = |step: &Step| {
        let planned = |row: &Reminder| {
            row.step == step.id
                && row.target_at.to_utc() == target_of(step)
                && row.state != ReminderState::Skipped
        };
        !known.iter().any(planned) && heard().any(|told| told.queued_at.to_utc() >= target_of(step))
    };
    let late = |step: &Step| match passed {
        _ if heard_since(step) => Late::Skip,
        Passed::Lost if !skipped(step) => Late::SendNow,
        _ if waiting(step).is_some_and(|row| row.reason == Why::SendNow.as_str()) => Late::SendNow,
        Passed::Lost | Passed::AtBooking | Passed::HeldUp => step.late,
    };
    let with_late = |(_, step): &(usize, &Step)| Step {
        late: late(step),
        ..(*step).clone()
    };
    let steps: Vec<Step> = open.iter().map(with_late).collect();
    let waiting: Vec<&str> = steps
        .iter()
        .filter(|step| waiting(step).is_some())
        .map(|step| step.id.as_str())
        .collect();
    let mut fixed: Vec<DateTime<Utc>> = heard().map(|told| told.queued_at.to_utc()).collect();
    fixed.extend(of.notice_at.map(UnixMillis::to_utc));
    let planned = plan(&Asked {
        starts: of.agreed.local,
        zone: of.agreed.timezone,
        contact_zone: of.quiet_zone(),
        steps: &steps,
        window: rules.window,
        earlier_at: rules.earlier_at,
        min_gap: rules.min_gap.nominal(),
        now,
        fixed: &fixed,
        waiting: &waiting,
    });
    let row = |((place, step), planned): (&(usize, &Step), super::plan::Planned)| Reminder {
        appointment: of.id,
        version: of.version,
        step: step.id.clone(),
        place: u32::try_from(*place).unwrap_or(u32::MAX),
        target_at: planned.target.into(),
        due_at: planned.due.map(Into::into),
        state: match planned.due {
            Some(_) => ReminderState::Planned,
            None => ReminderState::Skipped,
        },
        reason: match planned.why {
            Why::LateBooking if passed != Passed::AtBooking => "late".to_string(),
            why => why.as_str().to_string(),
        },
        message: None,
        with: None,
        changed_at: now.into(),
    };
    open.iter().zip(planned).map(row).collect()
}

/// What the plan before had of a step, where that is still to be sent: its time is to come, or has only just come. That of
/// one whose place was taken has ended with it.
fn waiting<'r>(
    known: &'r [Reminder],
    of: AppointmentId,
    step: &Step,
    target: DateTime<Utc>,
    now: DateTime<Utc>,
) -> Option<&'r Reminder> {
    let to_come = |due: UnixMillis| now - due.to_utc() <= HELD_UP;
    known.iter().find(|row| {
        let state = match row.appointment == of {
            true => ReminderState::Planned,
            false => ReminderState::Cancelled,
        };
        row.step == step.id
            && row.state == state
            && row.message.is_none()
            && row.target_at.to_utc() == target
            && row.due_at.is_some_and(to_come)
    })
}

/// Whether a text of the step is on its way or has arrived.
const fn sent(row: &Reminder) -> bool {
    !matches!(
        row.state,
        ReminderState::Planned
            | ReminderState::Skipped
            | ReminderState::Superseded
            | ReminderState::Cancelled
    )
}

/// Whether it has left, or may have.
const fn left(row: &Reminder) -> bool {
    matches!(
        row.state,
        ReminderState::Sent
            | ReminderState::Delivered
            | ReminderState::Undelivered
            | ReminderState::Unknown
    )
}

fn timer(of: &Appointment, due_at: UnixMillis) -> Timer {
    let (version, at) = (of.version.to_be_bytes(), due_at.0.to_be_bytes());
    Timer {
        id: occurrence(of.id.uuid(), &[&version, &at]),
        kind: KIND.to_string(),
        owner: of.id.uuid(),
        due_at,
    }
}

fn occurrence(owner: Uuid, parts: &[&[u8]]) -> Uuid {
    timers::occurrence_id(KIND, owner, parts)
}

/// When nobody has confirmed by then, somebody is told; `None` where that is past or not wanted.
pub fn unconfirmed_at(of: &Appointment, rules: &Rules, now: DateTime<Utc>) -> Option<UnixMillis> {
    let lead = rules.unconfirmed?.nominal();
    let at = of.starts_at.to_utc() - lead;
    let open = of.confirmation == Confirmation::Unconfirmed && of.status == Status::Scheduled;
    (open && at > now).then(|| at.into())
}

/// Wants back what older versions have on its way and is not true any more; the texts, to be settled with consent after
/// the commit.
pub async fn withdraw_old(
    tx: &Tx,
    hands: &Hands<'_>,
    of: &Appointment,
    tellings: &[Telling],
) -> anyhow::Result<Vec<MessageId>> {
    let open = |telling: &&Telling| {
        telling.version < of.version
            && matches!(telling.state, TellingState::Queued | TellingState::Held)
            && !change::is_true(telling, of)
    };
    let mut messages: Vec<MessageId> = tellings
        .iter()
        .filter(open)
        .map(|one| one.message)
        .collect();
    messages.sort_unstable();
    messages.dedup();
    let why = match of.status {
        Status::Scheduled => Reason::SUPERSEDED,
        _ => Reason::CANCELLED,
    };
    if !messages.is_empty() {
        let now = hands.now_millis();
        texts::want_withdrawn(tx, hands.engine, &messages, &why, now).await?;
    }
    Ok(messages)
}
