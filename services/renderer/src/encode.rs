//! Smart encoding: plain forms of characters that would make a whole text UCS-2 and twice as dear.
//!
//! Only what reads the same is replaced, and only where it helps: a text that stays UCS-2 because of other
//! characters goes out as it was written.

use contract::chunk::Encoding;
use contract::segments::{Measure, measure};
use unicode_normalization::UnicodeNormalization;

use crate::content::SmartEncoding;

/// Punctuation that reads the same in its plain form.
const PUNCTUATION: [(char, &str); 34] = [
    ('\u{2018}', "'"),
    ('\u{2019}', "'"),
    ('\u{201A}', "'"),
    ('\u{201B}', "'"),
    ('\u{2032}', "'"),
    ('\u{02BC}', "'"),
    ('\u{00B4}', "'"),
    ('`', "'"),
    ('\u{2039}', "<"),
    ('\u{203A}', ">"),
    ('\u{201C}', "\""),
    ('\u{201D}', "\""),
    ('\u{201E}', "\""),
    ('\u{201F}', "\""),
    ('\u{2033}', "\""),
    ('\u{00AB}', "\""),
    ('\u{00BB}', "\""),
    ('\u{2010}', "-"),
    ('\u{2011}', "-"),
    ('\u{2012}', "-"),
    ('\u{2013}', "-"),
    ('\u{2014}', "-"),
    ('\u{2015}', "-"),
    ('\u{2212}', "-"),
    ('\u{2026}', "..."),
    ('\u{00A0}', " "),
    ('\u{202F}', " "),
    ('\u{2009}', " "),
    ('\u{2003}', " "),
    ('\u{2002}', " "),
    ('\u{3000}', " "),
    ('\u{2022}', "*"),
    ('\u{00B7}', "*"),
    ('\t', " "),
];

/// Letters whose plain form is not found by taking an accent off.
const LETTERS: [(char, &str); 12] = [
    ('ł', "l"),
    ('Ł', "L"),
    ('đ', "d"),
    ('Đ', "D"),
    ('ħ', "h"),
    ('Ħ', "H"),
    ('ı', "i"),
    ('œ', "oe"),
    ('Œ', "OE"),
    ('ŧ', "t"),
    ('Ŧ', "T"),
    ('ẞ', "SS"),
];

/// The plain form of a punctuation mark that the small alphabet lacks.
pub fn plain_form(c: char) -> Option<&'static str> {
    let found = PUNCTUATION.iter().find(|(fancy, _)| *fancy == c);
    found.map(|(_, plain)| *plain)
}

/// The text as it goes out, and its measure.
pub fn smart(text: String, how: SmartEncoding) -> (String, Measure) {
    let measured = measure(&text);
    if how == SmartEncoding::Off || measured.encoding == Encoding::Gsm7 {
        return (text, measured);
    }
    let plain = plain(&text, how);
    let then = measure(&plain);
    if then.encoding == Encoding::Gsm7 && then.segments <= measured.segments {
        (plain, then)
    } else {
        (text, measured)
    }
}

/// Every character that has a plain form in it.
pub fn plain(text: &str, how: SmartEncoding) -> String {
    let mut plain = String::with_capacity(text.len());
    // An accent may stand behind its letter as a character of its own.
    for c in text.nfc() {
        if is_gsm7(c) {
            plain.push(c);
        } else if let Some(form) = plain_form(c) {
            plain.push_str(form);
        } else if how == SmartEncoding::Accents {
            match without_accent(c) {
                Some(form) => plain.push_str(&form),
                None => plain.push(c),
            }
        } else {
            plain.push(c);
        }
    }
    plain
}

/// `c` of `ç`. `None` where nothing in the small alphabet is meant.
fn without_accent(c: char) -> Option<String> {
    if let Some((_, plain)) = LETTERS.iter().find(|(letter, _)| *letter == c) {
        return Some((*plain).to_string());
    }
    let first = std::iter::once(c).nfd().next()?;
    first.is_ascii_alphabetic().then(|| first.to_string())
}

fn is_gsm7(c: char) -> bool {
    measure(c.encode_utf8(&mut [0; 4])).encoding == Encoding::Gsm7
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn of(text: &str, how: SmartEncoding) -> String {
        smart(text.to_string(), how).0
    }

    #[test]
    fn punctuation_gets_plain_where_that_saves_an_encoding() {
        use SmartEncoding::{Accents, Off, Punctuation};
        assert_eq!(
            of("It’s “on” – now…\u{a0}ok", Punctuation),
            "It's \"on\" - now... ok"
        );
        assert_eq!(of("It’s on", Off), "It’s on");
        // Something else needs UCS-2 anyway, so nothing is touched.
        assert_eq!(of("It’s 🎉", Punctuation), "It’s 🎉");
        assert_eq!(of("ça va’", Punctuation), "ça va’");
        assert_eq!(of("Ça va, garçon’ łódź", Accents), "Ça va, garcon' lodz");
        assert_eq!(of("e\u{301}te\u{301}", Punctuation), "été");
        // Letters of other scripts have no plain form.
        assert_eq!(of("Привет’", Accents), "Привет’");
        // What the small alphabet has stays, accent and all.
        assert_eq!(of("Zoé à Ñandú’", Accents), "Zoé à Ñandu'");
    }

    proptest! {
        #[test]
        fn smart_encoding_never_costs_more(text in "([a-z ]|[’“”–…çłé\u{a0}]|\\PC){0,200}") {
            for how in [SmartEncoding::Off, SmartEncoding::Punctuation, SmartEncoding::Accents] {
                let before = measure(&text);
                let (after, measured) = smart(text.clone(), how);
                prop_assert_eq!(measured, measure(&after));
                prop_assert!(measured.segments <= before.segments);
                prop_assert!(after == text || measured.encoding == Encoding::Gsm7);
            }
        }
    }
}
