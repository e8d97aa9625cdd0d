//! What people are told of a preflight. Pure: from the sums and the clock of the campaign.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use contract::{Class, ContactId};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::brief::Brief;
use super::pace::{self, Bounds, Curve};
use super::tally::{Counted, Tally};
use crate::approval::{Expected, Seen, Versions};

/// What a campaign would do if it started when it is to. Contacts are named by id; numbers stand nowhere.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Report {
    /// When it would start, and when it would end for good.
    pub start: DateTime<Utc>,
    pub valid_until: DateTime<Utc>,
    /// Everybody in the audience: `would_send`, `suppressed`, `failed` and `at_risk.expired` together.
    pub recipients: u64,
    pub would_send: u64,
    pub suppressed: Vec<Reasoned>,
    /// Their text cannot be written, or nothing takes it.
    pub failed: Vec<Reasoned>,
    /// Of `would_send`: those who wait for their quiet hours to end.
    pub held_by_quiet_hours: u64,
    /// Of `would_send`: all who wait, by reason.
    pub held: Vec<Reasoned>,
    /// Texts by encoding.
    pub encodings: BTreeMap<String, u64>,
    /// Texts by the segments they take.
    pub segments: BTreeMap<u8, u64>,
    pub segments_total: u64,
    pub cost: Cost,
    pub pace: Pace,
    /// Texts by the hour in which they leave.
    pub hours: Vec<Hour>,
    /// Texts by the hour that the recipients' own clocks show then.
    pub local_hours: Vec<LocalHour>,
    /// When the last text leaves under the limits of now; `null`: none does.
    pub finish: Option<DateTime<Utc>>,
    pub at_risk: AtRisk,
    pub warnings: Vec<Warning>,
    #[serde(flatten)]
    pub versions: Versions,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Reasoned {
    /// A code of docs/reasons.md.
    pub reason: String,
    pub count: u64,
    /// At most five.
    #[schema(value_type = Vec<String>)]
    pub contacts: Vec<ContactId>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Cost {
    pub routes: Vec<RouteCost>,
    /// Millionths of each currency's unit.
    pub total_micros: BTreeMap<String, i64>,
    /// Segments that nobody has written a price down for.
    pub unpriced_segments: u64,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct RouteCost {
    pub route: String,
    pub provider: String,
    pub country: Option<String>,
    pub operator: Option<String>,
    pub recipients: u64,
    pub segments: u64,
    /// Of one segment.
    pub price_micros: Option<i64>,
    pub currency: Option<String>,
    pub cost_micros: Option<i64>,
}

/// What limits how fast the texts leave.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Pace {
    pub limits: Vec<PaceLimit>,
    /// Texts a minute that the campaign allows itself.
    pub per_minute: Option<u32>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct PaceLimit {
    /// `lane`, `registration`, `campaign`, `tenant`, `provider` or `global`.
    pub level: String,
    pub name: String,
    /// `null`: none.
    pub segments_per_second: Option<f64>,
    pub per_day: Option<u64>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Hour {
    pub at: DateTime<Utc>,
    pub texts: u64,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct LocalHour {
    /// Such as `2026-06-10T11:00`.
    pub local: String,
    pub texts: u64,
}

/// People who may get nothing because the validity ends first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct AtRisk {
    pub count: u64,
    /// May not be texted before it ends.
    pub expired: u64,
    /// Their turn comes too late under the limits of now. They are part of `would_send`.
    pub late: u64,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Warning {
    /// `empty_audience`, `nobody_to_text`, `opt_out_text_missing`, `unicode_texts`, `unpriced`, `unlimited_pace`,
    /// `expiry_risk`, `policy_changed` or `every_occurrence_differs`.
    pub code: String,
    pub detail: String,
}

impl Report {
    /// What an approval of this would be bound to.
    pub fn seen(&self) -> Seen {
        Seen {
            versions: self.versions.clone(),
            forecast: Expected {
                would_send: self.would_send,
                segments: self.segments_total,
                cost_micros: self.cost.total_micros.clone(),
            },
        }
    }
}

/// The end of a preflight.
pub fn report(brief: &Brief, tally: &Tally) -> Report {
    let curve = curve(brief, tally);
    let cost = cost(tally);
    let at_risk = AtRisk {
        count: tally.expired.count + curve.late,
        expired: tally.expired.count,
        late: curve.late,
    };
    let held = tally.held.iter();
    let quiet = held.filter(|(reason, _)| QUIET.contains(&reason.as_str()));
    Report {
        start: brief.start.to_utc(),
        valid_until: brief.valid_until.to_utc(),
        recipients: tally.recipients(),
        would_send: tally.would_send,
        suppressed: reasoned(&tally.suppressed),
        failed: reasoned(&tally.failed),
        held_by_quiet_hours: quiet.map(|(_, counted)| counted.count).sum(),
        held: reasoned(&tally.held),
        encodings: tally.encodings.clone(),
        segments: tally.segments.clone(),
        segments_total: tally.segments_total(),
        warnings: warnings(brief, tally, &cost, &at_risk),
        cost,
        pace: Pace {
            limits: limits(tally),
            per_minute: per_minute(brief, tally),
        },
        hours: curve
            .hours
            .iter()
            .map(|(at, texts)| Hour {
                at: *at,
                texts: *texts,
            })
            .collect(),
        local_hours: curve
            .local_hours
            .iter()
            .map(|(local, texts)| LocalHour {
                local: local.format("%Y-%m-%dT%H:%M").to_string(),
                texts: *texts,
            })
            .collect(),
        finish: curve.finish,
        at_risk,
        versions: Versions {
            content: brief.content.clone(),
            template_version: brief.template_version,
            audience: tally.audience.clone().unwrap_or_else(nobody),
            policy: tally.policy.clone().unwrap_or_default(),
        },
    }
}

/// Reasons to wait that are hours or days.
const QUIET: [&str; 3] = ["QUIET_HOURS", "COURTESY_HOURS", "NO_SEND_DAY"];

fn nobody() -> crate::approval::AudienceVersion {
    super::versions::Everybody::default().version()
}

/// What the campaign's throttle comes to with these recipients.
fn per_minute(brief: &Brief, tally: &Tally) -> Option<u32> {
    let throttle = brief.throttle.as_ref()?;
    let people = throttle.per_hour(tally.recipients()).div_ceil(60);
    Some(u32::try_from(people).unwrap_or(u32::MAX))
}

fn curve(brief: &Brief, tally: &Tally) -> Curve {
    let limits = tally.limits.iter().map(|named| named.limit.clone());
    let zones = tally.zones.iter();
    let bounds = Bounds {
        limits: limits.collect(),
        lanes: tally.lanes.clone(),
        per_minute: per_minute(brief, tally),
        zones: zones.map(|name| name.parse().unwrap_or(Tz::UTC)).collect(),
    };
    pace::plan(&tally.waves, &bounds, brief.start.0, brief.valid_until.0)
}

/// The most frequent first.
fn reasoned(groups: &BTreeMap<String, Counted>) -> Vec<Reasoned> {
    let mut reasoned: Vec<Reasoned> = groups
        .iter()
        .map(|(reason, counted)| Reasoned {
            reason: reason.clone(),
            count: counted.count,
            contacts: counted.contacts.clone(),
        })
        .collect();
    reasoned.sort_by(|a, b| b.count.cmp(&a.count).then_with(|| a.reason.cmp(&b.reason)));
    reasoned
}

fn cost(tally: &Tally) -> Cost {
    let mut cost = Cost {
        routes: Vec::with_capacity(tally.ways.len()),
        total_micros: BTreeMap::new(),
        unpriced_segments: 0,
    };
    for way in &tally.ways {
        let segments = i64::try_from(way.segments).unwrap_or(i64::MAX);
        let micros = way
            .price
            .as_ref()
            .map(|price| price.micros.saturating_mul(segments));
        match (&way.price, micros) {
            (Some(price), Some(micros)) => {
                let total = cost.total_micros.entry(price.currency.clone()).or_default();
                *total = total.saturating_add(micros);
            }
            _ => cost.unpriced_segments += way.segments,
        }
        cost.routes.push(RouteCost {
            route: way.route.clone(),
            provider: way.provider.clone(),
            country: way.country.clone(),
            operator: way.operator.clone(),
            recipients: way.recipients,
            segments: way.segments,
            price_micros: way.price.as_ref().map(|price| price.micros),
            currency: way.price.as_ref().map(|price| price.currency.clone()),
            cost_micros: micros,
        });
    }
    cost.routes
        .sort_by_key(|route| std::cmp::Reverse(route.segments));
    cost
}

fn limits(tally: &Tally) -> Vec<PaceLimit> {
    let limits = tally.limits.iter();
    limits
        .map(|named| PaceLimit {
            level: named.level.clone(),
            name: named.name.clone(),
            segments_per_second: (named.limit.per_second > 0.0).then_some(named.limit.per_second),
            per_day: named.limit.per_day,
        })
        .collect()
}

fn warnings(brief: &Brief, tally: &Tally, cost: &Cost, at_risk: &AtRisk) -> Vec<Warning> {
    let mut warnings = Vec::new();
    let mut warn = |is: bool, code: &str, detail: String| {
        if is {
            warnings.push(Warning {
                code: code.to_string(),
                detail,
            });
        }
    };
    let (recipients, would_send) = (tally.recipients(), tally.would_send);
    warn(
        recipients == 0,
        "empty_audience",
        "Nobody is in the audience.".into(),
    );
    warn(
        recipients > 0 && would_send == 0,
        "nobody_to_text",
        "Nobody of the audience would be texted.".into(),
    );
    warn(
        brief.class == Class::Marketing && !brief.opt_out_said,
        "opt_out_text_missing",
        "The texts do not say how to get no more of them.".into(),
    );
    let unicode = tally.encodings.get("UCS-2").copied().unwrap_or(0);
    warn(
        unicode > 0,
        "unicode_texts",
        format!("{unicode} texts hold a character beyond GSM-7 and take more segments."),
    );
    let unpriced = cost.unpriced_segments;
    warn(
        unpriced > 0 && !cost.total_micros.is_empty(),
        "unpriced",
        format!("{unpriced} segments have no price; the total is too low."),
    );
    warn(
        would_send > 0 && tally.limits.is_empty() && brief.throttle.is_none(),
        "unlimited_pace",
        "No limit is set: the texts leave as fast as the carrier takes them.".into(),
    );
    let AtRisk {
        count,
        expired,
        late,
    } = at_risk;
    warn(
        *count > 0,
        "expiry_risk",
        format!(
            "{count} people may get nothing: {expired} may not be texted before the validity ends, and the turn of \
             {late} comes too late."
        ),
    );
    warn(
        tally.policy_moved,
        "policy_changed",
        "Another policy set came into force meanwhile: ask again.".into(),
    );
    let partition = brief.partition.as_ref();
    warn(
        partition.is_some_and(|cut| cut.winner.is_some()),
        "winner_open",
        "Those who wait for the winner are counted with the first variant's text.".into(),
    );
    warn(
        brief.recurs,
        "every_occurrence_differs",
        "This is the next occurrence; later ones have other audiences.".into(),
    );
    warnings
}

#[cfg(test)]
#[path = "report_tests.rs"]
mod tests;
