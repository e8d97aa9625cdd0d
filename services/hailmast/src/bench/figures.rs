//! What a run prints.

use serde::Serialize;

use crate::table;

#[derive(Debug, Default, Serialize)]
pub struct Figures {
    pub contacts: u64,
    pub receipt_delay_ms: String,
    pub database: String,
    pub import_rows_per_second: f64,
    pub opt_ins_per_second: f64,
    pub handed_over: u64,
    pub suppressed: u64,
    pub failed: u64,
    pub unknown: u64,
    /// Launch to run closed: every recipient handed over, suppressed or failed.
    pub seconds_to_closed: f64,
    /// Launch to the last receipt folded into the message rows.
    pub seconds_to_last_receipt: f64,
    /// Recipients by seconds to last receipt.
    pub messages_per_second: f64,
    /// The same with the longest receipt delay taken off the time: it is waiting, not work.
    pub messages_per_second_without_receipt_wait: f64,
    pub cpu_seconds_per_1000: CpuPer1000,
    pub cpu_us_per_message: f64,
    /// Database commits (each one fsync) by service, import and opt-ins included.
    pub commits_per_1000: std::collections::BTreeMap<String, f64>,
    pub peak_rss_mib: PeakRss,
    pub ceilings: Ceilings,
    pub ratios: Ratios,
    pub carrier_texts: u64,
    pub texts_twice: u64,
    pub sums_equal: bool,
}

#[derive(Debug, Default, Serialize)]
pub struct CpuPer1000 {
    pub hailmast: f64,
    pub nats_server: f64,
    pub carrier_not_counted: f64,
}

#[derive(Debug, Default, Serialize)]
pub struct PeakRss {
    pub hailmast: f64,
    pub nats_server: f64,
    pub sum: f64,
}

/// Pieces alone, in the same run.
#[derive(Debug, Default, Serialize)]
pub struct Ceilings {
    /// Submit and receipt through our SMPP session against the same carrier.
    pub smpp_messages_per_second: f64,
    /// Plain rows in one table of a database of the same kind and folder.
    pub row_inserts_per_second: f64,
}

/// End to end by ceiling.
#[derive(Debug, Default, Serialize)]
pub struct Ratios {
    pub of_smpp: f64,
    pub of_row_inserts: f64,
}

impl Figures {
    pub fn print(&self) {
        let whole = |value: f64| format!("{value:.0}");
        let rows = [
            ("contacts".to_string(), table::thousands(self.contacts)),
            ("database".into(), self.database.clone()),
            (
                "receipts after".into(),
                format!("{} ms", self.receipt_delay_ms),
            ),
            (
                "import".into(),
                format!("{} rows/s", whole(self.import_rows_per_second)),
            ),
            (
                "opt-ins over the API".into(),
                format!("{} /s", whole(self.opt_ins_per_second)),
            ),
            ("handed over".into(), table::thousands(self.handed_over)),
            (
                "suppressed / failed / unknown".into(),
                format!("{} / {} / {}", self.suppressed, self.failed, self.unknown),
            ),
            (
                "launch to closed".into(),
                format!("{:.2} s", self.seconds_to_closed),
            ),
            (
                "launch to last receipt folded".into(),
                format!("{:.2} s", self.seconds_to_last_receipt),
            ),
            (
                "end to end".into(),
                format!("{} msg/s", whole(self.messages_per_second)),
            ),
            (
                "  without the wait for receipts".into(),
                format!(
                    "{} msg/s",
                    whole(self.messages_per_second_without_receipt_wait)
                ),
            ),
            (
                "CPU per message (ours + nats-server)".into(),
                format!("{:.1} µs", self.cpu_us_per_message),
            ),
            (
                "  CPU s per 1,000: hailmast".into(),
                format!("{:.4}", self.cpu_seconds_per_1000.hailmast),
            ),
            (
                "  CPU s per 1,000: nats-server".into(),
                format!("{:.4}", self.cpu_seconds_per_1000.nats_server),
            ),
            (
                "  (carrier, not counted)".into(),
                format!("{:.4}", self.cpu_seconds_per_1000.carrier_not_counted),
            ),
            (
                "peak RSS hailmast + nats-server".into(),
                format!(
                    "{:.0} + {:.0} = {:.0} MiB",
                    self.peak_rss_mib.hailmast,
                    self.peak_rss_mib.nats_server,
                    self.peak_rss_mib.sum
                ),
            ),
            (
                "ceiling: SMPP alone".into(),
                format!("{} msg/s", whole(self.ceilings.smpp_messages_per_second)),
            ),
            (
                "ceiling: row inserts alone".into(),
                format!("{} rows/s", whole(self.ceilings.row_inserts_per_second)),
            ),
            (
                "ratio to SMPP alone".into(),
                format!("{:.2}", self.ratios.of_smpp),
            ),
            (
                "ratio to row inserts alone".into(),
                format!("{:.2}", self.ratios.of_row_inserts),
            ),
            (
                "texts at the carrier / twice".into(),
                format!("{} / {}", self.carrier_texts, self.texts_twice),
            ),
            ("sums equal".into(), self.sums_equal.to_string()),
        ];
        let commits = self.commits_per_1000.iter();
        let commits = commits.map(|(service, count)| {
            (
                format!("commits per 1,000: {service}"),
                format!("{count:.1}"),
            )
        });
        let rows: Vec<(String, String)> = rows.into_iter().chain(commits).collect();
        table::print("bench campaign", &rows);
    }
}
