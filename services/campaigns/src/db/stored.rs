//! JSON in columns: no NUL, which PostgreSQL keeps in no text.

use serde::Serialize;

use crate::journey::bounds;

/// A value as the text of its JSON, without the character NUL in it. It is taken out of the values: in the text its
/// escape looks like the letters of it, of which a backslash would be left.
pub fn json(value: &impl Serialize) -> anyhow::Result<String> {
    let text = serde_json::to_string(value)?;
    // Nearly nothing holds it, not even as letters.
    if !text.contains("\\u0000") {
        return Ok(text);
    }
    let mut value = serde_json::to_value(value)?;
    bounds::drop_nul(&mut value);
    Ok(serde_json::to_string(&value)?)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::{Value, json};

    #[test]
    fn the_letters_of_the_escape_stay_and_the_character_goes() {
        let kept =
            |value: Value| serde_json::from_str::<Value>(&super::json(&value).unwrap()).unwrap();
        assert_eq!(kept(json!({"a": "\\u0000"})), json!({"a": "\\u0000"}));
        assert_eq!(kept(json!({"a": "x\0\\u0000"})), json!({"a": "x\\u0000"}));
        assert_eq!(kept(json!({"a\0": "\\\0"})), json!({"a": "\\"}));
    }

    proptest! {
        #[test]
        fn what_is_kept_can_be_read(text in "[\\\\u0\0\"a]{0,24}") {
            let stored = super::json(&json!({"a": text.clone()})).unwrap();
            let read: Value = serde_json::from_str(&stored).unwrap();
            let without = text.replace('\0', "");
            prop_assert_eq!(read["a"].as_str(), Some(without.as_str()));
        }
    }
}
