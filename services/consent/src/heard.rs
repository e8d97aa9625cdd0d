//! That somebody texted us: for a day their text is consent to be answered, by the sender they texted. Pure.

use contract::{Class, InboundId};

use crate::facts::{Message, Person};
use crate::standing::Standing;

/// A text is answered within a day.
pub const ANSWERED_MILLIS: i64 = 24 * 3_600_000;

/// One text of a person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Heard {
    pub inbound: InboundId,
    /// What they texted to.
    pub sender: String,
    /// Milliseconds since the epoch.
    pub at: i64,
    /// It came from a real carrier.
    pub live: bool,
}

/// The last text that an answer of `sender` at `now` is an answer to. What was written before an opt-out, or in the
/// same instant, asks for nothing any more; and what was only simulated asks for no real text.
pub fn answered<'h>(
    heard: &'h [Heard],
    standing: &Standing,
    (sender, live): (&str, bool),
    now: i64,
) -> Option<&'h Heard> {
    let opted_out = standing.last_revocation_at().unwrap_or(i64::MIN);
    heard
        .iter()
        .filter(|one| one.sender == sender && (one.live || !live))
        .filter(|one| one.at > opted_out && one.at > now - ANSWERED_MILLIS && one.at <= now)
        .max_by_key(|one| one.at)
}

/// Whether the person began what this text goes on with. Nothing but a conversation follows from a text of theirs.
pub fn is_answer(standing: &Standing, message: &Message<'_>, person: &Person<'_>) -> bool {
    let about = (message.sender, message.live);
    let now = message.now.timestamp_millis();
    message.class == Class::Conversation && answered(person.heard, standing, about, now).is_some()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::standing::{Change, Scope};

    const SENDER: &str = "+15005550100";
    const NOW: i64 = 1_795_000_000_000;

    fn heard(at: i64) -> Heard {
        Heard {
            inbound: InboundId::from_raw(1),
            sender: SENDER.to_string(),
            at,
            live: false,
        }
    }

    #[test]
    fn a_text_is_answered_for_a_day_by_the_sender_it_went_to() {
        let nothing = Standing::default();
        let told = |at: i64, sender: &str| {
            answered(&[heard(at)], &nothing, (sender, false), NOW).is_some()
        };
        assert!(told(NOW, SENDER));
        assert!(told(NOW - ANSWERED_MILLIS + 1, SENDER));
        assert!(!told(NOW - ANSWERED_MILLIS, SENDER));
        assert!(!told(NOW + 1, SENDER));
        assert!(!told(NOW, "+15005550101"));
    }

    #[test]
    fn a_simulated_text_asks_for_no_real_answer() {
        let nothing = Standing::default();
        let real = Heard {
            live: true,
            ..heard(NOW)
        };
        assert!(answered(&[heard(NOW)], &nothing, (SENDER, true), NOW).is_none());
        assert!(answered(std::slice::from_ref(&real), &nothing, (SENDER, true), NOW).is_some());
        assert!(answered(&[real], &nothing, (SENDER, false), NOW).is_some());
    }

    #[test]
    fn what_was_written_before_an_opt_out_is_not_answered() {
        let mut standing = Standing::default();
        let stop = Change::opt_out(Scope::Class(Class::Marketing), NOW - 1_000);
        standing.apply(&stop).unwrap();
        let told = |at: i64| answered(&[heard(at)], &standing, (SENDER, false), NOW).is_some();
        assert!(!told(NOW - 2_000));
        assert!(!told(NOW - 1_000));
        assert!(told(NOW - 999));
    }
}
