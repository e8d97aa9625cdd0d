//! Which variant wins. Pure: figures in, a decision and what it rests on out.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::definition::{Metric, Otherwise};
use super::interval::{self, Estimate};
use super::partition::WinnerRule;

/// The figures of one variant.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Tally {
    pub name: String,
    /// Texts to its account.
    pub samples: u64,
    /// Those of them that did what the metric counts.
    pub hits: u64,
}

/// How it came about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = WinnerBasis)]
pub enum Basis {
    /// The interval of the difference between the best and the second excludes zero.
    Significant,
    /// It includes zero: `otherwise` applies.
    NotSignificant,
    /// A variant has fewer texts than `min_sample`: `otherwise` applies.
    TooFewSamples,
}

/// Figures of one variant, with Wilson's interval.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[schema(as = VariantRate)]
pub struct Rate {
    pub variant: String,
    pub samples: u64,
    pub hits: u64,
    /// `null` without samples.
    pub rate: Option<f64>,
    pub low: f64,
    pub high: f64,
}

/// The best less the second, with Newcombe's interval.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[schema(as = VariantLead)]
pub struct Lead {
    pub best: String,
    pub second: String,
    pub difference: f64,
    pub low: f64,
    pub high: f64,
}

/// What was decided when, and on what it rests. Made once and never changed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[schema(as = WinnerDecision)]
pub struct Decision {
    pub at: DateTime<Utc>,
    pub metric: Metric,
    /// `null`: the rest gets nothing.
    pub winner: Option<String>,
    pub basis: Basis,
    /// What applied, where the figures decided nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub otherwise: Option<Otherwise>,
    pub min_sample: u64,
    pub confidence: f64,
    pub rates: Vec<Rate>,
    pub lead: Lead,
}

/// Rates with their intervals, in the order of the variants.
pub fn rates(metric_confidence: f64, tallies: &[Tally]) -> Vec<(Rate, Estimate)> {
    let z = interval::quantile(metric_confidence);
    let rate = |tally: &Tally| {
        let hits = tally.hits.min(tally.samples);
        let estimate = interval::wilson(hits, tally.samples, z);
        let rate = Rate {
            variant: tally.name.clone(),
            samples: tally.samples,
            hits,
            rate: (tally.samples > 0).then_some(estimate.rate),
            low: estimate.low,
            high: estimate.high,
        };
        (rate, estimate)
    };
    tallies.iter().map(rate).collect()
}

/// Decides between two variants or more; `None` where there are fewer. The number is the winner's place.
pub fn decide(
    rule: &WinnerRule,
    tallies: &[Tally],
    at: DateTime<Utc>,
) -> Option<(Option<usize>, Decision)> {
    let all = rates(rule.confidence, tallies);
    let mut order: Vec<usize> = (0..all.len()).collect();
    let score = |place: usize| match all[place].0.rate {
        Some(rate) if rule.metric.falls() => -rate,
        Some(rate) => rate,
        None => f64::NEG_INFINITY,
    };
    // Stable: of equals the one that is named first.
    order.sort_by(|a, b| score(*b).total_cmp(&score(*a)));
    let (&best, &second) = (order.first()?, order.get(1)?);
    let lead = interval::difference(all[best].1, all[second].1);
    let basis = if tallies.iter().any(|tally| tally.samples < rule.min_sample) {
        Basis::TooFewSamples
    } else if lead.low > 0.0 || lead.high < 0.0 {
        Basis::Significant
    } else {
        Basis::NotSignificant
    };
    let (winner, otherwise) = match (basis, rule.otherwise) {
        (Basis::Significant, _) => (Some(best), None),
        (_, Otherwise::Best) => (Some(best), Some(Otherwise::Best)),
        (_, Otherwise::First) => (Some(0), Some(Otherwise::First)),
        (_, Otherwise::Stop) => (None, Some(Otherwise::Stop)),
    };
    let name = |place: usize| tallies[place].name.clone();
    let decision = Decision {
        at,
        metric: rule.metric,
        winner: winner.map(name),
        basis,
        otherwise,
        min_sample: rule.min_sample,
        confidence: rule.confidence,
        lead: Lead {
            best: name(best),
            second: name(second),
            difference: lead.rate,
            low: lead.low,
            high: lead.high,
        },
        rates: all.into_iter().map(|(rate, _)| rate).collect(),
    };
    Some((winner, decision))
}
