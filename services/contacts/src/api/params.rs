//! Cursors of lists.

use axum::http::StatusCode;
use chassis::http::Problem;

/// Where a list goes on: the cursor of the page before, or `start`.
pub fn cursor<T: std::str::FromStr<Err: std::fmt::Display>>(
    cursor: Option<&str>,
    start: T,
) -> Result<T, Problem> {
    match cursor {
        None => Ok(start),
        Some(text) => text.parse().map_err(|error: T::Err| {
            Problem::new(
                StatusCode::BAD_REQUEST,
                "cursor.invalid",
                format!("this is not a cursor of this list: {error}"),
            )
        }),
    }
}
