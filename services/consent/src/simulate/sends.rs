//! Texts that left, judged again by two policy sets, each at its own instant.

use std::collections::VecDeque;

use ahash::AHashMap;
use chrono::NaiveDate;
use contract::{Class, DecisionId, MessageId, UnixMillis};

use super::{Outcome, Tally, again, outcome};
use crate::facts::Facts;
use crate::memo::Memo;
use crate::moment::Moment;
use crate::places::Places;
use crate::recent::{KEPT_MILLIS, Sent, topic};

const MINUTE: i64 = 60_000;

/// One text that left.
#[derive(Debug, Clone, Copy)]
pub struct Send {
    pub at: i64,
    pub message: MessageId,
    pub decision: DecisionId,
    /// The number, or 0 after an erasure: then nothing before it is known to count.
    pub phone: i64,
    /// Index into [`Sends::runs`].
    pub run: u32,
}

/// What left, and what was known when it did.
#[derive(Debug, Clone, Default)]
pub struct Sends {
    /// Ascending by instant. Those before `since` only count for the caps of later ones.
    pub sends: Vec<Send>,
    /// Class and programme of each run.
    pub runs: Vec<(Class, String)>,
    pub facts: AHashMap<DecisionId, Facts>,
    pub since: i64,
}

/// Outcomes under both sets by what they were decided from.
type Known = AHashMap<(DecisionId, u32, Facts, Facts), (Outcome, Outcome)>;

/// Compares two policy sets over what left. Texts that share decision, minute and counts are decided once.
/// The tally, and how many texts had facts that cannot be read.
pub fn replay(places: &Places, (before, after): (&Memo, &Memo), sends: &Sends) -> (Tally, u64) {
    let (mut tally, mut unreadable) = (Tally::default(), 0);
    let mut lately: AHashMap<i64, VecDeque<Sent>> = AHashMap::new();
    let no_lists: AHashMap<String, NaiveDate> = AHashMap::new();
    let mut rest = sends.sends.as_slice();
    while let Some(first) = rest.first() {
        let minute = first.at.div_euclid(MINUTE);
        let of_minute = rest.partition_point(|one| one.at.div_euclid(MINUTE) <= minute);
        let (now, later) = rest.split_at(of_minute);
        rest = later;
        let mut moments: AHashMap<(Class, bool), (Moment<'_>, Moment<'_>)> = AHashMap::new();
        let mut known = Known::new();
        for send in now {
            let Some((class, programme)) = usize::try_from(send.run)
                .ok()
                .and_then(|run| sends.runs.get(run))
            else {
                continue;
            };
            let recent = lately.entry(send.phone).or_default();
            if send.phone == 0 {
                recent.clear();
            }
            while recent
                .front()
                .is_some_and(|one| one.at <= send.at - KEPT_MILLIS)
            {
                recent.pop_front();
            }
            if send.at >= sends.since {
                match sends.facts.get(&send.decision) {
                    None => unreadable += 1,
                    Some(facts) => {
                        let urgent = facts.flags.has(crate::facts::Flags::URGENT);
                        let at = UnixMillis(minute * MINUTE).to_utc();
                        let (old, new) = moments.entry((*class, urgent)).or_insert_with(|| {
                            let of = |memo| moment(memo, places, &no_lists, (*class, urgent), at);
                            (of(before), of(after))
                        });
                        let sent = recent.make_contiguous();
                        let facts = (
                            again(facts, old, programme, sent),
                            again(facts, new, programme, sent),
                        );
                        let key = (send.decision, send.run, facts.0, facts.1);
                        let (old, new) = known.entry(key).or_insert_with(|| {
                            (
                                outcome(&before.decide(places, facts.0).verdict),
                                outcome(&after.decide(places, facts.1).verdict),
                            )
                        });
                        tally.add(old, new, || send.message.to_string());
                    }
                }
            }
            recent.push_back(Sent {
                topic: topic(programme),
                class: *class,
                at: send.at,
            });
        }
    }
    (tally, unreadable)
}

fn moment<'m>(
    memo: &'m Memo,
    places: &'m Places,
    lists: &'m AHashMap<String, NaiveDate>,
    about: (Class, bool),
    now: chrono::DateTime<chrono::Utc>,
) -> Moment<'m> {
    Moment::new(memo.rules(), places, lists, about, now)
}
