//! Carrying out what people answer, in one transaction.

use chassis::Tx;
use chrono::NaiveDateTime;
use contract::campaigns::AppointmentEvent;
use contract::consent::{Keyword, Reply, ReplyRecorded};
use contract::{AppointmentId, Class, ContactId, TenantId, UnixMillis};

use super::bind::{self, About, Deed, Named};
use super::model::{Appointment, Attention, Confirmation, TellingKind};
use super::next::template;
use super::replan::unconfirmed_at;
use super::rules::Rules;
use super::said::{self, Said};
use super::send::{Hands, Say, announce, send};
use crate::db;

/// Texts that are answered after this time are not meant any more.
pub const REMEMBERED_MS: i64 = 90 * 86_400_000;
/// An answer to an answer is of no use later.
const VALID_FOR_MS: i64 = 3_600_000;

/// Whether this person was told of any appointment lately. What they write is theirs alone otherwise.
pub async fn concerns(
    conn: &impl sea_orm::ConnectionTrait,
    tenant: TenantId,
    reply: &Reply,
    contact: ContactId,
) -> anyhow::Result<bool> {
    let since = UnixMillis(reply.received_at.0 - REMEMBERED_MS);
    let told = db::telling::of_contact(conn, tenant, reply.mode, contact, since).await?;
    Ok(!told.is_empty())
}

/// Does what the answer says. `read`: what consent made of it.
pub async fn carry_out(
    tx: &Tx,
    hands: &Hands<'_>,
    (tenant, contact): (TenantId, ContactId),
    reply: &Reply,
    read: &ReplyRecorded,
) -> anyhow::Result<()> {
    let since = UnixMillis(reply.received_at.0 - REMEMBERED_MS);
    let tellings = db::telling::of_contact(tx, tenant, reply.mode, contact, since).await?;
    // What was agreed when they wrote it; a slow bus must not turn it into an answer after the start.
    let at = reply.received_at.min(hands.now_millis());
    let theirs = db::appointment::of_contact(tx, tenant, reply.mode, contact, at).await?;
    let Some(last) = tellings
        .iter()
        .find_map(|told| theirs.iter().find(|one| one.id == told.appointment))
    else {
        return Ok(());
    };
    let rules = db::reminder_plan::rules(tx, last.plan, last.plan_version).await?;
    let said = match (read.keyword, read.consent) {
        // A human reads what may be an opt-out; "cancel my appointment" is a wish all the same.
        (Keyword::None | Keyword::Review, _) | (Keyword::Yes, None) => {
            said::read(&reply.text, &rules.replies)
        }
        (Keyword::Stop, _) => {
            return opted_out(tx, hands, &theirs, &tellings).await;
        }
        // HELP is answered, START and YES were opt-ins.
        _ => return Ok(()),
    };
    match bind::about(said, &reply.to, &tellings, &theirs, at) {
        About::These(said, named) => {
            for named in named {
                deed(tx, hands, said, &named, reply).await?;
            }
            Ok(())
        }
        About::Which(said, ids) => {
            let step = format!("which/{}", reply.inbound);
            which(tx, hands, &rules, said, &ids, step).await
        }
        About::Nothing => attention(tx, hands, last.id, "reply_not_understood").await,
    }
}

/// They will get no more texts, and may believe that they have cancelled. What is agreed stands.
async fn opted_out(
    tx: &Tx,
    hands: &Hands<'_>,
    theirs: &[Appointment],
    tellings: &[super::model::Telling],
) -> anyhow::Result<()> {
    for one in theirs {
        if tellings.iter().any(|told| told.appointment == one.id) {
            attention(tx, hands, one.id, "opted_out").await?;
        }
    }
    Ok(())
}

async fn attention(
    tx: &Tx,
    hands: &Hands<'_>,
    id: AppointmentId,
    reason: &str,
) -> anyhow::Result<()> {
    let Some(mut appointment) = db::appointment::lock(tx, hands.engine, id).await? else {
        return Ok(());
    };
    let same = appointment.attention == Some(Attention::NeedsAttention)
        && appointment.attention_reason.as_deref() == Some(reason);
    if same {
        return Ok(());
    }
    appointment.call_for(Attention::NeedsAttention, reason);
    db::appointment::save(tx, &appointment).await?;
    announce(tx, hands, &appointment, AppointmentEvent::NeedsAttention).await
}

async fn deed(
    tx: &Tx,
    hands: &Hands<'_>,
    said: Said,
    named: &Named,
    reply: &Reply,
) -> anyhow::Result<()> {
    let Some(mut one) = db::appointment::lock(tx, hands.engine, named.appointment).await? else {
        return Ok(());
    };
    let rules = db::reminder_plan::rules(tx, one.plan, one.plan_version).await?;
    let answer_to = |kind: TellingKind| format!("{}/{}", kind.as_str(), reply.inbound);
    let (event, kind) = match bind::deed(said, named, &one) {
        Deed::Repeated => return Ok(()),
        Deed::Human => {
            return attention(tx, hands, one.id, "confirmed_after_cancel").await;
        }
        Deed::TellNewTime => {
            let ack = Ack {
                kind: TellingKind::Moved,
                step: answer_to(TellingKind::Moved),
                old: Some(named.local),
            };
            return reply_with(tx, hands, &rules, &one, ack).await;
        }
        Deed::Confirm => {
            let by = answered_step(tx, named).await?;
            confirm(&mut one, by, reply.received_at);
            (AppointmentEvent::Confirmed, TellingKind::Confirmed)
        }
        Deed::AskForAnotherTime => {
            one.confirmation = Confirmation::RescheduleRequested;
            (
                AppointmentEvent::RescheduleRequested,
                TellingKind::Reschedule,
            )
        }
        Deed::AskToCancel => {
            one.confirmation = Confirmation::CancelRequested;
            (
                AppointmentEvent::CancelRequested,
                TellingKind::CancelRequest,
            )
        }
    };
    let took = reply.received_at.0.saturating_sub(named.queued_at.0).max(0);
    one.answer_ms = one.answer_ms.or(Some(took));
    one.unconfirmed_at = unconfirmed_at(&one, &rules, hands.now);
    one.updated_at = hands.now_millis();
    db::appointment::save(tx, &one).await?;
    announce(tx, hands, &one, event).await?;
    let ack = Ack {
        kind,
        step: answer_to(kind),
        old: None,
    };
    reply_with(tx, hands, &rules, &one, ack).await
}

/// The step of the reminder that was answered, or the kind of the text.
async fn answered_step(tx: &Tx, named: &Named) -> anyhow::Result<String> {
    let reminders = db::reminder::of_message(tx, named.message).await?;
    let step = reminders
        .into_iter()
        .find(|row| row.appointment == named.appointment)
        .map(|row| row.step);
    Ok(step.unwrap_or_else(|| named.kind.as_str().to_string()))
}

/// The person has said that they come at the time that is agreed. `by`: what they answered.
pub fn confirm(appointment: &mut Appointment, by: String, at: UnixMillis) {
    appointment.confirmation = Confirmation::Confirmed;
    appointment.confirmed_at = Some(at);
    appointment.confirmed_by = Some(by);
    appointment.confirmed_version = Some(appointment.version);
    appointment.confirmed_starts_at = Some(appointment.starts_at);
    // Whatever was wanted of a human, it was to reach the person.
    appointment.attention = None;
    appointment.attention_reason = None;
    appointment.unconfirmed_at = None;
}

/// An answer to what they wrote.
struct Ack {
    kind: TellingKind,
    step: String,
    /// The time that they answered to, where it is not the agreed one.
    old: Option<NaiveDateTime>,
}

/// Sends it where the plan has a template for it: at once, because they wait for it.
async fn reply_with(
    tx: &Tx,
    hands: &Hands<'_>,
    rules: &Rules,
    one: &Appointment,
    ack: Ack,
) -> anyhow::Result<()> {
    let Ack { kind, step, old } = ack;
    let Some(template) = template(rules, kind) else {
        return Ok(());
    };
    let until = UnixMillis(hands.now_millis().0 + VALID_FOR_MS);
    let say = Say {
        kind,
        template,
        step,
        class: Class::Conversation,
        valid_until: until.min(one.starts_at),
        old,
        answer: None,
        about: &[one],
    };
    send(tx, hands, rules, &say).await?;
    Ok(())
}

/// Asks which of several they mean; where the plan has no words for that, a human does.
async fn which(
    tx: &Tx,
    hands: &Hands<'_>,
    rules: &Rules,
    said: Said,
    ids: &[AppointmentId],
    step: String,
) -> anyhow::Result<()> {
    let mut about = Vec::with_capacity(ids.len());
    for id in ids {
        about.extend(db::appointment::lock(tx, hands.engine, *id).await?);
    }
    about.sort_by_key(|one| (one.starts_at, one.id));
    let Some(template) = template(rules, TellingKind::Which) else {
        for one in &about {
            attention(tx, hands, one.id, "which_appointment").await?;
        }
        return Ok(());
    };
    let until = UnixMillis(hands.now_millis().0 + VALID_FOR_MS);
    let about: Vec<&Appointment> = about.iter().collect();
    let first = about.first().map_or(until, |one| one.starts_at);
    let say = Say {
        kind: TellingKind::Which,
        template,
        step,
        class: Class::Conversation,
        valid_until: until.min(first),
        old: None,
        answer: said.code(),
        about: &about,
    };
    send(tx, hands, rules, &say).await?;
    Ok(())
}
