//! Who follows a link: a person, a machine, or a browser that fetches ahead. Judged from what a request said
//! of itself; the request is kept as it came, so that reports can be made again with a better judgement.

use std::sync::LazyLock;

/// Who it looks like.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum By {
    Person,
    /// A preview, a scanner, a crawler, a program.
    Bot,
    /// A browser that fetches before anybody has tapped, or only asks whether it could.
    Prefetch,
}

impl By {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Person => "person",
            Self::Bot => "bot",
            Self::Prefetch => "prefetch",
        }
    }
}

static MACHINES: LazyLock<Vec<&'static str>> = LazyLock::new(|| {
    let lines = include_str!("data/machines.txt").lines();
    lines
        .map(str::trim)
        .filter(|line| !line.is_empty() && !line.starts_with('#'))
        .collect()
});

/// `purpose` is what the request's headers say it is for (`Sec-Purpose`, `Purpose`, `X-Purpose`, `X-Moz`).
pub fn judge(method: &str, user_agent: &str, purpose: &str) -> By {
    let purpose = purpose.to_ascii_lowercase();
    if method != "GET" || purpose.contains("prefetch") || purpose.contains("prerender") {
        return By::Prefetch;
    }
    if purpose.contains("preview") {
        return By::Bot;
    }
    let agent = user_agent.to_ascii_lowercase();
    // Every browser says what it is.
    if agent.trim().is_empty() || is_bot_by_name(&agent) {
        return By::Bot;
    }
    match MACHINES.iter().any(|piece| agent.contains(piece)) {
        true => By::Bot,
        false => By::Person,
    }
}

/// A word that ends with "bot" (`Googlebot/2.1`), but not the phones called Cubot.
fn is_bot_by_name(agent: &str) -> bool {
    let mut words = agent.split(|c: char| !c.is_ascii_alphabetic());
    words.any(|word| (word.ends_with("bot") || word.ends_with("bots")) && word != "cubot")
}

#[cfg(test)]
mod tests {
    use super::*;

    const PHONE: &str = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.0 Mobile/15E148 Safari/604.1";

    #[test]
    fn people_are_told_from_machines() {
        let person = |agent: &str| judge("GET", agent, "");
        assert_eq!(person(PHONE), By::Person);
        assert_eq!(
            person(
                "Mozilla/5.0 (Linux; Android 13; CUBOT P80) AppleWebKit/537.36 Chrome/120.0 Mobile Safari/537.36"
            ),
            By::Person
        );
        for machine in [
            "",
            "WhatsApp/2.23.20.0 A",
            "facebookexternalhit/1.1 Facebot Twitterbot/1.0",
            "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)",
            "Slackbot-LinkExpanding 1.0",
            "python-requests/2.31",
            "Mozilla/5.0 HeadlessChrome/120",
        ] {
            assert_eq!(person(machine), By::Bot, "{machine}");
        }
    }

    #[test]
    fn fetching_ahead_is_no_click() {
        assert_eq!(judge("HEAD", PHONE, ""), By::Prefetch);
        assert_eq!(judge("GET", PHONE, "prefetch;prerender"), By::Prefetch);
        assert_eq!(judge("GET", PHONE, "preview"), By::Bot);
    }
}
