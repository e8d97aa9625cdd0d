//! What was measured, beside what must be reached.

use serde::Serialize;

use crate::table;

/// What must be reached.
pub const WANTED_WARM: f64 = 200_000.0;
pub const WANTED_COLD_MICROS: f64 = 80.0;
pub const WANTED_PERMITS: [(&str, f64); 2] = [("Sqlite", 100_000.0), ("Postgres", 50_000.0)];

#[derive(Debug, Default, Serialize)]
pub struct Figures {
    pub people: usize,
    pub database: String,
    /// One core, memo warm, facts gathered anew for everybody.
    pub warm_decisions_per_second: f64,
    pub warm_wanted: f64,
    /// Cedar and evidence, nothing remembered.
    pub cold_decision_us: f64,
    pub cold_wanted_us: f64,
    pub distinct_decisions: usize,
    /// Over the bus, micro-batches of 64, group commit, fsync on.
    pub permits_per_second: f64,
    pub permits_wanted: f64,
    /// CPU of this process, which asks and answers; nats-server's is not in it.
    pub permit_cpu_us: f64,
    pub permits_granted: u64,
    pub permits_refused: u64,
    pub good: bool,
}

pub fn print(figures: &Figures) {
    let rows = [
        ("people", table::thousands(figures.people as u64)),
        ("database", figures.database.clone()),
        (
            "decisions, warm memo, one core",
            format!(
                "{:.0} /s (wanted {:.0})",
                figures.warm_decisions_per_second, figures.warm_wanted
            ),
        ),
        (
            "decision, cold",
            format!(
                "{:.1} µs (wanted below {:.0})",
                figures.cold_decision_us, figures.cold_wanted_us
            ),
        ),
        ("distinct decisions", figures.distinct_decisions.to_string()),
        (
            "permits over the bus, slots of 64",
            format!(
                "{:.0} /s (wanted {:.0})",
                figures.permits_per_second, figures.permits_wanted
            ),
        ),
        (
            "  CPU a permit, asking and answering",
            format!("{:.1} µs", figures.permit_cpu_us),
        ),
        (
            "permits granted / refused",
            format!("{} / {}", figures.permits_granted, figures.permits_refused),
        ),
        ("reached", figures.good.to_string()),
    ]
    .map(|(name, value)| (name.to_string(), value));
    table::print("bench consent", &rows);
}
