//! Whole families at once: every beginning with every middle and every end.

use super::*;

fn product(parts: &[&[&str]]) -> Vec<String> {
    parts.iter().fold(vec![String::new()], |begun, part| {
        begun
            .iter()
            .flat_map(|text| part.iter().map(move |next| format!("{text}{next}")))
            .collect()
    })
}

#[track_caller]
fn each_reads_as(expected: &str, parts: &[&[&str]]) {
    let texts = product(parts);
    let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
    all_read_as(expected, &texts);
}

#[test]
fn stop_in_every_form_of_sending_is_an_opt_out() {
    each_reads_as(
        "free_text",
        &[
            &[
                "",
                "please ",
                "Pls ",
                "can you ",
                "I want you to ",
                "Hi, ",
                "omg ",
            ],
            &["stop ", "quit ", "cease ", "STOP "],
            &[
                "texting",
                "messaging",
                "sending",
                "contacting",
                "spamming",
                "txting",
                "sending texts",
                "sending me messages",
            ],
            &["", " me", " me!!", " me please", " this number", " me now"],
        ],
    );
}

#[test]
fn do_not_text_in_every_form_is_an_opt_out() {
    each_reads_as(
        "free_text",
        &[
            &["", "please ", "I said ", "Hello please "],
            &["do not", "don't", "dont", "never", "Don’t", "DO NOT ever"],
            &[" text", " contact", " message", " call"],
            &[
                " me",
                " me again",
                " me anymore",
                " me any more",
                " this number",
                " us",
            ],
        ],
    );
}

#[test]
fn off_the_list_in_every_form_is_an_opt_out() {
    each_reads_as(
        "free_text",
        &[
            &["remove ", "take ", "please delete "],
            &[
                "me ",
                "my number ",
                "us ",
                "this number ",
                "my phone number ",
            ],
            &["off ", "from ", "off of "],
            &[
                "your list",
                "the list",
                "your texting list",
                "your system",
                "all lists",
                "your database",
            ],
            &["", " now", "!"],
        ],
    );
}

#[test]
fn whole_requests_stand_any_courtesy() {
    each_reads_as(
        "free_text",
        &[
            &["", "please ", "Hi ", "ok, ", "Look, ", "I said "],
            &[
                "take me off",
                "unsubscribe me",
                "how do I unsubscribe?",
                "opt me out",
                "I want to opt out",
                "leave me alone",
                "no more texts",
                "no more msgs",
                "no más",
                "no más mensajes",
                "no longer wish to receive",
                "I revoke my consent",
                "I withdraw my consent",
                "lose my number",
                "STOP texting",
                "stop now",
            ],
            &["", "!", " please", " thanks", " 🙏", " now"],
        ],
    );
    each_reads_as(
        "wrong_number",
        &[
            &["", "sorry ", "Hi ", "I think ", "uh "],
            &[
                "wrong number",
                "you have the wrong number",
                "you've got the wrong person",
                "this is the wrong number",
            ],
            &["", "!", " sorry", " 🙏", " buddy"],
        ],
    );
}

#[test]
fn a_denied_stop_word_is_never_an_opt_out_and_never_ignored() {
    each_reads_as(
        "review",
        &[
            &[
                "don't",
                "do not",
                "never",
                "won't",
                "I don't want to",
                "please don't",
                "I would never",
            ],
            &[
                " stop",
                " quit",
                " end",
                " cancel",
                " unsubscribe",
                " revoke",
                " opt out",
                " remove",
            ],
            &["", " loving this", " now", " the music", " it"],
        ],
    );
}

#[test]
fn a_courtesy_before_or_after_a_core_word_keeps_it_an_opt_out() {
    let words: &[&str] = &[
        "stop",
        "quit",
        "end",
        "cancel",
        "unsubscribe",
        "revoke",
        "opt out",
        "remove",
    ];
    let courtesies: &[&str] = &[
        "please",
        "now",
        "pls",
        "thanks",
        "por favor",
        "s'il vous plaît",
        "bitte",
        "right now",
    ];
    each_reads_as("free_text", &[words, &[" "], courtesies]);
    each_reads_as("free_text", &[courtesies, &[", "], words]);
}
