//! What becomes of a text: a pure function of the number, the text, the options and their seed.

use super::options::SmscOptions;

/// State of a message as receipts name it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum State {
    Enroute,
    Delivered,
    /// With the carrier's error code.
    Undeliverable(u16),
}

impl State {
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Enroute => "ENROUTE",
            Self::Delivered => "DELIVRD",
            Self::Undeliverable(_) => "UNDELIV",
        }
    }

    pub(super) const fn error(self) -> u16 {
        match self {
            Self::Undeliverable(code) => code,
            Self::Enroute | Self::Delivered => 0,
        }
    }
}

/// How a submit is answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reception {
    Taken,
    InvalidNumber,
    Unroutable,
    /// Our account may not text that country.
    GeoBlocked,
    /// Taken, and the answer to the submit never comes.
    Silent,
    /// The first attempt finds the queue full, the next one does not.
    FullThenTaken,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Fate {
    pub(super) reception: Reception,
    /// Receipts with their delay in milliseconds.
    pub(super) receipts: [Option<(u32, State)>; 2],
    /// What the person texts back, and after how many milliseconds.
    pub(super) reply: Option<(u32, &'static str)>,
    /// The person texts STOP (once in their life).
    pub(super) stops: bool,
    /// The person has opted out at the carrier.
    pub(super) blocked: bool,
}

const HALF_A_MINUTE: u32 = 30_000;
const CHATTER: [&str; 6] = [
    "thanks",
    "ok",
    "Who is this?",
    "great, see you",
    "👍",
    "how much is it?",
];

/// The fate of `text` to the number with these digits.
pub(super) fn of(to: u64, text: &str, options: &SmscOptions) -> Fate {
    let mut of_text = Dice::new(&[options.seed, to, hash(text)]);
    let mut of_person = Dice::new(&[options.seed, to]);
    let delay = of_text.between(options.receipt_delay_ms.min, options.receipt_delay_ms.max);
    let failed = of_text.percent(options.failed_percent);
    let state = if failed {
        State::Undeliverable(11)
    } else {
        State::Delivered
    };
    let mut fate = Fate {
        reception: Reception::Taken,
        receipts: [Some((delay, state)), None],
        reply: None,
        stops: of_person.percent(options.stop_percent),
        blocked: false,
    };
    if of_text.percent(options.no_receipt_percent) {
        fate.receipts = [None, None];
    } else if of_text.percent(options.duplicate_receipt_percent) {
        fate.receipts[1] = Some((delay + 30, state));
    }
    if fate.stops {
        fate.reply = Some((of_person.between(0, 30), "STOP"));
    } else if of_text.percent(options.reply_percent) {
        let choice = of_text.between(0, 5) as usize;
        fate.reply = Some((
            delay + of_text.between(0, 200),
            CHATTER[choice % CHATTER.len()],
        ));
    }
    magic(to, delay, &mut fate);
    fate
}

/// The numbers +1 500 555 0xxx, 2xxx and 3xxx mean something; docs/simulator.md lists them.
fn magic(to: u64, delay: u32, fate: &mut Fate) {
    let last = u16::try_from(to % 1000).unwrap_or(0);
    let delivered = Some((delay, State::Delivered));
    let undeliverable = |code| Some((delay, State::Undeliverable(code)));
    let first = match to / 1000 {
        15_005_550 => delivered,
        15_005_552 => undeliverable(last),
        15_005_553 => Some((u32::from(last) * 1000, State::Delivered)),
        _ => return,
    };
    fate.receipts = [first, None];
    fate.reply = None;
    fate.stops = false;
    if to / 1000 != 15_005_550 {
        return;
    }
    match last {
        1 => fate.reception = Reception::InvalidNumber,
        2 => fate.reception = Reception::Unroutable,
        3 => fate.reception = Reception::GeoBlocked,
        4 => {
            fate.blocked = true;
            fate.receipts[0] = undeliverable(610);
        }
        8 => fate.reception = Reception::FullThenTaken,
        9 => fate.receipts[0] = undeliverable(6),
        10 => fate.receipts[0] = Some((HALF_A_MINUTE, State::Delivered)),
        11 => fate.receipts[0] = undeliverable(7),
        12 => fate.receipts[0] = None,
        13 => {
            fate.reply = Some((delay, "STOP"));
            fate.stops = true;
        }
        14 => fate.reply = Some((delay, "C")),
        15 => fate.reception = Reception::Silent,
        16 => fate.receipts[1] = Some((delay + 30, State::Delivered)),
        17 => fate.receipts[1] = Some((delay + 30, State::Enroute)),
        19 => fate.reply = Some((delay, "stop texting me please")),
        _ => {}
    }
}

/// A stream of numbers that is the same for the same seeds, on every machine.
struct Dice(u64);

impl Dice {
    fn new(seeds: &[u64]) -> Self {
        let mut dice = Self(0x9E37_79B9_7F4A_7C15);
        for seed in seeds {
            dice.0 ^= *seed;
            dice.0 = dice.next();
        }
        dice
    }

    /// splitmix64
    const fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    #[expect(
        clippy::cast_precision_loss,
        reason = "53 bits are plenty for a percentage"
    )]
    fn percent(&mut self, percent: f64) -> bool {
        let roll = (self.next() >> 11) as f64 / (1u64 << 53) as f64;
        roll * 100.0 < percent
    }

    #[expect(
        clippy::cast_possible_truncation,
        reason = "below the width of the range"
    )]
    fn between(&mut self, min: u32, max: u32) -> u32 {
        let width = u64::from(max.saturating_sub(min)) + 1;
        min + (self.next() % width) as u32
    }
}

/// FNV-1a, eight bytes at a time.
pub(super) fn hash(text: &str) -> u64 {
    let mut hash = 0xCBF2_9CE4_8422_2325_u64;
    for chunk in text.as_bytes().chunks(8) {
        let mut word = [0; 8];
        word[..chunk.len()].copy_from_slice(chunk);
        hash = (hash ^ u64::from_le_bytes(word)).wrapping_mul(0x0100_0000_01B3);
        hash ^= hash >> 29;
    }
    hash ^ text.len() as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentages_come_out_about_right_and_the_same_every_time() {
        let options = SmscOptions {
            failed_percent: 10.0,
            stop_percent: 5.0,
            ..SmscOptions::default()
        };
        let fates: Vec<Fate> = (0..10_000)
            .map(|n| of(12_025_550_000 + n, "hello", &options))
            .collect();
        let again: Vec<Fate> = (0..10_000)
            .map(|n| of(12_025_550_000 + n, "hello", &options))
            .collect();
        assert_eq!(fates, again);
        let failed = fates
            .iter()
            .filter(|f| matches!(f.receipts[0], Some((_, State::Undeliverable(_)))))
            .count();
        assert!((850..1150).contains(&failed), "{failed}");
        let stops = fates.iter().filter(|f| f.stops).count();
        assert!((400..600).contains(&stops), "{stops}");
        assert!(
            fates
                .iter()
                .all(|f| (20..=70).contains(&f.receipts[0].unwrap().0))
        );
    }

    #[test]
    fn magic_numbers_keep_their_meaning_whatever_the_percentages_say() {
        let options = SmscOptions {
            failed_percent: 100.0,
            stop_percent: 100.0,
            ..SmscOptions::default()
        };
        let fate = |to| of(to, "hello", &options);
        assert_eq!(fate(15_005_550_001).reception, Reception::InvalidNumber);
        assert_eq!(
            fate(15_005_550_006).receipts[0].unwrap().1,
            State::Delivered
        );
        assert_eq!(fate(15_005_550_012).receipts, [None, None]);
        assert!(fate(15_005_550_013).stops);
        assert_eq!(fate(15_005_550_017).receipts[1].unwrap().1, State::Enroute);
        assert_eq!(
            fate(15_005_551_000).receipts[0].unwrap().1,
            State::Undeliverable(11)
        );
        assert_eq!(fate(15_005_550_003).reception, Reception::GeoBlocked);
        assert_eq!(fate(15_005_550_015).reception, Reception::Silent);
        assert!(fate(15_005_550_004).blocked);
        assert_eq!(
            fate(15_005_552_042).receipts[0].unwrap().1,
            State::Undeliverable(42)
        );
        assert_eq!(
            fate(15_005_553_002).receipts[0],
            Some((2000, State::Delivered))
        );
    }
}
