//! The table at the end, and the self-check against the carrier's own log.

use std::path::Path;

use channels::simulator::{Verdict, judge as judge_log};
use serde::Serialize;
use serde_json::Value;

use super::drive::{Outcome, number};
use crate::table::{self, thousands};

/// What the confirmation of an opt-out begins with; how the log tells it from a campaign's text.
pub const CONFIRMATION: &str = "You are unsubscribed";

#[derive(Debug, Serialize)]
pub struct Report {
    recipients: u64,
    suppressed: Value,
    cancelled: u64,
    expired: u64,
    failed: Value,
    unknown: u64,
    pending: u64,
    handed_over: u64,
    delivered: u64,
    undelivered: u64,
    awaiting_receipt: u64,
    held_by_quiet_hours: u64,
    rows_rejected: u64,
    replies: u64,
    opt_outs: u64,
    messages_per_second: f64,
    seconds_to_first_delivery: f64,
    carrier: Verdict,
    self_check: SelfCheck,
}

/// Judged from the carrier's log, not from our counters.
#[derive(Debug, Serialize)]
struct SelfCheck {
    recipients_equal_sum_of_states: bool,
    carrier_has_what_we_handed_over: bool,
    texts_twice: u64,
    texts_after_confirmed_stop: u64,
    stops_confirmed: bool,
}

fn sum(value: &Value) -> u64 {
    match value {
        Value::Object(map) => map.values().map(sum).sum(),
        other => other.as_u64().unwrap_or(0),
    }
}

pub fn judge(outcome: &Outcome, log: &tempfile::NamedTempFile) -> anyhow::Result<Report> {
    let carrier = judge_log(Path::new(log.path()), CONFIRMATION)?;
    let (funnel, progress) = (&outcome.funnel, &outcome.progress);
    let (suppressed, failed) = (progress["suppressed"].clone(), progress["failed"].clone());
    let (cancelled, expired) = (number(progress, "cancelled"), number(progress, "expired"));
    let unknown = number(progress, "unknown");
    let pending = number(progress, "pending") + number(progress, "held");
    // Texts as the carrier saw them stand for "handed over" in the sum.
    let states =
        sum(&suppressed) + cancelled + expired + sum(&failed) + unknown + pending + carrier.texts;
    let sending = carrier
        .last_submit_us
        .saturating_sub(carrier.first_submit_us)
        .max(1);
    let self_check = SelfCheck {
        recipients_equal_sum_of_states: states == outcome.recipients,
        carrier_has_what_we_handed_over: carrier.texts == number(progress, "handed_over"),
        texts_twice: carrier.texts_twice,
        texts_after_confirmed_stop: carrier.texts_after_confirmed_stop,
        stops_confirmed: carrier.confirmations >= outcome.stops_sent,
    };
    Ok(Report {
        recipients: outcome.recipients,
        cancelled,
        expired,
        unknown,
        pending,
        handed_over: number(progress, "handed_over"),
        delivered: number(funnel, "delivered"),
        undelivered: number(funnel, "undelivered"),
        awaiting_receipt: number(funnel, "awaiting_receipt"),
        held_by_quiet_hours: outcome.held_by_quiet_hours,
        rows_rejected: number(&outcome.import, "rejected"),
        replies: carrier.replies,
        opt_outs: carrier.stops,
        messages_per_second: carrier.texts as f64 / (sending as f64 / 1e6),
        seconds_to_first_delivery: outcome.first_delivery_after.as_secs_f64(),
        suppressed,
        failed,
        carrier,
        self_check,
    })
}

impl Report {
    pub fn passed(&self) -> bool {
        let check = &self.self_check;
        check.recipients_equal_sum_of_states
            && check.carrier_has_what_we_handed_over
            && check.texts_twice == 0
            && check.texts_after_confirmed_stop == 0
            && check.stops_confirmed
    }

    pub fn print(&self) {
        let mut rows = vec![("recipients".to_string(), thousands(self.recipients))];
        let mut by_reason = |name: &str, reasons: &Value| {
            rows.push((name.to_string(), thousands(sum(reasons))));
            for (reason, count) in reasons.as_object().into_iter().flatten() {
                rows.push((format!("  {reason}"), thousands(sum(count))));
            }
        };
        by_reason("suppressed", &self.suppressed);
        by_reason("failed", &self.failed);
        let numbers = [
            ("cancelled", self.cancelled),
            ("expired", self.expired),
            ("unknown", self.unknown),
            ("pending", self.pending),
            ("handed over", self.handed_over),
            ("  delivered", self.delivered),
            ("  undelivered", self.undelivered),
            ("  awaiting receipt", self.awaiting_receipt),
            ("held over quiet hours, then sent", self.held_by_quiet_hours),
            ("replies", self.replies),
            ("opt-outs", self.opt_outs),
        ];
        rows.extend(numbers.map(|(name, value)| (name.to_string(), thousands(value))));
        rows.push((
            "first delivery after".to_string(),
            format!("{:.2} s", self.seconds_to_first_delivery),
        ));
        rows.push((
            "rate while sending".to_string(),
            format!("{:.0} messages/s", self.messages_per_second),
        ));
        table::print(
            "Campaign “Summer sale”, sent as SMS via server simulator",
            &rows,
        );
        let check = &self.self_check;
        let equal = if check.recipients_equal_sum_of_states && check.carrier_has_what_we_handed_over
        {
            "="
        } else {
            "≠"
        };
        println!(
            "self-check, from the carrier's log: recipients {equal} sum of states, {} texts twice, {} texts after a \
             confirmed STOP{}: {}",
            check.texts_twice,
            check.texts_after_confirmed_stop,
            if check.stops_confirmed {
                ""
            } else {
                ", STOPs unconfirmed"
            },
            if self.passed() { "passed" } else { "FAILED" }
        );
    }
}
