//! The safety envelope: bounds within which a campaign may go on by itself.
//!
//! A run with an envelope releases its canary first, a sample of its audience ([`canary`]). [`judge`] (pure) decides from [`Figures`] whether everything
//! may go, or the campaign is held or stopped; `look` brings it the figures, `act` carries out what it says.

mod act;
pub mod canary;
mod figures;
mod judge;
mod look;
pub mod opt_outs;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::percent::Percent;
use crate::schedule::duration::IsoDuration;

pub use act::{Decision, record};
pub use figures::{Figures, Money};
pub use judge::{Case, Judgement, Waiting, judge, left};
pub use look::{Looked, figures_with_spend, look};

/// The longest watch.
const LONGEST_WATCH_MS: i64 = 24 * 3_600_000;

/// The bounds of a campaign.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Envelope {
    /// Share of the recipients released first; 1 if absent.
    #[serde(default = "one_percent")]
    #[schema(value_type = f64)]
    pub canary_percent: Percent,
    /// And at least so many; 100 if absent.
    #[serde(default = "hundred")]
    pub canary_min: u32,
    /// How long the canary is watched after its last text was released; `PT10M` if absent.
    #[serde(default = "ten_minutes")]
    #[schema(value_type = String)]
    pub watch: IsoDuration,
    /// Opt-outs of those whose text was handed over.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<f64>)]
    pub max_opt_out_percent: Option<Percent>,
    /// Texts that failed or were not delivered, of all with an outcome.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<f64>)]
    pub max_error_percent: Option<Percent>,
    /// Texts that a carrier's filter took, of all with an outcome.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<f64>)]
    pub max_filtered_percent: Option<Percent>,
    /// What the run's texts may cost.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_spend: Option<Money>,
    /// Shares are judged from so many outcomes on; 50 if absent, at most `canary_min`.
    #[serde(default = "fifty")]
    pub min_sample: u32,
    #[serde(default)]
    pub on_breach: OnBreach,
}

fn one_percent() -> Percent {
    Percent(100)
}

fn hundred() -> u32 {
    100
}

fn fifty() -> u32 {
    50
}

fn ten_minutes() -> IsoDuration {
    IsoDuration::of_seconds(600).unwrap_or(IsoDuration::ZERO)
}

/// What becomes of a campaign that leaves its bounds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum OnBreach {
    /// It is cancelled.
    #[default]
    Stop,
    /// It is paused until a human decides.
    Hold,
}

/// One of the bounds.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Bound {
    OptOutRate,
    ErrorRate,
    FilteredRate,
    Spend,
}

impl Bound {
    pub const ALL: [Self; 4] = [
        Self::OptOutRate,
        Self::ErrorRate,
        Self::FilteredRate,
        Self::Spend,
    ];

    pub const fn as_str(self) -> &'static str {
        match self {
            Self::OptOutRate => "opt_out_rate",
            Self::ErrorRate => "error_rate",
            Self::FilteredRate => "filtered_rate",
            Self::Spend => "spend",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|bound| bound.as_str() == text)
    }

    /// The campaign's `state_reason` after a breach.
    pub const fn state_reason(self) -> &'static str {
        match self {
            Self::OptOutRate => "envelope.opt_out_rate",
            Self::ErrorRate => "envelope.error_rate",
            Self::FilteredRate => "envelope.filtered_rate",
            Self::Spend => "envelope.spend",
        }
    }
}

/// Whether a campaign stands where it does because of its envelope.
pub fn is_reason(state_reason: Option<&str>) -> bool {
    let reason = state_reason.and_then(|reason| reason.strip_prefix("envelope."));
    reason.is_some_and(|reason| Bound::parse(reason).is_some())
}

/// How far a run may go.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Phase {
    /// Its canary and nobody else.
    Canary,
    /// Everybody.
    Wide,
}

impl Phase {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Canary => "canary",
            Self::Wide => "wide",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        [Self::Canary, Self::Wide]
            .into_iter()
            .find(|phase| phase.as_str() == text)
    }
}

impl Envelope {
    /// People of the canary in a run of `recipients`.
    pub fn canary(&self, recipients: u64) -> u64 {
        let share = self.canary_percent.of(recipients);
        share.max(u64::from(self.canary_min)).min(recipients)
    }

    pub fn watch_ms(&self) -> i64 {
        self.watch.nominal().num_milliseconds()
    }

    /// What is wrong with it in a campaign that may keep trying for `valid_for_ms`: pointer below the envelope, code,
    /// detail.
    pub fn faults(&self, valid_for_ms: i64) -> Vec<(&'static str, &'static str, &'static str)> {
        let mut faults = Vec::new();
        let mut range = |wrong: bool, pointer, detail| {
            if wrong {
                faults.push((pointer, "field.range", detail));
            }
        };
        let share = self.canary_percent;
        range(
            share.0 == 0 || share > Percent::ALL,
            "/canary_percent",
            "Above 0 and at most 100 percent.",
        );
        range(
            !(1..=1_000_000).contains(&self.canary_min),
            "/canary_min",
            "1 to 1,000,000 people.",
        );
        range(
            !(1..=self.canary_min.max(1)).contains(&self.min_sample),
            "/min_sample",
            "At least 1 and at most canary_min, or the canary could never be judged.",
        );
        let watch = self.watch_ms();
        range(
            !(0..=LONGEST_WATCH_MS).contains(&watch),
            "/watch",
            "Not negative, and a day (PT24H) at most.",
        );
        range(
            watch >= valid_for_ms,
            "/watch",
            "Shorter than the campaign's validity, or nothing would be left to release.",
        );
        let over = |share: Option<Percent>| share.is_some_and(|share| share > Percent::ALL);
        let at_most = "At most 100 percent.";
        range(
            over(self.max_opt_out_percent),
            "/max_opt_out_percent",
            at_most,
        );
        range(over(self.max_error_percent), "/max_error_percent", at_most);
        range(
            over(self.max_filtered_percent),
            "/max_filtered_percent",
            at_most,
        );
        if let Some(spend) = &self.max_spend
            && !spend.is_well_formed()
        {
            let detail = "A currency is three capital letters such as EUR.";
            faults.push(("/max_spend/currency", "field.invalid", detail));
        }
        let shares = [
            self.max_opt_out_percent,
            self.max_error_percent,
            self.max_filtered_percent,
        ];
        if self.max_spend.is_none() && shares.iter().all(Option::is_none) {
            let detail = "Name at least one bound: max_opt_out_percent, max_error_percent, max_filtered_percent or max_spend.";
            faults.push(("", "field.required", detail));
        }
        faults
    }
}

#[cfg(test)]
pub mod tests {
    use super::*;

    pub fn envelope() -> Envelope {
        serde_json::from_str(r#"{"max_error_percent": 6}"#).unwrap()
    }

    #[test]
    fn what_is_left_out_has_a_value() {
        let envelope = envelope();
        assert_eq!(
            serde_json::to_value(&envelope).unwrap(),
            serde_json::json!({
                "canary_percent": 1.0, "canary_min": 100, "watch": "PT10M", "max_error_percent": 6.0,
                "min_sample": 50, "on_breach": "stop",
            })
        );
        assert_eq!(envelope.watch_ms(), 600_000);
        assert!(envelope.faults(86_400_000).is_empty());
    }

    #[test]
    fn every_fault_is_named() {
        let bad: Envelope = serde_json::from_value(serde_json::json!({
            "canary_percent": 0, "canary_min": 10, "min_sample": 11, "watch": "P2D", "max_error_percent": 101,
            "max_spend": {"amount_micros": 5, "currency": "euro"},
        }))
        .unwrap();
        let pointers: Vec<&str> = bad.faults(3_600_000).iter().map(|fault| fault.0).collect();
        assert_eq!(
            pointers,
            [
                "/canary_percent",
                "/min_sample",
                "/watch",
                "/watch",
                "/max_error_percent",
                "/max_spend/currency"
            ]
        );
        let boundless: Envelope = serde_json::from_str("{}").unwrap();
        assert_eq!(boundless.faults(86_400_000)[0].1, "field.required");
    }

    #[test]
    fn reasons_of_states_are_told_apart() {
        for bound in Bound::ALL {
            assert!(is_reason(Some(bound.state_reason())));
            assert_eq!(Bound::parse(bound.as_str()), Some(bound));
        }
        assert!(!is_reason(Some("audience.empty")) && !is_reason(None));
    }
}
