//! One CSV row → one person, or what is wrong with it.

use std::sync::Arc;

use contract::{Phone, PhoneError};

use crate::layout::{Column, Field, Layout};
use crate::person::{
    MAX_ATTRIBUTE, MAX_EXTERNAL_ID, MAX_NAME, Person, ValueError, check_language, check_text,
    check_time_zone,
};
use crate::records::{MAX_RECORD, Record, Shape};

/// Why a row was rejected; one line of the errors file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RowProblem {
    /// Header of the column at fault; empty where the whole row is.
    pub column: String,
    pub code: &'static str,
    /// The beginning of the value at fault.
    pub value: String,
    pub hint: String,
}

/// Longest value shown in the errors file, in characters.
const SHOWN: usize = 60;

/// Reads a row. The first problem found is the one reported.
pub fn read_row(
    layout: &Layout,
    default_region: Option<&str>,
    record: &Record<'_>,
) -> Result<Person, RowProblem> {
    whole_row(layout, record)?;
    let phone = layout.phone_column();
    let text = cell_text(phone.1, record.cell(phone.0))?;
    let mut person = match Phone::parse(text, default_region) {
        Ok(parsed) => Person::new(parsed),
        Err(error) => return Err(phone_problem(phone.1, text, &error)),
    };
    for (index, column) in layout.columns.iter().enumerate() {
        let text = cell_text(column, record.cell(index))?;
        if !text.is_empty() {
            set(&mut person, &column.field, text).map_err(|error| problem(column, text, error))?;
        }
    }
    Ok(person)
}

fn cell_text<'a>(column: &Column, cell: Option<&'a [u8]>) -> Result<&'a str, RowProblem> {
    let cell = cell.unwrap_or_default();
    match std::str::from_utf8(cell) {
        Ok(text) => Ok(text.trim()),
        Err(_) => {
            let error = ValueError {
                code: "encoding.invalid",
                hint: "save the file as CSV UTF-8",
            };
            Err(problem(column, &String::from_utf8_lossy(cell), error))
        }
    }
}

/// What can be wrong before any cell is looked at.
fn whole_row(layout: &Layout, record: &Record<'_>) -> Result<(), RowProblem> {
    let whole = |code, hint: String| {
        let start = String::from_utf8_lossy(record.cell(0).unwrap_or_default());
        Err(RowProblem {
            column: String::new(),
            code,
            value: shorten(start.trim_end()),
            hint,
        })
    };
    match record.shape {
        Shape::UnclosedQuote => whole(
            "row.unclosed_quote",
            "a quote opens a cell and is not closed; write a quote inside a cell twice".into(),
        ),
        Shape::TooLong => whole(
            "row.too_long",
            format!("a row may be {MAX_RECORD} bytes long"),
        ),
        Shape::Whole if record.len() != layout.columns.len() => {
            let (got, expected) = (record.len(), layout.columns.len());
            whole(
                "row.column_count",
                format!(
                    "the row has {got} columns, the header {expected}; quote values that hold the delimiter"
                ),
            )
        }
        Shape::Whole => Ok(()),
    }
}

fn set(person: &mut Person, field: &Field, text: &str) -> Result<(), ValueError> {
    match field {
        Field::ExternalId => {
            check_text(text, MAX_EXTERNAL_ID)?;
            person.external_id = Some(text.to_string());
        }
        Field::TimeZone => {
            check_time_zone(text)?;
            person.time_zone = Some(text.to_string());
        }
        Field::Language => {
            let tag = text.replace('_', "-");
            check_language(&tag)?;
            person.language = Some(tag);
        }
        Field::FirstName => {
            check_text(text, MAX_NAME)?;
            person.first_name = Some(text.to_string());
        }
        Field::LastName => {
            check_text(text, MAX_NAME)?;
            person.last_name = Some(text.to_string());
        }
        Field::Attribute(name) => {
            check_text(text, MAX_ATTRIBUTE)?;
            person.attributes.insert(Arc::clone(name), text.to_string());
        }
        Field::Phone | Field::Ignored => {}
    }
    Ok(())
}

fn problem(column: &Column, text: &str, error: ValueError) -> RowProblem {
    RowProblem {
        column: column.header.clone(),
        code: error.code,
        value: shorten(text),
        hint: error.hint.to_string(),
    }
}

fn phone_problem(column: &Column, text: &str, error: &PhoneError) -> RowProblem {
    RowProblem {
        column: column.header.clone(),
        code: error.code(),
        value: shorten(text),
        hint: error.to_string(),
    }
}

fn shorten(text: &str) -> String {
    let mut shown: String = text.chars().take(SHOWN).collect();
    if shown.len() < text.len() {
        shown.push('…');
    }
    shown
}

#[cfg(test)]
#[path = "import_row_tests.rs"]
mod tests;
