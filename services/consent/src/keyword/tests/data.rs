use std::collections::BTreeMap;

use super::super::{families, free_text, normalise::normalise};
use super::*;

#[test]
fn every_row_of_the_phrases_can_be_read() {
    assert!(free_text::every_phrase_is_read());
}

#[test]
fn every_row_of_the_words_has_four_fields_and_a_known_family() {
    let families = [
        "opt_out",
        "opt_out_alone",
        "opt_out_all",
        "opt_in",
        "help",
        "yes",
        "courtesy",
        "instruction",
    ];
    for row in families::rows() {
        let fields: Vec<&str> = row.split(',').collect();
        assert_eq!(fields.len(), 4, "{row}");
        assert!(families.contains(&fields[0]), "{row}");
        assert!(matches!(fields[3], "yes" | "no"), "{row}");
        assert!(!normalise(fields[2]).is_empty(), "{row}");
    }
}

#[test]
fn no_word_asks_for_two_things() {
    let mut meaning: BTreeMap<String, &str> = BTreeMap::new();
    for row in families::rows() {
        let fields: Vec<&str> = row.split(',').collect();
        let kind = match fields[0] {
            "opt_out" | "opt_out_alone" | "opt_out_all" => "opt out",
            "opt_in" | "help" | "yes" => fields[0],
            _ => continue,
        };
        let word = normalise(fields[2]).replace(' ', "");
        let before = *meaning.entry(word).or_insert(kind);
        assert_eq!(before, kind, "{row}");
    }
}

#[test]
fn every_listed_word_is_read_as_its_family() {
    for row in families::rows() {
        let fields: Vec<&str> = row.split(',').collect();
        let read_as = match fields[0] {
            "opt_out" | "opt_out_alone" | "opt_out_all" => "keyword",
            "opt_in" => "start",
            "help" => "help",
            "yes" => "yes",
            _ => continue,
        };
        assert_eq!(short(fields[2]), read_as, "{row}");
        assert_eq!(
            short(&fields[2].to_uppercase()),
            read_as,
            "{row} in capitals"
        );
    }
}

#[test]
fn opt_out_words_are_there_in_at_least_fourteen_languages() {
    let mut languages: Vec<&str> = families::rows()
        .filter(|row| row.starts_with("opt_out"))
        .filter_map(|row| row.split(',').nth(1))
        .collect();
    languages.sort_unstable();
    languages.dedup();
    for needed in [
        "en", "es", "fr", "pt", "de", "it", "nl", "sv", "pl", "tr", "ru", "zh", "ja", "ko",
    ] {
        assert!(languages.contains(&needed), "{needed} is missing");
    }
}
