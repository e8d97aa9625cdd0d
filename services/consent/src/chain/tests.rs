use super::*;

/// Small repeatable random numbers (xorshift).
pub struct Dice(pub u64);

impl Dice {
    pub fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % bound as u64).unwrap()
    }
}

type Rows = Vec<(Link, [u8; 32])>;

pub fn link(seq: i64) -> Link {
    let byte = u8::try_from(seq % 250).unwrap();
    Link {
        seq,
        id: [byte; 16],
        tenant: "ten_1".to_string(),
        person: [byte / 3; 32],
        channel: "sms".to_string(),
        programme: (seq % 2 == 0).then(|| "news".to_string()),
        class: (seq % 3 == 0).then(|| "marketing".to_string()),
        action: "opt_in".to_string(),
        level: (seq % 5 != 0).then(|| "written".to_string()),
        method: "web".to_string(),
        acted_at: 1_800_000_000_000 + seq,
        recorded_at: 1_800_000_000_500 + seq,
        expires_at: (seq % 4 == 0).then_some(1_900_000_000_000),
        revision: seq / 2,
        detail: r#"{"scope":"global"}|-|-"#.to_string(),
        sealed: seal(&[byte; 16], "{}"),
    }
}

fn chain(rows: i64) -> (Rows, Head) {
    let mut head = Head {
        seq: 0,
        hash: GENESIS,
    };
    let mut made = Vec::new();
    for seq in 1..=rows {
        let link = link(seq);
        let hash = hash(&head.hash, &link);
        head = Head { seq, hash };
        made.push((link, hash));
    }
    (made, head)
}

/// Gives the text another value.
fn alter(text: &mut String, dice: &mut Dice) {
    match dice.below(3) {
        0 => text.push('x'),
        1 => *text = text.to_uppercase() + " ",
        _ => {
            text.pop();
        }
    }
}

fn alter_maybe(text: &mut Option<String>, dice: &mut Dice) {
    match text {
        None => *text = Some(String::new()),
        Some(_) if dice.below(2) == 0 => *text = None,
        Some(text) => alter(text, dice),
    }
}

fn edit((link, stored): &mut (Link, [u8; 32]), dice: &mut Dice) {
    let (at, bit) = (dice.below(16), 1 << dice.below(8));
    let step = i64::try_from(dice.below(1000)).unwrap() + 1;
    match dice.below(16) {
        0 => link.seq += step,
        1 => link.id[at] ^= bit,
        2 => alter(&mut link.tenant, dice),
        3 => link.person[at] ^= bit,
        4 => alter(&mut link.channel, dice),
        5 => alter_maybe(&mut link.programme, dice),
        6 => alter_maybe(&mut link.class, dice),
        7 => alter(&mut link.action, dice),
        8 => alter_maybe(&mut link.level, dice),
        9 => alter(&mut link.method, dice),
        10 => link.acted_at -= step,
        11 => link.recorded_at += step,
        12 => {
            link.expires_at = match link.expires_at {
                Some(at) if step % 2 == 0 => Some(at + step),
                Some(_) => None,
                None => Some(0),
            }
        }
        13 => link.revision += step,
        14 => link.sealed[at] ^= bit,
        _ => stored[at + 16] ^= bit,
    }
}

fn mutate(rows: &mut Rows, dice: &mut Dice) -> &'static str {
    let at = dice.below(rows.len());
    match dice.below(6) {
        0 => {
            rows.remove(at);
            "remove"
        }
        1 => {
            let other = (at + 1 + dice.below(rows.len() - 1)) % rows.len();
            rows.swap(at, other);
            "swap"
        }
        2 => {
            let copy = rows[dice.below(rows.len())].clone();
            rows.insert(at, copy);
            "insert"
        }
        3 => {
            rows.truncate(at);
            "truncate"
        }
        _ => {
            edit(&mut rows[at], dice);
            "edit"
        }
    }
}

#[test]
fn an_untouched_chain_verifies_whole_and_in_parts() {
    let (rows, head) = chain(200);
    let checked = verify(rows.clone(), Some(head)).unwrap();
    assert_eq!((checked.rows, checked.last), (200, head));

    let first = verify(rows[..120].to_vec(), None).unwrap();
    let mut walk = Walk::after(first.last);
    for (link, stored) in &rows[120..] {
        walk.step(link, stored).unwrap();
    }
    let rest = walk.finish(Some(head)).unwrap();
    assert_eq!((rest.rows, rest.last), (80, head));
}

#[test]
fn a_thousand_random_mutations_of_a_chain_are_all_found() {
    let (rows, head) = chain(200);
    let mut dice = Dice(0x9e37_79b9_7f4a_7c15);
    for round in 0..1000 {
        let mut changed = rows.clone();
        let kind = mutate(&mut changed, &mut dice);
        assert_ne!(changed, rows, "round {round}: {kind} changed nothing");
        let verdict = verify(changed, Some(head));
        assert!(verdict.is_err(), "round {round}: {kind} went unnoticed");
    }
}

#[test]
fn every_field_of_a_row_is_covered_by_its_hash() {
    let mut dice = Dice(7);
    let (rows, _) = chain(12);
    for row in &rows {
        let before = hash(&GENESIS, &row.0);
        for _ in 0..200 {
            let mut changed = row.clone();
            edit(&mut changed, &mut dice);
            let same = hash(&GENESIS, &changed.0) == before;
            assert_eq!(same, changed.0 == row.0);
        }
    }
}

#[test]
fn text_moved_from_one_field_to_the_next_changes_the_hash() {
    let mut a = link(1);
    (a.channel, a.action, a.programme) = ("sm".into(), "sopt".into(), Some("ab".into()));
    a.class = Some("c".into());
    let b = Link {
        programme: Some("a".into()),
        class: Some("bc".into()),
        ..a.clone()
    };
    let c = Link {
        programme: None,
        class: Some("ab".into()),
        ..a.clone()
    };
    let d = Link {
        programme: Some("ab".into()),
        class: None,
        ..a.clone()
    };
    let mut hashes: Vec<_> = [a, b, c, d].iter().map(|l| hash(&GENESIS, l)).collect();
    hashes.sort_unstable();
    hashes.dedup();
    assert_eq!(hashes.len(), 4);
}

#[test]
/// The expected values come from a second program, written from the description on the page of an archive.
fn the_encoding_never_changes() {
    let (rows, head) = chain(3);
    assert_eq!(
        hex::encode(rows[0].1),
        "2b5581aaadb83dccbc1ef1e3284d9f509a0f1cb2f566e00c55313e03bf07a845"
    );
    assert_eq!(
        hex::encode(head.hash),
        "2a89c464fd77f408ea6c56417f1e6e42bf4b57a66719808c5b96e2d1cd3f8e08"
    );
}

#[test]
fn each_fault_is_told_apart() {
    let (rows, head) = chain(5);
    let fault = |change: &dyn Fn(&mut Rows)| {
        let mut rows = rows.clone();
        change(&mut rows);
        verify(rows, Some(head)).unwrap_err()
    };
    assert_eq!(
        fault(&|rows| rows[2].0.method = "paper".into()),
        ChainFault::Altered { seq: 3 }
    );
    assert_eq!(
        fault(&|rows| rows[2].1[0] ^= 1),
        ChainFault::Altered { seq: 3 }
    );
    let (expected, found) = (3, 4);
    assert_eq!(
        fault(&|rows| drop(rows.remove(2))),
        ChainFault::Gap { expected, found }
    );
    assert_eq!(
        fault(&|rows| rows.insert(3, rows[1].clone())),
        ChainFault::OutOfOrder {
            expected: 4,
            found: 2
        }
    );
    assert_eq!(
        fault(&|rows| rows.truncate(3)),
        ChainFault::CutShort { last: 3, head: 5 }
    );
    let early = Head {
        seq: 4,
        hash: rows[3].1,
    };
    assert_eq!(
        verify(rows.clone(), Some(early)).unwrap_err(),
        ChainFault::BeyondHead { last: 5, head: 4 }
    );
    let other = Head {
        hash: [9; 32],
        ..head
    };
    assert_eq!(
        verify(rows.clone(), Some(other)).unwrap_err(),
        ChainFault::WrongHead { seq: 5 }
    );
}

#[test]
fn a_chain_rewritten_from_the_start_is_found_by_its_head() {
    let (mut rows, head) = chain(20);
    rows[4].0.action = "opt_out".into();
    let mut prev = GENESIS;
    for (link, stored) in &mut rows {
        *stored = hash(&prev, link);
        prev = *stored;
    }
    assert!(verify(rows.clone(), None).is_ok());
    assert_eq!(
        verify(rows, Some(head)).unwrap_err(),
        ChainFault::WrongHead { seq: 20 }
    );
}

#[test]
fn a_seal_depends_on_salt_and_text() {
    let sealed = seal(&[1; 16], "{\"ip\":\"203.0.113.9\"}");
    assert_ne!(sealed, seal(&[2; 16], "{\"ip\":\"203.0.113.9\"}"));
    assert_ne!(sealed, seal(&[1; 16], "{\"ip\":\"203.0.113.8\"}"));
}

#[test]
fn an_empty_chain_verifies_only_without_a_head() {
    assert_eq!(verify([], None).unwrap().last.hash, GENESIS);
    let (_, head) = chain(1);
    assert_eq!(
        verify([], Some(head)).unwrap_err(),
        ChainFault::CutShort { last: 0, head: 1 }
    );
}
