use proptest::prelude::*;

use super::*;

type Seen = (u64, Shape, Vec<String>);

fn read(text: &[u8], delimiter: u8, columns: Option<usize>) -> Vec<Seen> {
    let mut records = Records::new(text, delimiter, 0, 1);
    records.columns = columns;
    let mut seen = Vec::new();
    while let Some(record) = records.next_record().unwrap() {
        let cells = (0..record.len()).filter_map(|i| record.cell(i));
        let cells = cells
            .map(|cell| String::from_utf8_lossy(cell).into_owned())
            .collect();
        seen.push((record.line, record.shape, cells));
    }
    assert_eq!(records.offset(), text.len() as u64);
    seen
}

fn whole(line: u64, cells: &[&str]) -> Seen {
    (
        line,
        Shape::Whole,
        cells.iter().map(ToString::to_string).collect(),
    )
}

#[test]
fn every_line_ending_and_delimiter_is_read() {
    for text in ["a,b\nc,d\n", "a,b\r\nc,d", "a,b\rc,d\r"] {
        assert_eq!(
            read(text.as_bytes(), b',', None),
            [whole(1, &["a", "b"]), whole(2, &["c", "d"])],
            "{text:?}"
        );
    }
    assert_eq!(
        read(b"a;b\n\n;\n", b';', None),
        [whole(1, &["a", "b"]), whole(3, &["", ""])]
    );
}

#[test]
fn quoted_cells_may_hold_delimiters_quotes_and_lines() {
    let seen = read(
        b"\"a,1\",\"say \"\"hi\"\"\"\n\"two\nlines\",x\nlast,y",
        b',',
        Some(2),
    );
    assert_eq!(
        seen,
        [
            whole(1, &["a,1", "say \"hi\""]),
            whole(2, &["two\nlines", "x"]),
            whole(4, &["last", "y"])
        ]
    );
}

#[test]
fn a_stray_quote_costs_one_line_only() {
    let seen = read(b"1,\"open\n2,b\n3,c\n", b',', Some(2));
    assert_eq!(
        seen[0],
        (1, Shape::UnclosedQuote, vec!["1,\"open\n".to_string()])
    );
    assert_eq!(seen[1..], [whole(2, &["2", "b"]), whole(3, &["3", "c"])]);
    // The next quote of the file seems to close it, but then the columns do not fit.
    let seen = read(b"1,\"open\n2,b\n3,\"c\"\n", b',', Some(2));
    assert_eq!(seen[0].1, Shape::UnclosedQuote);
    assert_eq!(seen[1..], [whole(2, &["2", "b"]), whole(3, &["3", "c"])]);
}

#[test]
fn an_over_long_line_is_skipped_and_reading_goes_on() {
    let mut text = vec![b'x'; 3 * MAX_RECORD];
    text.extend_from_slice(b"\na,b\n");
    let seen = read(&text, b',', None);
    assert_eq!(seen[0].1, Shape::TooLong);
    assert_eq!(seen[1..], [whole(2, &["a", "b"])]);
}

#[test]
fn reading_goes_on_from_any_recorded_offset() {
    let text = b"h1,h2\n1,\"a\nb\"\n2,c\n3,d";
    let mut records = Records::new(&text[..], b',', 0, 1).expecting(2);
    records.next_record().unwrap();
    records.next_record().unwrap();
    let (offset, line) = (records.offset(), records.line());
    let mut resumed = Records::new(&text[offset as usize..], b',', offset, line).expecting(2);
    let record = resumed.next_record().unwrap().unwrap();
    assert_eq!((record.line, record.cell(0)), (4, Some(&b"2"[..])));
}

proptest! {
    #[test]
    fn no_bytes_make_it_panic_or_stop_before_the_end(text in proptest::collection::vec(any::<u8>(), 0..400), columns in 1usize..4) {
        read(&text, b',', Some(columns));
    }

    #[test]
    fn it_agrees_with_the_csv_crate_on_well_formed_files(rows in proptest::collection::vec(proptest::collection::vec("[a-z\",\n\r ]{0,6}", 3), 1..8)) {
        let mut writer = csv::Writer::from_writer(Vec::new());
        for row in &rows {
            writer.write_record(row).unwrap();
        }
        let text = writer.into_inner().unwrap();
        let seen: Vec<Vec<String>> = read(&text, b',', Some(3)).into_iter().map(|(_, _, cells)| cells).collect();
        prop_assert_eq!(seen, rows);
    }
}
