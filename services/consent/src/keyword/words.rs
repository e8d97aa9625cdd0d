//! The vocabulary of the phrases: a small number for each word, one number for words that mean the same.
//! Words that are in no phrase share a number, so a conversation costs one look-up per word.

use ahash::AHashMap;

use super::normalise::normalise;

/// The number of a word, see [`Words`].
pub(super) type WordId = u16;

/// A word that is in no phrase.
pub(super) const UNKNOWN: WordId = 0;
/// A word of digits only, or a time as people write it ("9", "9pm").
pub(super) const NUMBER: WordId = 1;

/// The first spelling stands for those that follow it.
const SAME: [(&str, &[&str]); 15] = [
    ("you", &["u", "ya", "yall"]),
    ("your", &["ur", "yr"]),
    ("text", &["txt", "txts", "tex", "texted", "texts"]),
    ("texting", &["txting", "textin", "txtin", "textn"]),
    (
        "message",
        &[
            "msg", "mssg", "mesage", "msgs", "messages", "mssgs", "mesages", "messags",
        ],
    ),
    ("messaging", &["msging", "msgin", "messagin", "messeging"]),
    ("sending", &["sendin", "sendng"]),
    ("dont", &["dnt", "donot", "doont"]),
    ("cant", &["cannot", "cnt"]),
    ("number", &["numbr", "num", "nbr", "numer", "numbers"]),
    ("remove", &["rmv", "remov", "romove"]),
    ("stop", &["stp", "sotp", "stpo"]),
    (
        "unsubscribe",
        &[
            "unsubcribe",
            "unsuscribe",
            "unsubscibe",
            "unsubsribe",
            "unscribe",
            "unsubscribed",
            "unsubscribing",
            "unsub",
        ],
    ),
    ("optout", &["optingout", "optedout", "optsout"]),
    ("me", &["mee"]),
];

/// Two words that are one.
const JOINED: [(&str, &str, &str); 32] = [
    ("do", "not", "dont"),
    ("don", "t", "dont"),
    ("can", "not", "cant"),
    ("can", "t", "cant"),
    ("will", "not", "wont"),
    ("won", "t", "wont"),
    ("did", "not", "didnt"),
    ("didn", "t", "didnt"),
    ("does", "not", "doesnt"),
    ("doesn", "t", "doesnt"),
    ("is", "not", "isnt"),
    ("isn", "t", "isnt"),
    ("could", "not", "couldnt"),
    ("would", "not", "wouldnt"),
    ("should", "not", "shouldnt"),
    ("was", "not", "wasnt"),
    ("have", "not", "havent"),
    ("opt", "out", "optout"),
    ("opting", "out", "optout"),
    ("opted", "out", "optout"),
    ("no", "longer", "nolonger"),
    ("no", "more", "nomore"),
    ("not", "longer", "nolonger"),
    ("no", "one", "nobody"),
    ("any", "more", "anymore"),
    ("un", "subscribe", "unsubscribe"),
    ("un", "subscribed", "unsubscribe"),
    ("i", "am", "im"),
    ("i", "m", "im"),
    ("you", "are", "youre"),
    ("wait", "list", "waitlist"),
    ("sign", "up", "signup"),
];

/// Every word of every phrase.
#[derive(Debug)]
pub(super) struct Words {
    ids: AHashMap<Box<str>, WordId>,
    joined: AHashMap<(WordId, WordId), WordId>,
    next: WordId,
}

impl Words {
    pub(super) fn new() -> Self {
        let mut words = Self {
            ids: AHashMap::new(),
            joined: AHashMap::new(),
            next: NUMBER + 1,
        };
        for (word, spellings) in SAME {
            let id = words.learn(word);
            for spelling in spellings {
                words.ids.insert((*spelling).into(), id);
            }
        }
        for (first, second, both) in JOINED {
            let pair = (words.learn(first), words.learn(second));
            let both = words.learn(both);
            words.joined.insert(pair, both);
        }
        words
    }

    /// The number of a word of a phrase, a new one where it has none.
    pub(super) fn learn(&mut self, word: &str) -> WordId {
        let word = normalise(word).replace(' ', "");
        if let Some(id) = self.ids.get(word.as_str()) {
            return *id;
        }
        let id = self.next;
        self.next = self.next.saturating_add(1);
        self.ids.insert(word.into(), id);
        id
    }

    /// One more than the highest number given.
    pub(super) fn count(&self) -> usize {
        usize::from(self.next)
    }

    /// The numbers of the words of a normalised text.
    pub(super) fn of(&self, plain: &str) -> Vec<WordId> {
        let mut ids: Vec<WordId> = Vec::with_capacity(plain.len() / 4 + 1);
        for word in plain.split(' ') {
            let id = self.id(word);
            let pair = ids.last().and_then(|last| self.joined.get(&(*last, id)));
            match (pair, ids.last_mut()) {
                (Some(both), Some(last)) => *last = *both,
                _ => ids.push(id),
            }
        }
        ids
    }

    fn id(&self, word: &str) -> WordId {
        match self.ids.get(word) {
            Some(id) => *id,
            None if is_number(word) => NUMBER,
            None => UNKNOWN,
        }
    }
}

fn is_number(word: &str) -> bool {
    let digits = word.trim_end_matches("pm").trim_end_matches("am");
    !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit())
}
