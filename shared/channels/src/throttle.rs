//! How many texts may be in flight after a carrier said that we are too fast: half as many and a
//! short pause, then slowly more again.

use std::time::{Duration, Instant};

const PAUSE: Duration = Duration::from_millis(50);

#[derive(Debug)]
pub(crate) struct Throttle {
    window: usize,
    allowed: usize,
    taken: usize,
    until: Option<Instant>,
}

impl Throttle {
    pub(crate) const fn new(window: usize) -> Self {
        Self {
            window,
            allowed: window,
            taken: 0,
            until: None,
        }
    }

    /// Texts that may be in flight at `now`.
    pub(crate) fn allowed(&mut self, now: Instant) -> usize {
        if self.until.is_some_and(|until| now < until) {
            return 0;
        }
        self.until = None;
        self.allowed
    }

    /// One pause halves once, however many of the texts in flight are thrown back.
    pub(crate) fn too_fast(&mut self, now: Instant) {
        self.too_fast_for(now, PAUSE);
    }

    /// The same, where the carrier says how long to wait.
    pub(crate) fn too_fast_for(&mut self, now: Instant, pause: Duration) {
        if self.until.is_none() {
            self.allowed = (self.allowed / 2).max(1);
            self.until = Some(now + pause.max(PAUSE));
            self.taken = 0;
        }
    }

    pub(crate) const fn taken(&mut self) {
        if self.allowed < self.window {
            self.taken += 1;
            if self.taken >= 4 {
                self.taken = 0;
                self.allowed += 1;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn too_fast_halves_once_a_pause_and_grows_back() {
        let now = Instant::now();
        let mut throttle = Throttle::new(100);
        throttle.too_fast(now);
        throttle.too_fast(now);
        assert_eq!(throttle.allowed(now), 0);
        assert_eq!(throttle.allowed(now + PAUSE), 50);
        for _ in 0..200 {
            throttle.taken();
        }
        assert_eq!(throttle.allowed(now + PAUSE), 100);
        throttle.taken();
        assert_eq!(throttle.allowed(now + PAUSE), 100);
    }

    #[test]
    fn at_least_one_may_always_be_in_flight() {
        let mut now = Instant::now();
        let mut throttle = Throttle::new(2);
        for _ in 0..5 {
            throttle.too_fast(now);
            now += PAUSE;
            assert_eq!(throttle.allowed(now), 1);
        }
    }
}
