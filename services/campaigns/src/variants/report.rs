//! How the variants of a run stand.

use chrono::{DateTime, Utc};
use contract::chunk::Outcome;
use contract::{RunId, TemplateId};
use serde::Serialize;
use utoipa::ToSchema;

use super::carry_out::{decides_at, tallies};
use super::decision::{Decision, Rate, rates};
use super::definition::{Definition, Otherwise};
use super::partition::{Part, Partition};
use crate::app::App;
use crate::db;
use crate::fold::Count;
use crate::progress::Sums;

/// The people of one variant.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct VariantSums {
    pub name: String,
    pub weight: u32,
    #[schema(value_type = Option<String>)]
    pub template: Option<TemplateId>,
    #[serde(flatten)]
    pub sums: Sums,
    /// By receipt, of those handed over.
    pub delivered: u64,
    pub undelivered: u64,
}

/// The search for the winner, and how it ended.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[schema(as = WinnerSearch)]
pub struct Search {
    /// `null` until the campaign runs.
    pub decide_at: Option<DateTime<Utc>>,
    pub metric: super::Metric,
    pub test_percent: f64,
    pub min_sample: u64,
    pub confidence: f64,
    pub otherwise: Otherwise,
    /// The figures of now, while nothing is decided; those of the decision after that.
    pub rates: Vec<Rate>,
    /// `null` until then.
    pub decision: Option<Decision>,
}

/// How the variants of a campaign's last run stand. All people of it are in one of `variants`, `holdout` and `rest`.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[schema(as = CampaignVariants)]
pub struct Report {
    #[schema(value_type = Option<String>)]
    pub run: Option<RunId>,
    pub variants: Vec<VariantSums>,
    pub holdout_percent: f64,
    /// Those who get nothing.
    pub holdout: Sums,
    /// Those who wait for the winner, or got its text.
    pub rest: Sums,
    pub winner: Option<Search>,
}

impl Report {
    /// Before a run: what is defined, and nobody in it.
    pub fn planned(definition: &Definition) -> Self {
        let variant = |variant: &super::Variant| VariantSums {
            name: variant.name.clone(),
            weight: variant.weight,
            template: variant.template,
            sums: Sums::default(),
            delivered: 0,
            undelivered: 0,
        };
        let winner = definition.winner.as_ref().map(|winner| Search {
            decide_at: None,
            metric: winner.metric,
            test_percent: winner.test_percent,
            min_sample: winner.min_sample,
            confidence: winner.confidence,
            otherwise: winner.otherwise,
            rates: Vec::new(),
            decision: None,
        });
        Self {
            run: None,
            variants: definition.variants.iter().map(variant).collect(),
            holdout_percent: definition.holdout_percent,
            holdout: Sums::default(),
            rest: Sums::default(),
            winner,
        }
    }

    /// Of a run.
    pub async fn of_run(
        app: &App,
        definition: &Definition,
        run: RunId,
        partition: &Partition,
    ) -> anyhow::Result<Self> {
        let read = app.cx.db.read();
        let mut report = Self::planned(definition);
        report.run = Some(run);
        for (variant, letter) in report.variants.iter_mut().zip(&partition.letters) {
            variant.template = Some(letter.template);
        }
        for (part, variant, counts) in db::part::tallies(read, run).await? {
            report.add(part, variant, &counts);
        }
        if let (Some(search), Some(rule)) = (&mut report.winner, &partition.winner) {
            let decided = db::partition::decision(read, run).await?;
            search.decision = decided.map(|decided| decided.decision);
            search.decide_at = decides_at(partition).map(contract::UnixMillis::to_utc);
            search.rates = match &search.decision {
                Some(decision) => decision.rates.clone(),
                None => {
                    let tallies = tallies(read, run, partition, rule.metric).await?;
                    let all = rates(rule.confidence, &tallies);
                    all.into_iter().map(|(rate, _)| rate).collect()
                }
            };
        }
        Ok(report)
    }

    fn add(&mut self, part: Part, variant: Option<u8>, counts: &[Count]) {
        let place = variant.map(usize::from);
        match part {
            Part::Holdout => self.holdout.add(counts),
            Part::Rest => self.rest.add(counts),
            Part::Goes => {
                let Some(of) = place.and_then(|place| self.variants.get_mut(place)) else {
                    return;
                };
                of.sums.add(counts);
                for count in counts {
                    match count.outcome {
                        Outcome::Delivered => of.delivered += count.count,
                        Outcome::Undelivered => of.undelivered += count.count,
                        _ => {}
                    }
                }
            }
        }
    }
}
