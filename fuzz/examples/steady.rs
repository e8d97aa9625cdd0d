//! Feeds the bodies from a seeded generator, without libFuzzer: `steady [executions] [seed]`. An input is made of
//! pieces that mean something to a parser, of random characters and of random bytes.

use std::time::Instant;

const PIECES: [&str; 72] = [
    "{{",
    "}}",
    "{%",
    "%}",
    "{#",
    "#}",
    "{",
    "}",
    "'",
    "\"",
    "\\",
    "|",
    ":",
    "(",
    ")",
    "[",
    "]",
    ",",
    ".",
    "~",
    "-",
    "+",
    "*",
    "/",
    "%",
    " ",
    "\n",
    "contact",
    "contact.a",
    "contact.first_name",
    "default('x')",
    "default: 'x'",
    "date('long')",
    "date('%A %-d')",
    "time",
    "money('EUR')",
    "plural('a', 'b')",
    "name",
    "upper",
    "if",
    "else",
    "endif",
    "for x in",
    "endfor",
    "set x =",
    "raw",
    "endraw",
    "fragment('footer')",
    "link('https://a.example/x')",
    "https://a.example/",
    "http://b.example:80/?x",
    "STOP",
    "Reply",
    "opt out",
    "2026-03-14",
    "1234.5",
    "€",
    "^",
    "é",
    "ç",
    "’",
    "…",
    "😀",
    "👩‍👩‍👧",
    "\u{202E}",
    "\u{200D}",
    "\u{FE0F}",
    "می",
    "\u{200C}",
    "\u{1}",
    "bit.ly/x",
    "*|A|*",
];

/// xorshift64*: the same inputs for the same seed, on every machine.
struct Chance(u64);

impl Chance {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_F491_4F6C_DD1D)
    }

    fn below(&mut self, limit: usize) -> usize {
        (self.next() % limit as u64) as usize
    }
}

fn input(chance: &mut Chance, into: &mut Vec<u8>) {
    into.clear();
    let kind = chance.below(10);
    // Mostly short; now and then longer than a text of several segments.
    let length = match chance.below(20) {
        0 => chance.below(400),
        _ => chance.below(24),
    };
    for _ in 0..length {
        match (kind, chance.below(8)) {
            (0, _) => into.push((chance.next() >> 32) as u8),
            (1..=7, 0..=5) | (8, 0) => {
                into.extend_from_slice(PIECES[chance.below(PIECES.len())].as_bytes())
            }
            (_, 6) => {
                let c = char::from_u32((chance.next() >> 40) as u32 % 0x11_0000).unwrap_or('x');
                into.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes());
            }
            _ => into.push(b' ' + (chance.below(95)) as u8),
        }
    }
}

fn main() {
    let mut arguments = std::env::args().skip(1).map(|text| text.parse::<u64>());
    let executions = arguments.next().and_then(Result::ok).unwrap_or(10_000_000);
    let seed = arguments.next().and_then(Result::ok).unwrap_or(1);
    let threads = std::thread::available_parallelism().map_or(1, usize::from) as u64;
    let begun = Instant::now();
    let workers: Vec<_> = (0..threads)
        .map(|number| {
            std::thread::spawn(move || {
                let mut chance = Chance(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) ^ (number + 1));
                let mut bytes = Vec::new();
                for turn in 0..executions / threads {
                    input(&mut chance, &mut bytes);
                    // A template costs many times what a text does.
                    if turn % 8 == 0 {
                        hailmast_fuzz::template(&bytes);
                    } else {
                        hailmast_fuzz::text(&bytes);
                    }
                }
            })
        })
        .collect();
    let crashed = workers
        .into_iter()
        .map(std::thread::JoinHandle::join)
        .filter(Result::is_err)
        .count();
    println!(
        "{executions} executions, seed {seed}, {:.0} s, {crashed} crashes",
        begun.elapsed().as_secs_f64()
    );
    std::process::exit(i32::from(crashed > 0));
}
