//! From people and their standing to "may leave", "not now" and "no". Pure but for the memo; used at
//! screening and again when permits are asked for.

use std::sync::Arc;

use ahash::AHashMap;
use chrono::{DateTime, Utc};
use contract::chunk::{Outcome, OutcomeGroup};
use contract::{Class, ContactId, Phone, Reason, UnixMillis};

use crate::decision::{Decision, Effect};
use crate::facts::Facts;
use crate::memo::Memo;
use crate::standing::Standing;
use crate::zones::{LocalTimes, ZoneTable};

/// What all of them are asked about.
#[derive(Debug, Clone, Copy)]
pub struct Question<'q> {
    pub class: Class,
    pub programme: &'q str,
    /// What [`Person::zone`] points into.
    pub zones: &'q [String],
    pub valid_until: UnixMillis,
    pub now: DateTime<Utc>,
}

#[derive(Debug, Clone, Copy)]
pub struct Person {
    pub position: u16,
    pub contact: ContactId,
    pub phone: Phone,
    pub zone: Option<u8>,
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
    pub person: Person,
    pub decision: Arc<Decision>,
    pub revision: i64,
    pub fate: Fate,
}

/// Judges everyone, in their order.
pub fn judge(
    memo: &Memo,
    table: &ZoneTable,
    question: &Question<'_>,
    people: &[Person],
    standings: &AHashMap<Phone, Standing>,
) -> Vec<Judged> {
    let nobody = Standing::default();
    let mut times = LocalTimes::new(table, question.now, question.zones);
    let now = question.now.timestamp_millis();
    let facts: Vec<Facts> = people
        .iter()
        .map(|person| {
            let standing = standings.get(&person.phone).unwrap_or(&nobody);
            let minutes = times.minutes(person.phone, person.zone);
            Facts::of(question.class, question.programme, standing, minutes, now)
        })
        .collect();
    memo.decide_all(&facts)
        .into_iter()
        .zip(people)
        .map(|(decision, person)| Judged {
            fate: fate(&decision, question, person, &mut times),
            decision,
            revision: standings
                .get(&person.phone)
                .map_or(0, |standing| standing.revision),
            person: *person,
        })
        .collect()
}

fn fate(
    decision: &Decision,
    question: &Question<'_>,
    person: &Person,
    times: &mut LocalTimes<'_>,
) -> Fate {
    let expired = || Fate::Refused {
        outcome: Outcome::Expired,
        reason: Reason::MESSAGE_EXPIRED,
        until: None,
    };
    let past = |at: DateTime<Utc>| UnixMillis::from(at) >= question.valid_until;
    match decision.verdict.effect {
        Effect::Deny => Fate::Refused {
            outcome: Outcome::Suppressed,
            reason: decision.verdict.reason.clone(),
            until: None,
        },
        _ if past(question.now) => expired(),
        Effect::Allow => Fate::Allowed,
        Effect::Defer => {
            let window = decision.verdict.window;
            match window.and_then(|window| times.next_open(person.phone, person.zone, window)) {
                Some(opens) if !past(opens) => Fate::Refused {
                    outcome: Outcome::Held,
                    reason: decision.verdict.reason.clone(),
                    until: Some(opens.into()),
                },
                _ => expired(),
            }
        }
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
mod tests {
    use super::*;
    use crate::rules::Rules;
    use crate::standing::Action;

    fn judged(now: &str, valid_until: &str, phones: &[u64], opted_in: &[u64]) -> Vec<Judged> {
        let memo = Memo::new(Rules::load("").unwrap());
        let table = ZoneTable::load().unwrap();
        let question = Question {
            class: Class::Marketing,
            programme: "default",
            zones: &[],
            valid_until: valid_until.parse::<DateTime<Utc>>().unwrap().into(),
            now: now.parse().unwrap(),
        };
        let people: Vec<Person> = phones
            .iter()
            .zip(0..)
            .map(|(digits, position)| Person {
                position,
                contact: ContactId::from_raw(u128::from(*digits)),
                phone: Phone::from_digits(*digits).unwrap(),
                zone: None,
            })
            .collect();
        let standings = opted_in
            .iter()
            .map(|digits| {
                let mut standing = Standing::default();
                standing.apply(Action::OptIn, None, 1).unwrap();
                (Phone::from_digits(*digits).unwrap(), standing)
            })
            .collect();
        judge(&memo, &table, &question, &people, &standings)
    }

    const NEW_YORK: u64 = 12_125_550_123;
    const LOS_ANGELES: u64 = 12_135_550_123;
    const NOWHERE: u64 = 18_005_550_123;

    #[test]
    fn each_person_is_judged_by_their_own_consent_and_clock() {
        let all = [NEW_YORK, LOS_ANGELES, NOWHERE, NEW_YORK + 1];
        let judged = judged(
            "2026-06-10T13:00:00Z",
            "2026-06-12T00:00:00Z",
            &all,
            &all[..3],
        );
        assert_eq!(judged[0].fate, Fate::Allowed);
        let groups = groups(judged.iter());
        let told: Vec<_> = groups
            .iter()
            .map(|g| (g.outcome, g.reason.as_str(), g.positions.clone()))
            .collect();
        assert_eq!(
            told,
            [
                (Outcome::Held, "QUIET_HOURS", vec![1]),
                (Outcome::Suppressed, "TIMEZONE_UNKNOWN", vec![2]),
                (Outcome::Suppressed, "NO_CONSENT", vec![3]),
            ]
        );
        let opens: DateTime<Utc> = "2026-06-10T15:00:00Z".parse().unwrap();
        assert_eq!(groups[0].until, Some(opens.into()));
    }

    #[test]
    fn what_could_only_leave_after_its_time_is_expired() {
        let people = [LOS_ANGELES, NEW_YORK];
        let judged = judged(
            "2026-06-10T13:00:00Z",
            "2026-06-10T15:00:00Z",
            &people,
            &people,
        );
        assert!(
            matches!(&judged[0].fate, Fate::Refused { outcome: Outcome::Expired, reason, .. } if *reason == Reason::MESSAGE_EXPIRED)
        );
        assert_eq!(judged[1].fate, Fate::Allowed);
    }

    #[test]
    fn an_expired_text_leaves_no_more_and_a_refusal_keeps_its_reason() {
        let judged = judged(
            "2026-06-10T15:00:00Z",
            "2026-06-10T15:00:00Z",
            &[NEW_YORK, LOS_ANGELES],
            &[NEW_YORK],
        );
        assert!(matches!(
            &judged[0].fate,
            Fate::Refused {
                outcome: Outcome::Expired,
                ..
            }
        ));
        assert!(
            matches!(&judged[1].fate, Fate::Refused { reason, .. } if *reason == Reason::NO_CONSENT)
        );
    }
}
