//! How the audience of a run is cut into chunks of one variant and one instant. Kept with the run from its launch on.

use std::collections::{BTreeMap, HashMap};

use chrono_tz::Tz;
use contract::chunk::{CHUNK_SIZE, Outcome};
use contract::{CampaignId, ContactId, Reason, TemplateId, UnixMillis};
use serde::{Deserialize, Serialize};

use super::definition::{Metric, Otherwise};
use super::split::{self, Lot, Shares};
use crate::fold::Mark;
use crate::local_time::{Leaves, Leaving};

/// The text of one variant, as it was published at the launch.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Letter {
    pub name: String,
    pub weight: u32,
    pub template: TemplateId,
    pub version: u32,
    pub field_names: Vec<String>,
}

/// How the winner is found.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct WinnerRule {
    pub metric: Metric,
    /// Buckets of the test.
    pub test: u32,
    pub decide_at: UnixMillis,
    pub min_sample: u64,
    pub confidence: f64,
    pub otherwise: Otherwise,
}

/// Everything that says who of a run gets what, and when.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Partition {
    /// The salt of the split.
    pub campaign: CampaignId,
    /// Empty: everybody gets the campaign's text.
    pub letters: Vec<Letter>,
    /// Buckets.
    pub holdout: u32,
    pub winner: Option<WinnerRule>,
    pub leaving: Option<Leaving>,
    pub started_at: UnixMillis,
    /// When it was to start, where that was before: validity counts from there. `None`: of older versions, which counted
    /// from the start.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub due_at: Option<UnixMillis>,
    /// Local times before this were past when the campaign was launched.
    pub launched_at: UnixMillis,
    /// How long a text may try, from its own instant.
    pub valid_for_ms: i64,
}

/// What a chunk is for. The number is stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Part {
    Goes,
    Holdout,
    Rest,
}

impl Part {
    pub const fn number(self) -> i64 {
        match self {
            Self::Goes => 0,
            Self::Holdout => 1,
            Self::Rest => 2,
        }
    }

    pub fn from_number(number: i64) -> Option<Self> {
        [Self::Goes, Self::Holdout, Self::Rest]
            .into_iter()
            .find(|part| part.number() == number)
    }
}

/// Somebody of the audience, and the zone on the contact.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Person {
    pub contact: ContactId,
    pub zone: Option<Tz>,
}

impl Person {
    /// Where they live has no say.
    pub const fn somewhere(contact: ContactId) -> Self {
        Self {
            contact,
            zone: None,
        }
    }
}

/// A chunk to be: its people, where all of them stand at first, and what they share.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Piece {
    pub part: Part,
    pub variant: Option<u8>,
    pub people: Vec<ContactId>,
    pub mark: Mark,
    pub leaves_at: UnixMillis,
    pub valid_until: UnixMillis,
}

/// People with the same key share chunks.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Key {
    leaves_at: UnixMillis,
    valid_until: UnixMillis,
    part: Part,
    variant: Option<u8>,
    never: Option<Reason>,
}

/// When a text leaves, and when it is over.
#[derive(Debug, Clone, Copy)]
struct Span {
    leaves_at: UnixMillis,
    valid_until: UnixMillis,
}

impl Partition {
    /// What falls to a contact.
    pub fn lot(&self, contact: ContactId) -> Lot {
        let mut weights = [0; super::definition::MOST];
        let n = self.letters.len().min(weights.len());
        for (place, letter) in weights.iter_mut().zip(&self.letters) {
            *place = letter.weight;
        }
        let shares = Shares {
            holdout: self.holdout,
            test: self.winner.as_ref().map(|winner| winner.test),
            weights: weights.get(..n).unwrap_or_default(),
        };
        split::lot(self.campaign, contact, shares)
    }

    /// Zones of people matter.
    pub fn asks_zones(&self) -> bool {
        self.leaving.as_ref().is_some_and(Leaving::asks_zones)
    }

    /// When a person may leave at the earliest, local times left aside.
    fn base(&self, part: Part) -> UnixMillis {
        match (part, &self.winner) {
            (Part::Rest, Some(winner)) => winner.decide_at,
            _ => self.started_at,
        }
    }

    /// The same if it had started when it was to.
    fn due(&self, part: Part) -> UnixMillis {
        let late = self.due_at.map_or(0, |due| self.started_at.0 - due.0);
        UnixMillis(self.base(part).0 - late.max(0))
    }

    /// A text that leaves late has what is left of its validity, and who was to get none gets none.
    fn span(&self, part: Part, zone: Option<Tz>) -> Result<Span, Reason> {
        let from = |base| match &self.leaving {
            Some(rule) => rule.leaves(zone, base, self.launched_at),
            None => Leaves::At(base),
        };
        match (from(self.due(part)), from(self.base(part))) {
            (Leaves::At(due), Leaves::At(leaves_at)) => Ok(Span {
                leaves_at,
                valid_until: UnixMillis(due.0.saturating_add(self.valid_for())),
            }),
            (Leaves::Never(reason), _) | (_, Leaves::Never(reason)) => Err(reason),
        }
    }

    /// How long a text may try, from its own instant.
    fn valid_for(&self) -> i64 {
        let own = self.leaving.as_ref().and_then(|rule| rule.expires_after_ms);
        own.unwrap_or(self.valid_for_ms)
    }

    /// When the last of them expires, wherever people are.
    pub fn valid_until(&self) -> UnixMillis {
        let parts = [Part::Goes, Part::Rest];
        let last = parts
            .into_iter()
            .map(|part| {
                let base = self.due(part);
                let rule = self.leaving.as_ref();
                rule.map_or(base, |rule| rule.last(base, self.launched_at))
            })
            .max();
        let last = last.unwrap_or_else(|| self.due(Part::Goes));
        UnixMillis(last.0.saturating_add(self.valid_for()))
    }

    /// Cuts people of a page into chunks. Instants are computed for each zone and not for each person. The order
    /// within a chunk is that of the page.
    pub fn cut(&self, people: &[Person], now: UnixMillis) -> Vec<Piece> {
        let mut of_zone: HashMap<(Part, Option<Tz>), Result<Span, Reason>> = HashMap::new();
        let mut groups: BTreeMap<Key, Vec<ContactId>> = BTreeMap::new();
        for person in people {
            let (part, variant) = match self.lot(person.contact) {
                Lot::Holdout => (Part::Holdout, None),
                Lot::Goes(variant) => (Part::Goes, variant),
                Lot::Rest => (Part::Rest, None),
            };
            let span = if part == Part::Holdout {
                Err(Reason::HOLDOUT)
            } else {
                of_zone
                    .entry((part, person.zone))
                    .or_insert_with(|| self.span(part, person.zone))
                    .clone()
            };
            let nowhen = Span {
                leaves_at: self.started_at,
                valid_until: UnixMillis(self.started_at.0.saturating_add(self.valid_for())),
            };
            let never = span.as_ref().err().cloned();
            let Span {
                leaves_at,
                valid_until,
            } = span.unwrap_or(nowhen);
            let key = Key {
                leaves_at,
                valid_until,
                part,
                variant,
                never,
            };
            groups.entry(key).or_default().push(person.contact);
        }
        let mut pieces = Vec::new();
        for (key, people) in groups {
            let mark = first_mark(&key, now);
            for people in people.chunks(CHUNK_SIZE) {
                pieces.push(Piece {
                    part: key.part,
                    variant: key.variant,
                    people: people.to_vec(),
                    mark: mark.clone(),
                    leaves_at: key.leaves_at,
                    valid_until: key.valid_until,
                });
            }
        }
        pieces
    }
}

fn first_mark(key: &Key, now: UnixMillis) -> Mark {
    if let Some(reason) = &key.never {
        return Mark::new(Outcome::Suppressed, reason.clone(), None);
    }
    match key.part {
        // Held even where the instant has come: the decision comes first.
        Part::Rest => Mark::new(Outcome::Held, Reason::WINNER_PENDING, Some(key.leaves_at)),
        _ if key.leaves_at > now => {
            Mark::new(Outcome::Held, Reason::NOT_BEFORE, Some(key.leaves_at))
        }
        _ => Mark::PENDING,
    }
}
