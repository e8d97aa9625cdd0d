//! What an answer says: C, R, X and the many ways in which people write them. Pure.
//!
//! Opt-outs are read before, by consent: CANCEL is one of them and never comes here.

pub use super::rules::Words;

/// What somebody answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Said {
    Confirm,
    /// Another time is wanted.
    Reschedule,
    /// They will not come.
    Cancel,
    /// The number of one of several, from 1.
    Pick(u32),
    All,
    /// Something for a human.
    Other,
}

impl Said {
    /// How a question keeps the answer that it follows.
    pub const fn code(self) -> Option<&'static str> {
        match self {
            Self::Confirm => Some("confirm"),
            Self::Reschedule => Some("reschedule"),
            Self::Cancel => Some("cancel"),
            Self::Pick(_) | Self::All | Self::Other => None,
        }
    }

    pub fn from_code(code: &str) -> Option<Self> {
        [Self::Confirm, Self::Reschedule, Self::Cancel]
            .into_iter()
            .find(|said| said.code() == Some(code))
    }
}

const CONFIRM: &[&str] = &[
    "c",
    "confirm",
    "confirmed",
    "confirmo",
    "bestaetigt",
    "bestätigt",
    "confirme",
    "y",
    "yes",
    "yep",
    "yeah",
    "yup",
    "ok",
    "okay",
    "k",
    "sure",
    "si",
    "sí",
    "oui",
    "ja",
    "sim",
    "see you",
    "see you then",
    "will be there",
    "i will be there",
    "ill be there",
];
const RESCHEDULE: &[&str] = &[
    "r",
    "reschedule",
    "rescheduled",
    "resched",
    "another time",
    "change",
    "change time",
    "new time",
    "move",
    "reprogramar",
    "verschieben",
    "reporter",
];
const CANCEL: &[&str] = &[
    "x",
    "n",
    "no",
    "nope",
    "nein",
    "non",
    "cant come",
    "cannot come",
    "cant make it",
    "cannot make it",
    "i cant make it",
    "i cannot make it",
    "not coming",
    // Consent has a human look at these first, because they may be an opt-out; they never cancel by themselves.
    "cancel appointment",
    "cancel my appointment",
    "cancel the appointment",
    "cancel my appt",
    "cancel appt",
    "cancel my visit",
    "cancel my booking",
];
const ALL: &[&str] = &["all", "both", "todas", "todos", "alle", "tous"];
/// Words around an answer that change nothing.
const COURTESY: &[&str] = &[
    "please", "pls", "thanks", "thank", "thx", "ty", "you", "hi", "hello", "gracias", "danke",
];
/// Words shorter than this are never taken for others: one letter of three makes another word.
const LEAST_LETTERS_OF_A_SLIP: usize = 5;
/// Longer answers are letters, not answers.
const MOST_CHARS: usize = 60;

/// Reads an answer. `words` are those that the plan adds.
pub fn read(text: &str, words: &Words) -> Said {
    let plain = normalise(text);
    if plain.is_empty() || plain.chars().count() > MOST_CHARS {
        return Said::Other;
    }
    let bare = without_courtesy(&plain);
    [plain.as_str(), bare.as_str()]
        .into_iter()
        .filter(|text| !text.is_empty())
        .map(|text| one(text, words))
        .find(|said| *said != Said::Other)
        .unwrap_or(Said::Other)
}

fn one(text: &str, words: &Words) -> Said {
    if let Ok(number @ 1..=99) = text.parse() {
        return Said::Pick(number);
    }
    let families = [
        (Said::All, ALL, &[][..]),
        (Said::Confirm, CONFIRM, &words.confirm[..]),
        (Said::Reschedule, RESCHEDULE, &words.reschedule[..]),
        (Said::Cancel, CANCEL, &words.cancel[..]),
    ];
    let exactly = |(_, known, added): &(Said, &[&str], &[String])| {
        known.contains(&text) || added.iter().any(|word| normalise(word) == text)
    };
    if let Some((said, ..)) = families.iter().find(|family| exactly(family)) {
        return *said;
    }
    // A slip must lead to one family only.
    let mut meant = families.iter().filter(|(_, known, added)| {
        let added = added.iter().map(|word| normalise(word));
        known
            .iter()
            .map(|word| (*word).to_string())
            .chain(added)
            .any(|word| slip(&word, text))
    });
    match (meant.next(), meant.next()) {
        (Some((said, ..)), None) => *said,
        _ => Said::Other,
    }
}

/// What a word stands for by itself, without slips and courtesy.
pub fn listed(word: &str) -> Said {
    let plain = normalise(word);
    let families = [
        (Said::Confirm, CONFIRM),
        (Said::Reschedule, RESCHEDULE),
        (Said::Cancel, CANCEL),
    ];
    families
        .iter()
        .find(|(_, known)| known.contains(&plain.as_str()))
        .map_or(Said::Other, |(said, _)| *said)
}

/// Lower case, emoji that answer as letters, everything that is no letter or digit as a blank.
pub fn normalise(text: &str) -> String {
    plain(text, true)
}

/// The same, but emoji are blanks.
pub fn letters(text: &str) -> String {
    plain(text, false)
}

fn plain(text: &str, emoji: bool) -> String {
    let mut plain = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\u{1F44D}' | '\u{1F44C}' | '\u{2705}' | '\u{2714}' | '\u{1F197}' if emoji => {
                plain.push_str(" c ");
            }
            '\u{1F44E}' | '\u{274C}' | '\u{2716}' if emoji => plain.push_str(" x "),
            '\'' | '\u{2019}' => {}
            c if c.is_alphanumeric() => plain.extend(c.to_lowercase()),
            // Skin tones and the selectors of emoji stand beside what they belong to.
            _ => plain.push(' '),
        }
    }
    let mut words: Vec<&str> = plain.split_whitespace().collect();
    words.dedup();
    words.join(" ")
}

/// The answer without the words around it that change nothing.
pub fn without_courtesy(plain: &str) -> String {
    let words = plain.split(' ').filter(|word| !COURTESY.contains(word));
    words.collect::<Vec<_>>().join(" ")
}

/// One letter too many, too few, another one, or two in the wrong order.
pub fn slip(word: &str, text: &str) -> bool {
    let (a, b): (Vec<char>, Vec<char>) = (word.chars().collect(), text.chars().collect());
    if a.len() < LEAST_LETTERS_OF_A_SLIP || a.len().abs_diff(b.len()) > 1 {
        return false;
    }
    let same = a.iter().zip(&b).take_while(|(a, b)| a == b).count();
    let (a, b) = (&a[same..], &b[same..]);
    match (a, b) {
        ([], [] | [_]) | ([_], []) => true,
        ([_, a @ ..], [_, b @ ..]) if a == b => true,
        ([a1, a2, a @ ..], [b1, b2, b @ ..]) if a1 == b2 && a2 == b1 && a == b => true,
        ([_, short @ ..], long) if short == long => true,
        (long, [_, short @ ..]) => short == long,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn plain(text: &str) -> Said {
        read(text, &Words::default())
    }

    #[test]
    fn people_confirm_in_many_ways() {
        for text in [
            "C",
            "c",
            " C. ",
            "Confirm",
            "CONFIRMED!!",
            "Yes",
            "yes please",
            "Ok",
            "okay thanks",
            "Sí",
            "👍",
            "👍🏽",
            "✅",
            "cofirm",
            "conifrm",
            "confirmm",
            "I'll be there",
            "YES YES",
        ] {
            assert_eq!(plain(text), Said::Confirm, "{text}");
        }
    }

    #[test]
    fn other_answers_are_told_apart() {
        for (text, said) in [
            ("R", Said::Reschedule),
            ("reschedual", Said::Other),
            ("reshedule", Said::Reschedule),
            ("Another time please", Said::Reschedule),
            ("X", Said::Cancel),
            ("No", Said::Cancel),
            ("👎", Said::Cancel),
            ("Can't make it", Said::Cancel),
            ("2", Said::Pick(2)),
            ("ALL", Said::All),
            ("both", Said::All),
            ("0", Said::Other),
            ("", Said::Other),
            ("Will it hurt?", Said::Other),
            ("yes but can we move it to Friday", Said::Other),
            ("ys", Said::Other),
        ] {
            assert_eq!(plain(text), said, "{text}");
        }
    }

    #[test]
    fn a_plan_may_add_words() {
        let words = Words {
            confirm: vec!["Kommer!".into()],
            ..Words::default()
        };
        assert_eq!(read("kommer", &words), Said::Confirm);
        assert_eq!(read("komer", &words), Said::Confirm);
        assert_eq!(plain("kommer"), Said::Other);
    }

    #[test]
    fn words_of_one_meaning_are_no_slip_of_another() {
        let families = [
            (CONFIRM, Said::Confirm),
            (RESCHEDULE, Said::Reschedule),
            (CANCEL, Said::Cancel),
            (ALL, Said::All),
        ];
        for (words, said) in families {
            for word in words {
                assert_eq!(plain(word), said, "{word}");
            }
        }
    }

    proptest! {
        #[test]
        fn any_text_is_read(text in "\\PC{0,80}") {
            let _said = plain(&text);
        }

        #[test]
        fn a_slip_in_a_long_word_is_forgiven(at in 0usize..7, letter in "[a-z]") {
            let mut word: Vec<char> = "confirm".chars().collect();
            word[at] = letter.chars().next().unwrap();
            let word: String = word.into_iter().collect();
            prop_assert_eq!(plain(&word), Said::Confirm);
        }
    }
}
