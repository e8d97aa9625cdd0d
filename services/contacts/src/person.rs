//! A contact's own data, and the rules every value of it must meet, whichever way it comes in.

use std::collections::BTreeMap;
use std::sync::Arc;

use contract::Phone;

/// Longest external id, in characters.
pub const MAX_EXTERNAL_ID: usize = 128;
/// Longest first or last name, in characters.
pub const MAX_NAME: usize = 200;
/// Longest attribute value, in characters.
pub const MAX_ATTRIBUTE: usize = 1000;
/// Longest attribute name, in characters.
pub const MAX_ATTRIBUTE_NAME: usize = 64;
/// Most attributes of one contact.
pub const MAX_ATTRIBUTES: usize = 100;

/// Further merge fields by name.
pub type Attributes = BTreeMap<Arc<str>, String>;

/// What is known about a person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Person {
    pub phone: Phone,
    pub external_id: Option<String>,
    /// IANA name.
    pub time_zone: Option<String>,
    /// BCP 47 tag.
    pub language: Option<String>,
    pub first_name: Option<String>,
    pub last_name: Option<String>,
    pub attributes: Attributes,
}

impl Person {
    pub const fn new(phone: Phone) -> Self {
        Self {
            phone,
            external_id: None,
            time_zone: None,
            language: None,
            first_name: None,
            last_name: None,
            attributes: BTreeMap::new(),
        }
    }

    /// What `newer` says replaces what was known; what it leaves out stays.
    pub fn absorb(&mut self, newer: Self) {
        self.phone = newer.phone;
        let pairs = [
            (&mut self.external_id, newer.external_id),
            (&mut self.time_zone, newer.time_zone),
            (&mut self.language, newer.language),
            (&mut self.first_name, newer.first_name),
            (&mut self.last_name, newer.last_name),
        ];
        for (known, said) in pairs {
            if said.is_some() {
                *known = said;
            }
        }
        self.attributes.extend(newer.attributes);
    }

    /// A merge field by name; attributes come after the standard fields.
    pub fn field(&self, name: &str) -> Option<&str> {
        match name {
            "first_name" => self.first_name.as_deref(),
            "last_name" => self.last_name.as_deref(),
            "external_id" => self.external_id.as_deref(),
            "language" => self.language.as_deref(),
            other => self.attributes.get(other).map(String::as_str),
        }
    }
}

/// Merge fields every tenant has.
pub const STANDARD_FIELDS: [&str; 4] = ["first_name", "last_name", "external_id", "language"];

/// Why a value is not taken: a stable code and a sentence that helps.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ValueError {
    pub code: &'static str,
    pub hint: &'static str,
}

/// Text of at most `most` characters, without control characters.
pub fn check_text(text: &str, most: usize) -> Result<(), ValueError> {
    if text.len() > most && text.chars().count() > most {
        return Err(ValueError {
            code: "value.too_long",
            hint: "shorten the value",
        });
    }
    if text
        .chars()
        .any(|c| c.is_control() && !matches!(c, '\n' | '\r' | '\t'))
    {
        return Err(ValueError {
            code: "value.control_character",
            hint: "remove the invisible control characters",
        });
    }
    Ok(())
}

/// An IANA zone such as `America/New_York`.
pub fn check_time_zone(text: &str) -> Result<(), ValueError> {
    match text.parse::<chrono_tz::Tz>() {
        Ok(_) => Ok(()),
        Err(_) => Err(ValueError {
            code: "timezone.unknown",
            hint: "use an IANA name such as America/New_York",
        }),
    }
}

/// A BCP 47 tag such as `en` or `pt-BR`; only its form is checked.
pub fn check_language(text: &str) -> Result<(), ValueError> {
    let mut parts = text.split('-');
    let primary = parts.next().unwrap_or_default();
    let primary_fits =
        (2..=8).contains(&primary.len()) && primary.bytes().all(|b| b.is_ascii_alphabetic());
    let rest_fits = parts.all(|part| {
        (1..=8).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_alphanumeric())
    });
    if primary_fits && rest_fits && text.len() <= 35 {
        Ok(())
    } else {
        Err(ValueError {
            code: "language.invalid",
            hint: "use a BCP 47 tag such as en or pt-BR",
        })
    }
}

/// The form attribute names have in templates: `Loyalty Points` becomes `loyalty_points`.
/// `None` where nothing usable is left or the name is too long.
pub fn attribute_name(text: &str) -> Option<String> {
    let mut name = String::with_capacity(text.len());
    for c in text.trim().chars() {
        if c.is_alphanumeric() {
            name.extend(c.to_lowercase());
        } else if !name.ends_with('_') {
            name.push('_');
        }
    }
    let name = name.trim_matches('_');
    let starts_well = name.chars().next().is_some_and(char::is_alphabetic);
    (starts_well && name.chars().count() <= MAX_ATTRIBUTE_NAME).then(|| name.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn attribute_names_become_what_a_template_can_say() {
        assert_eq!(
            attribute_name(" Loyalty Points (2026) ").as_deref(),
            Some("loyalty_points_2026")
        );
        assert_eq!(attribute_name("Größe").as_deref(), Some("größe"));
        assert_eq!(attribute_name("123"), None);
        assert_eq!(attribute_name(" - "), None);
        assert_eq!(attribute_name(&"x".repeat(65)), None);
    }

    #[test]
    fn newer_data_replaces_only_what_it_says() {
        let phone = Phone::from_digits(14_155_552_671).unwrap();
        let mut known = Person {
            first_name: Some("Ada".into()),
            last_name: Some("L".into()),
            ..Person::new(phone)
        };
        known.attributes.insert("tier".into(), "gold".into());
        let mut newer = Person {
            last_name: Some("Lovelace".into()),
            ..Person::new(phone)
        };
        newer.attributes.insert("city".into(), "London".into());
        known.absorb(newer);
        assert_eq!(known.field("first_name"), Some("Ada"));
        assert_eq!(known.field("last_name"), Some("Lovelace"));
        assert_eq!(
            (known.field("tier"), known.field("city")),
            (Some("gold"), Some("London"))
        );
    }

    #[test]
    fn values_are_checked_with_stable_codes() {
        assert_eq!(
            check_text("a\u{0}", 5).map_err(|e| e.code),
            Err("value.control_character")
        );
        assert_eq!(
            check_text("ééé", 2).map_err(|e| e.code),
            Err("value.too_long")
        );
        assert_eq!(check_text("ééé", 3), Ok(()));
        assert_eq!(
            check_time_zone("Mars/Olympus").map_err(|e| e.code),
            Err("timezone.unknown")
        );
        assert_eq!(check_time_zone("Europe/Berlin"), Ok(()));
        assert_eq!(check_language("pt-BR"), Ok(()));
        assert_eq!(
            check_language("p").map_err(|e| e.code),
            Err("language.invalid")
        );
    }
}
