//! Words and habits of a language: names of days and months, the order of a date, how money is written.

use pure_rust_locales::{Locale, locale_match};

use crate::language;

/// Regions of languages that are not named like them (`de` is spoken in `DE`, but `cs` in `CZ`).
const HOMES: [(&str, &str); 50] = [
    ("af", "ZA"),
    ("am", "ET"),
    ("ar", "EG"),
    ("be", "BY"),
    ("bn", "BD"),
    ("bs", "BA"),
    ("ca", "ES"),
    ("cs", "CZ"),
    ("cy", "GB"),
    ("da", "DK"),
    ("el", "GR"),
    ("en", "US"),
    ("et", "EE"),
    ("eu", "ES"),
    ("fa", "IR"),
    ("fil", "PH"),
    ("ga", "IE"),
    ("gl", "ES"),
    ("gu", "IN"),
    ("he", "IL"),
    ("hi", "IN"),
    ("hy", "AM"),
    ("ja", "JP"),
    ("ka", "GE"),
    ("kk", "KZ"),
    ("km", "KH"),
    ("kn", "IN"),
    ("ko", "KR"),
    ("ml", "IN"),
    ("mr", "IN"),
    ("ms", "MY"),
    ("nb", "NO"),
    ("ne", "NP"),
    ("nn", "NO"),
    ("pa", "IN"),
    ("si", "LK"),
    ("sl", "SI"),
    ("sq", "AL"),
    ("sr", "RS"),
    ("sv", "SE"),
    ("sw", "KE"),
    ("ta", "IN"),
    ("te", "IN"),
    ("tl", "PH"),
    ("uk", "UA"),
    ("ur", "PK"),
    ("vi", "VN"),
    ("zh", "CN"),
    ("zu", "ZA"),
    ("yo", "NG"),
];

/// How a date is written with the month's name, by language: `%d`, `%B` and `%Y` as in strftime.
const LONG_DATES: [(&str, &str); 20] = [
    ("ca", "%-d %B de %Y"),
    ("cs", "%-d. %B %Y"),
    ("da", "%-d. %B %Y"),
    ("de", "%-d. %B %Y"),
    ("es", "%-d de %B de %Y"),
    ("et", "%-d. %B %Y"),
    ("fi", "%-d. %B %Y"),
    ("gl", "%-d de %B de %Y"),
    ("hr", "%-d. %B %Y."),
    ("hu", "%Y. %B %-d."),
    ("is", "%-d. %B %Y"),
    ("ja", "%Y年%-m月%-d日"),
    ("ko", "%Y년 %-m월 %-d일"),
    ("lv", "%Y. gada %-d. %B"),
    ("nb", "%-d. %B %Y"),
    ("nn", "%-d. %B %Y"),
    ("pt", "%-d de %B de %Y"),
    ("sk", "%-d. %B %Y"),
    ("sl", "%-d. %B %Y"),
    ("zh", "%Y年%-m月%-d日"),
];

/// What the filters need of a language.
#[derive(Debug, Clone)]
pub struct Words {
    /// The tag it was made for, such as `de-AT`.
    pub language: String,
    /// From Sunday.
    pub days: &'static [&'static str],
    pub days_short: &'static [&'static str],
    /// As they stand in a date: "14 marca", not "marzec".
    pub months: &'static [&'static str],
    pub months_short: &'static [&'static str],
    /// strftime patterns.
    pub short_date: String,
    pub long_date: &'static str,
    pub time: &'static str,
    /// What stands for before and after noon.
    pub halves: [&'static str; 2],
    pub money: Money,
}

/// How amounts are written.
#[derive(Debug, Clone)]
pub struct Money {
    /// The currency of the region, and its sign.
    pub currency: &'static str,
    pub sign: &'static str,
    pub point: &'static str,
    /// Between groups of three digits.
    pub between: &'static str,
    pub sign_first: bool,
    pub space: bool,
}

impl Words {
    /// Of a language tag. Languages that are not known get English words and dates that nobody can misread.
    pub fn of(tag: &str) -> Self {
        let found = locale(tag);
        let locale = found.unwrap_or(Locale::en_US);
        let numeric = locale_match!(locale => LC_TIME::D_FMT).replace("%y", "%Y");
        let clock = locale_match!(locale => LC_TIME::T_FMT);
        let halves = locale_match!(locale => LC_TIME::AM_PM);
        let by_halves = clock.contains("%I") || clock.contains("%l") || clock.contains("%r");
        let base = language::base(tag);
        let own = LONG_DATES.iter().find(|(language, _)| *language == base);
        let american = numeric.starts_with("%m");
        let short_date = match found {
            Some(_) if is_numeric(&numeric) => numeric,
            Some(_) => "%d.%m.%Y".to_string(),
            None => "%Y-%m-%d".to_string(),
        };
        Self {
            language: tag.to_string(),
            days: locale_match!(locale => LC_TIME::DAY),
            days_short: locale_match!(locale => LC_TIME::ABDAY),
            months: locale_match!(locale => LC_TIME::MON),
            months_short: locale_match!(locale => LC_TIME::ABMON),
            short_date,
            long_date: match (found, own) {
                (None, _) => "%Y-%m-%d",
                (_, Some((_, pattern))) => pattern,
                _ if american || (base == "en" && tag.ends_with("-CA")) => "%B %-d, %Y",
                _ => "%-d %B %Y",
            },
            time: match found {
                Some(_) if by_halves => "%-I:%M %p",
                Some(_) if clock.starts_with("%H.%M") => "%H.%M",
                _ => "%H:%M",
            },
            halves: match halves {
                [before, after, ..] => [before, after],
                _ => ["AM", "PM"],
            },
            money: Money {
                currency: locale_match!(locale => LC_MONETARY::INT_CURR_SYMBOL).trim(),
                sign: locale_match!(locale => LC_MONETARY::CURRENCY_SYMBOL),
                point: locale_match!(locale => LC_MONETARY::MON_DECIMAL_POINT),
                between: plain(locale_match!(locale => LC_MONETARY::MON_THOUSANDS_SEP)),
                sign_first: locale_match!(locale => LC_MONETARY::P_CS_PRECEDES) == 1,
                space: locale_match!(locale => LC_MONETARY::P_SEP_BY_SPACE) != 0,
            },
        }
    }
}

/// Only numbers, so that no name of a month stands in a short date.
fn is_numeric(pattern: &str) -> bool {
    !["%b", "%B", "%a", "%A", "%h", "%O", "%E"]
        .iter()
        .any(|name| pattern.contains(name))
}

/// Narrow and unbreakable spaces and curly marks would make a whole text UCS-2.
fn plain(between: &'static str) -> &'static str {
    match between {
        "\u{202f}" | "\u{a0}" | "\u{2009}" => " ",
        "\u{2019}" => "'",
        other => other,
    }
}

fn locale(tag: &str) -> Option<Locale> {
    let tag = language::normal(tag)?;
    let base = match language::base(&tag) {
        "no" => "nb",
        base => base,
    };
    let region = tag
        .split('-')
        .skip(1)
        .find(|part| part.len() == 2 && part.bytes().all(|byte| byte.is_ascii_uppercase()));
    let named = |region: &str| Locale::try_from(format!("{base}_{region}").as_str()).ok();
    let traditional = tag.contains("-Hant").then(|| named("TW")).flatten();
    let home = HOMES.iter().find(|(language, _)| *language == base);
    region
        .and_then(named)
        .or(traditional)
        .or_else(|| home.and_then(|(_, region)| named(region)))
        .or_else(|| named(&base.to_ascii_uppercase()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_language_without_a_region_has_a_home() {
        assert_eq!(Words::of("cs").months[0], "ledna");
        assert_eq!(Words::of("de").days[0], "Sonntag");
        assert_eq!(Words::of("de-AT").months[0], "Jänner");
        assert_eq!(Words::of("no").language, "no");
        assert_eq!(Words::of("no").months[4], "mai");
        assert_eq!(Words::of("en").time, "%-I:%M %p");
        assert_eq!(Words::of("en-GB").time, "%H:%M");
        assert_eq!(Words::of("zh-Hant").money.currency, "TWD");
    }

    #[test]
    fn an_unknown_language_writes_dates_that_nobody_misreads() {
        let words = Words::of("tlh");
        assert_eq!(
            (words.short_date.as_str(), words.time),
            ("%Y-%m-%d", "%H:%M")
        );
    }

    #[test]
    fn every_home_is_known() {
        for (language, region) in HOMES {
            let known = Locale::try_from(format!("{language}_{region}").as_str());
            assert!(known.is_ok(), "{language}_{region}");
        }
    }
}
