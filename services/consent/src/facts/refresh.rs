//! What of stored facts depends on the law and the tenant's parameters, computed anew.

use chrono::{DateTime, Utc};
use contract::Class;

use super::gather::{self, Message, Person, ReplyFacts};
use super::{Facts, Flags};
use crate::moment::PlaceNow;
use crate::papers::Papers;
use crate::parameters::Parameters;
use crate::person::PersonFacts;
use crate::recent::Sent;

/// What stored facts do not hold of their text.
#[derive(Debug, Clone, Copy)]
pub struct Occasion<'o> {
    pub programme: &'o str,
    pub now: DateTime<Utc>,
    /// What the person had been sent before.
    pub recent: &'o [Sent],
}

/// Clock, hours, the level required and the caps of `facts`, at `here`.
pub fn refresh(
    facts: &mut Facts,
    parameters: &Parameters,
    here: &PlaceNow<'_>,
    occasion: &Occasion<'_>,
) {
    facts.required = here.requirements.level;
    for flag in [
        Flags::ZONE_KNOWN,
        Flags::SEND_DAY,
        Flags::COURTESY_DAY,
        Flags::ANY_SUNDAY,
        Flags::ANY_HOLIDAY,
    ] {
        facts.flags.set(flag, false);
    }
    (facts.min_minute, facts.max_minute) = (0, 0);
    (facts.law, facts.courtesy) = (None, None);
    let urgent = facts.flags.has(Flags::URGENT);
    gather::clock(facts, here, urgent);
    let class = facts.class.judged_as();
    if !matches!(class, Class::Marketing | Class::Otp) {
        return;
    }
    let (papers, person) = (Papers::default(), PersonFacts::default());
    let message = Message {
        class: facts.class,
        programme: occasion.programme,
        sender: "",
        papers: &papers,
        live: false,
        valid_until: i64::MAX,
        now: occasion.now,
        carrier_cap_reached: false,
    };
    let person = Person {
        standing: None,
        facts: &person,
        place: facts.place,
        recent: occasion.recent,
        dnc: &[],
        heard: &[],
        reply: ReplyFacts::default(),
    };
    gather::counts(facts, class, parameters, here, &message, &person);
}
