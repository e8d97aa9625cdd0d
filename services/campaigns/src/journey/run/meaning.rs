//! Which of the replies that a step waits for a text means. Pure.
//!
//! A step's own words count however politely or hastily they are written. What C, R and X stand for among people who
//! have an appointment is known only to journeys that are about one.

use crate::appointment::said::{self, Said, Words};
use crate::journey::rules::normalised;
use crate::journey::version::{At, Await};

/// A reply: its words, its name, and where it leads.
pub type Reply = (Vec<String>, String, Option<At>);

/// The reply that has just these words.
pub fn exactly<'a>(waiting: &'a Await, text: &str) -> Option<&'a Reply> {
    let text = normalised(text);
    waiting
        .replies
        .iter()
        .find(|(words, ..)| words.contains(&text))
}

/// The one reply that is meant by these words although they are not its own; `None` where it could be another.
pub fn nearly<'a>(waiting: &'a Await, text: &str, of_appointment: bool) -> Option<&'a Reply> {
    let plain = said::letters(text);
    let bare = said::without_courtesy(&plain);
    let own = |wanted: &dyn Fn(&str) -> bool| {
        only(waiting, |word| {
            let word = said::letters(word);
            !word.is_empty() && wanted(&word)
        })
    };
    let same = [&plain, &bare]
        .into_iter()
        .find_map(|text| own(&|word| word == text));
    let slip = || {
        [&plain, &bare]
            .into_iter()
            .find_map(|text| own(&|word| said::slip(word, text)))
    };
    let usual = || {
        let meant = said::read(text, &Words::default());
        let answers = matches!(meant, Said::Confirm | Said::Reschedule | Said::Cancel);
        if of_appointment && answers {
            only(waiting, |word| said::listed(word) == meant)
        } else {
            None
        }
    };
    same.or_else(slip).or_else(usual)
}

/// The reply with such a word, if there is no other.
fn only(waiting: &Await, wanted: impl Fn(&str) -> bool) -> Option<&Reply> {
    let has_one = |reply: &&Reply| reply.0.iter().any(|word| wanted(word));
    let mut found = waiting.replies.iter().filter(has_one);
    match (found.next(), found.next()) {
        (Some(reply), None) => Some(reply),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn waiting(replies: &[(&str, &[&str])]) -> Await {
        let reply = |(name, words): &(&str, &[&str])| {
            let words = words.iter().map(|word| normalised(word)).collect();
            (words, (*name).to_string(), None)
        };
        Await {
            event: None,
            condition: None,
            then: None,
            replies: replies.iter().map(reply).collect(),
            other: None,
            timeout: None,
            until: None,
            background: false,
            on_timeout: None,
        }
    }

    fn meant(waiting: &Await, text: &str, of_appointment: bool) -> Option<String> {
        exactly(waiting, text)
            .or_else(|| nearly(waiting, text, of_appointment))
            .map(|(_, name, _)| name.clone())
    }

    #[test]
    fn an_appointment_is_confirmed_in_all_the_ways_people_write() {
        let visit = waiting(&[
            ("confirm", &["C", "YES"]),
            ("move", &["R"]),
            ("off", &["X"]),
        ]);
        let of = |text| meant(&visit, text, true);
        let confirm = [
            "c.",
            "\u{1F44D}\u{1F3FD}",
            "confrim",
            "yes please",
            "OK",
            "Sí",
        ];
        for text in confirm {
            assert_eq!(of(text).as_deref(), Some("confirm"), "{text}");
        }
        assert_eq!(of("reshedule").as_deref(), Some("move"));
        assert_eq!(of("can't make it").as_deref(), Some("off"));
        for text in ["will it hurt?", "yes but can we move it to Friday", "2", ""] {
            assert_eq!(of(text), None, "{text}");
        }
    }

    #[test]
    fn elsewhere_only_own_words_count_but_not_letter_by_letter() {
        let asks = waiting(&[
            ("more", &["MORE OFFERS"]),
            ("third", &["C"]),
            ("yes", &["YES"]),
        ]);
        let of = |text| meant(&asks, text, false);
        assert_eq!(of("more offers, please!").as_deref(), Some("more"));
        assert_eq!(of("more ofers").as_deref(), Some("more"));
        assert_eq!(of("Yes thanks").as_deref(), Some("yes"));
        for text in ["\u{1F44D}", "ok", "confirm", "mor"] {
            assert_eq!(of(text), None, "{text}");
        }
    }

    #[test]
    fn what_could_be_either_is_neither_and_own_words_come_first() {
        let either = waiting(&[("a", &["COVER"]), ("b", &["COVEN"])]);
        assert_eq!(meant(&either, "coves", false), None);
        assert_eq!(meant(&either, "coven", false).as_deref(), Some("b"));
        let thumbs = waiting(&[("up", &["\u{1F44D}"]), ("c", &["C"])]);
        assert_eq!(meant(&thumbs, "\u{1F44D}", true).as_deref(), Some("up"));
        let twice = waiting(&[("yes", &["YES"]), ("ok", &["OK"])]);
        assert_eq!(meant(&twice, "c", true), None);
    }
}
