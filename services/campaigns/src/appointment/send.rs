//! Queueing texts about appointments, and noting what they tell.

use chassis::{Bus, Engine, Tx};
use chrono::{DateTime, NaiveDateTime, Utc};
use contract::campaigns::{AppointmentChanged, AppointmentEvent};
use contract::texts::{Origin, OriginKind};
use contract::{Class, ContactId, EventId, MessageId, TemplateId, UnixMillis};

use super::model::{Appointment, Telling, TellingKind, TellingState};
use super::rules::Rules;
use super::wording;
use crate::texts::{self, NewText};
use crate::{db, journeys};

/// What a change of appointments needs beside its transaction.
#[derive(Clone, Copy)]
pub struct Hands<'a> {
    pub engine: Engine,
    pub bus: &'a Bus,
    pub now: DateTime<Utc>,
}

impl Hands<'_> {
    pub fn now_millis(&self) -> UnixMillis {
        self.now.into()
    }
}

/// One text.
pub struct Say<'a> {
    pub kind: TellingKind,
    pub template: TemplateId,
    /// Names it among the texts of the first appointment: the same name is the same text.
    pub step: String,
    pub class: Class,
    pub valid_until: UnixMillis,
    /// The time the person was told before.
    pub old: Option<NaiveDateTime>,
    /// Of a question which one is meant: the answer it follows.
    pub answer: Option<&'static str>,
    pub about: &'a [&'a Appointment],
}

/// Queues it to the contact of the first appointment it is about. `None`: it is about nothing, or was queued before.
pub async fn send(
    tx: &Tx,
    hands: &Hands<'_>,
    rules: &Rules,
    say: &Say<'_>,
) -> anyhow::Result<Option<MessageId>> {
    let Some(first) = say.about.first() else {
        return Ok(None);
    };
    let text = NewText {
        tenant: first.tenant,
        mode: first.mode,
        origin: Origin {
            kind: OriginKind::Appointment,
            id: first.id.to_string(),
        },
        step: say.step.clone(),
        contact: first.agreed.contact,
        class: say.class,
        programme: rules.programme.clone(),
        sender: rules.sender.clone(),
        template: say.template,
        template_version: None,
        vars: wording::fields(say.about, say.old),
        not_before: None,
        valid_until: say.valid_until,
    };
    let queued = texts::queue(tx, hands.engine, hands.bus, &[text], hands.now).await?;
    let Some(message) = queued
        .first()
        .filter(|queued| queued.new)
        .map(|queued| queued.message)
    else {
        return Ok(None);
    };
    let telling = |(place, of): (u32, &&Appointment)| Telling {
        message,
        appointment: of.id,
        tenant: of.tenant,
        mode: of.mode,
        contact: of.agreed.contact,
        sender: rules.sender.clone(),
        version: of.version,
        kind: say.kind,
        answer: say.answer.map(str::to_string),
        starts_at: of.starts_at,
        local: of.agreed.local,
        location: of.agreed.location.clone(),
        place,
        state: TellingState::Queued,
        queued_at: hands.now_millis(),
    };
    let tellings: Vec<Telling> = (1..).zip(say.about).map(telling).collect();
    db::telling::insert(tx, hands.engine, &tellings).await?;
    metrics::counter!("campaigns_appointment_texts_total", "kind" => say.kind.as_str())
        .increment(1);
    Ok(Some(message))
}

/// Tells the others what happened to an appointment.
pub async fn announce(
    tx: &Tx,
    hands: &Hands<'_>,
    of: &Appointment,
    event: AppointmentEvent,
) -> anyhow::Result<()> {
    let id = say(tx, hands, of, event).await?;
    journeys::appointments::note(tx, hands, of, of.agreed.contact, (event, id)).await
}

/// The same of one that was somebody else's: their journeys hear that it has changed, and those of its person now that it
/// was booked.
pub async fn announce_to_both(
    tx: &Tx,
    hands: &Hands<'_>,
    of: &Appointment,
    event: AppointmentEvent,
    former: ContactId,
) -> anyhow::Result<()> {
    let id = say(tx, hands, of, event).await?;
    journeys::appointments::note(tx, hands, of, former, (event, id)).await?;
    let booked = (AppointmentEvent::Scheduled, id);
    journeys::appointments::note(tx, hands, of, of.agreed.contact, booked).await
}

async fn say(
    tx: &Tx,
    hands: &Hands<'_>,
    of: &Appointment,
    event: AppointmentEvent,
) -> anyhow::Result<EventId> {
    let wants_human = matches!(
        event,
        AppointmentEvent::NeedsCall | AppointmentEvent::NeedsAttention
    );
    let changed = AppointmentChanged {
        appointment: of.id,
        contact: of.agreed.contact,
        event,
        version: of.version,
        status: of.status.as_str().to_string(),
        confirmation: of.confirmation.as_str().to_string(),
        starts_at: of.starts_at,
        reason: of.attention_reason.clone().filter(|_| wants_human),
        at: hands.now_millis(),
    };
    let id = hands.bus.say(tx, of.tenant, &changed).await?;
    metrics::counter!("campaigns_appointment_events_total", "event" => event.as_str()).increment(1);
    Ok(id)
}
