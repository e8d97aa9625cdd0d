use proptest::prelude::*;

use super::*;

fn places(faults: &Faults) -> Vec<(String, &'static str)> {
    let place = |fault: &super::super::faults::Fault| (fault.pointer.clone(), fault.code);
    faults.0.iter().map(place).collect()
}

fn numbers(sheet: &Sheet) -> Vec<u64> {
    sheet.lines.iter().map(|line| line.number).collect()
}

#[test]
fn files_of_spreadsheets_are_read() {
    for text in [
        "\u{feff}External ID,Starts-At,timezone,status\r\npms-1,2026-12-01 14:00,America/New_York,\r\n",
        "external_id\tstarts_at\ttimezone\tstatus\npms-1\t2026-12-01T14:00\tUTC\tcancelled\n",
    ] {
        assert_eq!(numbers(&read(text.as_bytes()).unwrap()), [2]);
    }
    let short = read(b"external_id;starts_at;timezone;status\nextern\n").unwrap();
    assert_eq!(places(&short.faults), [("/2".to_string(), "import.line")]);
}

#[test]
fn lines_without_a_fault_are_taken_and_the_others_name_line_and_column() {
    let text = "external_id,starts_at,timezone,source_version,status\n,x,UTC,one,gone\np1,x,UTC,1,\n\np2,x,UTC,2,\n";
    let sheet = read(text.as_bytes()).unwrap();
    assert_eq!(
        places(&sheet.faults),
        [
            ("/2/external_id".to_string(), "field.required"),
            ("/2/source_version".to_string(), "field.invalid"),
            ("/2/status".to_string(), "field.invalid"),
        ]
    );
    assert_eq!((numbers(&sheet), sheet.count), (vec![3, 5], 3));
}

#[test]
fn a_file_of_which_nothing_can_be_read_is_refused() {
    assert_eq!(read(b"a,b\n1,2\n").unwrap_err().0.len(), 5);
    let empty = read(b"external_id,starts_at,timezone\n").unwrap_err();
    assert_eq!(places(&empty), [(String::new(), "import.empty")]);
    let mut long = "external_id,starts_at,timezone\n".to_string();
    long.push_str(&"p,x,UTC\n".repeat(MOST_LINES + 1));
    let long = read(long.as_bytes()).unwrap_err();
    assert_eq!(places(&long), [("/5002".to_string(), "import.too_long")]);
}

#[test]
fn of_two_lines_about_one_appointment_the_last_counts() {
    let sheet = |lines: &str| {
        let text = format!("external_id,starts_at,timezone,source_version\n{lines}");
        read(text.as_bytes()).unwrap()
    };
    let same = sheet("p1,x,UTC,\np2,x,UTC,\next:p1,y,UTC,\np1,z,UTC,\n");
    assert_eq!(numbers(&same), [3, 5]);
    assert_eq!(same.repeated, [(2, 4), (4, 5)]);
    // What its source calls older does not count, wherever it stands.
    let older = sheet("p1,x,UTC,5\np1,y,UTC,4\np1,z,UTC,5\n");
    assert_eq!(numbers(&older), [4]);
    assert_eq!(older.repeated, [(3, 2), (2, 4)]);
    // The last one is at fault: what it replaces is not true any more either.
    let fault = sheet("p1,x,UTC,5\np1,y,UTC,six\n");
    assert_eq!((numbers(&fault), fault.repeated), (vec![], vec![(2, 3)]));
    assert_eq!(fault.faults.0.len(), 1);
}

#[test]
fn utf_16_is_read_and_a_line_that_is_not_utf_8_is_left_out() {
    let text = "external_id,starts_at,timezone,subject\np1,x,UTC,Füllung\n";
    let units: Vec<u16> = "\u{feff}"
        .encode_utf16()
        .chain(text.encode_utf16())
        .collect();
    let little: Vec<u8> = units.iter().flat_map(|unit| unit.to_le_bytes()).collect();
    let big: Vec<u8> = units.iter().flat_map(|unit| unit.to_be_bytes()).collect();
    for bytes in [little.as_slice(), &big, text.as_bytes()] {
        let sheet = read(bytes).unwrap();
        assert_eq!(sheet.lines[0].body.subject.as_deref(), Some("Füllung"));
    }
    let mut latin =
        b"external_id,starts_at,timezone,subject\np1,x,UTC,F\xfcllung\np2,x,UTC,Ok\n".to_vec();
    let sheet = read(&latin).unwrap();
    assert_eq!(places(&sheet.faults), [("/2".to_string(), "import.line")]);
    assert_eq!((numbers(&sheet), sheet.count), (vec![3], 2));
    // Half a character at the end of UTF-16.
    latin = little;
    latin.pop();
    let sheet = read(&latin).unwrap();
    assert_eq!(places(&sheet.faults), [("/2".to_string(), "import.line")]);
}

proptest! {
    #[test]
    fn any_bytes_are_read_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let _read = read(&bytes);
        let mut file = b"external_id,starts_at,timezone\n".to_vec();
        file.extend(&bytes);
        let _read = read(&file);
        let mut wide = vec![0xff, 0xfe];
        wide.extend(bytes);
        let _read = read(&wide);
    }
}
