//! One spelling for what people type: lower case, no accents, no invisible characters, words parted by one
//! space. The words and phrases of the data files go through the same function, so nothing here has to be
//! good typography, only the same for both.

use unicode_normalization::char::{compose, decompose_compatible};
use unicode_properties::{GeneralCategory, GeneralCategoryGroup, UnicodeGeneralCategory};

/// Characters read of a text: ten long segments, more than any carrier joins.
pub(super) const MAX_CHARACTERS: usize = 1_600;

/// What lies between the last character written and the next.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Gap {
    Nothing,
    Apostrophe,
    Space,
}

struct Plain {
    text: String,
    gap: Gap,
    /// Letters of Hangul came in parts and have to be put together again.
    jamo: bool,
}

/// The words of a text in lower case, parted by single spaces. Compatibility forms are plain letters (NFKD),
/// non-spacing marks and format characters are dropped, an apostrophe within a word is dropped ("don't" is
/// "dont"), any other punctuation, symbol, separator or control parts words. Idempotent.
pub(super) fn normalise(text: &str) -> String {
    let mut plain = Plain {
        text: String::with_capacity(text.len().min(MAX_CHARACTERS)),
        gap: Gap::Nothing,
        jamo: false,
    };
    for c in text.chars().take(MAX_CHARACTERS) {
        plain.take(c);
    }
    if plain.jamo {
        syllables(&plain.text)
    } else {
        plain.text
    }
}

impl Plain {
    fn take(&mut self, c: char) {
        match c {
            'a'..='z' | '0'..='9' => self.write(c),
            'A'..='Z' => self.write(c.to_ascii_lowercase()),
            _ if is_apostrophe(c) => self.apostrophe(),
            '\0'..='\u{7f}' => self.gap = Gap::Space,
            // Syllables stay whole, or a word would be found in half of another syllable.
            '\u{ac00}'..='\u{d7a3}' => self.write(c),
            _ => decompose_compatible(c, |part| self.take_part(part)),
        }
    }

    fn take_part(&mut self, c: char) {
        if c.is_ascii() {
            if c.is_ascii_alphanumeric() {
                self.write(c.to_ascii_lowercase());
            } else {
                self.gap = Gap::Space;
            }
            return;
        }
        if is_apostrophe(c) {
            return self.apostrophe();
        }
        if is_dropped(c) {
            return;
        }
        match c.general_category_group() {
            GeneralCategoryGroup::Letter
            | GeneralCategoryGroup::Mark
            | GeneralCategoryGroup::Number => self.write_folded(c),
            _ => self.gap = Gap::Space,
        }
    }

    /// Lower case, and a letter of a keyboard without accents for those that have no decomposition.
    fn write_folded(&mut self, c: char) {
        self.jamo |= matches!(c, '\u{1100}'..='\u{11ff}');
        for lower in c.to_lowercase() {
            match lower {
                'ß' => self.write_all("ss"),
                'æ' => self.write_all("ae"),
                'œ' => self.write_all("oe"),
                'ł' => self.write('l'),
                'ø' => self.write('o'),
                'đ' | 'ð' => self.write('d'),
                'ı' => self.write('i'),
                'ς' => self.write('σ'),
                other => self.write(other),
            }
        }
    }

    fn write_all(&mut self, letters: &str) {
        for c in letters.chars() {
            self.write(c);
        }
    }

    fn write(&mut self, c: char) {
        if self.gap == Gap::Space && !self.text.is_empty() {
            self.text.push(' ');
        }
        self.gap = Gap::Nothing;
        self.text.push(c);
    }

    /// One apostrophe joins what it stands between; two are quotes.
    fn apostrophe(&mut self) {
        self.gap = match self.gap {
            Gap::Nothing => Gap::Apostrophe,
            _ => Gap::Space,
        };
    }
}

/// Puts the syllables of Hangul together and leaves all else in parts.
fn syllables(text: &str) -> String {
    let mut whole = String::with_capacity(text.len());
    for c in text.chars() {
        let part = matches!(c, '\u{1100}'..='\u{11ff}');
        let syllable = whole.chars().next_back().filter(|_| part);
        match syllable.and_then(|last| compose(last, c)) {
            Some(both) => {
                whole.pop();
                whole.push(both);
            }
            None => whole.push(c),
        }
    }
    whole
}

/// What people type for an apostrophe, accents and primes included.
fn is_apostrophe(c: char) -> bool {
    matches!(
        c,
        '\'' | '`'
            | '\u{b4}'
            | '\u{2bc}'
            | '\u{2018}'
            | '\u{2019}'
            | '\u{201b}'
            | '\u{2032}'
            | '\u{ff07}'
    )
}

/// Accents, enclosing marks, format characters, and the letters that print nothing.
fn is_dropped(c: char) -> bool {
    matches!(
        c.general_category(),
        GeneralCategory::NonspacingMark | GeneralCategory::EnclosingMark | GeneralCategory::Format
    ) || matches!(c, '\u{115f}' | '\u{1160}' | '\u{3164}' | '\u{ffa0}')
}
