//! Appointments in a CSV file. Pure.

use std::collections::HashMap;

use super::faults::Faults;
use super::read::{Body, Ref, Start};

/// One line.
#[derive(Debug, Clone)]
pub struct Line {
    /// In the file, from 1; the header is line 1.
    pub number: u64,
    pub target: Ref,
    pub body: Body,
    /// It says that the appointment was cancelled.
    pub cancelled: bool,
}

/// Lines of one file at most.
pub const MOST_LINES: usize = 5_000;

/// Columns, of which `external_id`, `starts_at` and `timezone` are needed, and for new appointments `contact`.
pub const COLUMNS: [&str; 13] = [
    "external_id",
    "contact",
    "starts_at",
    "timezone",
    "duration",
    "subject",
    "location",
    "for_person",
    "source_version",
    "replaces",
    "rescheduled_from",
    "reminder_plan",
    "status",
];

/// Reads a file, with `,`, `;` or tabs between the cells. Faults have pointers of line and column: `/3/timezone`.
pub fn read(bytes: &[u8]) -> Result<Vec<Line>, Faults> {
    let mut faults = Faults::default();
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let mut reader = csv::ReaderBuilder::new()
        .trim(csv::Trim::All)
        .delimiter(delimiter(bytes))
        .from_reader(bytes);
    let Some(columns) = columns(&mut reader, &mut faults) else {
        return Err(faults);
    };
    let mut lines: Vec<Line> = Vec::new();
    let mut seen: HashMap<String, u64> = HashMap::new();
    let mut record = csv::StringRecord::new();
    let mut place = Place::of(bytes);
    loop {
        let read = reader.read_record(&mut record);
        let at = match &read {
            Ok(_) => record.position(),
            Err(error) => error.position(),
        };
        let number = place.line(at.map_or(0, csv::Position::byte));
        match read {
            Ok(false) => break,
            Err(error) => {
                let detail = match error.kind() {
                    csv::ErrorKind::UnequalLengths { .. } => {
                        "It has more or fewer cells than the header."
                    }
                    _ => "It is not UTF-8.",
                };
                faults.add(format!("/{number}"), "import.line", detail);
                continue;
            }
            Ok(true) => {}
        }
        if lines.len() >= MOST_LINES {
            let detail = "A file has at most 5000 appointments; send the rest in another one.";
            faults.add(format!("/{number}"), "import.too_long", detail);
            break;
        }
        let cells = Cells {
            columns: &columns,
            record: &record,
        };
        if let Some(line) = line(&cells, number, &mut faults) {
            let id = format!("{:?}", line.target);
            if let Some(first) = seen.insert(id, number) {
                let detail = format!("Line {first} is about the same appointment.");
                faults.add(format!("/{number}/external_id"), "import.repeated", detail);
            }
            lines.push(line);
        }
    }
    if lines.is_empty() && faults.0.is_empty() {
        faults.add("", "import.empty", "The file has no appointments.");
    }
    if faults.0.is_empty() {
        Ok(lines)
    } else {
        Err(faults)
    }
}

/// Which line an offset lies in. The reader's own count is one behind after `\r\n`, and before blank lines.
struct Place<'b> {
    bytes: &'b [u8],
    at: usize,
    line: u64,
}

impl<'b> Place<'b> {
    fn of(bytes: &'b [u8]) -> Self {
        Self {
            bytes,
            at: 0,
            line: 1,
        }
    }

    /// Of the first character at or after an offset that ends no line. Offsets must not fall.
    fn line(&mut self, offset: u64) -> u64 {
        let offset = usize::try_from(offset).unwrap_or(usize::MAX);
        while let Some(byte) = self.bytes.get(self.at) {
            if self.at >= offset && !matches!(byte, b'\r' | b'\n') {
                break;
            }
            self.line += u64::from(*byte == b'\n');
            self.at += 1;
        }
        self.line
    }
}

/// Of the characters between cells the one that the header has most of.
fn delimiter(bytes: &[u8]) -> u8 {
    let header = bytes
        .split(|byte| *byte == b'\n')
        .next()
        .unwrap_or_default();
    let count = |delimiter: u8| header.iter().filter(|byte| **byte == delimiter).count();
    [b',', b';', b'\t']
        .into_iter()
        .rev()
        .max_by_key(|delimiter| count(*delimiter))
        .unwrap_or(b',')
}

fn columns(
    reader: &mut csv::Reader<&[u8]>,
    faults: &mut Faults,
) -> Option<HashMap<&'static str, usize>> {
    let Ok(header) = reader.headers().cloned() else {
        faults.add("/1", "import.line", "It is not UTF-8.");
        return None;
    };
    let mut columns = HashMap::new();
    for (place, name) in header.iter().enumerate() {
        let plain = name.to_ascii_lowercase().replace([' ', '-'], "_");
        match COLUMNS.iter().find(|known| **known == plain) {
            Some(known) => {
                columns.insert(*known, place);
            }
            None => {
                let name: String = name.chars().take(40).collect();
                let detail = format!(
                    "`{name}` is no column of appointments: {}.",
                    COLUMNS.join(", ")
                );
                faults.add("/1", "import.column_unknown", detail);
            }
        }
    }
    for needed in ["external_id", "starts_at", "timezone"] {
        if !columns.contains_key(needed) {
            faults.add(
                format!("/1/{needed}"),
                "field.required",
                "This column is needed.",
            );
        }
    }
    faults.0.is_empty().then_some(columns)
}

struct Cells<'a> {
    columns: &'a HashMap<&'static str, usize>,
    record: &'a csv::StringRecord,
}

impl Cells<'_> {
    /// A cell with something in it.
    fn get(&self, column: &str) -> Option<String> {
        let place = self.columns.get(column)?;
        let text = self.record.get(*place)?;
        (!text.is_empty()).then(|| text.to_string())
    }
}

fn line(cells: &Cells<'_>, number: u64, faults: &mut Faults) -> Option<Line> {
    let place = |column: &str| format!("/{number}/{column}");
    let before = faults.0.len();
    let target = match cells.get("external_id") {
        None => {
            let detail = "Your id of the appointment, by which it is known again.";
            faults.add(place("external_id"), "field.required", detail);
            None
        }
        Some(id) if id.starts_with("apt_") => {
            faults.take(&place("external_id"), "id.wrong_type", id.parse())
        }
        Some(id) => {
            let id = id.strip_prefix("ext:").unwrap_or(&id);
            let named = format!("ext:{id}").parse();
            faults.take(&place("external_id"), "id.wrong_type", named)
        }
    };
    let source_version = cells.get("source_version").and_then(|text| {
        let read = text.parse::<i64>();
        let read = read.map_err(|_| "A whole number that grows with each change.");
        faults.take(&place("source_version"), "field.invalid", read)
    });
    let cancelled = match cells.get("status").as_deref() {
        None | Some("scheduled") => false,
        Some("cancelled" | "canceled") => true,
        Some(_) => {
            let detail = "`scheduled` or `cancelled`; outcomes are told at POST /v1/appointments/{id}/outcome.";
            faults.add(place("status"), "field.invalid", detail);
            false
        }
    };
    let body = Body {
        contact: cells.get("contact"),
        starts_at: Some(Start {
            local: cells.get("starts_at"),
            timezone: cells.get("timezone"),
            resolve: None,
        }),
        duration: cells.get("duration"),
        subject: cells.get("subject"),
        location: cells.get("location"),
        for_person: cells.get("for_person"),
        source_version,
        replaces: cells.get("replaces"),
        rescheduled_from: cells.get("rescheduled_from"),
        reminder_plan: cells.get("reminder_plan"),
    };
    (faults.0.len() == before).then_some(())?;
    Some(Line {
        number,
        target: target?,
        body,
        cancelled,
    })
}

/// Faults of a body, as faults of the cells of its line.
pub fn of_line(number: u64, faults: Faults) -> Faults {
    let mut of_line = Faults::default();
    for fault in faults.0 {
        let column = match fault.pointer.as_str() {
            "/starts_at/local" | "/starts_at" => "starts_at",
            "/starts_at/timezone" => "timezone",
            other => other.trim_start_matches('/'),
        };
        of_line.add(format!("/{number}/{column}"), fault.code, fault.detail);
    }
    of_line
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn places(text: &str) -> Vec<(String, &'static str)> {
        let faults = read(text.as_bytes()).unwrap_err();
        faults
            .0
            .into_iter()
            .map(|fault| (fault.pointer, fault.code))
            .collect()
    }

    #[test]
    fn files_of_spreadsheets_are_read() {
        for text in [
            "\u{feff}External ID,Starts-At,timezone,status\r\npms-1,2026-12-01 14:00,America/New_York,\r\n",
            "external_id;starts_at;timezone;status\nextern\n",
            "external_id\tstarts_at\ttimezone\tstatus\npms-1\t2026-12-01T14:00\tUTC\tcancelled\n",
        ] {
            match read(text.as_bytes()) {
                Ok(lines) => assert_eq!(lines[0].number, 2),
                Err(faults) => assert_eq!(faults.0[0].code, "import.line"),
            }
        }
    }

    #[test]
    fn faults_name_line_and_column() {
        assert_eq!(places("a,b\n1,2\n").len(), 5);
        let text = "external_id,starts_at,timezone,source_version,status\n,x,UTC,one,gone\np1,x,UTC,1,\n\np1,x,UTC,2,\n";
        assert_eq!(
            places(text),
            [
                ("/2/external_id".to_string(), "field.required"),
                ("/2/source_version".to_string(), "field.invalid"),
                ("/2/status".to_string(), "field.invalid"),
                ("/5/external_id".to_string(), "import.repeated"),
            ]
        );
        assert_eq!(
            places("external_id,starts_at,timezone\n"),
            [(String::new(), "import.empty")]
        );
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            let _read = read(&bytes);
            let mut file = b"external_id,starts_at,timezone\n".to_vec();
            file.extend(bytes);
            let _read = read(&file);
        }
    }
}
