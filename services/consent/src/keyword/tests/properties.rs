use proptest::prelude::*;

use super::super::normalise::normalise;
use super::*;

const CORE: [&str; 9] = [
    "stop",
    "quit",
    "end",
    "revoke",
    "opt out",
    "cancel",
    "unsubscribe",
    "optout",
    "stopall",
];
const AROUND: [&str; 16] = [
    "", " ", "  ", "\n", "\t", "!", "!!!", ".", "\"", "'", "🛑", "🙏🏽", "\u{200b}", "\u{feff}", "…",
    " - ",
];
const WITHIN: [&str; 6] = ["", "", "\u{200b}", "\u{ad}", "\u{2060}", "\u{301}"];

fn letter(c: char, how: u8) -> String {
    match (how, c) {
        (1, _) => c.to_uppercase().collect(),
        (2, 'a'..='z') => char::from_u32(c as u32 - 'a' as u32 + 0xff41)
            .into_iter()
            .collect(),
        (3, 'a'..='z') => char::from_u32(c as u32 - 'a' as u32 + 0xff21)
            .into_iter()
            .collect(),
        (4, 'a'..='z') => char::from_u32(c as u32 - 'a' as u32 + 0x24d0)
            .into_iter()
            .collect(),
        _ => c.to_string(),
    }
}

fn decorated() -> impl Strategy<Value = String> {
    let letters = proptest::collection::vec((0u8..5, 0usize..WITHIN.len()), 11);
    let around = proptest::collection::vec(0usize..AROUND.len(), 6);
    (0usize..CORE.len(), letters, around).prop_map(|(word, letters, around)| {
        let mut text: String = around[..3].iter().map(|at| AROUND[*at]).collect();
        for (c, (how, within)) in CORE[word].chars().zip(letters) {
            text += &letter(c, how);
            text += WITHIN[within];
        }
        text.extend(around[3..].iter().map(|at| AROUND[*at]));
        text
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_decoration_of_a_core_word_is_a_keyword(text in decorated()) {
        prop_assert_eq!(short(&text), "keyword");
    }

    #[test]
    fn any_text_can_be_read(text in "\\PC{0,400}") {
        let _ = read(&text);
    }

    #[test]
    fn a_normalised_text_stays_as_it_is(text in any::<String>()) {
        let once = normalise(&text);
        prop_assert_eq!(normalise(&once), once);
    }

    #[test]
    fn a_core_word_between_other_words_is_never_ignored(
        before in "(zebra |violet |kettle ){1,4}", word in 0usize..8, after in "( zebra| violet| kettle){1,4}",
    ) {
        let text = format!("{before}{}{after}", CORE[word]);
        prop_assert_ne!(read(&text), Reading::None);
    }
}

#[test]
fn letters_in_parts_are_the_letters_they_make() {
    for (whole, parts) in [
        (
            "수신거부",
            "\u{1109}\u{116e}\u{1109}\u{1175}\u{11ab}\u{1100}\u{1165}\u{1107}\u{116e}",
        ),
        ("arrêt", "arre\u{302}t"),
        ("㈎𑎃", "(가)𑎃"),
        ("ﬁn", "fin"),
        ("don't", "don\u{2bc}t"),
    ] {
        assert_eq!(normalise(whole), normalise(parts));
    }
    assert_eq!(short("\u{110c}\u{116e}\u{11bc}\u{110c}\u{1175}"), "keyword");
}

#[test]
fn every_character_normalises_to_something_that_stays_as_it_is() {
    for c in (0..=0x10_ffff).filter_map(char::from_u32) {
        let once = normalise(&c.to_string());
        assert_eq!(normalise(&once), once, "{:x}", c as u32);
    }
}

/// A small generator, so that the same texts are read in every run.
struct Dice(u64);

impl Dice {
    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 >> 33).unwrap() % limit
    }
}

#[test]
fn a_hundred_thousand_random_texts_can_be_read() {
    let pieces = [
        "stop",
        "don't",
        " ",
        "\u{200b}",
        "opt",
        "out",
        "me",
        "?",
        "'",
        "“",
        "”",
        "Liked “",
        "停止",
        "no",
        "más",
        "ﷺ",
        "각",
        "\u{1112}\u{1161}",
        "🛑",
        "İ",
        "ß",
        "please",
        "list",
        "unsubscribe",
        "\u{0}",
        "text",
        "number",
        "wrong",
        "take",
    ];
    let mut dice = Dice(0x9e37_79b9_7f4a_7c15);
    for _ in 0..100_000 {
        let mut text = String::new();
        for _ in 0..dice.below(12) {
            if dice.below(3) == 0 {
                text.extend(char::from_u32(
                    u32::try_from(dice.below(0x11_0000)).unwrap(),
                ));
            } else {
                text.push_str(pieces[dice.below(pieces.len())]);
                text.push_str([" ", ""][dice.below(2)]);
            }
        }
        let reading = read(&text);
        assert_eq!(read(&text), reading);
    }
}

#[test]
fn only_the_first_characters_of_a_very_long_text_are_read() {
    let long = format!("{} stop", "z".repeat(1_600));
    assert_eq!(read(&long), Reading::None);
    assert_eq!(short(&"STOP ".repeat(10_000)), "keyword");
    assert_eq!(read(&"ﷺ".repeat(100_000)), Reading::None);
}

#[test]
fn a_typical_text_is_read_quickly() {
    let texts = [
        "Hi, thanks for the reminder, I will be there tomorrow at 10 with the documents",
        "STOP",
        "please stop texting me",
        "Gracias, nos vemos mañana a las diez 👍",
    ];
    let round = || {
        let began = std::time::Instant::now();
        for at in 0..1_000 {
            let _ = std::hint::black_box(read(texts[at % texts.len()]));
        }
        began.elapsed() / 1_000
    };
    // The quickest of them: the others shared their core with somebody.
    let each = (0..20).map(|_| round()).min().unwrap();
    println!("{} ns a text", each.as_nanos());
    assert!(each.as_micros() < 200, "{each:?}");
}
