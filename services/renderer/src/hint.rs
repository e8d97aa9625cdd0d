//! Helpful words for people whose template is not quite right.

/// The known name closest to `wanted`, if it is close enough to be a slip.
pub fn did_you_mean<'a>(wanted: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let limit = (wanted.chars().count() / 3).max(1);
    known
        .into_iter()
        .map(|name| (distance(&wanted.to_lowercase(), &name.to_lowercase()), name))
        .filter(|(far, _)| *far <= limit)
        .min()
        .map(|(_, name)| name)
}

/// Edits (insert, remove, replace, swap of neighbours) that turn `a` into `b`.
fn distance(a: &str, b: &str) -> usize {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    let mut rows: Vec<Vec<usize>> = vec![(0..=b.len()).collect()];
    for i in 1..=a.len() {
        let mut row = vec![i; b.len() + 1];
        for j in 1..=b.len() {
            let cost = usize::from(a[i - 1] != b[j - 1]);
            row[j] = (rows[i - 1][j] + 1)
                .min(row[j - 1] + 1)
                .min(rows[i - 1][j - 1] + cost);
            if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                row[j] = row[j].min(rows[i - 2][j - 2] + 1);
            }
        }
        rows.push(row);
    }
    rows[a.len()][b.len()]
}

/// What somebody used to another template language may have meant by a body that does not parse.
pub fn for_syntax(body: &str) -> Option<&'static str> {
    let squeezed: String = body.chars().filter(|c| !c.is_whitespace()).collect();
    let has = |part: &str| squeezed.contains(part);
    if has("|default:") {
        Some("write default('…') with brackets: {{ contact.first_name | default('there') }}")
    } else if has("{%assign") {
        Some("write {% set name = value %} instead of assign")
    } else if has("{%unless") {
        Some("write {% if not … %} instead of unless")
    } else if has("{{#") || has("{{/") {
        Some("write {% if … %} … {% endif %} or {% for … %} … {% endfor %} for blocks")
    } else if has("{%include") || has("{%import") || has("{%extends") || has("{%macro") {
        Some("a text template stands alone: include, import, extends and macros are not available")
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_finds_its_field() {
        let known = ["first_name", "last_name", "city"];
        assert_eq!(did_you_mean("frist_name", known), Some("first_name"));
        assert_eq!(did_you_mean("firstname", known), Some("first_name"));
        assert_eq!(did_you_mean("City", known), Some("city"));
        assert_eq!(did_you_mean("favourite_colour", known), None);
        assert_eq!(did_you_mean("", []), None);
    }

    #[test]
    fn liquid_habits_get_a_hint() {
        assert!(
            for_syntax("Hi {{ contact.first_name | default: 'x' }}")
                .is_some_and(|hint| hint.contains("default('"))
        );
        assert!(for_syntax("Hi {{ contact.first_name }").is_none());
    }
}
