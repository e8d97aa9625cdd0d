//! However many inputs come in one pass, the same texts are left to send as if each had come in its own.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use chrono::{DateTime, Utc};
use contract::{ContactId, JourneyId, MessageId, Mode, TemplateId, TenantId, UnixMillis};
use proptest::prelude::*;
use serde_json::json;

use super::counted::{self, Counted};
use super::*;
use crate::journey::run::Happening;
use crate::journey::source::Format;
use crate::journey::validate;
use crate::journey::version::Version;

const TEXT: &str = r#"
journey: v1
name: order
purpose: appointment
trigger: {event: order.placed, key: event.order, duplicate: restart}
exit: [{event: order.returned}]
replan: {event: order.moved, notice: {template: moved}, notice_if: always}
steps:
  - {id: hello, send: {template: hello}}
  - {id: ask, await: {event: order.paid, timeout: P1D, then: [{id: thanks, send: {template: thanks}}]}}
  - {id: again, send: {template: hello}}
  - {id: before, wait: {until: appointment.starts_at, offset: -PT2H}}
  - {id: remind, send: {template: hello}}
"#;

const JOURNEY: JourneyId = JourneyId::from_raw(1);
const TENANT: TenantId = TenantId::from_raw(1);

fn now() -> DateTime<Utc> {
    DateTime::from_timestamp(1_780_000_000, 0).unwrap()
}

fn batch() -> Batch {
    let definition = validate(TEXT, Format::Yaml).unwrap();
    let head = Head {
        id: JOURNEY,
        tenant: TENANT,
        mode: Mode::Test,
        state: State::Running,
        version: 1,
        starts: Some("order.placed".into()),
    };
    let template = |name: &str| (name.to_string(), TemplateId::from_raw(1));
    let ready = Ready {
        number: 1,
        version: Version::compile(&definition).unwrap(),
        programme: "default".into(),
        templates: ["hello", "thanks", "moved"].map(template).into(),
        sender: Some("+15005550100".into()),
        published_at: UnixMillis(0),
    };
    let versions = HashMap::from([((JOURNEY, 1), Arc::new(ready))]);
    let person = |n: u128| {
        let id = ContactId::from_raw(n);
        let person = Person {
            id: id.to_string(),
            zone: None,
            fields: BTreeMap::new(),
        };
        ((TENANT, id), Arc::new(person))
    };
    Batch {
        now: now(),
        runs: BTreeMap::new(),
        of_contact: HashMap::new(),
        last_starts: BTreeMap::new(),
        lately: BTreeMap::new(),
        journeys: HashMap::from([(JOURNEY, head)]),
        counted: Counted::new(counted::spans(&versions), Vec::new()),
        versions,
        winners: Winners::default(),
        people: (0..2).map(person).collect(),
        changed: BTreeSet::new(),
        texts: Vec::new(),
        withdrawn: Vec::new(),
        said: Vec::new(),
        calls: Vec::new(),
        changes: Vec::new(),
        wishes: Vec::new(),
        started: 0,
        moved: 0,
    }
}

fn input(n: usize, (name, person, order): (&str, u128, u8)) -> NewInput {
    let starts = now() + chrono::Duration::hours(i64::from(order) * 5 + 1);
    NewInput {
        tenant: TENANT,
        mode: Mode::Test,
        contact: Some(ContactId::from_raw(person)),
        run: None,
        held_by: None,
        body: Body::Event(Happening {
            id: format!("e{n}"),
            name: name.into(),
            data: json!({"order": order.to_string()}),
            appointment: Some(json!({"starts_at": starts.to_rfc3339()})),
        }),
        hops: 0,
    }
}

/// The texts of a pass get rows; what is wanted back has not left, and its run is told.
fn written(
    batch: &mut Batch,
    sent: &mut BTreeMap<MessageId, (ContactId, String, String)>,
    next: &mut u128,
) {
    for (run, place, text) in std::mem::take(&mut batch.texts) {
        *next += 1;
        let message = MessageId::from_raw(*next);
        let row = batch.runs.get_mut(&run).unwrap();
        sent.insert(message, (row.contact, row.key.clone(), text.step));
        row.messages.insert(place, message);
    }
    for message in std::mem::take(&mut batch.withdrawn) {
        sent.remove(&message);
        let of: Option<(JourneyRunId, String)> = batch.runs.values().find_map(|row| {
            let place = row.messages.iter().find(|(_, known)| **known == message);
            place.map(|(place, _)| (row.id, place.clone()))
        });
        let (run, place) = of.unwrap();
        let (epoch, text) = place.split_once('.').unwrap();
        let outcome = NewInput {
            contact: None,
            run: Some(run),
            body: Body::Outcome {
                epoch: epoch.parse().unwrap(),
                text: text.parse().unwrap(),
                fate: Fate::Withdrawn,
            },
            ..input(0, ("", 0, 0))
        };
        batch.input(&outcome);
        written(batch, sent, next);
    }
}

/// Where the runs stand.
fn stands(batch: &Batch) -> Vec<String> {
    let runs = batch.runs.values().map(|row| {
        let texts = row.run.texts.iter().map(|text| (&text.step, text.fate));
        let texts: Vec<_> = texts.collect();
        let (run, of) = (&row.run, (row.contact, &row.key));
        format!(
            "{of:?} {} {:?} {:?} {texts:?}",
            run.epoch, run.end, run.fibers
        )
    });
    sorted(runs.collect())
}

fn sorted<T: Ord>(mut items: Vec<T>) -> Vec<T> {
    items.sort();
    items
}

/// Texts that are left, and the runs.
fn played(
    story: &[(&str, u128, u8)],
    in_one: bool,
) -> (Vec<(ContactId, String, String)>, Vec<String>) {
    let (mut batch, mut sent, mut next) = (batch(), BTreeMap::new(), 0);
    for (n, event) in story.iter().enumerate() {
        batch.input(&input(n, *event));
        if !in_one {
            written(&mut batch, &mut sent, &mut next);
        }
    }
    written(&mut batch, &mut sent, &mut next);
    (sorted(sent.into_values().collect()), stands(&batch))
}

#[test]
fn a_text_is_not_sent_whose_run_ends_in_the_same_pass() {
    let story = [("order.placed", 1, 1), ("order.returned", 1, 1)];
    let (left, runs) = played(&story, true);
    assert!(left.is_empty(), "{left:?}");
    assert!(runs[0].ends_with("[(\"hello\", Withdrawn)]"), "{runs:?}");
}

#[test]
fn of_two_beginnings_in_one_pass_one_text_is_left() {
    let story = [("order.placed", 1, 1), ("order.placed", 1, 1)];
    let (left, _) = played(&story, true);
    let steps: Vec<&str> = left.iter().map(|(.., step)| step.as_str()).collect();
    assert_eq!(steps, ["hello/1.1"]);
}

#[test]
fn a_contact_of_another_tenant_starts_no_run_with_their_fields() {
    let mut batch = batch();
    let other = TenantId::from_raw(2);
    let theirs = Head {
        id: JourneyId::from_raw(2),
        tenant: other,
        ..batch.journeys[&JOURNEY].clone()
    };
    let ready = batch.versions[&(JOURNEY, 1)].clone();
    batch.versions.insert((theirs.id, 1), ready);
    batch.journeys.insert(theirs.id, theirs);
    let placed = input(0, ("order.placed", 1, 1));
    batch.input(&NewInput {
        tenant: other,
        ..placed.clone()
    });
    assert!(batch.runs.is_empty());
    batch.input(&placed);
    assert_eq!(batch.runs.len(), 1);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn many_inputs_in_one_pass_leave_the_texts_of_as_many_passes(
        story in prop::collection::vec((
            prop::sample::select(vec!["order.placed", "order.placed", "order.returned", "order.moved", "order.paid"]),
            0..2_u128, 0..3_u8,
        ), 0..12),
    ) {
        let (one, runs) = played(&story, true);
        let (each, alone) = played(&story, false);
        prop_assert_eq!(one, each);
        prop_assert_eq!(runs, alone);
    }
}
