//! Names as people write them.

/// A name shouted or mumbled (`ANA MARÍA`, `o'brien`) gets capitals as names have; one with capitals of its
/// own (`McDonald`, `van Dyke`) stays. Spaces around it go.
pub fn name(value: &str) -> String {
    let value = value.trim();
    let has_lower = value.chars().any(char::is_lowercase);
    let has_upper = value.chars().any(char::is_uppercase);
    if has_lower && has_upper {
        return value.to_string();
    }
    let mut named = String::with_capacity(value.len());
    let mut begins = true;
    for c in value.chars() {
        if begins {
            named.extend(c.to_uppercase());
        } else {
            named.extend(c.to_lowercase());
        }
        begins = matches!(c, ' ' | '-' | '\'' | '’' | '.');
    }
    named
}

/// What stands before the first space: `Ana` of `Ana María`.
pub fn first_word(value: &str) -> String {
    value
        .split_whitespace()
        .next()
        .unwrap_or_default()
        .to_string()
}

/// The first letter large; the others stay, so that `McDonald` does.
pub fn capitalize(value: &str) -> String {
    let mut letters = value.chars();
    letters.next().map_or_else(String::new, |first| {
        first.to_uppercase().chain(letters).collect()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shouted_and_mumbled_names_are_mended_and_others_stay() {
        for (given, wanted) in [
            ("ANA MARÍA", "Ana María"),
            ("o'brien", "O'Brien"),
            ("jean-luc ", "Jean-Luc"),
            ("McDonald", "McDonald"),
            ("ludwig van Dyke", "ludwig van Dyke"),
            ("ÉMILE", "Émile"),
            ("李小龙", "李小龙"),
        ] {
            assert_eq!(name(given), wanted);
        }
        assert_eq!(first_word(" Ana María"), "Ana");
        assert_eq!(capitalize("élan Vital"), "Élan Vital");
        assert_eq!(capitalize(""), "");
    }
}
