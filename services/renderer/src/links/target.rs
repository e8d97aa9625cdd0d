//! Where a short link may lead: an address of the web, written out in the template.

/// Characters of a target at most.
const MOST_CHARS: usize = 2000;

/// Why an address is no target.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TargetError {
    #[error("a link leads to an address that begins with https:// or http://")]
    Scheme,
    #[error("the address has no host")]
    Host,
    /// A name or password before the host is how phishing looks.
    #[error("an address with a name or password before its host is not taken")]
    Credentials,
    #[error(
        "an address holds letters, digits and signs of ASCII without spaces; write others as %C3%A9"
    )]
    Characters,
    #[error("an address has at most {MOST_CHARS} characters")]
    TooLong,
}

/// Checks an address that a redirect may lead to.
pub fn check(target: &str) -> Result<(), TargetError> {
    if target.len() > MOST_CHARS {
        return Err(TargetError::TooLong);
    }
    let clean = |byte: u8| {
        byte.is_ascii_graphic()
            && !matches!(
                byte,
                b'"' | b'<' | b'>' | b'\\' | b'^' | b'`' | b'{' | b'|' | b'}'
            )
    };
    if !target.bytes().all(clean) {
        return Err(TargetError::Characters);
    }
    let authority = authority(target).ok_or(TargetError::Scheme)?;
    if authority.contains('@') {
        return Err(TargetError::Credentials);
    }
    let (name, port) = match authority.rsplit_once(':') {
        Some((name, port)) if !name.is_empty() && !authority.ends_with(']') => (name, port),
        _ => (authority, "80"),
    };
    let named = !name.is_empty() && (name.starts_with('[') || name.split('.').all(is_label));
    if !named || port.parse::<u16>().is_err() {
        return Err(TargetError::Host);
    }
    Ok(())
}

/// The host of an address, in lower case.
pub fn host(target: &str) -> Option<String> {
    let authority = authority(target)?;
    let name = authority.rsplit('@').next()?;
    let name = name.split(':').next()?;
    (!name.is_empty()).then(|| name.to_ascii_lowercase())
}

/// A host name that a tenant's links can stand on: at least two labels, no port, no number as the last.
pub fn is_domain(name: &str) -> bool {
    let labels: Vec<&str> = name.split('.').collect();
    let last = labels.last().copied().unwrap_or_default();
    name.len() <= 253
        && labels.len() >= 2
        && labels.iter().all(|label| is_label(label))
        && last.bytes().any(|byte| byte.is_ascii_alphabetic())
}

fn authority(target: &str) -> Option<&str> {
    let scheme = ["https://", "http://"].into_iter().find(|scheme| {
        target
            .get(..scheme.len())
            .is_some_and(|start| start.eq_ignore_ascii_case(scheme))
    })?;
    target[scheme.len()..].split(['/', '?', '#']).next()
}

fn is_label(label: &str) -> bool {
    (1..=63).contains(&label.len())
        && label
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_')
        && !label.starts_with('-')
        && !label.ends_with('-')
}

/// Addresses that stand in a text, with the byte they begin at. What follows a sentence (a full stop, a
/// closing bracket) is not part of them.
pub fn in_text(text: &str) -> Vec<(usize, &str)> {
    let mut found = Vec::new();
    let lower = text.to_ascii_lowercase();
    let mut at = 0;
    while let Some(next) = lower[at..].find("http") {
        let from = at + next;
        let rest = &text[from..];
        at = from + 4;
        if authority(rest).is_none() {
            continue;
        }
        let end = rest
            .find(|c: char| {
                c.is_whitespace()
                    || c.is_control()
                    || !c.is_ascii()
                    || matches!(c, '<' | '>' | '"' | '{' | '}')
            })
            .unwrap_or(rest.len());
        let address = rest[..end].trim_end_matches(['.', ',', ';', ':', '!', '?', ')', ']', '\'']);
        if check(address).is_ok() {
            at = from + address.len();
            found.push((from, address));
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn only_plain_web_addresses_are_targets() {
        for good in [
            "https://example.com",
            "http://shop.example.com:8080/a?b=c#d",
            "HTTPS://EXAMPLE.com/%C3%A9",
            "https://[2001:db8::1]/x",
        ] {
            assert_eq!(check(good), Ok(()), "{good}");
        }
        for (bad, why) in [
            ("javascript:alert(1)", TargetError::Scheme),
            ("//example.com", TargetError::Scheme),
            ("data:text/html,x", TargetError::Scheme),
            ("https:///x", TargetError::Host),
            ("https://exa mple.com", TargetError::Characters),
            (
                "https://example.com/\r\nSet-Cookie:x",
                TargetError::Characters,
            ),
            ("https://bank.com@evil.com/", TargetError::Credentials),
            ("https://-x.com", TargetError::Host),
            ("https://x.com:99999", TargetError::Host),
            ("https://exämple.com", TargetError::Characters),
        ] {
            assert_eq!(check(bad), Err(why), "{bad}");
        }
        assert_eq!(
            check(&format!("https://x.com/{}", "a".repeat(2000))),
            Err(TargetError::TooLong)
        );
    }

    #[test]
    fn addresses_are_found_without_the_sentence_around_them() {
        let text = "See https://a.example/x?y=1, or (HTTP://b.example). https is good; https://";
        let found: Vec<&str> = in_text(text)
            .into_iter()
            .map(|(_, address)| address)
            .collect();
        assert_eq!(found, ["https://a.example/x?y=1", "HTTP://b.example"]);
        assert_eq!(host("https://Bit.LY/abc").as_deref(), Some("bit.ly"));
    }

    #[test]
    fn a_domain_is_a_name_of_the_web() {
        assert!(is_domain("go.example.com"));
        for bad in [
            "localhost",
            "1.2.3.4",
            "go.example.com:80",
            "https://x.com",
            "a..b",
            "",
        ] {
            assert!(!is_domain(bad), "{bad}");
        }
    }

    proptest! {
        #[test]
        fn any_text_can_be_searched(text in "(http|https|://|[a-z./ ()é@:]|\\PC){0,30}") {
            for (at, address) in in_text(&text) {
                prop_assert_eq!(&text[at..at + address.len()], address);
            }
        }
    }
}
