//! Checks what a body says of a segment.

use axum::http::StatusCode;
use chassis::http::Problem;
use contract::SegmentId;

use crate::person::{MAX_NAME, check_text};
use crate::segment::condition::{Condition, fault};

/// The name of a segment as it is kept.
pub fn name(text: &str) -> Result<String, Problem> {
    let name = text.trim();
    let refuse = |code: &str, detail: &str| {
        let problem = Problem::new(StatusCode::UNPROCESSABLE_ENTITY, code, detail);
        Err(problem.error("/name", code, detail))
    };
    if name.is_empty() {
        return refuse("field.required", "a segment needs a name");
    }
    match check_text(name, MAX_NAME) {
        Ok(()) => Ok(name.to_string()),
        Err(error) => refuse(error.code, error.hint),
    }
}

/// The condition, compiled.
pub fn condition(source: &str) -> Result<Condition, Problem> {
    let refuse = |detail: String| {
        let problem = Problem::new(
            StatusCode::UNPROCESSABLE_ENTITY,
            "expression.invalid",
            &detail,
        );
        problem.error("/expression", "expression.invalid", detail)
    };
    if let Some(fault) = fault(source) {
        let said = format!("{} {}", fault.what, fault.hint);
        return Err(refuse(said.trim_end().to_string()));
    }
    Condition::new(source).map_err(|error| refuse(error.to_string()))
}

pub fn name_taken(by: Option<SegmentId>) -> Problem {
    let by = by.map_or_else(|| "another segment".to_string(), |id| id.to_string());
    Problem::new(
        StatusCode::CONFLICT,
        "segment.exists",
        format!("{by} already has this name"),
    )
}
