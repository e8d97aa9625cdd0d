//! How an id is written: `con_01J…` for people and in JSON, 16 bytes in postcard.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use super::{Id, IdError, Kind};

impl<K: Kind> fmt::Display for Id<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}_{}", K::PREFIX, ulid::Ulid(self.raw))
    }
}

impl<K: Kind> fmt::Debug for Id<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl<K: Kind> FromStr for Id<K> {
    type Err = IdError;

    fn from_str(text: &str) -> Result<Self, IdError> {
        let malformed = IdError::Malformed {
            expected: K::PREFIX,
        };
        let Some((prefix, rest)) = text.split_once('_') else {
            return Err(malformed);
        };
        if prefix != K::PREFIX {
            return Err(IdError::WrongType {
                expected: K::PREFIX,
                got: prefix.chars().take(16).collect(),
            });
        }
        match ulid::Ulid::from_string(rest) {
            Ok(ulid) => Ok(Self::from_raw(ulid.0)),
            Err(_) => Err(malformed),
        }
    }
}

impl<K: Kind> Serialize for Id<K> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if serializer.is_human_readable() {
            serializer.collect_str(self)
        } else {
            self.bytes().serialize(serializer)
        }
    }
}

impl<'de, K: Kind> Deserialize<'de> for Id<K> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        if deserializer.is_human_readable() {
            let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
            text.parse().map_err(de::Error::custom)
        } else {
            Ok(Self::from_bytes(<[u8; 16]>::deserialize(deserializer)?))
        }
    }
}

#[cfg(test)]
mod tests {
    use chrono::DateTime;

    use crate::ids::{CampaignId, IdError};

    #[test]
    fn an_id_round_trips_through_text_and_names_the_wrong_kind() {
        let id = CampaignId::at(DateTime::UNIX_EPOCH);
        let text = id.to_string();
        assert!(text.starts_with("cmp_") && text.len() == 30, "{text}");
        assert_eq!(text.parse::<CampaignId>(), Ok(id));
        let wrong = text.replace("cmp_", "msg_").parse::<CampaignId>();
        assert_eq!(
            wrong,
            Err(IdError::WrongType {
                expected: "cmp",
                got: "msg".into()
            })
        );
        assert!("cmp_no".parse::<CampaignId>().is_err());
        assert!("nothing".parse::<CampaignId>().is_err());
    }
}
