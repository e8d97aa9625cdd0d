//! Lists: `{data, next_cursor, has_more}`.

use std::str::FromStr;

use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::Problem;

/// Query parameters of every list.
#[derive(Debug, Clone, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct Page {
    /// `next_cursor` of the page before.
    pub cursor: Option<String>,
    /// 1 to 200, 50 if absent.
    pub limit: Option<u32>,
}

impl Page {
    /// The limit within its bounds.
    pub fn size(&self) -> u64 {
        u64::from(self.limit.unwrap_or(50).clamp(1, 200))
    }
}

/// Where a list goes on, by the cursor of the page before; nothing where it begins.
pub fn cursor<T: FromStr>(text: Option<&str>) -> Result<Option<T>, Problem> {
    text.map(str::parse)
        .transpose()
        .map_err(|_| no_such_cursor())
}

/// The cursor came from elsewhere.
pub fn no_such_cursor() -> Problem {
    let detail = "this is not a cursor of this list; pass next_cursor of the page before";
    Problem::new(StatusCode::BAD_REQUEST, "cursor.invalid", detail)
}

/// One page of a list.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Listing<T> {
    pub data: Vec<T>,
    pub next_cursor: Option<String>,
    pub has_more: bool,
}

impl<T> Listing<T> {
    /// From one more row than `size`: the extra one only tells that there is more.
    pub fn cut(mut rows: Vec<T>, size: u64, cursor_of: impl Fn(&T) -> String) -> Self {
        let size = usize::try_from(size).unwrap_or(usize::MAX);
        let has_more = rows.len() > size;
        rows.truncate(size);
        let next_cursor = if has_more {
            rows.last().map(cursor_of)
        } else {
            None
        };
        Self {
            data: rows,
            next_cursor,
            has_more,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_goes_on_where_its_cursor_says_and_refuses_others() {
        assert_eq!(cursor::<u32>(None).unwrap(), None);
        assert_eq!(cursor::<u32>(Some("7")).unwrap(), Some(7));
        for text in ["", "seven", "-1"] {
            assert_eq!(
                cursor::<u32>(Some(text)).unwrap_err().code(),
                "cursor.invalid"
            );
        }
    }
}
