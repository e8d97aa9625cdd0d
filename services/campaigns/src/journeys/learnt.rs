//! What runs have learnt of people and of appointments, written through.

use std::collections::BTreeMap;

use chassis::{Bus, Tx};
use contract::TenantId;
use contract::campaigns::AppointmentEvent;
use contract::contacts::{ContactChange, MOST_CHANGES, UpdateContacts};

use super::batch::Wish;
use crate::appointment::answer::confirm;
use crate::appointment::model::{Appointment, BY_JOURNEY, Confirmation};
use crate::appointment::replan::unconfirmed_at;
use crate::appointment::send::{Hands, announce};
use crate::db;
use crate::journey::expression::timestamp;

/// Tells contacts, in the order in which runs learnt it.
pub async fn say(tx: &Tx, bus: &Bus, changes: &[(TenantId, ContactChange)]) -> anyhow::Result<()> {
    let mut of_tenant: BTreeMap<TenantId, Vec<ContactChange>> = BTreeMap::new();
    for (tenant, change) in changes {
        of_tenant.entry(*tenant).or_default().push(change.clone());
    }
    for (tenant, changes) in of_tenant {
        for some in changes.chunks(MOST_CHANGES) {
            let changes = some.to_vec();
            bus.say(tx, tenant, &UpdateContacts { changes }).await?;
        }
    }
    Ok(())
}

/// Whether the appointment is still at the time and place that the run knows. What else of it changed, changes
/// nothing in what somebody says of it.
fn stands(wish: &Wish, one: &Appointment) -> bool {
    match &wish.told {
        Some(told) => {
            let place = told.location.as_ref();
            told.starts_at == timestamp(one.starts_at.to_utc())
                && place.is_none_or(|place| *place == one.agreed.location)
        }
        None => wish.version.is_none_or(|version| version == one.version),
    }
}

/// What people said of their appointments to a journey counts as if they had said it to a reminder: where the
/// appointment is still the one that the run knows.
pub async fn appointments(tx: &Tx, hands: &Hands<'_>, wishes: &[Wish]) -> anyhow::Result<()> {
    for wish in wishes {
        let said = wish.value.as_str().and_then(Confirmation::parse);
        let (Some(said), "confirmation") = (said, wish.field.as_str()) else {
            continue;
        };
        let event = match said {
            Confirmation::Confirmed => AppointmentEvent::Confirmed,
            Confirmation::RescheduleRequested => AppointmentEvent::RescheduleRequested,
            Confirmation::CancelRequested => AppointmentEvent::CancelRequested,
            Confirmation::Unconfirmed => continue,
        };
        let found = db::appointment::lock(tx, hands.engine, wish.appointment).await?;
        let same = found.filter(|one| {
            one.tenant == wish.tenant
                && one.is_open(hands.now_millis())
                && one.confirmation != said
                // Who wants to cancel has perhaps lost the place: only a human takes that back.
                && one.confirmation != Confirmation::CancelRequested
                && stands(wish, one)
        });
        let Some(mut one) = same else { continue };
        if said == Confirmation::Confirmed {
            confirm(&mut one, BY_JOURNEY.to_string(), hands.now_millis());
        } else {
            one.confirmation = said;
        }
        let rules = db::reminder_plan::rules(tx, one.plan, one.plan_version).await?;
        one.unconfirmed_at = unconfirmed_at(&one, &rules, hands.now);
        one.updated_at = hands.now_millis();
        db::appointment::save(tx, &one).await?;
        announce(tx, hands, &one, event).await?;
    }
    Ok(())
}
