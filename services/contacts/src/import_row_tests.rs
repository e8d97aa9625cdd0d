use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;
use crate::records::Records;

const HEADER: &str = "phone,first_name,last_name,external_id,timezone,language,city\n";

fn rows(body: &[u8]) -> Vec<Result<Person, RowProblem>> {
    let text = [HEADER.as_bytes(), body].concat();
    let mut records = Records::new(&text[..], b',', 0, 1);
    let header = records.next_record().unwrap();
    let layout = Layout::of(header.as_ref(), &BTreeMap::new()).unwrap();
    let mut records = records.expecting(layout.columns.len());
    let mut rows = Vec::new();
    while let Some(record) = records.next_record().unwrap() {
        rows.push(read_row(&layout, Some("US"), &record));
    }
    rows
}

fn problem_of(row: &[u8]) -> (String, &'static str, String) {
    let problem = rows(row).remove(0).unwrap_err();
    (problem.column, problem.code, problem.value)
}

#[test]
fn a_good_row_becomes_a_person() {
    let person = rows(b" (415) 555-2671 ,Ada,Lovelace,A-1,America/New_York,pt_BR,London\n")
        .remove(0)
        .unwrap();
    assert_eq!(person.phone.to_string(), "+14155552671");
    assert_eq!(person.time_zone.as_deref(), Some("America/New_York"));
    let fields: Vec<_> = [
        "first_name",
        "last_name",
        "external_id",
        "language",
        "city",
        "none",
    ]
    .into_iter()
    .map(|name| person.field(name))
    .collect();
    assert_eq!(
        fields,
        [
            Some("Ada"),
            Some("Lovelace"),
            Some("A-1"),
            Some("pt-BR"),
            Some("London"),
            None
        ]
    );
}

#[test]
fn an_empty_cell_says_nothing() {
    let person = rows(b"+14155552671,,,,,,\n").remove(0).unwrap();
    assert_eq!(person, Person::new(person.phone));
}

#[test]
fn every_kind_of_bad_row_has_its_code_and_column() {
    let phone = |code, value: &str| ("phone".to_string(), code, value.to_string());
    assert_eq!(problem_of(b",Ada,,,,,\n"), phone("phone.empty", ""));
    assert_eq!(
        problem_of(b"1.21E+10,,,,,,\n"),
        phone("phone.scientific_notation", "1.21E+10")
    );
    assert_eq!(problem_of(b"12,,,,,,\n"), phone("phone.invalid", "12"));
    assert_eq!(
        problem_of(b"+14155552671,A\xff,,,,,\n").1,
        "encoding.invalid"
    );
    assert_eq!(
        problem_of(b"+14155552671,A\x00,,,,,\n").1,
        "value.control_character"
    );
    assert_eq!(
        problem_of(b"+14155552671,,,,Mars/Base,,\n"),
        ("timezone".into(), "timezone.unknown", "Mars/Base".into())
    );
    assert_eq!(
        problem_of(b"+14155552671,,,,,english!,\n").1,
        "language.invalid"
    );
    assert_eq!(
        problem_of(b"+14155552671,too,few\n"),
        (String::new(), "row.column_count", "+14155552671".into())
    );
    assert_eq!(
        problem_of(b"+14155552671,\"open,,,,,\n").1,
        "row.unclosed_quote"
    );
    let long = format!("+14155552671,{},,,,,\n", "x".repeat(201));
    let (column, code, value) = problem_of(long.as_bytes());
    assert_eq!(
        (column.as_str(), code, value.chars().count()),
        ("first_name", "value.too_long", 61)
    );
    assert_eq!(problem_of(&vec![b'x'; MAX_RECORD + 10]).1, "row.too_long");
}

proptest! {
    #[test]
    fn no_bytes_make_it_panic(body in proptest::collection::vec(any::<u8>(), 0..300)) {
        rows(&body);
    }

    #[test]
    fn any_text_in_any_cell_is_taken_or_reported(cells in proptest::collection::vec("\\PC{0,12}", 7)) {
        let mut writer = csv::Writer::from_writer(Vec::new());
        writer.write_record(&cells).unwrap();
        prop_assert_eq!(rows(&writer.into_inner().unwrap()).len(), 1);
    }
}
