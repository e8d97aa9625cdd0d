//! Whether a text that left must not have: the last line of guarantee G4, which looks at what was recorded as
//! handed over and trusts nothing that let it through. Pure.
//!
//! # The rule
//! A hand-over is an *incident* in three cases, and in no other:
//!
//! 1. [`Kind::NoPermit`]: no permit was ever granted for it. Permits are committed before anybody hears of
//!    them, so one that is not there when the hand-over is told never was.
//! 2. [`Kind::PermittedAfterOptOut`]: its permit was granted at a revision of the person's ledger at which an
//!    opt-out that covers the text stood. Revisions count entries and need no clock: the opt-out was recorded
//!    first, and no opt-in had lifted it. Whether it was confirmed by then does not matter.
//! 3. [`Kind::AfterConfirmation`]: its permit is older than the opt-out, and the hand-over was noted
//!    *after* the opt-out was confirmed, while the permit was still good when it was confirmed, and nothing had
//!    lifted the opt-out when it was noted.
//!
//! # Why the third is sound
//! A hand-over is told with the time of its note, which is later than its submit: a text may leave, the opt-out
//! be recorded, and the note come last. That is no incident, and the rule does not take it for one. A dispatcher
//! notes, makes the note durable, closes the permit, and only then is the opt-out confirmed that waited for it.
//! So of a permit that was honestly closed the note is never later than the confirmation. One exception is known:
//! a dispatcher frozen between submit and note. Its successor closes its permits once they have run out
//! (`dispatch.takeover_wait_ms`), so a note that comes after such a confirmation belongs to a permit that had run
//! out before: its submit began earlier still, and it is none of ours. What is left was permitted, still good,
//! closed by nobody who had noted it, and noted later: nothing kept it from leaving after the confirmation.
//!
//! Times compare a dispatcher's clock with consent's. On one machine that is one clock; on several they must
//! agree to within a close and a commit (milliseconds), as NTP keeps them.
//!
//! What it cannot see: outcomes that are unknown, since nobody says that they left; and what an erased
//! person was sent before the erasure, since the number that connects the two is gone.

use contract::{Class, ConsentId};

use crate::standing::{Change, SMS, Standing};

/// Why it is one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    NoPermit,
    PermittedAfterOptOut,
    AfterConfirmation,
}

impl Kind {
    pub const ALL: [Self; 3] = [
        Self::NoPermit,
        Self::PermittedAfterOptOut,
        Self::AfterConfirmation,
    ];

    pub const fn as_str(self) -> &'static str {
        match self {
            Self::NoPermit => "no_permit",
            Self::PermittedAfterOptOut => "permitted_after_opt_out",
            Self::AfterConfirmation => "after_confirmation",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == text)
    }
}

/// A text that was handed over. Times are Unix milliseconds.
#[derive(Debug, Clone, Copy)]
pub struct HandedOver<'t> {
    pub class: Class,
    pub programme: &'t str,
    pub sender: &'t str,
    /// The revision of the person's ledger that its permit was granted at.
    pub revision: i64,
    pub granted_at: i64,
    /// When a permit of that moment stops being good.
    pub good_until: i64,
    /// When the hand-over was noted, after the submit.
    pub at: i64,
}

/// One entry of the person's ledger. Times are Unix milliseconds.
#[derive(Debug, Clone)]
pub struct Entry {
    pub id: ConsentId,
    pub change: Change,
    pub revision: i64,
    pub recorded_at: i64,
    /// For opt-outs: when it was confirmed.
    pub confirmed_at: Option<i64>,
}

/// The case against a text, and the entry it went against.
#[derive(Debug, Clone, Copy)]
pub struct Found<'e> {
    pub kind: Kind,
    pub opt_out: Option<&'e Entry>,
}

/// Judges a text that had a permit. `entries` are all that are known of the person, by ascending revision; where
/// the first ones are missing they went with an erasure.
pub fn judge<'e>(text: &HandedOver<'_>, entries: &'e [Entry]) -> Option<Found<'e>> {
    let mut standing = Standing {
        erased: entries.first().is_some_and(|first| first.revision > 1),
        ..Standing::default()
    };
    let split = entries.partition_point(|entry| entry.revision <= text.revision);
    let (before, after) = entries.split_at(split);
    // Nothing is known of what the permit was granted at.
    let blind = before.is_empty() && text.revision > 0;
    let mut against: Vec<&Entry> = Vec::new();
    for entry in before {
        step(&mut standing, &mut against, text, entry);
    }
    if !blind && covers(&standing, text) {
        return Some(Found {
            kind: Kind::PermittedAfterOptOut,
            opt_out: against.first().copied(),
        });
    }
    for entry in after
        .iter()
        .take_while(|entry| entry.recorded_at <= text.at)
    {
        step(&mut standing, &mut against, text, entry);
    }
    let confirmed = |entry: &&Entry| {
        let in_time = |at| at < text.at && at < text.good_until;
        entry.revision > text.revision && entry.confirmed_at.is_some_and(in_time)
    };
    let first = against
        .into_iter()
        .filter(confirmed)
        .min_by_key(|entry| entry.confirmed_at)?;
    Some(Found {
        kind: Kind::AfterConfirmation,
        opt_out: Some(first),
    })
}

/// Folds an entry in and keeps in `against` those since which the text is covered without a break.
fn step<'e>(
    standing: &mut Standing,
    against: &mut Vec<&'e Entry>,
    text: &HandedOver<'_>,
    entry: &'e Entry,
) {
    let was_covered = covers(standing, text);
    if entry.change.action == crate::standing::Action::Erase {
        *standing = Standing::default();
    }
    // It was taken up when it was recorded, so it is now.
    let _taken = standing.apply(&entry.change);
    if !covers(standing, text) {
        against.clear();
        return;
    }
    let mut alone = Standing::default();
    let _taken = alone.apply(&entry.change);
    if !was_covered || covers(&alone, text) {
        against.push(entry);
    }
}

/// Whether an opt-out, objection, restriction, erasure or block that stands is about this text; the same
/// classes are left out as in `policies/revocation.cedar` and `policies/privacy.cedar`.
pub fn covers(standing: &Standing, text: &HandedOver<'_>) -> bool {
    use Class::{
        Appointment, Emergency, HelpReply, Informational, Marketing, OptOutConfirmation, Otp,
        ServiceAlert,
    };
    let class = text.class.judged_as();
    let needs_consent = matches!(
        class,
        Marketing | Informational | Appointment | ServiceAlert | Otp
    );
    let everything = !matches!(class, OptOutConfirmation | HelpReply | Emergency);
    let kept_by_programme = matches!(class, ServiceAlert | Otp);
    let private = !class.is_reply() && class != Emergency;
    everything && standing.opted_out_at().is_some()
        || needs_consent && standing.class_revoked(class)
        || needs_consent && standing.channel_revoked(SMS)
        || needs_consent && !kept_by_programme && standing.programme_revoked(text.programme)
        || class != OptOutConfirmation && blocked(standing, text.sender)
        || private && (standing.erased || standing.restricted)
        || class == Marketing && standing.objected
}

fn blocked(standing: &Standing, sender: &str) -> bool {
    let senders = &standing.blocked_senders;
    senders.iter().any(|one| one.is_empty() || one == sender)
}

#[cfg(test)]
mod tests;
