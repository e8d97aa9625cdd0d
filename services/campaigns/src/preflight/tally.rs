//! Adds up what is told of each chunk. Kept as JSON between pages, so that a restart goes on where it stopped. Pure.

use std::collections::{BTreeMap, HashMap};

use contract::ContactId;
use contract::chunk::Outcome;
use contract::dispatch::{SegmentPrice, Way};
use contract::{Reason, UnixMillis};
use serde::{Deserialize, Serialize};

use super::look::Looked;
use super::lots::Group;
use super::pace::{Limit, Wave};
use super::versions::Everybody;
use crate::approval::AudienceVersion;

/// Contacts named of each reason.
const SAMPLES: usize = 5;
/// Those who come back later are gathered at instants so far apart.
const GRAIN_MS: i64 = 5 * 60_000;

/// People who share a reason.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Counted {
    pub count: u64,
    /// The first few.
    pub contacts: Vec<ContactId>,
}

impl Counted {
    fn add(&mut self, contact: Option<&ContactId>) {
        self.count += 1;
        if self.contacts.len() < SAMPLES {
            self.contacts.extend(contact);
        }
    }
}

/// Texts of one way at one price.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct WaySum {
    pub route: String,
    pub provider: String,
    pub country: Option<String>,
    pub operator: Option<String>,
    pub price: Option<SegmentPrice>,
    pub recipients: u64,
    pub segments: u64,
}

/// A limit and what it is on.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct NamedLimit {
    pub level: String,
    pub name: String,
    pub limit: Limit,
}

#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Tally {
    pub audience: Option<AudienceVersion>,
    /// Of the policies in force, as the first chunk saw them.
    pub policy: Option<String>,
    /// Later chunks saw others.
    pub policy_moved: bool,
    pub suppressed: BTreeMap<String, Counted>,
    pub failed: BTreeMap<String, Counted>,
    pub expired: Counted,
    /// Of those who would be texted: not at once.
    pub held: BTreeMap<String, Counted>,
    pub would_send: u64,
    pub encodings: BTreeMap<String, u64>,
    pub segments: BTreeMap<u8, u64>,
    pub ways: Vec<WaySum>,
    pub limits: Vec<NamedLimit>,
    /// Sets of limits, by their places in `limits`.
    pub lanes: Vec<Vec<usize>>,
    pub zones: Vec<String>,
    pub waves: Vec<Wave>,
}

impl Tally {
    /// The next people of the audience, whether anything becomes of them or not.
    pub fn count(&mut self, contacts: &[ContactId]) {
        let before = self.audience.as_ref().and_then(Everybody::resume);
        let mut everybody = before.unwrap_or_default();
        everybody.add(contacts);
        self.audience = Some(everybody.version());
    }

    pub fn recipients(&self) -> u64 {
        self.audience.as_ref().map_or(0, |version| version.count)
    }

    pub fn segments_total(&self) -> u64 {
        let each = self.segments.iter();
        each.map(|(segments, people)| u64::from(*segments) * people)
            .sum()
    }

    /// Somebody who gets nothing, whatever consent says.
    pub fn suppress(&mut self, reason: &Reason, contact: &ContactId) {
        let group = self.suppressed.entry(reason.to_string()).or_default();
        group.add(Some(contact));
    }

    /// What becomes of the people of a group.
    pub fn add(&mut self, looked: &Looked, group: &Group) {
        let leaves_at = group.leaves_at;
        match &self.policy {
            Some(known) => self.policy_moved |= *known != looked.judged.policy,
            None => self.policy = Some(looked.judged.policy.clone()),
        }
        let who = |position: u16| looked.contacts.get(usize::from(position));
        for position in &looked.gone {
            let reason = Reason::CONTACT_GONE.to_string();
            self.suppressed
                .entry(reason)
                .or_default()
                .add(who(*position));
        }
        let mut held: HashMap<u16, (&Reason, UnixMillis)> = HashMap::new();
        for judged in &looked.judged.groups {
            for position in &judged.positions {
                match (judged.outcome, judged.until) {
                    (Outcome::Held, until) => {
                        held.insert(*position, (&judged.reason, until.unwrap_or(leaves_at)));
                    }
                    (Outcome::Expired, _) => self.expired.add(who(*position)),
                    _ => self
                        .suppressed
                        .entry(judged.reason.to_string())
                        .or_default()
                        .add(who(*position)),
                }
            }
        }
        let unwritten = looked.measured.failed.iter();
        for (reason, positions) in unwritten.chain(&looked.forecasted.refused) {
            let group = self.failed.entry(reason.to_string()).or_default();
            for position in positions {
                group.add(who(*position));
            }
        }
        let measured = looked.measured.texts.iter();
        let measured: HashMap<u16, _> = measured.map(|text| (text.position, text)).collect();
        let zones: HashMap<u16, usize> = looked
            .asked
            .iter()
            .zip(&looked.judged.zone_of)
            .filter_map(|(position, zone)| {
                let name = looked.judged.zones.get(usize::from((*zone)?))?;
                Some((*position, place(&mut self.zones, name.clone())))
            })
            .collect();
        for way in &looked.forecasted.ways {
            let lane = self.lane(way);
            let sum = self.way(way);
            for position in &way.positions {
                let Some(text) = measured.get(position) else {
                    continue;
                };
                let segments = u64::from(text.segments);
                if let Some(sum) = self.ways.get_mut(sum) {
                    sum.recipients += 1;
                    sum.segments += segments;
                }
                self.would_send += 1;
                let encoding = text.encoding.as_str().to_string();
                *self.encodings.entry(encoding).or_default() += 1;
                *self.segments.entry(text.segments).or_default() += 1;
                let held = held.get(position);
                if let Some(reason) = held.map(|(reason, _)| *reason).or(group.waits.as_ref()) {
                    let held = self.held.entry(reason.to_string()).or_default();
                    held.add(who(*position));
                }
                let from = held.map_or(leaves_at.0, |(_, until)| {
                    (until.0 + GRAIN_MS - 1).div_euclid(GRAIN_MS) * GRAIN_MS
                });
                self.wave(Wave {
                    from,
                    until: group.valid_until.0,
                    lane,
                    zone: zones.get(position).copied(),
                    people: 1,
                    segments,
                });
            }
        }
    }

    fn wave(&mut self, one: Wave) {
        let key = |wave: &Wave| (wave.from, wave.until, wave.lane, wave.zone);
        // Those who come one after the other are mostly alike: the last wave is looked at first.
        let mut known = self.waves.iter_mut().rev();
        match known.find(|wave| key(wave) == key(&one)) {
            Some(wave) => {
                wave.people += one.people;
                wave.segments += one.segments;
            }
            None => self.waves.push(one),
        }
    }

    fn lane(&mut self, way: &Way) -> usize {
        let mut lane: Vec<usize> = Vec::with_capacity(way.limits.len());
        for one in &way.limits {
            let named = NamedLimit {
                level: one.level.clone(),
                name: one.name.clone(),
                limit: Limit {
                    per_second: one.segments_per_second,
                    per_day: one.per_day,
                },
            };
            let same =
                |known: &NamedLimit| (&known.level, &known.name) == (&named.level, &named.name);
            let at = self.limits.iter().position(same).unwrap_or_else(|| {
                self.limits.push(named);
                self.limits.len() - 1
            });
            lane.push(at);
        }
        lane.sort_unstable();
        place(&mut self.lanes, lane)
    }

    fn way(&mut self, way: &Way) -> usize {
        let same = |sum: &WaySum| {
            (
                &sum.route,
                &sum.provider,
                &sum.country,
                &sum.operator,
                &sum.price,
            ) == (
                &way.route,
                &way.provider,
                &way.country,
                &way.operator,
                &way.price,
            )
        };
        self.ways.iter().position(same).unwrap_or_else(|| {
            self.ways.push(WaySum {
                route: way.route.clone(),
                provider: way.provider.clone(),
                country: way.country.clone(),
                operator: way.operator.clone(),
                price: way.price.clone(),
                recipients: 0,
                segments: 0,
            });
            self.ways.len() - 1
        })
    }
}

/// Where it stands, added at the end where it does not.
fn place<T: PartialEq>(known: &mut Vec<T>, one: T) -> usize {
    known
        .iter()
        .position(|other| *other == one)
        .unwrap_or_else(|| {
            known.push(one);
            known.len() - 1
        })
}

#[cfg(test)]
#[path = "tally_tests.rs"]
pub(super) mod tests;
