//! What the bench prints, and what it wants.

use channels::simulator::{Spread, StopFigures, Verdict};
use serde::Serialize;

use super::Options;
use crate::table;

/// The 99th percentiles promised where nothing was down, in microseconds.
const RECORDED_P99_US: u64 = 50_000;
const CONFIRMED_P99_US: u64 = 1_000_000;

#[derive(Debug, Serialize)]
pub struct Report {
    seed: u64,
    kills_of_the_process: usize,
    kills_of_nats_server: usize,
    stops: StopFigures,
    /// Over everything, restarts included.
    texts_per_second: u64,
    carrier: Verdict,
    passed: bool,
}

impl Report {
    pub fn new(
        options: &Options,
        kills: (usize, usize),
        carrier: Verdict,
        stops: StopFigures,
    ) -> Self {
        let micros = carrier
            .last_submit_us
            .saturating_sub(carrier.first_submit_us);
        let passed = stops.sent >= options.stops as u64
            && stops.unrecorded == 0
            && stops.unconfirmed == 0
            && stops.confirmation_missing == 0
            && carrier.texts_after_confirmed_stop == 0
            && carrier.texts_twice == 0
            && stops.recorded.p99_us < RECORDED_P99_US
            && stops.confirmed.p99_us < CONFIRMED_P99_US;
        Self {
            seed: options.seed,
            kills_of_the_process: kills.0,
            kills_of_nats_server: kills.1,
            texts_per_second: carrier.texts.saturating_mul(1_000_000) / micros.max(1),
            stops,
            carrier,
            passed,
        }
    }

    pub const fn passed(&self) -> bool {
        self.passed
    }

    pub fn print(&self) {
        let (stops, carrier) = (&self.stops, &self.carrier);
        let rows = [
            ("STOPs", table::thousands(stops.sent)),
            (
                "kill -9 of the process / nats-server",
                format!(
                    "{} / {}",
                    self.kills_of_the_process, self.kills_of_nats_server
                ),
            ),
            ("texts at the carrier", table::thousands(carrier.texts)),
            (
                "texts a second, restarts included",
                table::thousands(self.texts_per_second),
            ),
            (
                "recorded, nothing down (wanted: p99 < 50 ms)",
                shown(stops.recorded),
            ),
            (
                "no text leaves any more, nothing down",
                shown(stops.final_on_record),
            ),
            (
                "confirmed, nothing down (wanted: p99 < 1 s)",
                shown(stops.confirmed),
            ),
            ("recorded, over all", shown(stops.recorded_overall)),
            ("confirmed, over all", shown(stops.confirmed_overall)),
            ("never recorded (wanted: 0)", stops.unrecorded.to_string()),
            ("never confirmed (wanted: 0)", stops.unconfirmed.to_string()),
            (
                "confirmation texts missing, nothing down (wanted: 0)",
                stops.confirmation_missing.to_string(),
            ),
            (
                "texts after a confirmed STOP (wanted: 0)",
                carrier.texts_after_confirmed_stop.to_string(),
            ),
            ("texts twice (wanted: 0)", carrier.texts_twice.to_string()),
            (
                "texts after a recorded STOP (permitted before it)",
                carrier.texts_after_recorded_stop.to_string(),
            ),
            ("passed", self.passed.to_string()),
        ];
        let rows: Vec<(String, String)> = rows
            .into_iter()
            .map(|(name, value)| (name.to_string(), value))
            .collect();
        table::print("bench stop", &rows);
    }
}

fn shown(spread: Spread) -> String {
    #[expect(clippy::cast_precision_loss, reason = "minutes at most")]
    let ms = |us: u64| us as f64 / 1000.0;
    format!(
        "p50 {:.1}, p99 {:.1}, max {:.1} ms of {}",
        ms(spread.p50_us),
        ms(spread.p99_us),
        ms(spread.max_us),
        table::thousands(spread.count)
    )
}
