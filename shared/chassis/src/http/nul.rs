//! The character NUL, which PostgreSQL keeps in no text: refused where it comes in.

use axum::extract::Request;
use axum::http::StatusCode;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use memchr::memmem;
use serde_json::Value;

use super::Problem;

pub const SAID: &str = "The character NUL (U+0000) is kept in no text; leave it out.";

/// Refuses a JSON body with a NUL in a text or in the name of a field. A text with a NUL holds this escape and no other
/// body is likely to, so others are not read a second time.
pub fn check(body: &[u8]) -> Result<(), Problem> {
    if memmem::find(body, b"\\u0000").is_none() {
        return Ok(());
    }
    let value: Value = serde_json::from_slice(body).unwrap_or_default();
    match place(&value) {
        None => Ok(()),
        Some(pointer) => Err(Problem::invalid("a text holds the character NUL").error(
            &pointer,
            "field.invalid",
            SAID,
        )),
    }
}

/// The JSON pointer of the first NUL.
fn place(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => text.contains('\0').then(String::new),
        Value::Array(items) => items
            .iter()
            .enumerate()
            .find_map(|(index, item)| Some(format!("/{index}{}", place(item)?))),
        Value::Object(fields) => fields.iter().find_map(|(name, field)| {
            if name.contains('\0') {
                // Of the object: a pointer is a text, too.
                return Some(String::new());
            }
            let name = name.replace('~', "~0").replace('/', "~1");
            Some(format!("/{name}{}", place(field)?))
        }),
        _ => None,
    }
}

/// Whether a part of an address holds one. `%2500` is the text `%00`.
pub fn escaped(part: &str) -> bool {
    memmem::find(part.as_bytes(), b"%00").is_some()
}

/// Refuses paths with a NUL.
pub(super) async fn layer(request: Request, next: Next) -> Response {
    if escaped(request.uri().path()) {
        return Problem::new(StatusCode::BAD_REQUEST, "path.malformed", SAID).into_response();
    }
    next.run(request).await
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(body: &str) -> Option<String> {
        let problem = check(body.as_bytes()).err()?;
        assert_eq!(
            (problem.status().as_u16(), problem.code()),
            (422, "field.invalid")
        );
        let value = serde_json::to_value(&problem).unwrap();
        value["errors"][0]["pointer"].as_str().map(str::to_string)
    }

    #[test]
    fn a_nul_is_found_wherever_it_stands() {
        for (body, pointer) in [
            (r#"{"name":"a\u0000b"}"#, "/name"),
            (
                r#"{"events":[{},{"data":{"a/b":["x","\u0000"]}}]}"#,
                "/events/1/data/a~1b/1",
            ),
            (r#"{"data":{"a\u0000":1}}"#, "/data"),
            (r#"{"name":"\\\u0000"}"#, "/name"),
            (r#""\u0000""#, ""),
        ] {
            assert_eq!(told(body).as_deref(), Some(pointer), "{body}");
        }
    }

    #[test]
    fn the_letters_of_the_escape_are_a_text_like_any_other() {
        for body in [
            r#"{"name":"\\u0000"}"#,
            r#"{"name":"\\\\u0000"}"#,
            "{}",
            "\\u0000",
        ] {
            assert_eq!(told(body), None, "{body}");
        }
    }

    #[test]
    fn an_address_with_a_nul_is_told_from_the_text_of_its_escape() {
        for (part, holds) in [
            ("a%00b", true),
            ("%25%00", true),
            ("a%2500b", false),
            ("a", false),
        ] {
            assert_eq!(escaped(part), holds, "{part}");
        }
    }
}
