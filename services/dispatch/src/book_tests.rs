use super::*;
use contract::chunk::Encoding;
use contract::dispatch::HandOver;
use contract::ids::{ContactId, DecisionId, RunId};
use contract::reason::Reason;
use proptest::prelude::*;

const TENANT: TenantId = TenantId::from_raw(7);

fn key() -> PartKey {
    PartKey {
        slot: SlotRef {
            run: RunId::from_raw(1 << 40),
            chunk: 0,
            slot: 1,
        },
        part: 0,
    }
}

fn items(texts: u16) -> Items {
    let hand_overs: Vec<HandOver> = (64..64 + texts)
        .map(|position| HandOver {
            position,
            contact: ContactId::from_raw(1),
            decision: DecisionId::from_raw(1),
            outcome: Outcome::HandedOver,
            reason: Reason::OK,
            until: None,
            segments: 1,
            encoding: Encoding::Gsm7,
            provider_message_id: format!("id-{position}"),
        })
        .collect();
    Items::pack(hand_overs.iter())
}

fn new(items: &Items) -> NewPart<'_> {
    NewPart {
        key: key(),
        tenant: TENANT,
        provider: "p",
        at: 1_000,
        items,
        states: items.states(),
    }
}

fn receipt(id: &str, outcome: Outcome) -> CarrierReceipt {
    CarrierReceipt {
        provider_message_id: id.to_string(),
        outcome,
        reference: None,
        code: "000".to_string(),
        fault: None,
        block: None,
        at: 5,
    }
}

fn unknown() -> Items {
    let hand_over = HandOver {
        position: 64,
        contact: ContactId::from_raw(1),
        decision: DecisionId::from_raw(1),
        outcome: Outcome::Unknown,
        reason: Reason::OUTCOME_UNKNOWN,
        until: None,
        segments: 1,
        encoding: Encoding::Gsm7,
        provider_message_id: String::new(),
    };
    Items::pack(std::iter::once(&hand_over))
}

fn referring(position: u16) -> CarrierReceipt {
    CarrierReceipt {
        reference: Some(MessageId::of(key().slot.run, 0, position)),
        ..receipt("late", Outcome::Delivered)
    }
}

#[test]
fn a_late_receipt_settles_an_unknown_text_by_our_own_id() {
    let items = unknown();
    let mut book = Book::default();
    book.insert(&new(&items));
    assert_eq!(book.receive("q", &referring(64)), Received::UnknownId);
    assert_eq!(book.receive("p", &referring(65)), Received::UnknownId);
    let Received::Rose(rise) = book.receive("p", &referring(64)) else {
        panic!("no rise")
    };
    assert_eq!((rise.place, rise.outcome), (0, Outcome::Delivered));
}

#[test]
fn a_receipt_that_overtakes_the_word_that_its_text_is_unknown_settles_it_too() {
    let items = unknown();
    let mut book = Book::default();
    let parked = Parked {
        provider: "p".to_string(),
        receipt: referring(64),
        received_at: 9,
        foreign_to: None,
    };
    book.park(parked.clone());
    assert_eq!(book.insert(&new(&items)), [parked]);
}

#[test]
fn a_text_that_the_carrier_named_is_found_by_that_name_alone() {
    let items = items(1);
    let mut book = Book::default();
    book.insert(&new(&items));
    assert_eq!(book.receive("p", &referring(64)), Received::UnknownId);
}

#[test]
fn a_receipt_finds_its_text_once() {
    let items = items(2);
    let mut book = Book::default();
    assert!(book.insert(&new(&items)).is_empty());
    let Received::Rose(rise) = book.receive("p", &receipt("id-65", Outcome::Delivered)) else {
        panic!("no rise")
    };
    assert_eq!(rise.message(), MessageId::of(key().slot.run, 0, 65));
    assert_eq!((rise.tenant, rise.outcome), (TENANT, Outcome::Delivered));
    assert_eq!(
        book.receive("p", &receipt("id-65", Outcome::Undelivered)),
        Received::UnknownId
    );
    assert_eq!(
        book.receive("q", &receipt("id-64", Outcome::Delivered)),
        Received::UnknownId
    );
    assert_eq!(book.waiting(), 1);
}

#[test]
fn a_parked_receipt_comes_back_when_its_text_is_known() {
    let items = items(1);
    let mut book = Book::default();
    let parked = Parked {
        provider: "p".to_string(),
        receipt: receipt("id-64", Outcome::Delivered),
        received_at: 9,
        foreign_to: None,
    };
    book.park(parked.clone());
    assert_eq!(book.insert(&new(&items)), [parked]);
    assert_eq!(book.insert(&new(&items)), []);
}

#[test]
fn a_row_is_let_go_when_nothing_can_happen_to_it() {
    let items = items(2);
    let mut book = Book::default();
    book.insert(&new(&items));
    book.receive("p", &receipt("id-64", Outcome::Delivered));
    book.receive("p", &receipt("id-65", Outcome::Undelivered));
    let rows = book.take_dirty();
    assert_eq!(
        (
            rows.len(),
            rows[0].awaiting,
            rows[0].states[0],
            rows[0].states[1]
        ),
        (1, 1, 51, 50)
    );
    book.receive("p", &receipt("id-65", Outcome::Delivered));
    assert_eq!(book.take_dirty()[0].awaiting, 0);
    assert!(book.parts.iter().all(Option::is_none) && book.waiting() == 0 && !book.is_dirty());
}

#[test]
fn old_rows_are_forgotten() {
    let items = items(1);
    let mut book = Book::default();
    book.insert(&new(&items));
    book.forget(500, 0);
    assert_eq!(book.waiting(), 1);
    book.forget(2_000, 0);
    assert_eq!(book.waiting(), 0);
}

proptest! {
    /// G6: whatever the order, repetition, and place of the submit among its receipts, the states are the same.
    #[test]
    fn receipts_in_any_order_around_the_commit_give_the_same_states(
        (receipts, shuffled) in prop::collection::vec((64_u16..72, any::<bool>()), 0..40)
            .prop_flat_map(|r| (Just(r.clone()), Just(r).prop_shuffle())),
        commit_at in 0_usize..40,
    ) {
        let run = |receipts: &[(u16, bool)], commit_at: usize| {
            let items = items(8);
            let mut book = Book::default();
            let mut states = [40_u8; 8];
            let mut note = |received: Received| {
                if let Received::Rose(rise) = received {
                    states[usize::from(rise.place)] = rise.outcome.rank();
                }
            };
            let commit_at = commit_at.min(receipts.len());
            let mut committed = false;
            for (n, (position, delivered)) in receipts.iter().chain(std::iter::once(&(0, true))).enumerate() {
                if n == commit_at && !committed {
                    committed = true;
                    for parked in book.insert(&new(&items)) {
                        note(book.receive("p", &parked.receipt));
                    }
                }
                let outcome = if *delivered { Outcome::Delivered } else { Outcome::Undelivered };
                let receipt = receipt(&format!("id-{position}"), outcome);
                match book.receive("p", &receipt) {
                    Received::UnknownId if !committed => {
                        book.park(Parked { provider: "p".to_string(), receipt, received_at: 0, foreign_to: None });
                    }
                    received => note(received),
                }
            }
            states
        };
        prop_assert_eq!(run(&receipts, 0), run(&shuffled, commit_at));
    }
}

fn late(id: &str, outcome: Outcome) -> CarrierReceipt {
    CarrierReceipt {
        provider_message_id: id.to_string(),
        outcome,
        ..referring(64)
    }
}

#[test]
fn a_text_named_late_is_found_by_that_name_and_a_second_name_is_odd() {
    let items = unknown();
    let mut book = Book::default();
    book.insert(&new(&items));
    let Received::Rose(rise) = book.receive("p", &late("a", Outcome::HandedOver)) else {
        panic!("no rise")
    };
    assert_eq!(
        (rise.from, rise.outcome),
        (Outcome::Unknown, Outcome::HandedOver)
    );
    let learned = book.take_learned();
    assert_eq!(learned[0].provider_message_id, "a");
    assert!(book.take_learned().is_empty() && book.take_odd().is_empty());
    assert_eq!(
        book.receive("p", &late("a", Outcome::HandedOver)),
        Received::NothingNew
    );
    assert!(book.take_odd().is_empty());
    assert_eq!(
        book.receive("p", &late("b", Outcome::HandedOver)),
        Received::NothingNew
    );
    let odd = book.take_odd();
    assert_eq!(
        (odd.len(), odd[0].kind, odd[0].provider_message_id.as_str()),
        (1, Kind::SecondId, "b")
    );
    // The name alone is enough now, and no name is left behind.
    assert!(matches!(
        book.receive("p", &receipt("a", Outcome::Delivered)),
        Received::Rose(_)
    ));
    assert_eq!(book.waiting(), 0);
}

#[test]
fn a_name_from_before_a_restart_leads_to_its_text() {
    let items = unknown();
    let mut book = Book::default();
    book.insert(&new(&items));
    book.name(&Learned {
        message: MessageId::of(key().slot.run, 0, 64),
        provider: "p".to_string(),
        provider_message_id: "a".to_string(),
    });
    let Received::Rose(rise) = book.receive("p", &receipt("a", Outcome::Undelivered)) else {
        panic!("no rise")
    };
    assert_eq!(rise.outcome, Outcome::Undelivered);
    assert!(matches!(
        book.receive("p", &late("b", Outcome::Delivered)),
        Received::Rose(_)
    ));
    assert_eq!(
        book.take_odd().len(),
        1,
        "another name is odd, whatever it tells"
    );
    assert_eq!(book.waiting(), 0);
}

#[test]
fn a_look_up_that_found_nothing_waits_for_receipts_that_contradict_it() {
    let items = unknown();
    let mut book = Book::default();
    book.insert(&new(&items));
    let Received::Rose(rise) = book.receive("p", &late("", Outcome::Failed)) else {
        panic!("no rise")
    };
    assert_eq!(rise.outcome, Outcome::Failed);
    let rows = book.take_dirty();
    assert_eq!(
        (rows[0].states[0], rows[0].awaiting),
        (Outcome::Failed.rank(), 1)
    );
    // Read from the tables again, it is the same.
    let mut again = Book::default();
    again.insert(&NewPart {
        states: rows[0].states,
        ..new(&items)
    });
    for book in [&mut book, &mut again] {
        assert!(matches!(
            book.receive("p", &late("a", Outcome::Delivered)),
            Received::Rose(_)
        ));
    }
}

#[test]
fn an_id_of_another_account_is_recognised_and_changes_nothing() {
    let (items, doubtful) = (items(1), unknown());
    let mut book = Book::default();
    book.insert(&new(&items));
    let text = MessageId::of(key().slot.run, 0, 64);
    let strange = receipt("id-64", Outcome::Delivered);
    assert_eq!(book.receive("q", &strange), Received::UnknownId);
    assert_eq!(book.foreign_to("q", &strange), Some(text));
    assert_eq!(book.foreign_to("p", &strange), None);
    assert_eq!(
        book.foreign_to("q", &receipt("id-99", Outcome::Delivered)),
        None
    );
    let mut book = Book::default();
    book.insert(&new(&doubtful));
    assert_eq!(book.foreign_to("q", &referring(64)), Some(text));
    assert_eq!(book.waiting(), 1);
}
