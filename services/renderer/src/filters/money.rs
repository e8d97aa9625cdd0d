//! Amounts of money, exact to the last digit: no floating point is involved.

use super::FilterError;
use crate::locale::Words;

/// Digits after the point, where they are not two (ISO 4217).
const DIGITS: [(&str, usize); 16] = [
    ("BHD", 3),
    ("CLP", 0),
    ("IQD", 3),
    ("ISK", 0),
    ("JOD", 3),
    ("JPY", 0),
    ("KRW", 0),
    ("KWD", 3),
    ("LYD", 3),
    ("OMR", 3),
    ("PYG", 0),
    ("TND", 3),
    ("UGX", 0),
    ("UYW", 4),
    ("VND", 0),
    ("XAF", 0),
];

/// An amount such as `1234.5` in a currency, `1.234,50 €` or `$1,234.50` as the language has it. Without a
/// currency it is that of the language's region. A foreign currency is named so that nobody takes it for
/// one's own.
pub fn money(value: &str, currency: Option<&str>, words: &Words) -> Result<String, FilterError> {
    let habits = &words.money;
    let currency = currency.unwrap_or(habits.currency);
    if currency.len() != 3 || !currency.bytes().all(|byte| byte.is_ascii_uppercase()) {
        return Err(FilterError::Usage(
            "money takes the three letters of a currency, such as 'EUR'".into(),
        ));
    }
    let digits = DIGITS
        .iter()
        .find(|(code, _)| *code == currency)
        .map_or(2, |(_, digits)| *digits);
    let (negative, whole, fraction) = read(value, digits)?;
    let mut amount = grouped(&whole, habits.between);
    if !fraction.is_empty() {
        amount.push_str(if habits.point.is_empty() {
            "."
        } else {
            habits.point
        });
        amount.push_str(&fraction);
    }
    let sign = sign(currency, words);
    let is_code = sign.len() == 3 && sign.bytes().all(|byte| byte.is_ascii_uppercase());
    let space = if habits.space || is_code { " " } else { "" };
    let minus = if negative { "-" } else { "" };
    Ok(if habits.sign_first {
        format!("{minus}{sign}{space}{amount}")
    } else {
        format!("{minus}{amount}{space}{sign}")
    })
}

fn sign<'a>(currency: &'a str, words: &'a Words) -> &'a str {
    match currency {
        own if own == words.money.currency && !words.money.sign.is_empty() => words.money.sign,
        "EUR" => "€",
        "GBP" => "£",
        "USD" => "US$",
        other => other,
    }
}

/// Minus or not, the digits before the point, and as many behind it as asked for, rounded half up.
fn read(value: &str, digits: usize) -> Result<(bool, String, String), FilterError> {
    let fault = || FilterError::Value("the value is no amount: 1234.50 is".into());
    let value = value.trim();
    let (negative, value) = match value.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, value),
    };
    let (whole, fraction) = value.split_once('.').unwrap_or((value, ""));
    let all_digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    if whole.is_empty() || whole.len() > 30 || fraction.len() > 30 {
        return Err(fault());
    }
    if !all_digits(whole) || !all_digits(fraction) {
        return Err(fault());
    }
    let kept: String = fraction
        .chars()
        .chain("0".repeat(digits).chars())
        .take(digits)
        .collect();
    let round_up = fraction
        .as_bytes()
        .get(digits)
        .is_some_and(|next| *next >= b'5');
    let mut all: Vec<u8> = format!("0{whole}{kept}").into_bytes();
    if round_up {
        for digit in all.iter_mut().rev() {
            if *digit == b'9' {
                *digit = b'0';
            } else {
                *digit += 1;
                break;
            }
        }
    }
    let text: String = all.into_iter().map(char::from).collect();
    let (whole, fraction) = text.split_at(text.len() - digits);
    let whole = match whole.trim_start_matches('0') {
        "" => "0",
        digits => digits,
    };
    let zero = whole == "0" && fraction.bytes().all(|digit| digit == b'0');
    Ok((negative && !zero, whole.to_string(), fraction.to_string()))
}

fn grouped(whole: &str, between: &str) -> String {
    let mut text = String::with_capacity(whole.len() + whole.len() / 3);
    for (at, digit) in whole.chars().enumerate() {
        if at > 0 && (whole.len() - at).is_multiple_of(3) {
            text.push_str(between);
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(value: &str, currency: &str, language: &str) -> String {
        let currency = (!currency.is_empty()).then_some(currency);
        money(value, currency, &Words::of(language)).unwrap()
    }

    #[test]
    fn amounts_are_written_as_their_language_does() {
        for (value, currency, language, wanted) in [
            ("1234.5", "USD", "en", "$1,234.50"),
            ("1234.5", "EUR", "de", "1.234,50 €"),
            ("1234.5", "", "fr", "1 234,50 €"),
            ("1234567.895", "GBP", "en-GB", "£1,234,567.90"),
            ("12", "USD", "en-GB", "US$12.00"),
            ("12", "CAD", "en", "CAD 12.00"),
            ("1999.5", "JPY", "ja", "￥2,000"),
            ("0.995", "USD", "en", "$1.00"),
            ("-0.001", "USD", "en", "$0.00"),
            ("-12.345", "USD", "en", "-$12.35"),
            ("1.0005", "KWD", "en", "KWD 1.001"),
            (
                "9999999999999999999999.99",
                "USD",
                "en",
                "$9,999,999,999,999,999,999,999.99",
            ),
        ] {
            assert_eq!(of(value, currency, language), wanted);
        }
    }

    #[test]
    fn what_is_no_amount_is_refused_and_never_guessed() {
        let words = Words::of("en");
        for bad in ["", "12,50", "1e5", "12.5.0", "€5", "١٢"] {
            let refused = money(bad, Some("USD"), &words);
            assert!(matches!(refused, Err(FilterError::Value(_))), "{bad}");
        }
        assert!(matches!(
            money("1", Some("euro"), &words),
            Err(FilterError::Usage(_))
        ));
    }
}
