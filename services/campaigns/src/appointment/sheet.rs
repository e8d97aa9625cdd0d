//! Appointments in a CSV file. Pure.

use std::collections::HashMap;

use super::encoding;
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

/// What a file says.
#[derive(Debug, Clone, Default)]
pub struct Sheet {
    /// Lines that can be read, at most one of an appointment, in the order of the file.
    pub lines: Vec<Line>,
    /// What is wrong with the others.
    pub faults: Faults,
    /// Lines that do not count, because one farther below is about the same appointment; with the number of that one.
    pub repeated: Vec<(u64, u64)>,
    /// Lines without the header.
    pub count: usize,
}

impl Sheet {
    /// Takes a line in. Of two about one appointment the last counts, unless its source says that it is older.
    fn take(&mut self, target: &Ref, line: Option<Line>, number: u64, seen: &mut Seen) {
        let known = seen.insert(format!("{target:?}"), number);
        let former = known.and_then(|known| self.lines.iter().position(|of| of.number == known));
        if let Some(place) = former {
            let version = |of: &Line| of.body.source_version;
            let before = self.lines.get(place).and_then(version);
            let later = line.as_ref().and_then(version);
            let older = before
                .zip(later)
                .is_some_and(|(before, later)| later < before);
            if older {
                let stays = known.unwrap_or(number);
                seen.insert(format!("{target:?}"), stays);
                self.repeated.push((number, stays));
                return;
            }
            let gone = self.lines.remove(place);
            self.repeated.push((gone.number, number));
        }
        self.lines.extend(line);
    }
}

/// The line of each appointment that counts.
type Seen = HashMap<String, u64>;

/// Reads a file in UTF-8 or UTF-16, with `,`, `;` or tabs between the cells. Faults have pointers of line and column:
/// `/3/timezone`.
///
/// # Errors
/// Where nothing of it can be read: of the header, of a file without lines or with too many.
pub fn read(bytes: &[u8]) -> Result<Sheet, Faults> {
    let mut faults = Faults::default();
    let bytes = encoding::utf8(bytes);
    let bytes = bytes.as_ref();
    let mut reader = csv::ReaderBuilder::new()
        .trim(csv::Trim::All)
        .delimiter(delimiter(bytes))
        .from_reader(bytes);
    let Some(columns) = columns(&mut reader, &mut faults) else {
        return Err(faults);
    };
    let (mut sheet, mut seen) = (Sheet::default(), Seen::new());
    let mut record = csv::StringRecord::new();
    let mut place = Place::of(bytes);
    loop {
        let read = reader.read_record(&mut record);
        let at = match &read {
            Ok(_) => record.position(),
            Err(error) => error.position(),
        };
        let number = place.line(at.map_or(0, csv::Position::byte));
        if matches!(read, Ok(false)) {
            break;
        }
        sheet.count += 1;
        if sheet.count > MOST_LINES {
            let detail = "A file has at most 5000 appointments; send the rest in another one.";
            faults.add(format!("/{number}"), "import.too_long", detail);
            return Err(faults);
        }
        if let Err(error) = read {
            let detail = match error.kind() {
                csv::ErrorKind::UnequalLengths { .. } => {
                    "It has more or fewer cells than the header."
                }
                _ => "It is not UTF-8; save the file as CSV UTF-8.",
            };
            sheet
                .faults
                .add(format!("/{number}"), "import.line", detail);
            continue;
        }
        let cells = Cells {
            columns: &columns,
            record: &record,
        };
        let (target, line) = line(&cells, number, &mut sheet.faults);
        if let Some(target) = target {
            sheet.take(&target, line, number, &mut seen);
        }
    }
    if sheet.count == 0 {
        faults.add("", "import.empty", "The file has no appointments.");
        return Err(faults);
    }
    Ok(sheet)
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

/// What it is about, and the line where nothing of it is at fault.
fn line(cells: &Cells<'_>, number: u64, faults: &mut Faults) -> (Option<Ref>, Option<Line>) {
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
    let line = target.clone().map(|target| Line {
        number,
        target,
        body,
        cancelled,
    });
    (target, line.filter(|_| faults.0.len() == before))
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
#[path = "sheet_tests.rs"]
mod tests;
