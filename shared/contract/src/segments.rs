//! How many segments a text takes on the air, and how it is cut into them.
//!
//! GSM 03.38: 160 septets in one segment, 153 in each part of a longer text; an extension character
//! takes two septets that are never parted. A text with any other character goes out as UCS-2: 70
//! UTF-16 units, or 67 in each part; a surrogate pair is never parted.

use crate::chunk::Encoding;

/// Septets that fit into one GSM-7 segment.
pub const GSM7_SINGLE: usize = 160;
/// Septets in each part of a longer GSM-7 text; the rest is the concatenation header.
pub const GSM7_PART: usize = 153;
/// UTF-16 units that fit into one UCS-2 segment.
pub const UCS2_SINGLE: usize = 70;
/// UTF-16 units in each part of a longer UCS-2 text.
pub const UCS2_PART: usize = 67;

/// The septet before an extension character.
const ESCAPE: u8 = 0x1B;
/// Marks in [`TABLE`]: the septet must be escaped; the character is not in the alphabet.
const EXTENDED: u8 = 0x80;
const ABSENT: u8 = 0xFF;

/// The default alphabet by septet. `\u{1B}` stands at the escape's place.
const BASIC: [char; 128] = [
    '@', '£', '$', '¥', 'è', 'é', 'ù', 'ì', 'ò', 'Ç', '\n', 'Ø', 'ø', '\r', 'Å', 'å', 'Δ', '_',
    'Φ', 'Γ', 'Λ', 'Ω', 'Π', 'Ψ', 'Σ', 'Θ', 'Ξ', '\u{1B}', 'Æ', 'æ', 'ß', 'É', ' ', '!', '"', '#',
    '¤', '%', '&', '\'', '(', ')', '*', '+', ',', '-', '.', '/', '0', '1', '2', '3', '4', '5', '6',
    '7', '8', '9', ':', ';', '<', '=', '>', '?', '¡', 'A', 'B', 'C', 'D', 'E', 'F', 'G', 'H', 'I',
    'J', 'K', 'L', 'M', 'N', 'O', 'P', 'Q', 'R', 'S', 'T', 'U', 'V', 'W', 'X', 'Y', 'Z', 'Ä', 'Ö',
    'Ñ', 'Ü', '§', '¿', 'a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'i', 'j', 'k', 'l', 'm', 'n', 'o',
    'p', 'q', 'r', 's', 't', 'u', 'v', 'w', 'x', 'y', 'z', 'ä', 'ö', 'ñ', 'ü', 'à',
];

/// The extension table: what follows the escape, and the character it makes.
const EXTENSION: [(u8, char); 10] = [
    (0x0A, '\u{0C}'),
    (0x14, '^'),
    (0x28, '{'),
    (0x29, '}'),
    (0x2F, '\\'),
    (0x3C, '['),
    (0x3D, '~'),
    (0x3E, ']'),
    (0x40, '|'),
    (0x65, '€'),
];

/// Every character of the alphabet but the euro sign lies below this.
const TABLE_SIZE: usize = 0x400;

/// Septet by code point, with [`EXTENDED`] and [`ABSENT`] marks.
static TABLE: [u8; TABLE_SIZE] = table();

#[expect(clippy::cast_possible_truncation, reason = "septets are below 128")]
const fn table() -> [u8; TABLE_SIZE] {
    let mut table = [ABSENT; TABLE_SIZE];
    let mut septet = 0;
    while septet < 128 {
        if septet != ESCAPE as usize {
            table[BASIC[septet] as usize] = septet as u8;
        }
        septet += 1;
    }
    let mut at = 0;
    while at < EXTENSION.len() {
        let (septet, character) = EXTENSION[at];
        if (character as usize) < TABLE_SIZE {
            table[character as usize] = septet | EXTENDED;
        }
        at += 1;
    }
    table
}

/// What a text takes on the air.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Measure {
    pub encoding: Encoding,
    /// Septets (GSM-7) or UTF-16 units (UCS-2).
    pub units: usize,
    /// Segments, 1 or more: an empty text still takes one.
    pub segments: usize,
}

/// Measures a text in one pass, without allocating.
pub fn measure(text: &str) -> Measure {
    let mut gsm7 = Count::new(GSM7_SINGLE, GSM7_PART);
    for (at, character) in text.char_indices() {
        match septet(character) {
            ABSENT => return measure_ucs2(text, at),
            code if code & EXTENDED != 0 => gsm7.add(2),
            _ => gsm7.add(1),
        }
    }
    Measure {
        encoding: Encoding::Gsm7,
        units: gsm7.units,
        segments: gsm7.segments(),
    }
}

/// `basic` bytes of the text are known to hold no character beyond the basic plane.
fn measure_ucs2(text: &str, basic: usize) -> Measure {
    let mut ucs2 = Count::new(UCS2_SINGLE, UCS2_PART);
    for _ in text[..basic].chars() {
        ucs2.add(1);
    }
    for character in text[basic..].chars() {
        ucs2.add(character.len_utf16());
    }
    Measure {
        encoding: Encoding::Ucs2,
        units: ucs2.units,
        segments: ucs2.segments(),
    }
}

/// Cuts a text into the payloads of its segments, without concatenation headers: GSM-7 as unpacked
/// septets (one a byte), UCS-2 as UTF-16 in network byte order. An empty text is one empty payload.
pub fn split(text: &str) -> (Encoding, Vec<Vec<u8>>) {
    let Measure {
        encoding, segments, ..
    } = measure(text);
    let mut parts = Vec::with_capacity(segments);
    let mut cut = match (encoding, segments) {
        (Encoding::Gsm7, 1) => Cut::new(GSM7_SINGLE),
        (Encoding::Gsm7, _) => Cut::new(GSM7_PART),
        (Encoding::Ucs2, 1) => Cut::new(UCS2_SINGLE * 2),
        (Encoding::Ucs2, _) => Cut::new(UCS2_PART * 2),
    };
    for character in text.chars() {
        if encoding == Encoding::Gsm7 {
            let code = septet(character);
            if code & EXTENDED != 0 {
                cut.add(&[ESCAPE, code & !EXTENDED], &mut parts);
            } else {
                cut.add(&[code], &mut parts);
            }
        } else {
            let mut units = [0u16; 2];
            let mut bytes = [0u8; 4];
            let units = character.encode_utf16(&mut units);
            for (unit, place) in units.iter().zip(bytes.chunks_exact_mut(2)) {
                place.copy_from_slice(&unit.to_be_bytes());
            }
            cut.add(&bytes[..units.len() * 2], &mut parts);
        }
    }
    parts.push(cut.part);
    (encoding, parts)
}

/// Reads unpacked septets. What no table knows becomes U+FFFD; an escape before a septet that has no
/// extension shows that septet's basic character, as handsets do; an escape at the end is dropped.
pub fn decode_gsm7(septets: &[u8]) -> String {
    let mut text = String::with_capacity(septets.len());
    let mut escaped = false;
    for &septet in septets {
        if septet == ESCAPE {
            escaped = true;
            continue;
        }
        let basic = BASIC.get(usize::from(septet)).copied();
        let character = if escaped {
            let extended = EXTENSION.iter().find(|(code, _)| *code == septet);
            extended.map(|(_, character)| *character).or(basic)
        } else {
            basic
        };
        text.push(character.unwrap_or(char::REPLACEMENT_CHARACTER));
        escaped = false;
    }
    text
}

/// Reads UTF-16 in network byte order; an odd byte or a lone surrogate becomes U+FFFD.
pub fn decode_ucs2(bytes: &[u8]) -> String {
    let units = bytes.chunks(2).map(|pair| match pair {
        [high, low] => u16::from_be_bytes([*high, *low]),
        _ => 0xFFFD,
    });
    char::decode_utf16(units)
        .map(|unit| unit.unwrap_or(char::REPLACEMENT_CHARACTER))
        .collect()
}

#[inline]
fn septet(character: char) -> u8 {
    match TABLE.get(character as usize) {
        Some(code) => *code,
        None if character == '€' => 0x65 | EXTENDED,
        None => ABSENT,
    }
}

/// Counts units, and parts that never cut a pair.
struct Count {
    single: usize,
    part: usize,
    units: usize,
    parts: usize,
    in_part: usize,
}

impl Count {
    const fn new(single: usize, part: usize) -> Self {
        Self {
            single,
            part,
            units: 0,
            parts: 1,
            in_part: 0,
        }
    }

    #[inline]
    const fn add(&mut self, units: usize) {
        self.units += units;
        self.in_part += units;
        if self.in_part > self.part {
            self.parts += 1;
            self.in_part = units;
        }
    }

    const fn segments(&self) -> usize {
        if self.units <= self.single {
            1
        } else {
            self.parts
        }
    }
}

/// Fills parts of at most `limit` bytes.
struct Cut {
    limit: usize,
    part: Vec<u8>,
}

impl Cut {
    fn new(limit: usize) -> Self {
        Self {
            limit,
            part: Vec::with_capacity(limit),
        }
    }

    fn add(&mut self, bytes: &[u8], parts: &mut Vec<Vec<u8>>) {
        if self.part.len() + bytes.len() > self.limit {
            parts.push(std::mem::replace(
                &mut self.part,
                Vec::with_capacity(self.limit),
            ));
        }
        self.part.extend_from_slice(bytes);
    }
}

#[cfg(test)]
mod tests;
