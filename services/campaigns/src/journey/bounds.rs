//! How deep values may be nested, and which characters they hold: what is kept must be readable again. A JSON reader
//! stops at 128 levels, and whatever carries a value puts a few of its own around it.

use serde_json::Value;

/// Levels of what comes from outside, at most: an event's data, an answer's body. `{"a": 1}` has one.
pub const MOST_LEVELS: usize = 32;
/// Levels of what an expression makes of that, at most.
pub const MOST_COMPUTED: usize = 64;

/// Objects and lists within one another.
pub fn levels(value: &Value) -> usize {
    let deepest = match value {
        Value::Array(items) => items.iter().map(levels).max(),
        Value::Object(fields) => fields.values().map(levels).max(),
        _ => return 0,
    };
    1 + deepest.unwrap_or(0)
}

/// Takes the character NUL out of every text and every name of a field: no database keeps it.
pub fn drop_nul(value: &mut Value) {
    match value {
        Value::String(text) => text.retain(|c| c != '\0'),
        Value::Array(items) => items.iter_mut().for_each(drop_nul),
        Value::Object(fields) => {
            if fields.keys().any(|name| name.contains('\0')) {
                let old = std::mem::take(fields);
                fields.extend(
                    old.into_iter()
                        .map(|(name, field)| (name.replace('\0', ""), field)),
                );
            }
            fields.values_mut().for_each(drop_nul);
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn levels_count_objects_and_lists() {
        for (value, many) in [
            (json!("x"), 0),
            (json!({}), 1),
            (json!({"a": 1, "b": [1, {"c": []}]}), 4),
        ] {
            assert_eq!(levels(&value), many, "{value}");
        }
    }

    #[test]
    fn a_nul_goes_and_all_else_stays() {
        let mut value = json!({"a\0": ["x\0y", {"b": "\\u0000"}], "n": 1});
        drop_nul(&mut value);
        assert_eq!(value, json!({"a": ["xy", {"b": "\\u0000"}], "n": 1}));
    }
}
