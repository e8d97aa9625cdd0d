//! CSV bodies: a header that names known columns, then rows that are judged one by one.

use std::io::Cursor;

use axum::Json;
use axum::body::Bytes;
use axum::extract::{FromRequest, Request};
use axum::http::StatusCode;
use chassis::http::Problem;
use serde::Serialize;
use utoipa::ToSchema;

use super::intake::Fault;

/// Bytes of a CSV body.
pub const CSV_LIMIT: usize = 32 * 1024 * 1024;
/// Rows recorded in one transaction.
pub const BATCH: usize = 1000;
/// Bytes of one row; a longer one has most likely an unclosed quote.
const MAX_ROW: u64 = 64 * 1024;
/// Faults told in one answer.
const MAX_FAULTS: usize = 1000;

/// Extractor: a CSV body as it is.
pub struct CsvBody(Bytes);

impl CsvBody {
    pub fn bytes(&self) -> &[u8] {
        &self.0
    }
}

impl<S: Send + Sync> FromRequest<S> for CsvBody {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        let read = Bytes::from_request(request, state).await;
        read.map(Self).map_err(|rejection| {
            if rejection.status() == StatusCode::PAYLOAD_TOO_LARGE {
                let detail = format!("the body is over {CSV_LIMIT} bytes; send the file in parts");
                Problem::new(StatusCode::PAYLOAD_TOO_LARGE, "body.too_large", detail)
            } else {
                let detail = "the body could not be read to its end";
                Problem::new(StatusCode::BAD_REQUEST, "body.malformed", detail)
            }
        })
    }
}

/// What an import came to.
#[derive(Debug, Default, Serialize, ToSchema)]
pub struct Imported {
    pub recorded: u64,
    /// Rows that were recorded before, by this file or another.
    pub already: u64,
    pub rejected: u64,
    /// The first 1,000 of them.
    pub faults: Vec<RowFault>,
}

#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct RowFault {
    /// Line of the file; the header is line 1.
    pub line: u64,
    pub code: &'static str,
    /// The column, as a JSON Pointer.
    pub pointer: &'static str,
    pub detail: String,
}

impl Imported {
    pub fn reject(&mut self, line: u64, fault: Fault) {
        self.rejected += 1;
        if self.faults.len() < MAX_FAULTS {
            self.faults.push(RowFault {
                line,
                code: fault.code,
                pointer: fault.pointer,
                detail: fault.detail,
            });
        }
    }

    /// The answer; a file without a single row is refused.
    pub fn answer(self) -> Result<Json<Self>, Problem> {
        if self.recorded + self.already + self.rejected == 0 {
            return Err(refused("import.empty", "the file has no rows"));
        }
        Ok(Json(self))
    }
}

/// One row: its cells by the columns' names, blank ones absent.
#[derive(Debug)]
pub struct Row {
    pub line: u64,
    cells: Vec<(&'static str, String)>,
}

impl Row {
    pub fn get(&self, column: &str) -> Option<&str> {
        let found = self.cells.iter().find(|(name, _)| *name == column);
        found.map(|(_, text)| text.as_str())
    }

    pub fn owned(&self, column: &str) -> Option<String> {
        self.get(column).map(str::to_string)
    }

    /// The cells in their order, for a name of the row by its content.
    pub fn cells(&self) -> &[(&'static str, String)] {
        &self.cells
    }
}

/// The rows of a body, in their order.
pub struct Rows {
    body: Bytes,
    reader: csv::Reader<Cursor<Bytes>>,
    columns: Vec<&'static str>,
}

impl Rows {
    /// Reads the header. Every column must be one of `known`, and `phone` must be there.
    pub fn open(CsvBody(body): CsvBody, known: &[&'static str]) -> Result<Self, Problem> {
        let body = match body.strip_prefix(b"\xef\xbb\xbf") {
            Some(rest) => body.slice_ref(rest),
            None => body,
        };
        let mut reader = csv::ReaderBuilder::new()
            .delimiter(delimiter(&body))
            .flexible(true)
            .from_reader(Cursor::new(body.clone()));
        let header = reader
            .headers()
            .map_err(|_| refused("import.header", "the header cannot be read; is it UTF-8?"))?;
        let mut columns: Vec<&'static str> = Vec::with_capacity(header.len());
        let mut unknown = Vec::new();
        for name in header {
            let name = name.trim().to_lowercase();
            match known.iter().find(|column| **column == name) {
                Some(column) if columns.contains(column) => {
                    let detail = format!("the column {column} stands twice");
                    return Err(refused("import.duplicate_column", &detail));
                }
                Some(column) => columns.push(column),
                None => unknown.push(name),
            }
        }
        if columns.is_empty() && unknown.iter().all(String::is_empty) {
            return Err(refused("import.empty", "the file is empty"));
        }
        if !unknown.is_empty() {
            let detail = format!(
                "unknown columns: {}; known ones: {}",
                unknown.join(", "),
                known.join(", ")
            );
            return Err(refused("import.unknown_column", &detail));
        }
        if !columns.contains(&"phone") {
            return Err(refused("import.no_phone_column", "name one column phone"));
        }
        Ok(Self {
            body,
            reader,
            columns,
        })
    }

    /// The next rows, each readable or with its fault; empty at the end of the file.
    fn batch(&mut self) -> Vec<Result<Row, (u64, Fault)>> {
        let mut rows = Vec::new();
        let mut record = csv::ByteRecord::new();
        while rows.len() < BATCH && self.reader.read_byte_record(&mut record).unwrap_or(false) {
            let line = self.line_of(&record);
            rows.push(self.row(line, &record).map_err(|fault| (line, fault)));
        }
        rows
    }

    /// The next rows as `read` understands them, each with its line; faults go into `told`. `None` at the end of the
    /// file.
    pub fn judge<T>(
        &mut self,
        told: &mut Imported,
        read: impl Fn(&Row) -> Result<T, Fault>,
    ) -> Option<Vec<(u64, T)>> {
        let batch = self.batch();
        if batch.is_empty() {
            return None;
        }
        let mut judged = Vec::with_capacity(batch.len());
        for row in batch {
            let understood = row.and_then(|row| match read(&row) {
                Ok(read) => Ok((row.line, read)),
                Err(fault) => Err((row.line, fault)),
            });
            match understood {
                Ok(one) => judged.push(one),
                Err((line, fault)) => told.reject(line, fault),
            }
        }
        Some(judged)
    }

    /// The reader says where it stood before the rest of a line's end and blank lines; those are counted here.
    fn line_of(&self, record: &csv::ByteRecord) -> u64 {
        let (line, byte) = record
            .position()
            .map_or((0, 0), |at| (at.line(), at.byte()));
        let from = usize::try_from(byte).unwrap_or(usize::MAX);
        let rest = self.body.get(from..).unwrap_or_default();
        let ends = rest
            .iter()
            .take_while(|byte| matches!(**byte, b'\r' | b'\n'));
        (line..)
            .nth(ends.filter(|byte| **byte == b'\n').count())
            .unwrap_or(line)
    }

    fn row(&self, line: u64, record: &csv::ByteRecord) -> Result<Row, Fault> {
        let from = record.position().map_or(0, csv::Position::byte);
        let to = self.reader.position().byte();
        if to - from > MAX_ROW {
            let detail = "the row is over 64 KiB; is a quote left open?";
            return Err(Fault::new("row.too_long", "", detail));
        }
        let place = |at: u64| usize::try_from(at).unwrap_or(usize::MAX);
        let raw = self.body.get(place(from)..place(to)).unwrap_or_default();
        let quotes = raw.iter().filter(|byte| **byte == b'"').count();
        let spans = |cell: &[u8]| cell.contains(&b'\n');
        if quotes % 2 == 1 && record.iter().any(spans) {
            let detail = "a quote is opened and never closed; the lines behind it were not read";
            return Err(Fault::new("row.unclosed_quote", "", detail));
        }
        if record.len() != self.columns.len() {
            let detail = format!("{} cells, {} columns", record.len(), self.columns.len());
            return Err(Fault::new("row.column_count", "", detail));
        }
        let mut cells = Vec::with_capacity(record.len());
        for (name, cell) in self.columns.iter().zip(record) {
            let text = std::str::from_utf8(cell)
                .map_err(|_| Fault::new("encoding.invalid", "", "the row is not UTF-8"))?;
            if !text.trim().is_empty() {
                cells.push((*name, text.trim().to_string()));
            }
        }
        Ok(Row { line, cells })
    }
}

/// The one of comma, semicolon, tab and bar that the header has most of.
fn delimiter(body: &[u8]) -> u8 {
    let header = body.split(|byte| *byte == b'\n').next().unwrap_or_default();
    let count = |wanted: u8| header.iter().filter(|byte| **byte == wanted).count();
    let mut best = b',';
    for one in *b";\t|" {
        if count(one) > count(best) {
            best = one;
        }
    }
    best
}

/// 422
pub fn refused(code: &str, detail: &str) -> Problem {
    Problem::new(StatusCode::UNPROCESSABLE_ENTITY, code, detail)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(text: &'static str) -> Vec<Result<Row, (u64, Fault)>> {
        let body = CsvBody(Bytes::from_static(text.as_bytes()));
        Rows::open(body, &["phone", "note"])
            .unwrap_or_else(|problem| panic!("{problem}"))
            .batch()
    }

    fn code(text: &'static str) -> String {
        let body = CsvBody(Bytes::from_static(text.as_bytes()));
        match Rows::open(body, &["phone", "note"]) {
            Ok(_) => "taken".to_string(),
            Err(problem) => problem.code().to_string(),
        }
    }

    #[test]
    fn cells_come_by_name_and_blank_ones_are_absent() {
        let read = rows("\u{feff}Note;PHONE\r\n\"a;b\";+1\r\n\r\n ;+2\r\n");
        let first = read[0].as_ref().unwrap();
        assert_eq!(
            (first.line, first.get("note"), first.get("phone")),
            (2, Some("a;b"), Some("+1"))
        );
        let second = read[1].as_ref().unwrap();
        assert_eq!((second.line, second.get("note")), (4, None));
    }

    #[test]
    fn a_header_that_does_not_fit_is_refused() {
        assert_eq!(code(""), "import.empty");
        assert_eq!(code("phone,colour\n"), "import.unknown_column");
        assert_eq!(code("note\nx\n"), "import.no_phone_column");
        assert_eq!(code("phone,phone\n"), "import.duplicate_column");
        assert_eq!(code("phone\n"), "taken");
    }

    #[test]
    fn a_row_that_cannot_be_read_is_told_with_its_line() {
        let read = rows("phone,note\n+1\n+2,fine\n+3,\"open\n+4,lost\n");
        let faults: Vec<_> = read
            .iter()
            .filter_map(|row| row.as_ref().err())
            .map(|(line, fault)| (*line, fault.code))
            .collect();
        assert_eq!(faults, [(2, "row.column_count"), (4, "row.unclosed_quote")]);
        assert_eq!(read[1].as_ref().unwrap().get("note"), Some("fine"));
    }
}
