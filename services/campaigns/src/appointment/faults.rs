//! Everything that is wrong with what a caller wrote, told at once.

use axum::http::StatusCode;
use chassis::http::Problem;

/// One fault: where (JSON pointer), its code, and how to mend it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    pub pointer: String,
    pub code: &'static str,
    pub detail: String,
}

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Faults(pub Vec<Fault>);

impl Faults {
    pub fn add(
        &mut self,
        pointer: impl Into<String>,
        code: &'static str,
        detail: impl Into<String>,
    ) {
        self.0.push(Fault {
            pointer: pointer.into(),
            code,
            detail: detail.into(),
        });
    }

    /// The value, or `None` and a fault.
    pub fn take<T, E: ToString>(
        &mut self,
        pointer: &str,
        code: &'static str,
        value: Result<T, E>,
    ) -> Option<T> {
        match value {
            Ok(value) => Some(value),
            Err(error) => {
                self.add(pointer, code, error.to_string());
                None
            }
        }
    }

    /// 422 with all of them.
    pub fn problem(&self, code: &str, detail: &str) -> Problem {
        let problem = Problem::new(StatusCode::UNPROCESSABLE_ENTITY, code, detail);
        self.0.iter().fold(problem, |problem, fault| {
            problem.error(&fault.pointer, fault.code, fault.detail.clone())
        })
    }
}
