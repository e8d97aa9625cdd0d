//! Languages of texts and people: BCP 47 tags, and which text somebody gets.

/// A tag in one spelling: `en_gb` becomes `en-GB`, `ZH-hant` `zh-Hant`. `None` for what is no tag.
pub fn normal(tag: &str) -> Option<String> {
    // POSIX spellings carry an encoding or a variant behind the name.
    let tag = tag.trim().split(['.', '@']).next().unwrap_or_default();
    let mut parts = tag.split(['-', '_']);
    let base = parts.next()?;
    if !(2..=3).contains(&base.len()) || !base.bytes().all(|byte| byte.is_ascii_alphabetic()) {
        return None;
    }
    let mut normal = base.to_ascii_lowercase();
    for part in parts {
        if !(1..=8).contains(&part.len()) || !part.bytes().all(|byte| byte.is_ascii_alphanumeric())
        {
            return None;
        }
        normal.push('-');
        match part.len() {
            2 => normal.push_str(&part.to_ascii_uppercase()),
            4 if part.bytes().all(|byte| byte.is_ascii_alphabetic()) => {
                normal.push_str(&part[..1].to_ascii_uppercase());
                normal.push_str(&part[1..].to_ascii_lowercase());
            }
            _ => normal.push_str(&part.to_ascii_lowercase()),
        }
    }
    (normal.len() <= 35).then_some(normal)
}

/// `en` of `en-GB`.
pub fn base(tag: &str) -> &str {
    tag.split(['-', '_']).next().unwrap_or(tag)
}

/// Which of the languages somebody who wants `wanted` gets: the very tag, then what is left as parts are
/// taken off its end, then another text of the same base language. `None` means the template's default.
pub fn pick<'a>(
    languages: impl Iterator<Item = &'a str> + Clone,
    wanted: Option<&str>,
) -> Option<usize> {
    let wanted = wanted?.trim();
    if let Some(place) = languages.clone().position(|language| language == wanted) {
        return Some(place);
    }
    let wanted = normal(wanted)?;
    let mut rest = wanted.as_str();
    loop {
        if let Some(place) = languages.clone().position(|language| language == rest) {
            return Some(place);
        }
        match rest.rfind('-') {
            Some(end) => rest = &rest[..end],
            None => break,
        }
    }
    let mut languages = languages;
    languages.position(|language| base(language) == rest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_have_one_spelling() {
        assert_eq!(normal("en_gb.UTF-8").as_deref(), Some("en-GB"));
        assert_eq!(normal("ZH-hant-tw").as_deref(), Some("zh-Hant-TW"));
        assert_eq!(normal("de").as_deref(), Some("de"));
        for bad in ["", "e", "deutsch", "de--DE", "d3", "de-ÄÖ", "{{ x }}"] {
            assert_eq!(normal(bad), None, "{bad}");
        }
    }

    #[test]
    fn somebody_gets_the_nearest_language_or_the_default() {
        let known = ["en", "pt-BR", "zh-Hant", "de", "de-AT"];
        let pick = |wanted| pick(known.into_iter(), wanted).map(|place| known[place]);
        assert_eq!(pick(Some("de-AT")), Some("de-AT"));
        assert_eq!(pick(Some("de_CH")), Some("de"));
        assert_eq!(pick(Some("zh-Hant-HK")), Some("zh-Hant"));
        assert_eq!(pick(Some("pt")), Some("pt-BR"));
        assert_eq!(pick(Some("fr")), None);
        assert_eq!(pick(Some("not a language")), None);
        assert_eq!(pick(None), None);
    }
}
