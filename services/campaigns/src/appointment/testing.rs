//! Words of the tests of this folder.

use chrono::{NaiveDateTime, NaiveTime};
use contract::{
    AppointmentId, ContactId, MessageId, Mode, ReminderPlanId, TemplateId, TenantId, UnixMillis,
};

use super::model::{Agreed, Appointment, Confirmation, Status, Telling, TellingKind, TellingState};
use super::rules::{Late, Outside, Step};
use crate::schedule::Window;

pub const EARLIER_AT: NaiveTime = NaiveTime::from_hms_opt(18, 0, 0).unwrap();

/// 08:00 to 21:00.
pub fn day_window() -> Window {
    Window::daily(8 * 60, 21 * 60).unwrap()
}

pub fn at(text: &str) -> NaiveDateTime {
    NaiveDateTime::parse_from_str(text, "%Y-%m-%dT%H:%M").unwrap()
}

pub fn step(id: &str, offset: &str, late: Late, outside: Outside, min_lead: &str) -> Step {
    Step {
        id: id.into(),
        offset: offset.parse().unwrap(),
        at: None,
        template: TemplateId::from_raw(1),
        late,
        outside,
        min_lead: min_lead.parse().unwrap(),
        valid_for: None,
    }
}

/// Agreed for 1 December 2026, 14:00 in New York, with a plan of nothing.
pub fn appointment() -> Appointment {
    let agreed = Agreed {
        contact: ContactId::from_raw(7),
        local: at("2026-12-01T14:00"),
        timezone: chrono_tz::America::New_York,
        minutes: None,
        subject: "Cleaning".into(),
        location: "Elm St".into(),
        for_person: String::new(),
    };
    Appointment {
        id: AppointmentId::from_raw(1),
        tenant: TenantId::from_raw(2),
        mode: Mode::Test,
        external_id: None,
        source_version: None,
        version: 1,
        starts_at: agreed.starts_at(),
        agreed,
        contact_zone: None,
        zone_data: String::new(),
        plan: ReminderPlanId::from_raw(3),
        plan_version: 1,
        status: Status::Scheduled,
        confirmation: Confirmation::Unconfirmed,
        confirmed_version: None,
        confirmed_starts_at: None,
        attention: None,
        attention_reason: None,
        notice_at: None,
        unconfirmed_at: None,
        replaced_by: None,
        moves: 0,
        confirmed_at: None,
        confirmed_by: None,
        answer_ms: None,
        created_at: UnixMillis(0),
        updated_at: UnixMillis(0),
    }
}

/// A reminder that told of an appointment as it is.
pub fn telling(of: &Appointment, message: u128, state: TellingState) -> Telling {
    Telling {
        message: MessageId::from_raw(message),
        appointment: of.id,
        tenant: of.tenant,
        mode: of.mode,
        contact: of.agreed.contact,
        sender: "+15005550100".into(),
        version: of.version,
        kind: TellingKind::Reminder,
        answer: None,
        starts_at: of.starts_at,
        local: of.agreed.local,
        location: of.agreed.location.clone(),
        place: 1,
        state,
        queued_at: UnixMillis(i64::try_from(message).unwrap_or(0)),
    }
}
