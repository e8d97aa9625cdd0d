//! What audiences are made of: lists and segments.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use crate::ids::{IdError, ListId, SegmentId};

/// A list (`lst_…`) or a segment (`seg_…`); the prefix tells which.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum AudiencePart {
    List(ListId),
    Segment(SegmentId),
}

impl fmt::Display for AudiencePart {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::List(id) => id.fmt(f),
            Self::Segment(id) => id.fmt(f),
        }
    }
}

impl FromStr for AudiencePart {
    type Err = IdError;

    fn from_str(text: &str) -> Result<Self, IdError> {
        match text.split_once('_') {
            Some(("seg", _)) => text.parse().map(Self::Segment),
            Some(("lst", _)) => text.parse().map(Self::List),
            Some((got, _)) => Err(IdError::WrongType {
                expected: "lst_ or seg",
                got: got.chars().take(16).collect(),
            }),
            None => Err(IdError::Malformed {
                expected: "lst_ or seg",
            }),
        }
    }
}

impl From<ListId> for AudiencePart {
    fn from(list: ListId) -> Self {
        Self::List(list)
    }
}

impl From<SegmentId> for AudiencePart {
    fn from(segment: SegmentId) -> Self {
        Self::Segment(segment)
    }
}

impl Serialize for AudiencePart {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if serializer.is_human_readable() {
            return serializer.collect_str(self);
        }
        match self {
            Self::List(id) => (0_u8, id.bytes()),
            Self::Segment(id) => (1_u8, id.bytes()),
        }
        .serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for AudiencePart {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        if deserializer.is_human_readable() {
            let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
            return text.parse().map_err(de::Error::custom);
        }
        match <(u8, [u8; 16])>::deserialize(deserializer)? {
            (0, id) => Ok(Self::List(ListId::from_bytes(id))),
            (1, id) => Ok(Self::Segment(SegmentId::from_bytes(id))),
            (kind, _) => Err(de::Error::custom(format!(
                "{kind} is no kind of an audience's part"
            ))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_survives_both_forms_and_its_prefix_tells_what_it_is() {
        let list = AudiencePart::from(ListId::from_raw(5));
        let segment = AudiencePart::from(SegmentId::from_raw(5));
        for part in [list, segment] {
            let json = serde_json::to_string(&part).unwrap();
            assert_eq!(serde_json::from_str::<AudiencePart>(&json).unwrap(), part);
            let bytes = postcard::to_stdvec(&part).unwrap();
            assert_eq!(postcard::from_bytes::<AudiencePart>(&bytes).unwrap(), part);
        }
        assert_ne!(list.to_string(), segment.to_string());
        for wrong in ["con_00000000000000000000000005", "lst_x", "seg", ""] {
            let error = wrong.parse::<AudiencePart>().unwrap_err();
            assert!(error.to_string().contains("expected"), "{wrong}: {error}");
        }
    }
}
