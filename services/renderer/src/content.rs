//! What a template says, as its author wrote it: texts by channel and language, and how they are rendered.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::language;

/// What a text is sent over. SMS is the only one yet.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Default,
    Serialize,
    Deserialize,
    ToSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Channel {
    #[default]
    Sms,
}

/// The text in one more language.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Variant {
    #[serde(default)]
    pub channel: Channel,
    /// BCP 47 tag, such as `de` or `pt-BR`.
    pub language: String,
    pub body: String,
}

/// Whether characters are replaced so that a text needs fewer segments.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum SmartEncoding {
    /// Every text goes out as it is written.
    #[default]
    Off,
    /// Curly quotes, dashes, ellipses and special spaces become their plain forms.
    Punctuation,
    /// Accents that the small alphabet lacks go as well: `ç` becomes `c`. Changes spelling.
    Accents,
}

/// How the texts of a template are rendered.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Options {
    /// IANA zone for people whose own is not known.
    pub time_zone: Option<String>,
    /// A text over it fails; at most the installation's own limit.
    pub max_segments: Option<usize>,
    pub smart_encoding: SmartEncoding,
    /// Every address in the texts becomes a short link.
    pub shorten_links: bool,
    /// Days for which its short links lead somewhere.
    pub link_days: Option<u16>,
}

/// A fragment as it stood when a version was published.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fragment {
    pub version: i64,
    pub language: Option<String>,
    pub body: String,
    #[serde(default)]
    pub variants: Vec<Variant>,
}

impl Fragment {
    /// The body for a text of this language.
    pub fn body_for(&self, wanted: Option<&str>) -> &str {
        let languages = self
            .variants
            .iter()
            .map(|variant| variant.language.as_str());
        if let (Some(own), Some(wanted)) = (self.language.as_deref(), wanted)
            && own == wanted
        {
            return &self.body;
        }
        language::pick(languages, wanted)
            .and_then(|place| self.variants.get(place))
            .map_or(&self.body, |variant| &variant.body)
    }
}

/// Everything beside the default text. Stored as JSON.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct More {
    pub variants: Vec<Variant>,
    #[serde(flatten)]
    pub options: Options,
    /// Of published versions: the fragments they use, by name.
    pub fragments: BTreeMap<String, Fragment>,
}

/// A whole template.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Content {
    /// Of the default text.
    pub language: Option<String>,
    pub body: String,
    pub more: More,
}

impl Content {
    /// Every text with its language, the default first.
    pub fn texts(&self) -> impl Iterator<Item = (Option<&str>, &str)> {
        let others = self.more.variants.iter();
        let others = others.map(|variant| (Some(variant.language.as_str()), variant.body.as_str()));
        std::iter::once((self.language.as_deref(), self.body.as_str())).chain(others)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fragment_speaks_the_language_of_its_text() {
        let variant = |language: &str, body: &str| Variant {
            channel: Channel::Sms,
            language: language.into(),
            body: body.into(),
        };
        let fragment = Fragment {
            version: 1,
            language: Some("en".into()),
            body: "Bye".into(),
            variants: vec![variant("de", "Tschüss"), variant("en-GB", "Cheerio")],
        };
        let of = |language| fragment.body_for(language);
        assert_eq!(
            [
                of(Some("de-AT")),
                of(Some("en")),
                of(Some("en-GB")),
                of(Some("fr")),
                of(None)
            ],
            ["Tschüss", "Bye", "Cheerio", "Bye", "Bye"]
        );
    }
}
