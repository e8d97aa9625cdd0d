//! Tables of this service and every statement on them.

pub mod age;
pub mod appointment;
pub mod appointment_figures;
pub mod approval;
pub mod campaign;
pub mod campaign_due;
pub mod chunk;
pub mod envelope;
pub mod flow_text;
pub mod flow_text_age;
pub mod forgotten;
pub mod fresh;
pub mod journey;
pub mod journey_call;
pub mod journey_input;
pub mod journey_run;
pub mod journey_run_age;
pub mod journey_sent;
pub mod journey_slot;
pub mod journey_text;
pub mod journey_wave;
pub mod journey_winner;
pub mod lease;
pub mod occurrence;
pub mod pace;
pub mod part;
pub mod partition;
pub mod preflight;
pub mod progress;
pub mod reminder;
pub mod reminder_plan;
pub mod retry;
mod row;
pub mod run;
pub mod setting;
mod stored;
pub mod telling;
pub mod timer;
pub mod transition;
pub mod turn;
pub mod variant_outcome;

use chassis::SqlMigration;

pub const MIGRATIONS: &[SqlMigration] = &[
    SqlMigration {
        name: "0001_campaigns",
        sql: include_str!("migrations/0001_campaigns.sql"),
    },
    SqlMigration {
        name: "0002_revisions",
        sql: include_str!("migrations/0002_revisions.sql"),
    },
    SqlMigration {
        name: "0003_schedules",
        sql: include_str!("migrations/0003_schedules.sql"),
    },
    SqlMigration {
        name: "0004_texts",
        sql: include_str!("migrations/0004_texts.sql"),
    },
    SqlMigration {
        name: "0005_appointments",
        sql: include_str!("migrations/0005_appointments.sql"),
    },
    SqlMigration {
        name: "0006_journeys",
        sql: include_str!("migrations/0006_journeys.sql"),
    },
    SqlMigration {
        name: "0007_approval",
        sql: include_str!("migrations/0007_approval.sql"),
    },
    SqlMigration {
        name: "0008_variants",
        sql: include_str!("migrations/0008_variants.sql"),
    },
    SqlMigration {
        name: "0009_pace",
        sql: include_str!("migrations/0009_pace.sql"),
    },
    SqlMigration {
        name: "0010_local_time",
        sql: include_str!("migrations/0010_local_time.sql"),
    },
    SqlMigration {
        name: "0011_journeys_more",
        sql: include_str!("migrations/0011_journeys_more.sql"),
    },
    SqlMigration {
        name: "0012_bookings",
        sql: include_str!("migrations/0012_bookings.sql"),
    },
    SqlMigration {
        name: "0013_limits_and_zones",
        sql: include_str!("migrations/0013_limits_and_zones.sql"),
    },
    SqlMigration {
        name: "0014_set_aside",
        sql: include_str!("migrations/0014_set_aside.sql"),
    },
    SqlMigration {
        name: "0015_slots_take_turns",
        sql: include_str!("migrations/0015_slots_take_turns.sql"),
    },
    SqlMigration {
        name: "0016_segments",
        sql: include_str!("migrations/0016_segments.sql"),
    },
    SqlMigration {
        name: "0017_ages",
        sql: include_str!("migrations/0017_ages.sql"),
    },
    SqlMigration {
        name: "0018_starts",
        sql: include_str!("migrations/0018_starts.sql"),
    },
];
