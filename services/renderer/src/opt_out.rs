//! Does a text say how to get no more of them? Read from its words, in the languages of `data/opt_out.toml`.
//!
//! A keyword alone is no instruction ("Stop by our store"): it must be written as one (STOP) next to what to
//! do with it or what it does, or be followed by both.

use std::sync::LazyLock;

use serde::Deserialize;

use crate::links::target;

#[derive(Debug, Deserialize)]
struct Data {
    language: Vec<Language>,
}

#[derive(Debug, Deserialize)]
struct Language {
    verbs: Vec<String>,
    keywords: Vec<String>,
    purposes: Vec<String>,
    phrases: Vec<String>,
}

/// Empty only if the data, which a test reads, were broken: then no text has an instruction.
static DATA: LazyLock<Vec<Language>> = LazyLock::new(|| {
    toml::from_str::<Data>(include_str!("data/opt_out.toml"))
        .map(|data| data.language)
        .unwrap_or_default()
});

/// How many words may stand between a keyword and what belongs to it.
const NEAR: usize = 4;

struct Word {
    small: String,
    /// Written in capitals or between quotes.
    stands_out: bool,
    is_address: bool,
}

/// Whether a text says how to opt out. Every language counts, since many texts are bilingual.
pub fn is_said(text: &str) -> bool {
    let small = text.to_lowercase();
    let words = words(text);
    DATA.iter().any(|language| {
        language
            .phrases
            .iter()
            .any(|phrase| small.contains(phrase.as_str()))
            || in_words(&words, language)
    })
}

fn in_words(words: &[Word], language: &Language) -> bool {
    let is = |list: &[String], word: &Word| list.contains(&word.small);
    words.iter().enumerate().any(|(place, word)| {
        let before = &words[place.saturating_sub(NEAR)..place];
        let after = &words[(place + 1).min(words.len())..(place + 1 + NEAR).min(words.len())];
        // "Unsubscribe: https://…"
        let leads =
            is(&language.purposes, word) && after.iter().take(3).any(|next| next.is_address);
        if !is(&language.keywords, word) {
            return leads;
        }
        let asked = before.iter().any(|word| is(&language.verbs, word));
        let explained = |words: &[Word]| {
            let mut words = words.iter();
            words.any(|other| is(&language.purposes, other) && other.small != word.small)
        };
        let said = if word.stands_out {
            asked || explained(before) || explained(after)
        } else {
            asked && explained(after)
        };
        leads || said
    })
}

fn words(text: &str) -> Vec<Word> {
    let mut words = Vec::new();
    let mut at = 0;
    for (from, address) in target::in_text(text) {
        split(&text[at..from], &mut words);
        words.push(Word {
            small: String::new(),
            stands_out: false,
            is_address: true,
        });
        at = from + address.len();
    }
    split(&text[at..], &mut words);
    words
}

fn split(text: &str, words: &mut Vec<Word>) {
    let mut from = None;
    let ends = text
        .char_indices()
        .chain(std::iter::once((text.len(), ' ')));
    for (at, c) in ends {
        match (from, c.is_alphanumeric()) {
            (None, true) => from = Some(at),
            (Some(start), false) => {
                let word = &text[start..at];
                let before = text[..start].chars().next_back();
                let quoted = before.is_some_and(is_quote) && is_quote(c);
                let shouted =
                    word.chars().any(char::is_uppercase) && !word.chars().any(char::is_lowercase);
                words.push(Word {
                    small: word.to_lowercase(),
                    stands_out: quoted || (shouted && word.chars().count() > 1),
                    is_address: false,
                });
                from = None;
            }
            _ => {}
        }
    }
}

const fn is_quote(c: char) -> bool {
    matches!(c, '"' | '\'' | '“' | '”' | '„' | '«' | '»' | '’' | '‘')
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn instructions_are_found_in_many_languages() {
        assert!(DATA.len() >= 18);
        for text in [
            "Sale! Reply STOP to opt out",
            "Sale! Reply stop to unsubscribe.",
            "Acme: 20% off. STOP=end",
            "Txt STOP 2 quit",
            "Opt out: STOP",
            "Reply \"stop\" or call us",
            "Unsubscribe: https://go.example.com/l/x",
            "Rebajas. Responda BAJA para cancelar",
            "Soldes ! STOP au 36180",
            "Antworte STOPP zum Abmelden",
            "Rispondi STOP per non ricevere altri messaggi",
            "Svar STOPP for å melde deg av",
            "Odpovězte STOP pro odhlášení",
            "Распродажа. Ответьте СТОП, чтобы отписаться",
            "【商店】优惠,退订回T",
            "(광고) 무료수신거부 080",
        ] {
            assert!(is_said(text), "{text}");
        }
    }

    #[test]
    fn a_keyword_that_is_no_instruction_does_not_count() {
        for text in [
            "Stop by our store today",
            "Text us or stop by",
            "The sale will not stop. Reply YES",
            "Our weekend sale ends Sunday: end of season",
            "STOP! Big sale",
            "Don’t cancel your plans",
            "Shop https://example.com/stop",
            "",
        ] {
            assert!(!is_said(text), "{text}");
        }
    }

    proptest! {
        #[test]
        fn any_text_can_be_read(text in "(STOP|reply|[ .:\"é]|http://a.b|\\PC){0,30}") {
            let _ = is_said(&text);
        }
    }
}
