//! Who a campaign is for, and how a frozen audience is cut into chunks.

use contract::chunk::CHUNK_SIZE;
use contract::{AudiencePart, ContactId};
use serde::{Deserialize, Serialize};

/// Lists and segments of contacts.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Audience {
    /// Contacts on any of these lists (`lst_…`) or in any of these segments (`seg_…`).
    #[serde(default)]
    #[schema(value_type = Vec<String>)]
    pub include: Vec<AudiencePart>,
    /// Contacts on any of these lists or in any of these segments are left out.
    #[serde(default)]
    #[schema(value_type = Vec<String>)]
    pub exclude: Vec<AudiencePart>,
    /// Every contact of the tenant; `include` must be empty then.
    #[serde(default)]
    pub everyone: bool,
}

impl Audience {
    /// Why this names nobody, or contradicts itself. An empty list never means "everyone" by accident.
    pub fn fault(&self) -> Option<&'static str> {
        match (self.everyone, self.include.is_empty()) {
            (false, true) => {
                Some("Name at least one list or segment in `include`, or set `everyone`.")
            }
            (true, false) => Some("`everyone` and `include` exclude each other."),
            _ => None,
        }
    }
}

/// Chunk numbers have 24 bits in a message id.
pub const MOST_CHUNKS: usize = 1 << 24;

/// Contacts asked for at a time: a multiple of the chunk size, so that only a run's last chunk is short.
pub const PAGE: u32 = 20 * CHUNK_SIZE as u32;

/// The ids of one chunk as stored: 16 bytes each, in position order.
pub fn pack(contacts: &[ContactId]) -> Vec<u8> {
    contacts
        .iter()
        .flat_map(|contact| contact.bytes())
        .collect()
}

/// Reads what [`pack`] wrote.
pub fn unpack(bytes: &[u8]) -> Vec<ContactId> {
    bytes
        .as_chunks::<16>()
        .0
        .iter()
        .map(|id| ContactId::from_bytes(*id))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    use contract::ListId;

    #[test]
    fn ids_survive_packing_in_their_order() {
        let ids: Vec<ContactId> = (0..700u128)
            .map(|n| ContactId::from_raw(n << 90 | n))
            .collect();
        assert_eq!(unpack(&pack(&ids)), ids);
    }

    #[test]
    fn an_audience_of_everyone_must_be_asked_for() {
        assert!(Audience::default().fault().is_some());
        assert!(
            Audience {
                everyone: true,
                ..Audience::default()
            }
            .fault()
            .is_none()
        );
        let lists = Audience {
            include: vec![ListId::from_raw(1).into()],
            ..Audience::default()
        };
        assert!(lists.fault().is_none());
        assert!(
            Audience {
                everyone: true,
                ..lists
            }
            .fault()
            .is_some()
        );
    }
}
