//! Which column of a CSV file holds what.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::person::{MAX_ATTRIBUTES, attribute_name};
use crate::records::{Record, Shape};

/// What a column holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Field {
    Phone,
    ExternalId,
    TimeZone,
    Language,
    FirstName,
    LastName,
    Attribute(Arc<str>),
    /// Mapped to an empty name, or without a header.
    Ignored,
}

/// One column of the file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Column {
    pub header: String,
    pub field: Field,
}

/// The file's columns, in order; exactly one of them holds the phone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Layout {
    pub columns: Vec<Column>,
    phone: usize,
}

/// Why a file's header cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LayoutError {
    #[error("the file is empty: the first line must name the columns")]
    Empty,
    #[error("the file is UTF-16: save it as CSV UTF-8")]
    Utf16,
    #[error("the first line, which must name the columns, cannot be read")]
    Unreadable,
    #[error(
        "no column holds the phone number: name one `phone`, or pass a mapping such as {{\"Cell\":\"phone\"}}"
    )]
    NoPhone,
    #[error("the columns {0:?} and {1:?} both mean `{2}`")]
    Twice(String, String, String),
    #[error("the mapping names the column {0:?}, which the file does not have")]
    UnknownColumn(String),
    #[error(
        "the column {0:?} cannot be used as an attribute name: map it to a name of letters, digits and underscores, or to \"\""
    )]
    BadName(String),
    #[error("the file has more than {MAX_ATTRIBUTES} attribute columns")]
    TooMany,
}

impl LayoutError {
    /// Stable code for problem documents.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Empty => "import.empty",
            Self::Utf16 => "import.encoding",
            Self::Unreadable => "import.header",
            Self::NoPhone => "import.no_phone_column",
            Self::Twice(..) => "import.duplicate_column",
            Self::UnknownColumn(_) => "import.unknown_column",
            Self::BadName(_) => "import.bad_column_name",
            Self::TooMany => "import.too_many_columns",
        }
    }
}

/// Bytes of a byte order mark to skip at the beginning of a file.
pub fn bom_length(start: &[u8]) -> Result<u64, LayoutError> {
    match start {
        [0xFF, 0xFE, ..] | [0xFE, 0xFF, ..] => Err(LayoutError::Utf16),
        [0xEF, 0xBB, 0xBF, ..] => Ok(3),
        _ => Ok(0),
    }
}

/// The delimiter that cuts the first line into most cells; a comma where none does.
pub fn guess_delimiter(start: &[u8]) -> u8 {
    let line = start
        .split(|b| matches!(b, b'\n' | b'\r'))
        .find(|line| !line.is_empty())
        .unwrap_or_default();
    let mut counts = [(b',', 0), (b';', 0), (b'\t', 0), (b'|', 0)];
    let mut quoted = false;
    for byte in line {
        quoted ^= *byte == b'"';
        for (delimiter, count) in &mut counts {
            if !quoted && byte == delimiter {
                *count += 1;
            }
        }
    }
    // `max_by_key` takes the last of equals, so the comma is asked last.
    counts
        .iter()
        .rev()
        .max_by_key(|(_, count)| *count)
        .map_or(b',', |(delimiter, _)| *delimiter)
}

impl Layout {
    /// From the header record. `mapping` names a field for a column header; other columns are known by
    /// their usual names, and what is left becomes attributes.
    pub fn of(
        header: Option<&Record<'_>>,
        mapping: &BTreeMap<String, String>,
    ) -> Result<Self, LayoutError> {
        let header = header.ok_or(LayoutError::Empty)?;
        if header.shape != Shape::Whole {
            return Err(LayoutError::Unreadable);
        }
        let mut columns = Vec::with_capacity(header.len());
        for index in 0..header.len() {
            let cell = std::str::from_utf8(header.cell(index).unwrap_or_default());
            let name = cell
                .map_err(|_| LayoutError::Unreadable)?
                .trim()
                .to_string();
            let field = match mapping
                .iter()
                .find(|(column, _)| column.trim().eq_ignore_ascii_case(&name))
            {
                Some((_, field)) => named_field(field, &name)?,
                None => usual_field(&name)?,
            };
            columns.push(Column {
                header: name,
                field,
            });
        }
        for wanted in mapping.keys() {
            if !columns
                .iter()
                .any(|column| column.header.eq_ignore_ascii_case(wanted.trim()))
            {
                return Err(LayoutError::UnknownColumn(wanted.clone()));
            }
        }
        no_field_twice(&columns)?;
        let phone = columns
            .iter()
            .position(|column| column.field == Field::Phone)
            .ok_or(LayoutError::NoPhone)?;
        let layout = Self { columns, phone };
        if layout.attribute_names().count() > MAX_ATTRIBUTES {
            return Err(LayoutError::TooMany);
        }
        Ok(layout)
    }

    /// Position and column of the phone number.
    pub fn phone_column(&self) -> (usize, &Column) {
        (self.phone, &self.columns[self.phone])
    }

    pub fn attribute_names(&self) -> impl Iterator<Item = &Arc<str>> {
        self.columns
            .iter()
            .filter_map(|column| match &column.field {
                Field::Attribute(name) => Some(name),
                _ => None,
            })
    }
}

fn no_field_twice(columns: &[Column]) -> Result<(), LayoutError> {
    for (index, column) in columns
        .iter()
        .enumerate()
        .filter(|(_, column)| column.field != Field::Ignored)
    {
        if let Some(earlier) = columns
            .iter()
            .take(index)
            .find(|other| other.field == column.field)
        {
            let meaning = column.field.name().to_string();
            return Err(LayoutError::Twice(
                earlier.header.clone(),
                column.header.clone(),
                meaning,
            ));
        }
    }
    Ok(())
}

impl Field {
    pub fn name(&self) -> &str {
        match self {
            Self::Phone => "phone",
            Self::ExternalId => "external_id",
            Self::TimeZone => "time_zone",
            Self::Language => "language",
            Self::FirstName => "first_name",
            Self::LastName => "last_name",
            Self::Attribute(name) => name,
            Self::Ignored => "",
        }
    }
}

/// The field a mapping's right-hand side names: a standard field, an attribute, or "" to leave it out.
fn named_field(text: &str, header: &str) -> Result<Field, LayoutError> {
    if text.trim().is_empty() {
        Ok(Field::Ignored)
    } else {
        field_called(text, header)
    }
}

fn usual_field(header: &str) -> Result<Field, LayoutError> {
    if header.is_empty() {
        Ok(Field::Ignored)
    } else {
        field_called(header, header)
    }
}

fn field_called(text: &str, header: &str) -> Result<Field, LayoutError> {
    let name = attribute_name(text).ok_or_else(|| LayoutError::BadName(header.to_string()))?;
    Ok(match name.as_str() {
        "phone" | "mobile" | "msisdn" | "phone_number" | "mobile_phone" | "mobile_number"
        | "cell" | "cell_phone" => Field::Phone,
        "external_id" | "externalid" => Field::ExternalId,
        "timezone" | "time_zone" => Field::TimeZone,
        "language" | "locale" => Field::Language,
        "first_name" | "firstname" | "given_name" => Field::FirstName,
        "last_name" | "lastname" | "surname" | "family_name" => Field::LastName,
        _ => Field::Attribute(name.into()),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::records::Records;

    fn layout(header: &str, mapping: &[(&str, &str)]) -> Result<Vec<String>, &'static str> {
        let mapping = mapping
            .iter()
            .map(|(a, b)| (a.to_string(), b.to_string()))
            .collect();
        let mut records = Records::new(header.as_bytes(), guess_delimiter(header.as_bytes()), 0, 1);
        let record = records.next_record().unwrap();
        let layout = Layout::of(record.as_ref(), &mapping).map_err(|e| e.code())?;
        Ok(layout
            .columns
            .iter()
            .map(|c| c.field.name().to_string())
            .collect())
    }

    #[test]
    fn columns_are_known_by_their_usual_names_in_any_case() {
        let fields = layout("MSISDN;First Name;last_name;TimeZone;Loyalty Points;", &[]).unwrap();
        assert_eq!(
            fields,
            [
                "phone",
                "first_name",
                "last_name",
                "time_zone",
                "loyalty_points",
                ""
            ]
        );
    }

    #[test]
    fn a_mapping_overrides_the_usual_names() {
        let fields = layout(
            "cell,nr,note",
            &[("CELL", "phone"), ("nr", "external_id"), ("note", "")],
        )
        .unwrap();
        assert_eq!(fields, ["phone", "external_id", ""]);
    }

    #[test]
    fn a_header_that_cannot_be_used_says_why() {
        assert_eq!(layout("", &[]), Err("import.empty"));
        assert_eq!(layout("name,city", &[]), Err("import.no_phone_column"));
        assert_eq!(layout("phone,mobile", &[]), Err("import.duplicate_column"));
        assert_eq!(
            layout("phone", &[("x", "phone")]),
            Err("import.unknown_column")
        );
        assert_eq!(layout("phone,123", &[]), Err("import.bad_column_name"));
        assert_eq!(layout("phone,\"x", &[]), Err("import.header"));
    }

    #[test]
    fn the_delimiter_is_the_one_that_cuts_most() {
        assert_eq!(guess_delimiter(b"a;b;c,d\n1,2,3,4"), b';');
        assert_eq!(guess_delimiter(b"a\tb\n"), b'\t');
        assert_eq!(guess_delimiter(b"\"a;b;c\",d\n"), b',');
        assert_eq!(guess_delimiter(b"phone\n"), b',');
    }
}
