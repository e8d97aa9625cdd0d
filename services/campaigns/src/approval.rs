//! What a launch needs, and what an approval is bound to (ADR 0030). Pure: what was seen comes in as values.

pub mod retry;
pub mod start;

use std::collections::BTreeMap;

use contract::{KeyId, UnixMillis};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use utoipa::ToSchema;

/// Everybody an audience names, in order: equal digests, equal people.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct AudienceVersion {
    /// Chained SHA-256 over the contact ids.
    pub digest: String,
    pub count: u64,
}

/// The versions of everything that decides what a campaign does.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Versions {
    /// Hash of what is sent, from whom and when, the version of its template included.
    pub content: String,
    pub template_version: u32,
    pub audience: AudienceVersion,
    /// Hash of the policy set: law, own policies and parameters.
    pub policy: String,
}

/// What a preflight expects.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Expected {
    pub would_send: u64,
    pub segments: u64,
    /// Millionths of each currency's unit.
    pub cost_micros: BTreeMap<String, i64>,
}

/// All that an approval is bound to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Seen {
    #[serde(flatten)]
    pub versions: Versions,
    pub forecast: Expected,
}

impl Seen {
    /// What an approver puts their name to.
    pub fn hash(&self) -> String {
        let written = serde_json::to_vec(self).unwrap_or_default();
        hex::encode(Sha256::digest(written))
    }
}

/// What is not as it was.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Moved {
    Content,
    Audience,
    Policy,
    Segments,
    Cost,
    /// The preflight is older than the settings allow.
    Age,
}

impl Moved {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Content => "content",
            Self::Audience => "audience",
            Self::Policy => "policy",
            Self::Segments => "segments",
            Self::Cost => "cost",
            Self::Age => "age",
        }
    }

    /// For people.
    pub const fn said(self) -> &'static str {
        match self {
            Self::Content => {
                "What is sent, from whom, to which lists or when has changed, or its template has a new version."
            }
            Self::Audience => "Other people are in the audience now.",
            Self::Policy => "Another policy set is in force now.",
            Self::Segments => "The texts take another number of segments than was expected.",
            Self::Cost => "They cost another amount than was expected.",
            Self::Age => "The preflight is older than the settings allow.",
        }
    }
}

/// Which versions differ.
pub fn differ(before: &Versions, now: &Versions) -> Vec<Moved> {
    let mut moved = Vec::new();
    if (&before.content, before.template_version) != (&now.content, now.template_version) {
        moved.push(Moved::Content);
    }
    if before.audience != now.audience {
        moved.push(Moved::Audience);
    }
    if before.policy != now.policy {
        moved.push(Moved::Policy);
    }
    moved
}

/// The same where people come and go, so that who they are has no say.
pub fn differ_in_words(before: &Versions, now: &Versions) -> Vec<Moved> {
    let mut moved = differ(before, now);
    moved.retain(|moved| *moved != Moved::Audience);
    moved
}

/// What has moved since: versions at all, the forecast by more than `percent` of what it was.
pub fn drift(approved: &Seen, now: &Seen, percent: f64) -> Vec<Moved> {
    let mut moved = differ(&approved.versions, &now.versions);
    let (was, is) = (&approved.forecast, &now.forecast);
    if is_off(amount(was.segments), amount(is.segments), percent) {
        moved.push(Moved::Segments);
    }
    let currencies = was.cost_micros.keys().chain(is.cost_micros.keys());
    let of = |expected: &Expected, currency| {
        let micros = expected.cost_micros.get(currency).copied();
        i128::from(micros.unwrap_or(0))
    };
    if currencies
        .into_iter()
        .any(|one| is_off(of(was, one), of(is, one), percent))
    {
        moved.push(Moved::Cost);
    }
    moved
}

fn amount(segments: u64) -> i128 {
    i128::from(segments)
}

/// More than so many percent away from what it was; anything is far away from nothing.
#[expect(
    clippy::cast_precision_loss,
    reason = "a share of an amount, compared with a rough percentage"
)]
fn is_off(was: i128, is: i128, percent: f64) -> bool {
    if was == 0 {
        return is != 0;
    }
    (is - was).abs() as f64 * 100.0 > was.abs() as f64 * percent
}

/// An amount of money that somebody has set as a bound.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Amount {
    pub micros: i64,
    /// ISO 4217.
    pub currency: String,
}

/// What a tenant sets for itself; what is absent is as the installation says.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Own {
    /// From how many recipients on a launch carries a preflight; 0: never.
    pub preflight_from: Option<u64>,
    /// From how many recipients on a launch needs an approval; 0: never.
    pub approval_from: Option<u64>,
    /// From which expected cost on it does; in other currencies it has no say.
    pub approval_from_cost: Option<Amount>,
}

/// What holds for a launch.
#[derive(Debug, Clone, PartialEq)]
pub struct Rules {
    /// `None`: never needed.
    pub preflight_from: Option<u64>,
    pub approval_from: Option<u64>,
    pub approval_from_cost: Option<Amount>,
    /// Milliseconds for which a preflight counts.
    pub preflight_lasts: i64,
    /// How far a forecast may move before it voids an approval.
    pub drift_percent: f64,
}

impl Rules {
    /// No launch is asked for anything.
    pub const fn ask_nothing(&self) -> bool {
        self.preflight_from.is_none()
            && self.approval_from.is_none()
            && self.approval_from_cost.is_none()
    }

    /// So many people are as good as all of them: beyond, nothing more is asked for. A cost grows with each.
    pub fn enough_people(&self) -> u64 {
        match self.approval_from_cost {
            Some(_) => u64::MAX,
            None => self.preflight_from.max(self.approval_from).unwrap_or(0),
        }
    }
}

/// A preflight that has come to its end.
#[derive(Debug, Clone, PartialEq)]
pub struct Finished {
    pub seen: Seen,
    pub at: UnixMillis,
}

/// A launch, and all that has a say in it.
#[derive(Debug)]
pub struct Launch<'l> {
    pub rules: &'l Rules,
    pub now: UnixMillis,
    /// As everything stands at this moment.
    pub versions: &'l Versions,
    /// The launch names its preflight.
    pub carried: bool,
    /// The one it names, else the last one of the campaign.
    pub preflight: Option<&'l Finished>,
    /// What somebody has approved.
    pub approved: Option<&'l Seen>,
}

/// Why a campaign is not launched.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refusal {
    PreflightRequired,
    PreflightStale(Vec<Moved>),
    ApprovalRequired,
    ApprovalVoid(Vec<Moved>),
}

impl Refusal {
    /// The public code.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::PreflightRequired => "campaign.preflight_required",
            Self::PreflightStale(_) => "campaign.preflight_stale",
            Self::ApprovalRequired => "campaign.approval_required",
            Self::ApprovalVoid(_) => "campaign.approval_void",
        }
    }
}

impl Launch<'_> {
    pub fn judge(&self) -> Result<(), Refusal> {
        let stale = self.preflight.map(|one| self.stale(one));
        if let Some(approved) = self.approved {
            let moved = drift(approved, &self.seen(approved), self.rules.drift_percent);
            if !moved.is_empty() {
                return Err(Refusal::ApprovalVoid(moved));
            }
        }
        match &stale {
            Some(moved) if !moved.is_empty() && (self.carried || self.approved.is_some()) => {
                return Err(Refusal::PreflightStale(moved.clone()));
            }
            _ => {}
        }
        // An approval is bound to a preflight: it stands for having carried one.
        let looked = self.carried || self.approved.is_some();
        let count = self.versions.audience.count;
        let reached = |from: Option<u64>| from.is_some_and(|from| count >= from);
        if !looked && reached(self.rules.preflight_from) {
            return Err(Refusal::PreflightRequired);
        }
        if self.approved.is_some() {
            return Ok(());
        }
        if reached(self.rules.approval_from) {
            return Err(Refusal::ApprovalRequired);
        }
        if let Some(bound) = &self.rules.approval_from_cost {
            // What it costs is known from a preflight alone, and only from one that still holds.
            let known = self
                .preflight
                .filter(|_| stale.as_ref().is_some_and(Vec::is_empty));
            let Some(known) = known else {
                return Err(Refusal::PreflightRequired);
            };
            let costs = &known.seen.forecast.cost_micros;
            if costs
                .get(&bound.currency)
                .is_some_and(|cost| *cost >= bound.micros)
            {
                return Err(Refusal::ApprovalRequired);
            }
        }
        Ok(())
    }

    /// As it is now; a forecast is as new as the last preflight that still holds.
    fn seen(&self, approved: &Seen) -> Seen {
        let fresh = self
            .preflight
            .filter(|one| differ(&one.seen.versions, self.versions).is_empty());
        Seen {
            versions: self.versions.clone(),
            forecast: fresh
                .map_or(&approved.forecast, |one| &one.seen.forecast)
                .clone(),
        }
    }

    fn stale(&self, preflight: &Finished) -> Vec<Moved> {
        let mut moved = differ(&preflight.seen.versions, self.versions);
        if self.now.0 - preflight.at.0 > self.rules.preflight_lasts {
            moved.push(Moved::Age);
        }
        moved
    }
}

/// What became of a question for approval.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    Pending,
    Approved,
    Rejected,
}

impl Verdict {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Approved => "approved",
            Self::Rejected => "rejected",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        [Self::Pending, Self::Approved, Self::Rejected]
            .into_iter()
            .find(|verdict| verdict.as_str() == text)
    }
}

/// Four eyes: neither who asks for the approval nor whose words they are may give it.
pub fn may_approve(by: KeyId, submitted_by: KeyId, edited_by: Option<KeyId>) -> bool {
    by != submitted_by && Some(by) != edited_by
}

#[cfg(test)]
#[path = "approval_tests.rs"]
mod tests;
