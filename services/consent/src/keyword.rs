//! What a reply asks for: STOP, START, HELP, or nothing of the kind. Pure.

use contract::consent::Keyword;

const STOP: [&str; 8] = [
    "STOP",
    "STOPALL",
    "UNSUBSCRIBE",
    "CANCEL",
    "END",
    "QUIT",
    "REVOKE",
    "OPTOUT",
];
const START: [&str; 2] = ["START", "UNSTOP"];
const HELP: [&str; 2] = ["HELP", "INFO"];

/// Words of a reply that is still read as an opt-out when it begins with a stop word ("stop texting me").
const MAX_STOP_WORDS: usize = 3;

/// Reads the keyword of a reply. Case, punctuation around words, quotes and full-width letters make no
/// difference. When in doubt it is an opt-out: a person who begins with STOP means it.
pub fn read(text: &str) -> Keyword {
    let plain: String = text.chars().map(plain).collect();
    let words: Vec<&str> = plain.split_whitespace().collect();
    match words.as_slice() {
        [] => Keyword::None,
        [word] => single(word),
        all if all.iter().all(|word| STOP.contains(word)) => Keyword::Stop,
        ["OPT", "OUT", ..] | ["STOP", "ALL", ..] if words.len() <= MAX_STOP_WORDS + 1 => {
            Keyword::Stop
        }
        [first, ..] if words.len() <= MAX_STOP_WORDS && begins_an_opt_out(first) => Keyword::Stop,
        _ => Keyword::None,
    }
}

fn single(word: &str) -> Keyword {
    if STOP.contains(&word) {
        Keyword::Stop
    } else if START.contains(&word) {
        Keyword::Start
    } else if HELP.contains(&word) {
        Keyword::Help
    } else {
        Keyword::None
    }
}

/// "End of June" and "Cancel my order" are conversations; the words that only ever mean the texts are not.
fn begins_an_opt_out(word: &str) -> bool {
    matches!(
        word,
        "STOP" | "STOPALL" | "UNSUBSCRIBE" | "QUIT" | "REVOKE" | "OPTOUT"
    )
}

/// Letters and digits in upper case, full-width ones as ASCII; everything else parts words. A hyphen
/// within ("opt-out") parts them too, an apostrophe within does as well, which changes no keyword.
fn plain(c: char) -> char {
    let c = match c {
        '\u{ff01}'..='\u{ff5e}' => char::from_u32(c as u32 - 0xfee0).unwrap_or(c),
        other => other,
    };
    if c.is_alphanumeric() {
        c.to_uppercase().next().unwrap_or(c)
    } else {
        ' '
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_way_to_say_stop_is_understood() {
        for text in [
            "STOP",
            "stop",
            " Stop. ",
            "\"STOP\"",
            "‘stop’",
            "«Stop»",
            "STOP!!!",
            "Ｓｔｏｐ",
            "stopall",
            "Stop all",
            "unsubscribe",
            "Cancel",
            "END",
            "quit",
            "Revoke",
            "optout",
            "OPT OUT",
            "opt-out",
            "Opt out please",
            "STOP please",
            "stop texting me",
            "Stop it now",
            "unsubscribe me",
            "\u{feff}STOP",
            "(stop)",
            "STOP\n",
        ] {
            assert_eq!(read(text), Keyword::Stop, "{text:?}");
        }
    }

    #[test]
    fn start_and_help_are_single_words() {
        for (text, keyword) in [
            ("START", Keyword::Start),
            ("unstop", Keyword::Start),
            ("Help?", Keyword::Help),
            ("INFO", Keyword::Help),
            ("help me find parking", Keyword::None),
            ("start at nine", Keyword::None),
        ] {
            assert_eq!(read(text), keyword, "{text:?}");
        }
    }

    #[test]
    fn conversations_are_left_alone() {
        for text in [
            "",
            "   ",
            "…",
            "thanks",
            "yes",
            "See you at the bus stop",
            "don't stop",
            "Cancel my order",
            "End of June works",
            "stop by tomorrow at noon maybe",
            "stopped",
            "Y",
        ] {
            assert_eq!(read(text), Keyword::None, "{text:?}");
        }
        assert_eq!(read(&"STOP ".repeat(100)), Keyword::Stop);
    }
}
