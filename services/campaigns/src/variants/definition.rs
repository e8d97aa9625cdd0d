//! What a campaign says of its variants, and what makes that acceptable.

use std::collections::BTreeSet;

use contract::{TemplateId, validity};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Variants that differ in more ways than these need more people than campaigns have.
pub const MOST: usize = 8;
/// Eight variants of this weight still have a bucket each.
const HEAVIEST: u32 = 1000;

/// One of several texts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = CampaignVariant)]
pub struct Variant {
    /// Letters, digits, - and _; at most 40.
    pub name: String,
    /// Absent: the campaign's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub template: Option<TemplateId>,
    /// Its share of the sum of all weights; 1 to 1000.
    pub weight: u32,
}

/// What variants are compared by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(as = WinnerMetric)]
pub enum Metric {
    /// Delivered, of those with a final receipt.
    #[serde(rename = "delivery_rate")]
    Delivery,
    /// People who followed a link, of those handed over.
    #[serde(rename = "click_rate")]
    Click,
    /// People who texted back other than to opt out, of those handed over.
    #[serde(rename = "reply_rate")]
    Reply,
    /// People who opted out, of those handed over; the lowest is best.
    #[serde(rename = "opt_out_rate")]
    OptOut,
}

impl Metric {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Delivery => "delivery_rate",
            Self::Click => "click_rate",
            Self::Reply => "reply_rate",
            Self::OptOut => "opt_out_rate",
        }
    }

    /// Less of it is better.
    pub const fn falls(self) -> bool {
        matches!(self, Self::OptOut)
    }
}

/// What the rest gets where the figures decide nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = WinnerOtherwise)]
pub enum Otherwise {
    /// The variant that is ahead, however little.
    #[default]
    Best,
    /// The variant that is named first.
    First,
    /// Nothing.
    Stop,
}

/// A part of the audience tries the variants; the rest waits and gets the one that wins.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = CampaignWinner)]
pub struct Winner {
    pub metric: Metric,
    /// Of the audience without the holdout; 1 to 99, two decimals at most.
    #[serde(default = "test_percent")]
    pub test_percent: f64,
    /// When it is decided, counted from the start: an ISO 8601 duration of at most 30 days.
    pub after: String,
    /// Texts that every variant must have to its account.
    #[serde(default = "min_sample")]
    pub min_sample: u64,
    /// Of the intervals; 0.5 to 0.999.
    #[serde(default = "confidence")]
    pub confidence: f64,
    #[serde(default)]
    pub otherwise: Otherwise,
}

const fn test_percent() -> f64 {
    20.0
}

const fn min_sample() -> u64 {
    100
}

const fn confidence() -> f64 {
    0.95
}

/// Variants, holdout and winner of a campaign, as they were written.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Definition {
    #[serde(default)]
    pub variants: Vec<Variant>,
    #[serde(default)]
    pub holdout_percent: f64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub winner: Option<Winner>,
}

/// One fault: pointer, code, and how to mend it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    pub pointer: String,
    pub code: &'static str,
    pub detail: String,
}

impl Fault {
    pub fn new(pointer: &str, code: &'static str, detail: impl Into<String>) -> Self {
        Self {
            pointer: pointer.to_string(),
            code,
            detail: detail.into(),
        }
    }
}

/// Hundredths of a per cent, where it is no finer than that.
pub fn basis_points(percent: f64) -> Option<u32> {
    let points = percent * 100.0;
    let fits = (0.0..=10_000.0).contains(&points) && (points - points.round()).abs() < 1e-6;
    // Checked to lie between 0 and 10,000.
    fits.then(|| points.round() as u32)
}

impl Definition {
    /// Nothing is asked for: everybody gets the campaign's text.
    pub fn is_plain(&self) -> bool {
        self.variants.is_empty() && self.holdout_percent == 0.0 && self.winner.is_none()
    }

    /// All faults at once.
    pub fn faults(&self) -> Vec<Fault> {
        let mut faults = Vec::new();
        if !self.variants.is_empty() && !(2..=MOST).contains(&self.variants.len()) {
            let detail = "2 to 8 variants; leave `variants` out where there is one text only.";
            faults.push(Fault::new("/variants", "field.range", detail));
        }
        let mut names = BTreeSet::new();
        for (at, variant) in self.variants.iter().enumerate() {
            let name = variant.name.as_bytes();
            let plain = |b: &u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_');
            if name.is_empty() || name.len() > 40 || !name.iter().all(plain) {
                let detail = "Letters, digits, - and _; 1 to 40 of them.";
                let pointer = format!("/variants/{at}/name");
                faults.push(Fault::new(&pointer, "field.invalid", detail));
            } else if !names.insert(&variant.name) {
                let detail = format!("There is another variant `{}`.", variant.name);
                let pointer = format!("/variants/{at}/name");
                faults.push(Fault::new(&pointer, "field.twice", detail));
            }
            if !(1..=HEAVIEST).contains(&variant.weight) {
                let pointer = format!("/variants/{at}/weight");
                faults.push(Fault::new(&pointer, "field.range", "1 to 1000."));
            }
        }
        if basis_points(self.holdout_percent).is_none_or(|points| points > 5000) {
            let detail = "0 to 50, with two decimals at most.";
            faults.push(Fault::new("/holdout_percent", "field.range", detail));
        }
        if let Some(winner) = &self.winner {
            if self.variants.is_empty() {
                let detail = "A winner is one of several `variants`; name them.";
                faults.push(Fault::new("/winner", "field.invalid", detail));
            }
            winner.faults(&mut faults);
        }
        faults
    }
}

impl Winner {
    /// When it is decided, in milliseconds from the start.
    pub fn after_ms(&self) -> Option<i64> {
        let after = validity::parse(&self.after).ok()?;
        i64::try_from(after.as_millis()).ok()
    }

    fn faults(&self, faults: &mut Vec<Fault>) {
        if !basis_points(self.test_percent).is_some_and(|points| (100..=9900).contains(&points)) {
            let detail = "1 to 99, with two decimals at most.";
            faults.push(Fault::new("/winner/test_percent", "field.range", detail));
        }
        if let Err(error) = validity::parse(&self.after) {
            faults.push(Fault::new(
                "/winner/after",
                "duration.invalid",
                error.to_string(),
            ));
        }
        if self.min_sample == 0 {
            faults.push(Fault::new(
                "/winner/min_sample",
                "field.range",
                "1 or more.",
            ));
        }
        if !(0.5..=0.999).contains(&self.confidence) {
            faults.push(Fault::new(
                "/winner/confidence",
                "field.range",
                "0.5 to 0.999.",
            ));
        }
    }
}
