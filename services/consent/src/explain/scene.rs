//! Everything a decision is made from, owned, so that one thing of it can be changed and judged again.

use ahash::AHashMap;
use chrono::{DateTime, NaiveDate, Utc};
use contract::{Class, Reason};

use crate::decision::{Effect, Verdict, decide};
use crate::facts::{self, Facts, Message, Person, ReplyFacts};
use crate::heard::Heard;
use crate::judge::defer_until;
use crate::moment::Moment;
use crate::papers::Papers;
use crate::person::PersonFacts;
use crate::places::{PlaceId, Places};
use crate::recent::Sent;
use crate::rules::Rules;
use crate::standing::Standing;

/// One text to one person at one instant.
#[derive(Debug, Clone)]
pub struct Scene {
    pub class: Class,
    pub programme: String,
    pub sender: String,
    pub papers: Papers,
    pub live: bool,
    /// Milliseconds; the text must leave before.
    pub valid_until: i64,
    pub now: DateTime<Utc>,
    pub carrier_cap_reached: bool,
    /// `None`: it is there and cannot be read.
    pub standing: Option<Standing>,
    pub facts: PersonFacts,
    pub place: PlaceId,
    pub recent: Vec<Sent>,
    /// Do-not-call lists that the number stands on.
    pub dnc: Vec<String>,
    /// What the person texted lately.
    pub heard: Vec<Heard>,
    /// Do-not-call lists with the day they are of.
    pub lists: AHashMap<String, NaiveDate>,
    pub reply: ReplyFacts,
}

/// What a scene came to.
#[derive(Debug, Clone)]
pub struct Made {
    pub facts: Facts,
    pub verdict: Verdict,
    /// When a deferred text may leave.
    pub until: Option<DateTime<Utc>>,
}

impl Made {
    pub fn allows(&self) -> bool {
        self.verdict.effect == Effect::Allow
    }
}

impl Scene {
    pub fn moment<'s>(&'s self, rules: &'s Rules, places: &'s Places) -> Moment<'s> {
        let about = (self.class, self.papers.campaign.urgent);
        Moment::new(rules, places, &self.lists, about, self.now)
    }

    fn message(&self) -> Message<'_> {
        Message {
            class: self.class,
            programme: &self.programme,
            sender: &self.sender,
            papers: &self.papers,
            live: self.live,
            valid_until: self.valid_until,
            now: self.now,
            carrier_cap_reached: self.carrier_cap_reached,
        }
    }

    fn person(&self) -> Person<'_> {
        Person {
            standing: self.standing.as_ref(),
            facts: &self.facts,
            place: self.place,
            recent: &self.recent,
            dnc: &self.dnc,
            heard: &self.heard,
            reply: self.reply,
        }
    }

    /// Decides, as a permit would; a "not now" that outlasts the text's validity is a no.
    pub fn judge(&self, rules: &Rules, places: &Places) -> Made {
        let mut moment = self.moment(rules, places);
        let here = moment.at(self.place);
        let (message, person) = (self.message(), self.person());
        let era = rules.era(self.now.date_naive());
        let facts = facts::gather(rules.parameters(), era, &here, &message, &person);
        let mut verdict = decide(rules, &here.place.regions, &facts);
        let mut until = None;
        if verdict.effect == Effect::Defer {
            until = defer_until(rules.parameters(), &facts, &message, &person, &mut moment)
                .filter(|at| at.timestamp_millis() < self.valid_until);
            if until.is_none() {
                verdict.effect = Effect::Deny;
                verdict.reason = Reason::MESSAGE_EXPIRED;
                verdict.reasons.insert(0, Reason::MESSAGE_EXPIRED);
            }
        }
        Made {
            facts,
            verdict,
            until,
        }
    }
}
