use std::sync::Arc;

use ahash::AHashMap;
use contract::{Class, Phone};

use super::*;
use crate::facts::ReplyFacts;
use crate::law::{Law, Level};
use crate::papers::Papers;
use crate::person::PersonFacts;
use crate::recent::{Sent, topic};
use crate::rules::Own;
use crate::standing::{Action, Scope, Standing};

struct Desk {
    rules: Rules,
    places: Places,
}

fn desk(own: Own) -> Desk {
    let law = Arc::new(Law::load().unwrap());
    Desk {
        rules: Rules::compile(law, "", own).unwrap(),
        places: Places::load().unwrap(),
    }
}

impl Desk {
    /// A marketing text to somebody in New York without any standing.
    fn scene(&self, at: &str) -> Scene {
        let now: DateTime<Utc> = at.parse().unwrap();
        let rows = self.rules.law_tables().rows.dnc.iter();
        let lists: AHashMap<_, _> = rows
            .map(|row| (row.list.clone(), now.date_naive()))
            .collect();
        Scene {
            class: Class::Marketing,
            programme: "promo".to_string(),
            sender: "+15005550100".to_string(),
            papers: Papers::default(),
            live: false,
            valid_until: i64::MAX,
            now,
            carrier_cap_reached: false,
            standing: Some(Standing::default()),
            facts: PersonFacts::default(),
            place: self
                .places
                .of_number(Phone::from_digits(12_125_551_000).unwrap()),
            recent: Vec::new(),
            dnc: Vec::new(),
            heard: Vec::new(),
            lists,
            reply: ReplyFacts::default(),
        }
    }

    fn explain(&self, scene: &Scene) -> Explanation {
        explain(&self.rules, &self.places, scene, &[])
    }
}

const DAY: &str = "2026-06-10T15:00:00Z";
const NIGHT: &str = "2026-06-11T03:00:00Z";

fn consented(mut scene: Scene, level: Level) -> Scene {
    let at = scene.now.timestamp_millis() - 86_400_000;
    let change = Change::opt_in(Some("promo"), level, at);
    scene.standing.as_mut().unwrap().apply(&change).unwrap();
    scene
}

fn codes(explanation: &Explanation) -> Vec<Vec<&'static str>> {
    let lists = explanation.smallest_changes.iter();
    lists
        .map(|remedy| remedy.changes.iter().map(|change| change.code).collect())
        .collect()
}

fn failed(explanation: &Explanation) -> Vec<&'static str> {
    let gates = explanation.gates.iter().filter(|gate| !gate.passed);
    gates.map(|gate| gate.gate).collect()
}

#[test]
fn a_text_that_may_leave_passes_every_gate_and_needs_no_change() {
    let desk = desk(Own::default());
    let told = desk.explain(&consented(desk.scene(DAY), Level::Written));
    assert_eq!((told.effect, failed(&told)), ("allow", vec![]));
    assert!(told.smallest_changes.is_empty());
    let order: Vec<&str> = told.gates.iter().map(|gate| gate.gate).collect();
    assert_eq!(order, GATES);
}

#[test]
fn without_consent_written_consent_is_the_smallest_change_in_the_united_states() {
    let desk = desk(Own::default());
    let told = desk.explain(&desk.scene(DAY));
    assert_eq!((told.effect, failed(&told)), ("deny", vec!["consent"]));
    assert_eq!(codes(&told), [["opt_in"]]);
    assert!(told.smallest_changes[0].changes[0].what.contains("written"));
}

#[test]
fn at_night_waiting_is_enough_and_the_instant_is_the_deferral() {
    let desk = desk(Own::default());
    let scene = consented(desk.scene(NIGHT), Level::Written);
    let told = desk.explain(&scene);
    assert_eq!((told.effect, failed(&told)), ("defer", vec!["hours"]));
    assert_eq!(codes(&told)[0], ["wait"]);
    let until = told.smallest_changes[0].changes[0].until.unwrap();
    assert_eq!(Some(until), told.defer_until);
    let at = |now| Scene {
        now,
        ..scene.clone()
    };
    let allows = |scene: &Scene| scene.judge(&desk.rules, &desk.places).allows();
    assert!(allows(&at(until)) && !allows(&at(until - chrono::Duration::seconds(1))));
}

#[test]
fn without_consent_at_night_both_changes_are_named() {
    let desk = desk(Own::default());
    let told = desk.explain(&desk.scene(NIGHT));
    assert_eq!(failed(&told), ["consent", "hours"]);
    assert_eq!(codes(&told)[0], ["opt_in", "wait"]);
}

#[test]
fn a_double_opt_in_that_waits_needs_its_confirmation() {
    let desk = desk(Own::default());
    let mut scene = desk.scene(DAY);
    let at = scene.now.timestamp_millis() - 1000;
    let mut change = Change::opt_in(Some("promo"), Level::Written, at);
    change.pending = true;
    scene.standing.as_mut().unwrap().apply(&change).unwrap();
    let told = desk.explain(&scene);
    assert_eq!(told.reason, "CONSENT_PENDING_CONFIRMATION");
    assert_eq!(codes(&told)[0], ["confirm"]);
}

#[test]
fn after_a_stop_start_or_a_new_opt_in_is_enough_and_a_list_entry_is_taken_off_besides() {
    let desk = desk(Own::default());
    let mut scene = consented(desk.scene(DAY), Level::Written);
    let mut stop = Change::opt_out(Scope::Global, scene.now.timestamp_millis() - 500);
    stop.by = "keyword".to_string();
    scene.standing.as_mut().unwrap().apply(&stop).unwrap();
    let told = desk.explain(&scene);
    assert_eq!(codes(&told), [["start"], ["opt_in"]]);
    stop.by = "list".to_string();
    scene.standing.as_mut().unwrap().apply(&stop).unwrap();
    let told = desk.explain(&scene);
    assert!(
        codes(&told)
            .iter()
            .all(|list| list.len() == 2 && list.contains(&"unsuppress")),
        "{:?}",
        codes(&told)
    );
}

#[test]
fn a_restriction_is_lifted_and_a_review_decided() {
    let desk = desk(Own::default());
    let mut scene = consented(desk.scene(DAY), Level::Written);
    let restrict = Change::new(Action::Restrict, scene.now.timestamp_millis());
    scene.standing.as_mut().unwrap().apply(&restrict).unwrap();
    assert_eq!(codes(&desk.explain(&scene)), [["unrestrict"]]);
    let hold = Change::new(Action::Hold, scene.now.timestamp_millis());
    scene.standing.as_mut().unwrap().apply(&hold).unwrap();
    assert_eq!(codes(&desk.explain(&scene)), [["unrestrict", "review"]]);
}

#[test]
fn a_live_text_from_an_unregistered_sender_needs_the_registration() {
    let desk = desk(Own::default());
    let mut scene = consented(desk.scene(DAY), Level::Written);
    scene.live = true;
    let told = desk.explain(&scene);
    assert_eq!(failed(&told), ["content"]);
    assert_eq!(codes(&told), [["register_sender"]]);
}

#[test]
fn a_cap_that_is_reached_shows_its_count_and_frees_later() {
    let own = Own {
        parameters: crate::parameters::Parameters {
            cap_per_day: Some(1),
            ..Default::default()
        },
        ..Own::default()
    };
    let desk = desk(own);
    let mut scene = consented(desk.scene(DAY), Level::Written);
    scene.recent.push(Sent {
        topic: topic("promo"),
        class: Class::Marketing,
        at: scene.now.timestamp_millis() - 3_600_000,
    });
    let told = desk.explain(&scene);
    assert_eq!((told.effect, failed(&told)), ("defer", vec!["frequency"]));
    let gate = told.gates.iter().find(|gate| gate.gate == "frequency");
    let facts = &gate.unwrap().facts;
    assert!(
        facts
            .iter()
            .any(|fact| fact.value == "1 of 1" && fact.fact.contains("your own cap")),
        "{facts:?}"
    );
    assert_eq!(codes(&told)[0], ["wait"]);
}

#[test]
fn a_policy_of_ones_own_is_named_as_what_to_change() {
    let own = Own {
        forbids:
            r#"@id("own.never") @reason("OWN_NEVER") @source("us") @effective_from("2026-01-01")
            forbid (principal, action == Action::"marketing", resource);"#
                .to_string(),
        ..Own::default()
    };
    let desk = desk(own);
    let told = desk.explain(&consented(desk.scene(DAY), Level::Written));
    assert_eq!(failed(&told), ["own_policies"]);
    assert_eq!(codes(&told), [["own_policies"]]);
    assert!(
        told.smallest_changes[0].changes[0]
            .what
            .contains("own.never")
    );
}

#[test]
fn a_number_without_a_zone_needs_one() {
    let desk = desk(Own::default());
    let mut scene = consented(desk.scene(DAY), Level::Written);
    scene.place = desk
        .places
        .of_number(Phone::from_digits(18_005_551_000).unwrap());
    let told = desk.explain(&scene);
    assert_eq!(told.reason, "TIMEZONE_UNKNOWN");
    assert_eq!(codes(&told), [["record_zone"]]);
}

#[test]
fn what_nothing_can_mend_has_no_remedy() {
    let desk = desk(Own::default());
    let mut scene = desk.scene(DAY);
    scene.standing = None;
    let told = desk.explain(&scene);
    assert_eq!(
        (told.reason.as_str(), failed(&told)[0]),
        ("FACTS_UNAVAILABLE", "number")
    );
    assert!(told.smallest_changes.is_empty());
}

#[test]
fn the_rows_of_law_that_stand_against_it_are_named_with_their_source() {
    let desk = desk(Own::default());
    let told = desk.explain(&consented(desk.scene(NIGHT), Level::Written));
    let hours = told.gates.iter().find(|gate| gate.gate == "hours").unwrap();
    let against: Vec<_> = hours.law.iter().filter(|row| row.against).collect();
    assert!(!against.is_empty() && against.iter().all(|row| !row.source.is_empty()));
    assert!(
        hours
            .facts
            .iter()
            .any(|fact| fact.fact == "local time in America/New_York"
                && fact.value == "Wed 2026-06-10 23:00"),
        "{:?}",
        hours.facts
    );
    assert!(!hours.policies.is_empty());
}
