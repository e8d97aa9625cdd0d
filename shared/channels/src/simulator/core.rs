//! What all connections of the simulated carrier share: texts taken, receipts and replies to come.

use std::cmp::Ordering;
use std::collections::{BinaryHeap, VecDeque};
use std::sync::Arc;
use std::time::{Duration, Instant};

use ahash::AHashSet;

use super::fate::{self, Reception, State};
use super::options::SmscOptions;
use super::wording::Place;

#[derive(Debug, Clone)]
pub(super) enum What {
    Receipt { id: u64, state: State, dup: bool },
    Reply { id: u64, text: Arc<str> },
}

/// Something to bring to whoever is bound.
#[derive(Debug, Clone)]
pub(super) struct Delivery {
    pub(super) what: What,
    /// Digits of the person's number.
    pub(super) person: u64,
    /// Our number, as the text's sender.
    pub(super) ours: Arc<str>,
    pub(super) again: bool,
}

struct Due {
    at: Instant,
    /// Equal instants keep their order.
    order: u64,
    delivery: Delivery,
}

impl Ord for Due {
    fn cmp(&self, other: &Self) -> Ordering {
        (other.at, other.order).cmp(&(self.at, self.order))
    }
}
impl PartialOrd for Due {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}
impl PartialEq for Due {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}
impl Eq for Due {}

/// How a submit is answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Taken {
    Id(u64),
    Throttled,
    QueueFull,
    InvalidNumber,
    Unroutable,
    GeoBlocked,
    /// The person is on the carrier's block list, and the carrier says so at once.
    Blocked,
    /// Taken without an answer.
    Silent(u64),
}

/// A text as it arrived.
pub(super) struct Arrived<'a> {
    pub(super) to: u64,
    pub(super) from: &'a str,
    pub(super) text: &'a str,
    pub(super) place: Option<Place>,
    pub(super) receipt_wanted: bool,
    /// Block lists are looked at before a text is taken.
    pub(super) looks_first: bool,
}

pub(super) struct Core {
    pub(super) options: SmscOptions,
    due: BinaryHeap<Due>,
    pub(super) ready: VecDeque<Delivery>,
    pub(super) submits: u64,
    pub(super) rejected: u64,
    pub(super) receipts_sent: u64,
    pub(super) receipts_answered: u64,
    pub(super) replies_sent: u64,
    pub(super) replies_answered: u64,
    pub(super) bound: usize,
    /// The two mishaps that happen once.
    pub(super) dropped: bool,
    pub(super) garbled: bool,
    next_id: u64,
    order: u64,
    full: AHashSet<u64>,
    stopped: AHashSet<u64>,
    senders: Vec<Arc<str>>,
}

impl Core {
    /// Ids begin at `first_id`, which should differ from one start to the next.
    pub(super) fn new(options: SmscOptions, first_id: u64) -> Self {
        Self {
            options,
            due: BinaryHeap::new(),
            ready: VecDeque::new(),
            submits: 0,
            rejected: 0,
            receipts_sent: 0,
            receipts_answered: 0,
            replies_sent: 0,
            replies_answered: 0,
            bound: 0,
            dropped: false,
            garbled: false,
            next_id: first_id,
            order: 0,
            full: AHashSet::new(),
            stopped: AHashSet::new(),
            senders: Vec::new(),
        }
    }

    /// Takes a text or throws it back, and plans what follows from it.
    pub(super) fn submit(&mut self, arrived: &Arrived<'_>, now: Instant) -> Taken {
        self.submits += 1;
        let every = u64::from(self.options.throttle_every.unwrap_or(0));
        if every > 0 && self.submits.is_multiple_of(every) {
            self.rejected += 1;
            return Taken::Throttled;
        }
        let fate = fate::of(arrived.to, arrived.text, &self.options);
        let thrown_back = match fate.reception {
            Reception::Taken if fate.blocked && arrived.looks_first => Some(Taken::Blocked),
            Reception::Taken | Reception::Silent => None,
            Reception::GeoBlocked => Some(Taken::GeoBlocked),
            Reception::InvalidNumber => Some(Taken::InvalidNumber),
            Reception::Unroutable => Some(Taken::Unroutable),
            Reception::FullThenTaken if self.full.remove(&arrived.to) => None,
            Reception::FullThenTaken => {
                self.full.insert(arrived.to);
                Some(Taken::QueueFull)
            }
        };
        if let Some(thrown_back) = thrown_back {
            self.rejected += 1;
            return thrown_back;
        }
        let id = self.fresh_id();
        let ours = self.sender(arrived.from);
        if arrived.receipt_wanted {
            for (number, (delay, state)) in fate.receipts.iter().flatten().enumerate() {
                let what = What::Receipt {
                    id,
                    state: *state,
                    dup: number > 0,
                };
                self.plan(*delay, now, what, arrived.to, &ours);
            }
        }
        let last = arrived.place.is_none_or(|place| place.part == place.parts);
        if let Some((delay, text)) = fate.reply
            && last
            && !self.stopped.contains(&arrived.to)
        {
            if fate.stops {
                self.stopped.insert(arrived.to);
            }
            let what = What::Reply {
                id: self.fresh_id(),
                text: text.into(),
            };
            self.plan(delay, now, what, arrived.to, &ours);
        }
        if fate.reception == Reception::Silent {
            return Taken::Silent(id);
        }
        Taken::Id(id)
    }

    /// A person texts, now.
    pub(super) fn reply(&mut self, person: u64, ours: &str, text: &str) {
        let what = What::Reply {
            id: self.fresh_id(),
            text: text.into(),
        };
        let ours = self.sender(ours);
        self.ready.push_back(Delivery {
            what,
            person,
            ours,
            again: false,
        });
    }

    /// It was not taken: bring it again.
    pub(super) fn bring_again(&mut self, mut delivery: Delivery, pause: Duration, now: Instant) {
        delivery.again = true;
        self.order += 1;
        self.due.push(Due {
            at: now + pause,
            order: self.order,
            delivery,
        });
    }

    /// Moves what is due to the ready queue and says when the next is.
    pub(super) fn ripen(&mut self, now: Instant) -> Option<Instant> {
        loop {
            let next = self.due.peek()?.at;
            if next > now {
                return Some(next);
            }
            self.ready.extend(self.due.pop().map(|due| due.delivery));
        }
    }

    pub(super) fn waiting(&self) -> usize {
        self.due.len() + self.ready.len()
    }

    fn plan(&mut self, delay: u32, now: Instant, what: What, person: u64, ours: &Arc<str>) {
        let delivery = Delivery {
            what,
            person,
            ours: Arc::clone(ours),
            again: false,
        };
        let at = now + Duration::from_millis(u64::from(delay));
        self.order += 1;
        self.due.push(Due {
            at,
            order: self.order,
            delivery,
        });
    }

    const fn fresh_id(&mut self) -> u64 {
        self.next_id += 1;
        self.next_id
    }

    /// Few senders, many texts: each sender is kept once.
    fn sender(&mut self, from: &str) -> Arc<str> {
        if let Some(known) = self.senders.iter().find(|known| &***known == from) {
            return Arc::clone(known);
        }
        let new: Arc<str> = from.into();
        if self.senders.len() < 64 {
            self.senders.push(Arc::clone(&new));
        }
        new
    }
}
