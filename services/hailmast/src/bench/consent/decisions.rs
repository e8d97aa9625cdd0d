//! Decisions a second on one thread, warm and cold.

use std::sync::Arc;

use ::consent::decision::Decision;
use ::consent::facts::{self, Message, ReplyFacts};
use ::consent::judge::{self, Asked, Court, Fate};
use ::consent::law::Level;
use ::consent::memo::Memo;
use ::consent::moment::Moment;
use ::consent::papers::Papers;
use ::consent::person::PersonFacts;
use ::consent::places::Places;
use ::consent::rules::Rules;
use ::consent::standing::{Change, Scope, Standing};
use ahash::AHashMap;
use contract::chunk::CHUNK_SIZE;
use contract::{Class, ContactId, Phone};

use super::Options;
use super::report::Figures;
use crate::demo::opening;
use crate::generate;
use crate::process::thread_cpu_seconds;

/// Warm passes over everybody.
const PASSES: usize = 5;

/// Judging alone, on this thread.
pub fn decide(options: &Options, figures: &mut Figures) -> anyhow::Result<()> {
    let places = Places::load()?;
    let memo = Memo::new(Arc::new(Rules::shipped()?));
    let (papers, known, lists) = (Papers::default(), PersonFacts::default(), AHashMap::new());
    let audience = audience(options.people)?;
    let persons: Vec<(Asked, facts::Person<'_>)> = audience
        .iter()
        .zip(0u16..=u16::MAX)
        .cycle()
        .take(audience.len())
        .zip(&audience)
        .map(|((_, position), (phone, standing))| {
            let asked = Asked {
                position: position % 512,
                contact: ContactId::from_raw(1),
                phone: *phone,
            };
            let person = facts::Person {
                standing: Some(standing),
                facts: &known,
                place: places.of_number(*phone),
                recent: &[],
                dnc: &[],
                reply: ReplyFacts::default(),
                heard: &[],
            };
            (asked, person)
        })
        .collect();
    let message = Message {
        class: Class::Marketing,
        programme: "default",
        sender: "+15005550100",
        papers: &papers,
        live: false,
        valid_until: i64::MAX,
        now: opening(),
        carrier_cap_reached: false,
    };
    let court = Court {
        memo: &memo,
        places: &places,
        lists: &lists,
    };
    let pass = || {
        persons
            .chunks(CHUNK_SIZE)
            .flat_map(|chunk| judge::judge(court, &message, chunk))
            .filter(|one| one.fate == Fate::Allowed)
            .count()
    };
    let allowed = pass();
    anyhow::ensure!(allowed > 0, "nobody is allowed: the audience is wrong");
    let begun = thread_cpu_seconds();
    for _ in 0..PASSES {
        anyhow::ensure!(
            pass() == allowed,
            "the same question was answered differently"
        );
    }
    let rate = (PASSES * persons.len()) as f64 / (thread_cpu_seconds() - begun);
    figures.warm_decisions_per_second = rate;

    // Every distinct situation of the audience in every minute of a day, once.
    let rules = memo.rules();
    let mut cold = Vec::new();
    for minute in (0..1440).step_by(7) {
        let now = opening() + chrono::Duration::minutes(minute);
        let at = Message { now, ..message };
        let mut moment = Moment::new(rules, &places, &lists, (Class::Marketing, false), now);
        for (_, person) in persons.iter().take(40) {
            let here = moment.at(person.place);
            cold.push(facts::gather(
                rules.parameters(),
                rules.era(now.date_naive()),
                &here,
                &at,
                person,
            ));
        }
    }
    let begun = thread_cpu_seconds();
    let made: ahash::AHashSet<_> = cold
        .iter()
        .map(|facts| Decision::make(rules, &places, *facts).id)
        .collect();
    figures.cold_decision_us = (thread_cpu_seconds() - begun) * 1e6 / cold.len() as f64;
    figures.distinct_decisions = made.len();
    Ok(())
}

/// People of many area codes: nine in ten opted in, some of them out again.
fn audience(count: usize) -> anyhow::Result<Vec<(Phone, Standing)>> {
    generate::people(count)
        .into_iter()
        .enumerate()
        .map(|(index, person)| {
            let phone = Phone::parse(&person.phone, None)?;
            let mut standing = Standing::default();
            if person.kind != generate::Kind::NeverAsked {
                standing.apply(&Change::opt_in(None, Level::Written, 1))?;
            }
            if person.kind == generate::Kind::OptedOut {
                let scope = if index % 2 == 0 {
                    Scope::Global
                } else {
                    Scope::Class(Class::Marketing)
                };
                standing.apply(&Change::opt_out(scope, 2))?;
            }
            Ok((phone, standing))
        })
        .collect()
}
