//! How a gate writes what it looked at.

use contract::UnixMillis;

use super::FactShown;

pub fn fact(fact: &str, value: impl Into<String>) -> FactShown {
    FactShown {
        fact: fact.to_string(),
        value: value.into(),
    }
}

pub fn yes(holds: bool) -> &'static str {
    if holds { "yes" } else { "no" }
}

pub fn day(at: i64) -> String {
    let at = UnixMillis(at).to_utc();
    at.format("%Y-%m-%d %H:%M UTC").to_string()
}
