//! Appointments of somebody who is gone.

use chassis::Tx;
use contract::campaigns::AppointmentEvent;

use super::model::{Appointment, Status};
use super::next::{cancelled, write};
use super::send::{Hands, announce};
use crate::db;

/// Ends one that is still to come, and tells nobody by text: there is nobody to tell.
pub async fn cancel(tx: &Tx, hands: &Hands<'_>, before: Appointment) -> anyhow::Result<()> {
    if before.status != Status::Scheduled {
        return Ok(());
    }
    let next = cancelled(before, hands.now_millis());
    let rules = db::reminder_plan::rules(tx, next.plan, next.plan_version).await?;
    let tellings = db::telling::of_appointment(tx, next.id).await?;
    write(tx, hands, &next, &rules, (&tellings, &[])).await?;
    announce(tx, hands, &next, AppointmentEvent::Cancelled).await
}
