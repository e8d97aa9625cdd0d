//! What happens to appointments, as journeys hear of it: `appointment.scheduled`, `appointment.confirmed`, ….

use chassis::Tx;
use contract::campaigns::AppointmentEvent;
use contract::{ContactId, EventId};
use serde_json::{Value, json};

use crate::appointment::model::Appointment;
use crate::appointment::send::Hands;
use crate::db;
use crate::db::journey_input::{Body, NewInput};
use crate::journey::expression::timestamp;
use crate::journey::run::Happening;

/// Notes the event for journeys, in the transaction in which it happened. `id`: of the event as it is said; `contact`:
/// whose runs hear of it.
pub async fn note(
    tx: &Tx,
    hands: &Hands<'_>,
    of: &Appointment,
    contact: ContactId,
    (event, id): (AppointmentEvent, EventId),
) -> anyhow::Result<()> {
    if !db::journey::any_published(tx, of.tenant, Some(of.mode)).await? {
        return Ok(());
    }
    let input = NewInput {
        tenant: of.tenant,
        mode: of.mode,
        contact: Some(contact),
        run: None,
        held_by: None,
        body: Body::Event(Happening {
            id: id.to_string(),
            name: format!("appointment.{}", event.as_str()),
            data: json!({"appointment": of.id.to_string(), "reason": of.attention_reason}),
            appointment: Some(told(of)),
        }),
        hops: 0,
    };
    db::journey_input::insert(tx, hands.engine, &[input]).await
}

/// An appointment as expressions see it.
fn told(of: &Appointment) -> Value {
    let starts = of.starts_at.to_utc();
    let ends = of
        .agreed
        .minutes
        .map(|minutes| timestamp(starts + chrono::Duration::minutes(i64::from(minutes))));
    json!({
        "id": of.id.to_string(),
        "external_id": of.external_id,
        "contact": of.agreed.contact.to_string(),
        "version": of.version,
        "status": of.status.as_str(),
        "replaced_by": of.replaced_by.map(|id| id.to_string()),
        "confirmation": of.confirmation.as_str(),
        "starts_at": timestamp(starts),
        "ends_at": ends,
        "timezone": of.agreed.timezone.name(),
        "subject": of.agreed.subject,
        "location": of.agreed.location,
        "for": of.agreed.for_person,
        "minutes": of.agreed.minutes,
    })
}
