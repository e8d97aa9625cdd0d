//! How many texts went to a number or a prefix lately. Time is an argument; memory is fixed: where the table
//! is full, what was texted least is forgotten first.

use ahash::RandomState;

/// Steps that a window is counted in. It forgets a whole step at a time, so a limit is never exceeded within any
/// window, and is lifted at most a step late.
const STEPS: i64 = 6;
const KEPT: usize = 7;
/// Entries that share a bucket.
const WAYS: usize = 8;

#[derive(Debug, Clone, Copy, Default)]
struct Entry {
    /// 0: free. Numbers and prefixes are never 0.
    digits: u64,
    /// Number of the newest step in `counts`.
    step: i64,
    /// Of the newest step and those before it.
    counts: [u32; KEPT],
}

impl Entry {
    /// Moves on to a step; what is older than a window falls off.
    fn turn(&mut self, step: i64) {
        let passed = usize::try_from(step.saturating_sub(self.step)).unwrap_or(0);
        if passed > 0 {
            let kept = KEPT.saturating_sub(passed);
            self.counts.copy_within(0..kept, passed.min(KEPT));
            self.counts[..passed.min(KEPT)].fill(0);
            self.step = step;
        }
    }

    fn sum(&self) -> u32 {
        self.counts.iter().fold(0, |sum, n| sum.saturating_add(*n))
    }
}

/// Counts of one kind of thing (numbers, or prefixes) over one window.
#[derive(Debug)]
pub struct Window {
    step_ms: i64,
    buckets: Vec<[Entry; WAYS]>,
    hasher: RandomState,
}

/// What is texted most.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Hot {
    pub digits: u64,
    pub texts: u32,
}

impl Window {
    /// `entries`: how many numbers or prefixes are remembered at most.
    pub fn new(window_ms: i64, entries: usize) -> Self {
        Self {
            step_ms: (window_ms / STEPS).max(1),
            buckets: vec![[Entry::default(); WAYS]; (entries / WAYS).max(1)],
            hasher: RandomState::new(),
        }
    }

    fn bucket<'b>(
        hasher: &RandomState,
        buckets: &'b mut [[Entry; WAYS]],
        digits: u64,
    ) -> &'b mut [Entry; WAYS] {
        let hash = hasher.hash_one(digits);
        let at = usize::try_from(hash % buckets.len() as u64).unwrap_or(0);
        &mut buckets[at]
    }

    fn find(&mut self, now: i64, digits: u64) -> Option<&mut Entry> {
        let step = now.div_euclid(self.step_ms);
        let bucket = Self::bucket(&self.hasher, &mut self.buckets, digits);
        let entry = bucket.iter_mut().find(|entry| entry.digits == digits)?;
        entry.turn(step);
        Some(entry)
    }

    /// Texts within the window.
    pub fn count(&mut self, now: i64, digits: u64) -> u32 {
        self.find(now, digits).map_or(0, |entry| entry.sum())
    }

    /// One more.
    pub fn add(&mut self, now: i64, digits: u64) {
        let step = now.div_euclid(self.step_ms);
        if let Some(entry) = self.find(now, digits) {
            entry.counts[0] = entry.counts[0].saturating_add(1);
            return;
        }
        let bucket = Self::bucket(&self.hasher, &mut self.buckets, digits);
        for entry in bucket.iter_mut() {
            entry.turn(step);
        }
        if let Some(entry) = bucket.iter_mut().min_by_key(|entry| entry.sum()) {
            *entry = Entry {
                digits,
                step,
                counts: [0; KEPT],
            };
            entry.counts[0] = 1;
        }
    }

    /// One that was counted at `then` and surely did not leave.
    pub fn give_back(&mut self, now: i64, then: i64, digits: u64) {
        let then = then.div_euclid(self.step_ms);
        if let Some(entry) = self.find(now, digits) {
            let back = usize::try_from(entry.step - then).unwrap_or(0);
            if let Some(count) = entry.counts.get_mut(back) {
                *count = count.saturating_sub(1);
            }
        }
    }

    /// Milliseconds since 1970 when fewer than `limit` will stand in the window, if nothing is added.
    pub fn free_at(&mut self, now: i64, digits: u64, limit: u32) -> i64 {
        let step_ms = self.step_ms;
        let Some(entry) = self.find(now, digits) else {
            return now;
        };
        let mut sum = entry.sum();
        for (age, count) in entry.counts.into_iter().enumerate().rev() {
            if sum < limit {
                break;
            }
            sum = sum.saturating_sub(count);
            if sum < limit {
                // A step of age 6 falls off at the next turn.
                let age = i64::try_from(age).unwrap_or(0);
                return (entry.step + STEPS - age + 1) * step_ms;
            }
        }
        now
    }

    /// The hottest, most first.
    pub fn hottest(&mut self, now: i64, most: usize) -> Vec<Hot> {
        let step = now.div_euclid(self.step_ms);
        let mut hot = Vec::new();
        for entry in self.buckets.iter_mut().flatten() {
            entry.turn(step);
            let texts = entry.sum();
            if entry.digits != 0 && texts > 0 {
                hot.push(Hot {
                    digits: entry.digits,
                    texts,
                });
            }
        }
        hot.sort_unstable_by_key(|hot| (std::cmp::Reverse(hot.texts), hot.digits));
        hot.truncate(most);
        hot
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const HOUR: i64 = 3_600_000;

    #[test]
    fn a_flood_of_numbers_takes_no_more_memory_and_does_not_hide_the_hot_one() {
        let mut window = Window::new(HOUR, 64);
        for n in 0..100_000_u64 {
            window.add(1000, 10_000_000 + n);
            if n % 1000 == 0 {
                window.add(1000, 42);
                window.add(1000, 42);
            }
        }
        assert_eq!(window.buckets.len() * WAYS, 64);
        assert_eq!(
            window.hottest(1000, 1),
            [Hot {
                digits: 42,
                texts: 200
            }]
        );
    }

    #[test]
    fn what_was_given_back_does_not_count() {
        let mut window = Window::new(HOUR, 64);
        window.add(0, 7);
        window.add(HOUR / 2, 7);
        window.give_back(HOUR / 2, 0, 7);
        assert_eq!(window.count(HOUR / 2, 7), 1);
        window.give_back(10 * HOUR, 0, 7);
        assert_eq!(window.count(10 * HOUR, 7), 0);
    }

    #[test]
    fn the_window_says_when_there_is_room_again() {
        let mut window = Window::new(HOUR, 64);
        window.add(0, 7);
        window.add(HOUR / 2, 7);
        let free = window.free_at(HOUR / 2, 7, 2);
        assert_eq!(window.count(free - 1, 7), 2);
        assert_eq!(window.count(free, 7), 1);
        assert!(free <= HOUR + HOUR / 6);
        assert_eq!(window.free_at(free, 7, 2), free);
    }

    proptest! {
        #[test]
        fn a_limit_is_never_exceeded_within_any_window(
            waits in prop::collection::vec(0_i64..HOUR / 3, 1..120), limit in 1_u32..6
        ) {
            let (mut window, mut now) = (Window::new(HOUR, 64), 0);
            let mut sent: Vec<i64> = Vec::new();
            for wait in waits {
                now += wait;
                if window.count(now, 7) < limit {
                    window.add(now, 7);
                    sent.push(now);
                } else {
                    let free = window.free_at(now, 7, limit);
                    prop_assert!(free > now && free <= now + HOUR + HOUR / 6);
                }
            }
            for end in &sent {
                let within = sent.iter().filter(|at| **at <= *end && **at > *end - HOUR).count();
                prop_assert!(within <= limit as usize);
            }
        }
    }
}
