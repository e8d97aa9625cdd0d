//! What is wrong with an expression, before anything is evaluated.

use crate::compiled::words;
use crate::{ENGINE, LONGEST, Language};

/// What is wrong, and how to mend it (or nothing).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    pub what: String,
    pub hint: String,
}

/// The first thing that is wrong with an expression.
pub fn fault(language: &Language, source: &str) -> Option<Fault> {
    let fault = |what: String, hint: &str| {
        Some(Fault {
            what,
            hint: hint.to_string(),
        })
    };
    if source.chars().count() > LONGEST {
        return fault(
            format!("An expression has at most {LONGEST} characters."),
            "",
        );
    }
    let expression = match ENGINE.compile_expression(source) {
        Ok(expression) => expression,
        Err(error) => {
            let what = format!("`{source}` is no expression: {}.", words(&error));
            return fault(what, hint(language, source));
        }
    };
    let unknown = expression
        .undeclared_variables(false)
        .into_iter()
        .filter(|name| !language.names.contains(&name.as_str()))
        .filter(|name| !ENGINE.globals().any(|(global, _)| global == name))
        .min();
    if let Some(unknown) = unknown {
        let what = format!("`{unknown}` is nothing an expression can speak of.");
        return fault(what, language.there_is);
    }
    let text = text_and_number(language, source)?;
    fault(
        format!("`{text}` is a text; compared with a number it is never what is meant."),
        &format!("Write `{text}|int` or `{text}|float`, or put the number in quotes."),
    )
}

fn hint(language: &Language, source: &str) -> &'static str {
    if source.contains("{{") {
        "Write the expression without braces."
    } else if source.contains("&&") || source.contains("||") {
        "Write `and` and `or`."
    } else if source.contains(" = ") {
        "Write `==` to compare."
    } else {
        language.such_as
    }
}

/// A field that is a text beside a number: `contact.points >= 100`. The engine orders values of two kinds by their
/// kind, so that this would hold for everybody.
fn text_and_number(language: &Language, source: &str) -> Option<String> {
    let words = tokens(source);
    words.windows(3).find_map(|three| {
        let [left, operator, right] = three else {
            return None;
        };
        if !matches!(*operator, "<" | ">" | "<=" | ">=" | "==" | "!=") {
            return None;
        }
        let field = |word: &str| {
            let scope = word.split('.').next().unwrap_or_default();
            word.contains('.') && language.texts.contains(&scope)
        };
        match (field(left), field(right)) {
            (true, false) if number(right) => Some((*left).to_string()),
            (false, true) if number(left) => Some((*right).to_string()),
            _ => None,
        }
    })
}

fn number(word: &str) -> bool {
    word.trim_start_matches('-').parse::<f64>().is_ok()
}

/// Names with their dots, numbers, texts in quotes, operators. A name behind `|` belongs to the filter before it, and
/// so does what stands before the `|`.
fn tokens(source: &str) -> Vec<&str> {
    let mut tokens = Vec::new();
    let mut rest = source.trim_start();
    while let Some(first) = rest.chars().next() {
        let length = match first {
            '\'' | '"' => rest[1..].find(first).map_or(rest.len(), |at| at + 2),
            '<' | '>' | '=' | '!' => {
                if rest[1..].starts_with('=') {
                    2
                } else {
                    1
                }
            }
            _ if first.is_alphanumeric() || first == '_' => rest
                .find(|c: char| !(c.is_alphanumeric() || c == '_' || c == '.'))
                .unwrap_or(rest.len()),
            '-' if rest[1..].starts_with(|c: char| c.is_ascii_digit()) => rest[1..]
                .find(|c: char| !(c.is_ascii_digit() || c == '.'))
                .map_or(rest.len(), |at| at + 1),
            _ => first.len_utf8(),
        };
        let (token, after) = rest.split_at(length);
        tokens.push(token);
        rest = after.trim_start();
    }
    tokens
}

#[cfg(test)]
mod tests {
    use super::*;

    const LANGUAGE: Language = Language {
        names: &["contact", "event"],
        texts: &["contact"],
        there_is: "There is contact.… and event.….",
        such_as: "Such as contact.tier == 'gold'.",
    };

    #[test]
    fn faults_say_what_can_be_done() {
        assert_eq!(fault(&LANGUAGE, "event.total >= 20"), None);
        for (source, hint) in [
            ("event.total = 3", "=="),
            ("event.a && event.b", "and"),
            ("{{ event.a }}", "braces"),
            ("customer.name == 'x'", "contact"),
            ("event.", "Such as"),
        ] {
            let said = fault(&LANGUAGE, source).unwrap();
            assert!(said.hint.contains(hint), "{source}: {said:?}");
        }
    }

    #[test]
    fn a_text_is_not_compared_with_a_number() {
        for source in [
            "contact.points >= 100",
            "100 < contact.points",
            "event.total > 3 and contact.attrs.age>=18",
            "contact.change < -5",
            "contact.zip == 10115",
        ] {
            let said = fault(&LANGUAGE, source).expect(source);
            assert!(said.hint.contains("|int"), "{source}: {said:?}");
        }
        for source in [
            "contact.points|int >= 100",
            "contact.zip == '10115'",
            "event.total >= 20",
            "contact.tier == 'gold' and event.total > 3",
            "contact.name|length > 3",
            "'contact.points > 3' == contact.tier",
        ] {
            assert_eq!(fault(&LANGUAGE, source), None, "{source}");
        }
    }

    #[test]
    fn any_text_is_judged_without_a_panic() {
        for source in ["", "'", "é é", "contact.é<", "-", "\"é", "!= ="] {
            let _ = fault(&LANGUAGE, source);
        }
    }
}
