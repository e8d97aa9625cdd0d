//! Conditions and computed values of journeys and segments: MiniJinja's expressions, the language of merge fields.
//!
//! A name that is not there is an error, and not a silent "no"; what an expression may cost is bounded. What it can
//! speak of is its [`Language`]; [`fault`] says what is wrong with one, [`Compiled`] evaluates it.

mod compiled;
mod fault;

use std::sync::LazyLock;

use chrono::{DateTime, SecondsFormat, Utc};
use minijinja::{Environment, UndefinedBehavior};

pub use compiled::{Compiled, EvalError, eval_error};
pub use fault::{Fault, fault};
pub use minijinja;

/// The longest expression, in characters.
pub const LONGEST: usize = 1_000;
/// Instructions that one evaluation may take.
const FUEL: u64 = 20_000;

/// What expressions of one kind can speak of.
#[derive(Debug, Clone, Copy)]
pub struct Language {
    /// Names and functions, beside those that every expression has.
    pub names: &'static [&'static str],
    /// Of these, whose fields are texts, even where a number stands in them.
    pub texts: &'static [&'static str],
    /// A sentence that lists the names.
    pub there_is: &'static str,
    /// A sentence with an example.
    pub such_as: &'static str,
}

static ENGINE: LazyLock<Environment<'static>> = LazyLock::new(|| {
    let mut engine = Environment::new();
    engine.set_undefined_behavior(UndefinedBehavior::Strict);
    engine.set_fuel(Some(FUEL));
    engine.set_recursion_limit(50);
    engine.remove_filter("pprint");
    for name in ["debug", "range", "dict", "namespace"] {
        engine.remove_global(name);
    }
    engine
});

/// The one form of instants in scopes, so that they compare as texts: UTC, whole seconds.
pub fn timestamp(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::Secs, true)
}
