//! Tables of replies and how they are read, and properties that hold for any text.

use super::*;

mod combinations;
mod conversations;
mod data;
mod free_text;
mod keywords;
mod languages;
mod properties;
mod reviews;

fn short(text: &str) -> String {
    match read(text) {
        Reading::Stop(stop) if stop.wrong_number => "wrong_number".to_string(),
        Reading::Stop(stop) => stop.matched_by.as_str().to_string(),
        Reading::Start => "start".to_string(),
        Reading::Help => "help".to_string(),
        Reading::Yes => "yes".to_string(),
        Reading::Review { .. } => "review".to_string(),
        Reading::None => "none".to_string(),
    }
}

/// Fails with every text that is not read as expected.
#[track_caller]
fn all_read_as(expected: &str, texts: &[&str]) {
    let wrong: Vec<String> = texts
        .iter()
        .filter(|text| short(text) != expected)
        .map(|text| format!("{text:?} is {:?}", read(text)))
        .collect();
    assert!(
        wrong.is_empty(),
        "should be {expected}:\n{}",
        wrong.join("\n")
    );
}

#[test]
fn words_for_cancel_may_have_been_meant_for_an_appointment() {
    for text in [
        "CANCEL",
        "Cancel!",
        "cancelar",
        "Annulla",
        "please cancel my texts",
        "\u{130}ptal",
    ] {
        assert!(super::may_mean_an_appointment(text), "{text}");
    }
    for text in ["STOP", "unsubscribe", "", "no more texts"] {
        assert!(!super::may_mean_an_appointment(text), "{text}");
    }
}
