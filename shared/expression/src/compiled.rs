//! An expression that can be evaluated.

use std::collections::BTreeSet;

use minijinja::{ErrorKind, Expression, Value};

use crate::ENGINE;

/// A compiled expression.
pub struct Compiled {
    source: String,
    expression: Expression<'static, 'static>,
}

impl std::fmt::Debug for Compiled {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Compiled").field(&self.source).finish()
    }
}

/// Why an expression did not come to a value.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{source_text}`: {what}")]
pub struct EvalError {
    pub source_text: String,
    pub what: String,
}

impl Compiled {
    /// # Errors
    /// What is no expression.
    pub fn new(source: &str) -> Result<Self, EvalError> {
        let expression = ENGINE
            .compile_expression_owned(source.to_string())
            .map_err(|error| eval_error(source, &error))?;
        Ok(Self {
            source: source.to_string(),
            expression,
        })
    }

    pub fn source(&self) -> &str {
        &self.source
    }

    /// The fields of `scope` it speaks of: `contact.tier` gives `tier`.
    pub fn fields_of(&self, scope: &str) -> BTreeSet<String> {
        self.expression
            .undeclared_variables(true)
            .into_iter()
            .filter_map(|name| {
                let field = name.strip_prefix(scope)?.strip_prefix('.')?;
                Some(field.to_string())
            })
            .collect()
    }

    pub fn speaks_of(&self, scope: &str) -> bool {
        self.expression.undeclared_variables(false).contains(scope)
    }

    /// # Errors
    /// A value that is not there, kinds that do not go together, more work than an expression may take.
    pub fn value(&self, scopes: Value) -> Result<Value, EvalError> {
        self.expression
            .eval(scopes)
            .map_err(|error| eval_error(&self.source, &error))
    }

    /// Whether it comes to something true.
    ///
    /// # Errors
    /// As [`Self::value`], and where it comes to nothing at all.
    pub fn holds(&self, scopes: Value) -> Result<bool, EvalError> {
        let value = self.value(scopes)?;
        if value.is_undefined() {
            let what = "it comes to a value that is not there".to_string();
            return Err(EvalError {
                source_text: self.source.clone(),
                what,
            });
        }
        Ok(value.is_true())
    }
}

/// The engine's error in our words. Never with a value of a person.
pub fn eval_error(source: &str, error: &minijinja::Error) -> EvalError {
    EvalError {
        source_text: source.to_string(),
        what: words(error),
    }
}

pub(crate) fn words(error: &minijinja::Error) -> String {
    match error.kind() {
        ErrorKind::OutOfFuel => "it takes too long".to_string(),
        ErrorKind::UndefinedError => "it speaks of a value that is not there".to_string(),
        _ => error
            .detail()
            .map_or_else(|| error.kind().to_string(), str::to_string),
    }
}
