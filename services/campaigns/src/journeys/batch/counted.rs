//! Texts that count against limits, over all runs of a contact in a journey, whatever their versions.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use contract::{ContactId, JourneyId, JourneyRunId};

use crate::db::journey_run::Row;
use crate::db::journey_sent::Sent;
use crate::journeys::versions::Ready;

/// Kept longer than the span says: a day may have 25 hours, and a late timer counts from before.
const SLACK_MS: i64 = 3 * 3_600_000;

/// How long texts count, by journey; those without limits are missing.
pub type Spans = BTreeMap<JourneyId, i64>;

/// The longest span of any of these versions: of a change of limits, texts from before it still count.
pub fn spans(versions: &HashMap<(JourneyId, u32), Arc<Ready>>) -> Spans {
    let mut spans = Spans::new();
    for ((journey, _), ready) in versions {
        if let Some(span) = ready.version.longest_limit_ms() {
            let known = spans.entry(*journey).or_default();
            *known = span.max(*known);
        }
    }
    spans
}

/// What counts, and what is new of it.
pub struct Counted {
    spans: Spans,
    texts: HashMap<(JourneyId, ContactId), BTreeMap<(JourneyRunId, u32), i64>>,
    new: Vec<Sent>,
}

impl Counted {
    pub fn new(spans: Spans, known: Vec<Sent>) -> Self {
        let mut texts: HashMap<_, BTreeMap<_, _>> = HashMap::new();
        for one in known {
            texts
                .entry((one.journey, one.contact))
                .or_default()
                .insert((one.run, one.nth), one.at);
        }
        Self {
            spans,
            texts,
            new: Vec::new(),
        }
    }

    /// When other runs than this one texted the contact.
    pub fn by_others(
        &self,
        journey: JourneyId,
        contact: ContactId,
        run: Option<JourneyRunId>,
    ) -> Vec<i64> {
        let known = self.texts.get(&(journey, contact)).into_iter().flatten();
        known
            .filter(|((by, _), _)| Some(*by) != run)
            .map(|(_, at)| *at)
            .collect()
    }

    /// Takes over what this run has sent and is not known yet.
    pub fn note(&mut self, row: &Row, now: i64) {
        let Some(span) = self.spans.get(&row.journey).copied() else {
            return;
        };
        let known = self.texts.entry((row.journey, row.contact)).or_default();
        for (nth, at) in (0..).zip(&row.run.sent) {
            let counts_until = at + span + SLACK_MS;
            if counts_until > now && known.insert((row.id, nth), *at).is_none() {
                self.new.push(Sent {
                    contact: row.contact,
                    journey: row.journey,
                    run: row.id,
                    nth,
                    at: *at,
                    counts_until,
                });
            }
        }
    }

    pub fn new_ones(&self) -> &[Sent] {
        &self.new
    }
}

/// Whom to count for: these, and the contacts of these runs.
pub fn pairs(
    spans: &Spans,
    beginning: &BTreeSet<(JourneyId, ContactId)>,
    rows: &[Row],
) -> BTreeSet<(JourneyId, ContactId)> {
    let moving = rows.iter().map(|row| (row.journey, row.contact));
    moving
        .chain(beginning.iter().copied())
        .filter(|(journey, _)| spans.contains_key(journey))
        .collect()
}
