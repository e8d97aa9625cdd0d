//! Stored facts under another law and other parameters: what depends on them is computed anew.

use contract::Class;

use crate::facts::{Facts, Flags, Occasion, refresh};
use crate::moment::Moment;
use crate::recent::Sent;

/// The facts of a text that was decided once, as `moment` (of the same instant and class) sees them. The
/// clock, the hours, the level required and the caps are new; what was known of the person is as it was.
pub fn again(stored: &Facts, moment: &mut Moment<'_>, programme: &str, recent: &[Sent]) -> Facts {
    let mut facts = *stored;
    let (rules, now) = (moment.rules(), moment.now());
    facts.era = rules.era(now.date_naive());
    if stored.class.judged_as().is_reply() || stored.flags.has(Flags::UNAVAILABLE) {
        return facts;
    }
    let here = moment.at(stored.place);
    let occasion = Occasion {
        programme,
        now,
        recent,
    };
    refresh(&mut facts, rules.parameters(), &here, &occasion);
    if !rules.parameters().exemptions
        && matches!(
            stored.class.judged_as(),
            Class::Informational | Class::Appointment
        )
    {
        facts.flags.set(Flags::EXEMPT, false);
        facts.flags.set(Flags::EXEMPTION_EXHAUSTED, false);
    }
    facts
}
