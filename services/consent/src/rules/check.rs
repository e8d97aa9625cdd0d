//! What is asked of a policy before it counts, and how a fault is told: with its place in the text.

use cedar_policy::Policy;
use miette::Diagnostic;
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

/// One thing that is wrong with a policy text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Fault {
    /// `policy.syntax`, `policy.annotation`, `policy.permit`, `policy.invalid`, `policy.may_error`,
    /// `policy.duplicate`, `policy.never_matches` or `policy.template`.
    pub code: &'static str,
    /// The policy's @id, where it has one.
    pub policy: Option<String>,
    /// From 1.
    pub line: Option<usize>,
    pub column: Option<usize>,
    pub detail: String,
}

/// Why a policy set is not taken into service.
#[derive(Debug, thiserror::Error)]
pub enum RulesError {
    #[error("the policy schema cannot be read: {0}")]
    Schema(String),
    #[error("{0}")]
    Law(String),
    #[error("{}", told(.0))]
    Faults(Vec<Fault>),
}

impl RulesError {
    /// The faults of the text, where it is the text's fault.
    pub fn faults(&self) -> &[Fault] {
        match self {
            Self::Faults(faults) => faults,
            Self::Schema(_) | Self::Law(_) => &[],
        }
    }
}

fn told(faults: &[Fault]) -> String {
    let one = |fault: &Fault| {
        let place = fault
            .line
            .zip(fault.column)
            .map(|(line, column)| format!("line {line}, column {column}: "))
            .unwrap_or_default();
        let policy = fault
            .policy
            .as_ref()
            .map(|id| format!("policy {id}: "))
            .unwrap_or_default();
        format!("{}: {place}{policy}{}", fault.code, fault.detail)
    };
    faults.iter().map(one).collect::<Vec<_>>().join("; ")
}

impl Fault {
    pub fn new(code: &'static str, policy: Option<String>, detail: impl Into<String>) -> Self {
        Self {
            code,
            policy,
            line: None,
            column: None,
            detail: detail.into(),
        }
    }

    /// With the place of its policy's @id, where Cedar names none.
    #[must_use]
    pub fn at_its_id(mut self, text: &str) -> Self {
        let named = self.policy.as_ref().map(|id| format!("@id(\"{id}\")"));
        let offset = named.and_then(|named| text.find(&named));
        if let Some((line, column)) = offset.and_then(|offset| place(text, offset))
            && self.line.is_none()
        {
            (self.line, self.column) = (Some(line), Some(column));
        }
        self
    }

    /// With the place that Cedar names.
    pub fn of(
        code: &'static str,
        policy: Option<String>,
        error: &dyn Diagnostic,
        text: &str,
    ) -> Self {
        let offset = error
            .labels()
            .and_then(|mut labels| labels.next())
            .map(|label| label.offset());
        let mut detail = error.to_string();
        if let Some(help) = error.help() {
            detail = format!("{detail} ({help})");
        }
        let mut fault = Self::new(code, policy, detail);
        if let Some((line, column)) = offset.and_then(|offset| place(text, offset)) {
            (fault.line, fault.column) = (Some(line), Some(column));
        }
        fault
    }
}

/// Line and column, from 1, of a byte offset.
fn place(text: &str, offset: usize) -> Option<(usize, usize)> {
    let before = text.get(..offset.min(text.len()))?;
    let line = before.matches('\n').count() + 1;
    let column = before.rsplit('\n').next()?.chars().count() + 1;
    Some((line, column))
}

/// Arithmetic overflows while it is evaluated, and Cedar skips a policy that errors: a forbid with a sum in
/// it could let people through.
pub fn may_error(policy: &Policy) -> bool {
    policy.to_json().map_or(true, |json| has_arithmetic(&json))
}

fn has_arithmetic(json: &Value) -> bool {
    match json {
        Value::Object(fields) => fields.iter().any(|(key, value)| {
            matches!(key.as_str(), "+" | "-" | "*" | "neg") || has_arithmetic(value)
        }),
        Value::Array(items) => items.iter().any(has_arithmetic),
        _ => false,
    }
}

/// An annotation that is there and not empty.
pub fn annotation(policy: &Policy, key: &str) -> Option<String> {
    policy
        .annotation(key)
        .filter(|text| !text.trim().is_empty())
        .map(ToString::to_string)
}
