//! Appointments of somebody who is gone.

use chassis::Tx;
use contract::campaigns::AppointmentEvent;

use super::model::{Appointment, Status};
use super::next::write;
use super::send::{Hands, announce};
use crate::db;

/// Ends one that is still to come, and tells nobody by text: there is nobody to tell.
pub async fn cancel(tx: &Tx, hands: &Hands<'_>, before: Appointment) -> anyhow::Result<()> {
    if before.status != Status::Scheduled {
        return Ok(());
    }
    let next = Appointment {
        status: Status::Cancelled,
        version: before.version.saturating_add(1),
        attention: None,
        attention_reason: None,
        notice_at: None,
        unconfirmed_at: None,
        updated_at: hands.now_millis(),
        ..before
    };
    let rules = db::reminder_plan::rules(tx, next.plan, next.plan_version).await?;
    let tellings = db::telling::of_appointment(tx, next.id).await?;
    write(tx, hands, &next, &rules, (&tellings, &[])).await?;
    announce(tx, hands, &next, AppointmentEvent::Cancelled).await
}
