//! The form of a word that goes with a number: "1 item", "2 items", "5 zápisů".

use std::sync::Arc;

use fixed_decimal::Decimal;
use icu_locale_core::Locale;
use icu_plurals::{PluralCategory, PluralRules};
use minijinja::value::{Kwargs, Rest};
use minijinja::{Environment, Error, ErrorKind, Value};

use super::FilterError;
use crate::locale::Words;

/// Adds `plural('item', 'items')` and, for languages with more forms,
/// `plural(one='zápis', few='zápisy', other='zápisů')`.
pub fn add(engine: &mut Environment<'static>, words: &Arc<Words>) {
    let locale: Option<Locale> = words.language.parse().ok();
    engine.add_filter(
        "plural",
        move |value: &Value, forms: Rest<String>, named: Kwargs| -> Result<String, Error> {
            if value.is_undefined() {
                return Err(ErrorKind::UndefinedError.into());
            }
            let category = category(&value.to_string(), locale.as_ref())?;
            let wanted = match category {
                PluralCategory::Zero => "zero",
                PluralCategory::One => "one",
                PluralCategory::Two => "two",
                PluralCategory::Few => "few",
                PluralCategory::Many => "many",
                PluralCategory::Other => "other",
            };
            let mut found = None;
            let mut other = None;
            for name in ["zero", "one", "two", "few", "many", "other"] {
                let form = named.get::<Option<String>>(name)?;
                if name == wanted {
                    found.clone_from(&form);
                }
                if name == "other" {
                    other = form;
                }
            }
            named.assert_all_used()?;
            let by_place = match (forms.as_slice(), category) {
                ([one, _], PluralCategory::One) => Some(one),
                ([_, other], _) => Some(other),
                _ => None,
            };
            found.or(other).or_else(|| by_place.cloned()).ok_or_else(|| {
                Error::from(FilterError::Usage(
                    "plural takes two forms, plural('item', 'items'), or named ones with other=".into(),
                ))
            })
        },
    );
}

/// The rules come from compiled-in data and cannot be shared between threads, so they are looked up anew.
fn category(value: &str, locale: Option<&Locale>) -> Result<PluralCategory, FilterError> {
    let number: Decimal = value
        .trim()
        .parse()
        .map_err(|_| FilterError::Value("the value is no number: 3 or 1.5 is".into()))?;
    let rules = locale.and_then(|locale| PluralRules::try_new_cardinal(locale.into()).ok());
    Ok(match rules {
        Some(rules) => rules.category_for(&number),
        None if number == Decimal::from(1) => PluralCategory::One,
        None => PluralCategory::Other,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(number: &str, language: &str) -> PluralCategory {
        category(number, language.parse().ok().as_ref()).unwrap()
    }

    #[test]
    fn each_language_counts_in_its_own_way() {
        use PluralCategory::{Few, Many, One, Other, Two};
        assert_eq!(
            [of("1", "en"), of("0", "en"), of("1.5", "en")],
            [One, Other, Other]
        );
        assert_eq!([of("0", "fr"), of("2", "fr")], [One, Other]);
        assert_eq!(
            [of("3", "cs"), of("5", "cs"), of("1.5", "cs")],
            [Few, Other, Many]
        );
        assert_eq!(
            [of("21", "ru"), of("22", "ru"), of("25", "ru")],
            [One, Few, Many]
        );
        assert_eq!([of("2", "ar"), of("1", "ja")], [Two, Other]);
        assert!(category("many", None).is_err());
    }
}
