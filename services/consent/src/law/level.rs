//! How strong a consent is.

use serde::{Deserialize, Serialize};

/// Weakest first. `Implied` and `Soft` are enough in some countries only; United States marketing needs
/// `Written` (47 CFR 64.1200(a)(2), (f)(9)), other texts there `Express` ((a)(1)).
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize,
)]
#[serde(rename_all = "snake_case")]
pub enum Level {
    #[default]
    None,
    /// From a purchase or an inquiry (CASL 10(10), Spam Act inferred consent).
    Implied,
    /// Own similar goods to an existing customer (PECR reg 22(3), Directive 2002/58/EC art 13(2)).
    Soft,
    /// The number was given for the purpose.
    Express,
    /// A signed agreement with the disclosure in plain sight.
    Written,
}

impl Level {
    pub const ALL: [Self; 5] = [
        Self::None,
        Self::Implied,
        Self::Soft,
        Self::Express,
        Self::Written,
    ];

    /// Implied and soft weigh the same: 1. Express is 2, written 3.
    pub const fn weight(self) -> u8 {
        match self {
            Self::None => 0,
            Self::Implied | Self::Soft => 1,
            Self::Express => 2,
            Self::Written => 3,
        }
    }

    pub const fn as_str(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Implied => "implied",
            Self::Soft => "soft",
            Self::Express => "express",
            Self::Written => "written",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|level| level.as_str() == text)
    }
}
