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

/// Whether the appointment is still the one that the run knows: of the same person, at the same time and place. What
/// else of it changed, changes nothing in what somebody says of it.
fn stands(wish: &Wish, one: &Appointment) -> bool {
    match (wish.version, &wish.told) {
        (Some(version), _) if version == one.version => true,
        (_, Some(told)) => {
            let place = told.location.as_ref();
            wish.contact == one.agreed.contact
                && told.starts_at == timestamp(one.starts_at.to_utc())
                && place.is_none_or(|place| *place == one.agreed.location)
        }
        (version, None) => version.is_none(),
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

#[cfg(test)]
mod tests {
    use contract::{ContactId, UnixMillis};

    use super::*;
    use crate::appointment::testing::appointment;
    use crate::journey::run::Facts;

    #[test]
    fn what_is_said_of_an_appointment_counts_while_person_time_and_place_are_the_same() {
        let known = appointment();
        let wish = Wish {
            tenant: known.tenant,
            contact: known.agreed.contact,
            appointment: known.id,
            told: Some(Facts {
                starts_at: timestamp(known.starts_at.to_utc()),
                location: Some(known.agreed.location.clone()),
            }),
            version: Some(known.version),
            field: "confirmation".into(),
            value: "confirmed".into(),
        };
        assert!(stands(&wish, &known));
        let mut now = known;
        now.version += 1;
        assert!(stands(&wish, &now));
        let mut moved = now.clone();
        moved.starts_at = UnixMillis(now.starts_at.0 + 60_000);
        assert!(!stands(&wish, &moved));
        let mut elsewhere = now.clone();
        elsewhere.agreed.location = "Oak St".into();
        assert!(!stands(&wish, &elsewhere));
        let mut of_another = now.clone();
        of_another.agreed.contact = ContactId::from_raw(99);
        assert!(!stands(&wish, &of_another));
        let silent = Wish { told: None, ..wish };
        assert!(!stands(&silent, &now));
    }
}
