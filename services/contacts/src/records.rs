//! Cuts a CSV byte stream into records, with the exact byte offset behind each.
//!
//! It reads what people's exports contain: `,` `;` tab or `|`, LF, CRLF or CR, quoted cells that span
//! lines. Unlike a plain CSV reader it cannot be led astray by one stray quote: a quoted cell that is
//! never closed, or that swallows lines and so breaks the number of columns, costs its first line only.

use std::io::{self, Read};

/// Longest record in bytes; a longer one is reported and skipped.
pub const MAX_RECORD: usize = 64 * 1024;
const CHUNK: usize = 64 * 1024;

/// What a record turned out to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shape {
    /// Its cells can be read.
    Whole,
    /// A quote opens a cell and is not closed; only the first line was taken.
    UnclosedQuote,
    /// Longer than [`MAX_RECORD`].
    TooLong,
}

/// One record: its cells lie end to end in `text`, unquoted.
#[derive(Debug)]
pub struct Record<'a> {
    /// Line of the file it begins on; the first is 1.
    pub line: u64,
    pub shape: Shape,
    text: &'a [u8],
    ends: &'a [usize],
}

impl<'a> Record<'a> {
    pub const fn len(&self) -> usize {
        self.ends.len()
    }

    pub const fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    /// The bytes of one cell; they need not be UTF-8.
    pub fn cell(&self, column: usize) -> Option<&'a [u8]> {
        let end = *self.ends.get(column)?;
        let start = match column {
            0 => 0,
            _ => *self.ends.get(column - 1)?,
        };
        self.text.get(start..end)
    }
}

/// A reader of records that knows its place.
pub struct Records<R> {
    input: R,
    delimiter: u8,
    /// Number of columns a record that spans lines must have; see the module text.
    columns: Option<usize>,
    buffer: Vec<u8>,
    start: usize,
    ended: bool,
    offset: u64,
    line: u64,
    text: Vec<u8>,
    ends: Vec<usize>,
}

enum State {
    CellStart,
    Plain,
    Quoted,
    QuoteInQuoted,
}

/// How far a scan came: bytes used, lines used, and what it found.
struct Scan {
    used: usize,
    lines: u64,
    shape: Shape,
    blank: bool,
}

impl<R: Read> Records<R> {
    /// `input` stands at byte `offset` of the file, which is the beginning of line `line`.
    pub fn new(input: R, delimiter: u8, offset: u64, line: u64) -> Self {
        Self {
            input,
            delimiter,
            columns: None,
            buffer: Vec::with_capacity(2 * CHUNK),
            start: 0,
            ended: false,
            offset,
            line,
            text: Vec::new(),
            ends: Vec::new(),
        }
    }

    #[must_use]
    pub fn expecting(mut self, columns: usize) -> Self {
        self.columns = Some(columns);
        self
    }

    /// Byte offset of the record that comes next.
    pub const fn offset(&self) -> u64 {
        self.offset
    }

    /// Line of the record that comes next.
    pub const fn line(&self) -> u64 {
        self.line
    }

    /// The next record that is not blank.
    pub fn next_record(&mut self) -> io::Result<Option<Record<'_>>> {
        loop {
            if self.start == self.buffer.len() && !self.fill()? {
                return Ok(None);
            }
            let line = self.line;
            let scan = self.scan()?;
            self.consume(scan.used, scan.lines);
            if scan.shape == Shape::TooLong {
                self.skip_line()?;
            }
            if !scan.blank {
                return Ok(Some(Record {
                    line,
                    shape: scan.shape,
                    text: &self.text,
                    ends: &self.ends,
                }));
            }
        }
    }

    /// Reads one record from `start` without consuming it.
    fn scan(&mut self) -> io::Result<Scan> {
        self.text.clear();
        self.ends.clear();
        let mut state = State::CellStart;
        let mut at = 0;
        let mut first_line = None;
        let mut inner_lines = 0;
        let mut loose = false;
        loop {
            let Some(byte) = self.peek(at)? else {
                if matches!(state, State::Quoted) {
                    return Ok(self.unclosed(first_line, at));
                }
                return Ok(self.close(at, inner_lines, first_line, loose));
            };
            if at >= MAX_RECORD {
                let unclosed = matches!(state, State::Quoted) && first_line.is_some();
                return Ok(if unclosed {
                    self.unclosed(first_line, at)
                } else {
                    self.too_long(at)
                });
            }
            at += 1;
            match (&state, byte) {
                (State::Quoted, b'"') => state = State::QuoteInQuoted,
                (State::Quoted, _) => {
                    if byte == b'\n' {
                        inner_lines += 1;
                        first_line.get_or_insert(at);
                    }
                    self.text.push(byte);
                }
                (State::QuoteInQuoted, b'"') => {
                    self.text.push(b'"');
                    state = State::Quoted;
                }
                (State::CellStart, b'"') => state = State::Quoted,
                (_, b'\n') => return Ok(self.close(at, inner_lines + 1, first_line, loose)),
                (_, b'\r') => {
                    if self.peek(at)? == Some(b'\n') {
                        at += 1;
                    }
                    return Ok(self.close(at, inner_lines + 1, first_line, loose));
                }
                (_, byte) if byte == self.delimiter => {
                    self.ends.push(self.text.len());
                    state = State::CellStart;
                }
                (before, byte) => {
                    loose |= matches!(before, State::QuoteInQuoted);
                    self.text.push(byte);
                    state = State::Plain;
                }
            }
        }
    }

    /// The record ends before byte `used`. `loose`: text followed a closing quote.
    fn close(&mut self, used: usize, lines: u64, first_line: Option<usize>, loose: bool) -> Scan {
        self.ends.push(self.text.len());
        let misfit = self
            .columns
            .is_some_and(|columns| columns != self.ends.len());
        if first_line.is_some() && (misfit || loose) {
            return self.unclosed(first_line, used);
        }
        let blank = self.ends.len() == 1 && self.text.is_empty();
        Scan {
            used,
            lines,
            shape: Shape::Whole,
            blank,
        }
    }

    fn unclosed(&mut self, first_line: Option<usize>, read: usize) -> Scan {
        let used = first_line.unwrap_or(read);
        self.keep_raw(used);
        Scan {
            used,
            lines: 1,
            shape: Shape::UnclosedQuote,
            blank: false,
        }
    }

    fn too_long(&mut self, read: usize) -> Scan {
        self.keep_raw(read);
        Scan {
            used: read,
            lines: 1,
            shape: Shape::TooLong,
            blank: false,
        }
    }

    /// Shows the raw beginning of a record that cannot be cut into cells as its only cell.
    fn keep_raw(&mut self, used: usize) {
        self.text.clear();
        self.ends.clear();
        let shown = used.min(200);
        self.text.extend_from_slice(
            self.buffer
                .get(self.start..self.start + shown)
                .unwrap_or_default(),
        );
        self.ends.push(self.text.len());
    }

    fn peek(&mut self, at: usize) -> io::Result<Option<u8>> {
        loop {
            if let Some(byte) = self.buffer.get(self.start + at) {
                return Ok(Some(*byte));
            }
            if !self.fill()? {
                return Ok(None);
            }
        }
    }

    /// Reads more of the file; false at its end.
    fn fill(&mut self) -> io::Result<bool> {
        if self.ended {
            return Ok(false);
        }
        if self.start > 0 {
            self.buffer.drain(..self.start);
            self.start = 0;
        }
        let filled = self.buffer.len();
        self.buffer.resize(filled + CHUNK, 0);
        let read = loop {
            match self
                .input
                .read(self.buffer.get_mut(filled..).unwrap_or_default())
            {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                other => break other,
            }
        };
        self.buffer.truncate(filled + *read.as_ref().unwrap_or(&0));
        self.ended = matches!(read, Ok(0));
        Ok(read? > 0)
    }

    fn consume(&mut self, bytes: usize, lines: u64) {
        self.start += bytes;
        self.offset += bytes as u64;
        self.line += lines;
    }

    /// Drops the rest of an over-long line.
    fn skip_line(&mut self) -> io::Result<()> {
        loop {
            let rest = self.buffer.get(self.start..).unwrap_or_default();
            if let Some(newline) = rest.iter().position(|byte| *byte == b'\n') {
                self.consume(newline + 1, 0);
                return Ok(());
            }
            self.consume(rest.len(), 0);
            if !self.fill()? {
                return Ok(());
            }
        }
    }
}

#[cfg(test)]
#[path = "records_tests.rs"]
mod tests;
