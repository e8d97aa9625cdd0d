//! `X-Twilio-Signature`: base64 of HMAC-SHA1 with the auth token over the URL that Twilio called, with every
//! form parameter appended as name and value, in order of name (Twilio: "Security", "Validating requests").

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use sha1::Sha1;

/// What is signed, once for each way in which the URL's port may have been written.
fn keyed(token: &str, url: &str, pairs: &[(String, String)]) -> Option<Hmac<Sha1>> {
    let mut mac = Hmac::<Sha1>::new_from_slice(token.as_bytes()).ok()?;
    mac.update(url.as_bytes());
    let mut sorted: Vec<&(String, String)> = pairs.iter().collect();
    sorted.sort_unstable();
    sorted.dedup();
    for (name, value) in sorted {
        mac.update(name.as_bytes());
        mac.update(value.as_bytes());
    }
    Some(mac)
}

/// The signature that Twilio would send.
pub fn sign(token: &str, url: &str, pairs: &[(String, String)]) -> String {
    keyed(token, url, pairs).map_or_else(String::new, |mac| {
        STANDARD.encode(mac.finalize().into_bytes())
    })
}

/// Whether one of the tokens made this signature. Takes the same time wherever it differs. The URL counts
/// with and without the port of its scheme, because Twilio has signed both.
pub fn is_genuine<'t>(
    tokens: impl IntoIterator<Item = &'t str>,
    url: &str,
    pairs: &[(String, String)],
    signature: &str,
) -> bool {
    let Ok(signature) = STANDARD.decode(signature.trim()) else {
        return false;
    };
    let urls = [Some(url.to_owned()), other_port(url)];
    let mut genuine = false;
    for token in tokens {
        if token.is_empty() {
            continue;
        }
        for url in urls.iter().flatten() {
            genuine |=
                keyed(token, url, pairs).is_some_and(|mac| mac.verify_slice(&signature).is_ok());
        }
    }
    genuine
}

/// The same URL with the scheme's own port, or without it; `None` where another port is named.
fn other_port(url: &str) -> Option<String> {
    let (scheme, rest) = url.split_once("://")?;
    let port = match scheme {
        "https" => ":443",
        "http" => ":80",
        _ => return None,
    };
    let end = rest.find(['/', '?']).unwrap_or(rest.len());
    let (authority, path) = rest.split_at(end);
    match authority.strip_suffix(port) {
        Some(bare) => Some(format!("{scheme}://{bare}{path}")),
        None if authority.contains(':') => None,
        None => Some(format!("{scheme}://{authority}{port}{path}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const URL: &str = "https://mycompany.com/myapp.php?foo=1&bar=2";
    const SIGNED: &str = "0/KCTR6DLpKmkAf8muzZqo1nDgQ=";

    /// The example of Twilio's documentation.
    fn pairs() -> Vec<(String, String)> {
        [
            ("CallSid", "CA1234567890ABCDE"),
            ("Caller", "+12349013030"),
            ("Digits", "1234"),
            ("From", "+12349013030"),
            ("To", "+18005551212"),
        ]
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .to_vec()
    }

    #[test]
    fn the_documented_example_is_genuine_whatever_the_order() {
        let mut pairs = pairs();
        pairs.reverse();
        assert_eq!(sign("12345", URL, &pairs), SIGNED);
        assert!(is_genuine(["12345"], URL, &pairs, SIGNED));
        assert!(is_genuine(["new", "12345"], URL, &pairs, SIGNED));
    }

    #[test]
    fn anything_else_is_not() {
        let genuine = |token: &str, url: &str, pairs: &[(String, String)], signature: &str| {
            is_genuine([token], url, pairs, signature)
        };
        assert!(!genuine("12346", URL, &pairs(), SIGNED));
        assert!(!genuine("", URL, &pairs(), SIGNED));
        assert!(!genuine(
            "12345",
            &URL.replace("foo=1", "foo=2"),
            &pairs(),
            SIGNED
        ));
        assert!(!genuine("12345", URL, &pairs()[1..], SIGNED));
        assert!(!genuine("12345", URL, &pairs(), ""));
        assert!(!genuine("12345", URL, &pairs(), &SIGNED[..20]));
        assert!(!genuine("12345", URL, &pairs(), "not base64!"));
    }

    #[test]
    fn the_port_of_the_scheme_may_be_written_or_not() {
        let with_port = URL.replace("mycompany.com", "mycompany.com:443");
        assert!(is_genuine(["12345"], &with_port, &pairs(), SIGNED));
        let signed = sign("12345", &with_port, &pairs());
        assert!(is_genuine(["12345"], URL, &pairs(), &signed));
        assert_eq!(other_port("https://a:8443/x"), None);
    }
}
