//! How far an opt-out reaches.

use contract::Class;
use serde::{Deserialize, Serialize};

use super::SMS;

/// How far a revocation reaches.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Scope {
    Global,
    Class(Class),
    Programme(String),
    Channel(String),
}

impl Scope {
    /// `global`, `class:marketing`, `programme:news` or `channel:sms`.
    pub fn parse(text: &str) -> Option<Self> {
        if text == "global" {
            return Some(Self::Global);
        }
        let (kind, name) = text.split_once(':')?;
        match kind {
            "class" => Class::parse(name).map(|class| Self::Class(class.judged_as())),
            "programme" => {
                super::is_programme_name(name).then(|| Self::Programme(name.to_string()))
            }
            "channel" => (name == SMS).then(|| Self::Channel(name.to_string())),
            _ => None,
        }
    }
}

impl std::fmt::Display for Scope {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Global => f.write_str("global"),
            Self::Class(class) => write!(f, "class:{}", class.as_str()),
            Self::Programme(name) => write!(f, "programme:{name}"),
            Self::Channel(name) => write!(f, "channel:{name}"),
        }
    }
}
