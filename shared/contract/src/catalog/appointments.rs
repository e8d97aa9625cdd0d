//! Appointments, and what is asked when one is answered.

use super::Entry;
use super::samples::{AT, id, phone};
use crate::campaigns::{AppointmentChanged, AppointmentEvent, DescribeAppointment};
use crate::class::Mode;
use crate::contacts::{ContactKey, FindContacts};
use crate::inbound::LoadReply;

pub(super) fn entries() -> Vec<Entry> {
    vec![
        Entry::of(&AppointmentChanged {
            appointment: id(10),
            contact: id(3),
            event: AppointmentEvent::NeedsCall,
            version: 2,
            status: "scheduled".into(),
            confirmation: "unconfirmed".into(),
            starts_at: AT,
            reason: Some("OPTED_OUT_GLOBAL".into()),
            at: AT,
        }),
        Entry::of(&FindContacts {
            keys: vec![
                ContactKey::ExternalId("crm-81".into()),
                ContactKey::Phone(phone()),
            ],
        }),
        Entry::of(&LoadReply { inbound: id(6) }),
        Entry::of(&DescribeAppointment {
            contact: Some(id(3)),
            phone: phone(),
            sender: "+15005550100".into(),
            mode: Mode::Test,
        }),
    ]
}
