//! The query parameters of an import.

use std::collections::BTreeMap;

use axum::http::StatusCode;
use chassis::http::Problem;
use contract::{ListId, Phone, PhoneError};
use serde::Deserialize;
use utoipa::IntoParams;

use super::create_list::list_name;

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct ImportOptions {
    /// Puts everyone on this list.
    #[param(value_type = Option<String>)]
    list: Option<ListId>,
    /// Puts everyone on the list of this name, which is created if need be.
    list_name: Option<String>,
    /// Two-letter country that numbers without a country code belong to.
    default_region: Option<String>,
    /// JSON object: column header → field (`phone`, `first_name`, …, an attribute name, or "" to leave it out).
    mapping: Option<String>,
    /// Checks and counts only.
    #[serde(default)]
    dry_run: bool,
    /// `,` `;` `|` or `tab`; found out if absent.
    delimiter: Option<String>,
}

/// The list everyone is put on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TargetList {
    None,
    Id(ListId),
    Name(String),
}

/// Options that make sense.
#[derive(Debug)]
pub struct Checked {
    pub list: TargetList,
    pub default_region: Option<String>,
    pub mapping: BTreeMap<String, String>,
    pub dry_run: bool,
    pub delimiter: Option<u8>,
}

impl ImportOptions {
    pub fn checked(self) -> Result<Checked, Problem> {
        let list = match (self.list, self.list_name) {
            (Some(_), Some(_)) => {
                return Err(invalid(
                    "query.invalid",
                    "give `list` or `list_name`, not both",
                ));
            }
            (Some(id), None) => TargetList::Id(id),
            (None, Some(name)) => TargetList::Name(list_name(&name)?),
            (None, None) => TargetList::None,
        };
        if let Some(region) = &self.default_region
            && Phone::parse("0", Some(region)) == Err(PhoneError::UnknownRegion)
        {
            return Err(invalid(
                PhoneError::UnknownRegion.code(),
                &PhoneError::UnknownRegion.to_string(),
            ));
        }
        let mapping = match &self.mapping {
            None => BTreeMap::new(),
            Some(text) => serde_json::from_str(text).map_err(|error| {
                invalid(
                    "import.mapping",
                    &format!("the mapping is not a JSON object of texts: {error}"),
                )
            })?,
        };
        let delimiter = match self.delimiter.as_deref() {
            None => None,
            Some("tab" | "\t" | "\\t") => Some(b'\t'),
            Some(text) => match text.as_bytes() {
                [one @ (b',' | b';' | b'|')] => Some(*one),
                _ => {
                    return Err(invalid(
                        "import.delimiter",
                        "the delimiter is one of , ; | and tab",
                    ));
                }
            },
        };
        Ok(Checked {
            list,
            default_region: self.default_region,
            mapping,
            dry_run: self.dry_run,
            delimiter,
        })
    }
}

fn invalid(code: &str, detail: &str) -> Problem {
    Problem::new(StatusCode::UNPROCESSABLE_ENTITY, code, detail)
}
