//! What a connection to the simulated carrier brings: receipts and replies, until they are answered.

use std::sync::Arc;
use std::time::{Duration, Instant};

use rusmpp::CommandStatus;

use super::core::What;
use super::entry::{Entry, Event};
use super::session::{GATHER, Session, WINDOW, micros};
use super::wording;

/// Pause before something that was not taken is brought again.
const BRING_AGAIN: Duration = Duration::from_millis(200);
/// An answer that takes longer does not come.
pub(super) const PATIENCE: Duration = Duration::from_secs(20);

impl Session {
    /// Brings what is ready as far as the window goes, and says when more is due.
    pub(super) fn bring(&mut self, now: Instant) -> Option<Instant> {
        if !self.bound || self.blocked {
            return None;
        }
        let shared = Arc::clone(&self.shared);
        let mut core = shared.core();
        let next = core.ripen(now);
        if core.ready.is_empty() {
            return next;
        }
        let t = micros();
        self.refresh_stamp(t);
        while self.brought.len() < WINDOW && self.out.len() < GATHER {
            let Some(delivery) = core.ready.pop_front() else {
                break;
            };
            self.sequence = if self.sequence >= 0x7FFF_FFFF {
                1
            } else {
                self.sequence + 1
            };
            wording::put(&mut self.out, self.sequence, &delivery, &self.stamp.1);
            let mut entry = Entry {
                t,
                from: format!("+{}", delivery.person).into(),
                to: (&*delivery.ours).into(),
                again: delivery.again,
                ..Entry::default()
            };
            match &delivery.what {
                What::Receipt { id, state, dup } => {
                    core.receipts_sent += u64::from(!delivery.again);
                    (entry.e, entry.id, entry.dup) =
                        (Event::Receipt, format!("{id:016x}").into(), *dup);
                    entry.state = state.name().into();
                }
                What::Reply { id, text } => {
                    core.replies_sent += u64::from(!delivery.again);
                    (entry.e, entry.id) = (Event::Reply, format!("r{id:016x}").into());
                    entry.text = Some((&**text).into());
                }
            }
            shared.log.add(&entry);
            drop(entry);
            self.brought.insert(self.sequence, (now, delivery));
        }
        next
    }

    pub(super) fn on_answer(&mut self, sequence: u32, status: CommandStatus, t: u64, now: Instant) {
        let Some((_, delivery)) = self.brought.remove(&sequence) else {
            return;
        };
        let mut core = self.shared.core();
        if status != CommandStatus::EsmeRok {
            core.bring_again(delivery, BRING_AGAIN, now);
            return;
        }
        let (event, id) = match delivery.what {
            What::Receipt { id, .. } => {
                core.receipts_answered += 1;
                (Event::ReceiptOk, format!("{id:016x}"))
            }
            What::Reply { id, .. } => {
                core.replies_answered += 1;
                (Event::ReplyOk, format!("r{id:016x}"))
            }
        };
        let from = format!("+{}", delivery.person).into();
        self.shared.log.add(&Entry {
            t,
            e: event,
            id: id.into(),
            from,
            ..Entry::default()
        });
    }

    pub(super) fn give_up_waiting(&mut self, now: Instant) {
        let mut core = self.shared.core();
        for (_, (_, delivery)) in self.brought.extract_if(|_, (at, _)| now - *at > PATIENCE) {
            core.bring_again(delivery, Duration::ZERO, now);
        }
    }

    /// What was brought here and not answered goes to the next session.
    pub(super) fn end(mut self) {
        let mut core = self.shared.core();
        if self.bound {
            core.bound -= 1;
        }
        let now = Instant::now();
        for (_, (_, delivery)) in self.brought.drain() {
            core.bring_again(delivery, Duration::ZERO, now);
        }
        drop(core);
        self.shared.wake.notify_one();
    }

    fn refresh_stamp(&mut self, t: u64) {
        let minute = t / 60_000_000;
        if self.stamp.0 != minute {
            let at = chrono::DateTime::from_timestamp_micros(t.cast_signed()).unwrap_or_default();
            self.stamp = (minute, at.format("%y%m%d%H%M").to_string());
        }
    }
}
