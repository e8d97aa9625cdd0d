//! From people and what is known of them to "may leave", "not now" and "no". Pure but for the memo; used at
//! screening and again when permits are asked for.

use std::sync::Arc;

use ahash::AHashMap;
use chrono::{DateTime, LocalResult, NaiveDate, NaiveTime, TimeZone, Utc};
use contract::chunk::{Outcome, OutcomeGroup};
use contract::{Class, ContactId, Phone, Reason, UnixMillis};

use crate::decision::{Decision, Effect};
use crate::facts::{self, Facts, Flags, Message};
use crate::memo::Memo;
use crate::moment::{Moment, PlaceNow};
use crate::parameters::Parameters;
use crate::places::Places;
use crate::recent::{self, Sent};
use crate::rules::Rules;

/// Who is asked about, and where in the chunk.
#[derive(Debug, Clone, Copy)]
pub struct Asked {
    pub position: u16,
    pub contact: ContactId,
    pub phone: Phone,
}

/// What becomes of a person's text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fate {
    Allowed,
    Refused {
        outcome: Outcome,
        reason: Reason,
        until: Option<UnixMillis>,
    },
}

#[derive(Debug, Clone)]
pub struct Judged {
    pub person: Asked,
    pub decision: Arc<Decision>,
    pub revision: i64,
    pub fate: Fate,
}

/// The tables that judging looks things up in.
#[derive(Clone, Copy)]
pub struct Court<'c> {
    pub memo: &'c Memo,
    pub places: &'c Places,
    /// When each do-not-call list was loaded.
    pub lists: &'c AHashMap<String, NaiveDate>,
}

/// Judges everyone, in their order.
pub fn judge(
    court: Court<'_>,
    message: &Message<'_>,
    people: &[(Asked, facts::Person<'_>)],
) -> Vec<Judged> {
    let rules = court.memo.rules();
    let urgent = message.papers.campaign.urgent;
    let mut moment = Moment::new(
        rules,
        court.places,
        court.lists,
        (message.class, urgent),
        message.now,
    );
    let era = rules.era(message.now.date_naive());
    let facts: Vec<Facts> = people
        .iter()
        .map(|(_, person)| {
            let here = moment.at(person.place);
            facts::gather(rules.parameters(), era, &here, message, person)
        })
        .collect();
    court
        .memo
        .decide_all(court.places, &facts)
        .into_iter()
        .zip(people)
        .map(|(decision, (asked, person))| Judged {
            fate: fate(rules, &decision, message, person, &mut moment),
            decision,
            revision: person.standing.map_or(0, |standing| standing.revision),
            person: *asked,
        })
        .collect()
}

fn fate(
    rules: &Rules,
    decision: &Decision,
    message: &Message<'_>,
    person: &facts::Person<'_>,
    moment: &mut Moment<'_>,
) -> Fate {
    let expired = || Fate::Refused {
        outcome: Outcome::Expired,
        reason: Reason::MESSAGE_EXPIRED,
        until: None,
    };
    match decision.verdict.effect {
        Effect::Allow => Fate::Allowed,
        Effect::Deny if decision.verdict.reason == Reason::MESSAGE_EXPIRED => expired(),
        Effect::Deny => Fate::Refused {
            outcome: Outcome::Suppressed,
            reason: decision.verdict.reason.clone(),
            until: None,
        },
        Effect::Defer => {
            match defer_until(rules.parameters(), &decision.facts, message, person, moment) {
                Some(opens) if opens.timestamp_millis() < message.valid_until => Fate::Refused {
                    outcome: Outcome::Held,
                    reason: decision.verdict.reason.clone(),
                    until: Some(opens.into()),
                },
                _ => expired(),
            }
        }
    }
}

/// The first instant at which every "not now" has passed, as far as is known today.
pub fn defer_until(
    parameters: &Parameters,
    facts: &Facts,
    message: &Message<'_>,
    person: &facts::Person<'_>,
    moment: &mut Moment<'_>,
) -> Option<DateTime<Utc>> {
    let here = moment.at(person.place);
    let mut from = message.now;
    if let Some(at) = caps_free_at(parameters, facts, &here, message, person.recent) {
        from = from.max(UnixMillis(at).to_utc());
    }
    if facts.flags.has(Flags::CARRIER_CAP_REACHED) {
        from = from.max(next_carrier_day(message.now)?);
    }
    moment.next_open(person.place, from)
}

fn caps_free_at(
    parameters: &Parameters,
    facts: &Facts,
    here: &PlaceNow<'_>,
    message: &Message<'_>,
    sent: &[Sent],
) -> Option<i64> {
    let now = message.now.timestamp_millis();
    let topic = recent::topic(message.programme);
    if message.class != Class::Marketing {
        // An exemption that is used up frees within a day at the latest after it is asked again.
        return facts
            .flags
            .has(Flags::EXEMPTION_EXHAUSTED)
            .then_some(now + 24 * 3_600_000);
    }
    let law = facts::binding_caps(&here.requirements.caps, facts.flags.has(Flags::EBR)).filter_map(
        |row| {
            let same = |one: &Sent| one.class == Class::Marketing && one.topic == topic;
            recent::frees_at(sent, now, u32::from(row.hours), row.count, same)
        },
    );
    let own = facts::tenant_caps(parameters).filter_map(|(cap, hours)| {
        recent::frees_at(sent, now, hours, cap, |one| one.class == Class::Marketing)
    });
    law.chain(own).max()
}

/// Carriers count a brand's day by US Pacific time.
pub fn next_carrier_day(now: DateTime<Utc>) -> Option<DateTime<Utc>> {
    let zone = chrono_tz::America::Los_Angeles;
    let tomorrow = now.with_timezone(&zone).date_naive().succ_opt()?;
    match zone.from_local_datetime(&tomorrow.and_time(NaiveTime::MIN)) {
        LocalResult::Single(at) | LocalResult::Ambiguous(at, _) => Some(at.with_timezone(&Utc)),
        LocalResult::None => None,
    }
}

/// The refused ones, by outcome, reason and instant; in the order they came.
pub fn groups<'j>(judged: impl Iterator<Item = &'j Judged>) -> Vec<OutcomeGroup> {
    let mut groups: Vec<OutcomeGroup> = Vec::new();
    for one in judged {
        let Fate::Refused {
            outcome,
            reason,
            until,
        } = &one.fate
        else {
            continue;
        };
        let found = groups
            .iter_mut()
            .find(|g| g.outcome == *outcome && g.until == *until && g.reason == *reason);
        let (position, contact, decision) =
            (one.person.position, one.person.contact, one.decision.id);
        match found {
            Some(group) => {
                group.positions.push(position);
                group.contacts.push(contact);
                group.decisions.push(decision);
            }
            None => groups.push(OutcomeGroup {
                outcome: *outcome,
                reason: reason.clone(),
                until: *until,
                positions: vec![position],
                contacts: vec![contact],
                decisions: vec![decision],
            }),
        }
    }
    groups
}

#[cfg(test)]
mod tests;
