//! One timer, and how ids of occurrences come about.

use contract::UnixMillis;
use sea_orm::prelude::Uuid;
use sha2::{Digest, Sha256};

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Timer {
    /// The occurrence it stands for: setting it twice sets it once.
    pub id: Uuid,
    /// Names the handler that fires it.
    pub kind: String,
    /// A campaign, a run of a journey, an appointment.
    pub owner: Uuid,
    pub due_at: UnixMillis,
}

/// The id of an occurrence of an owner: the same parts give the same id in every process.
pub fn occurrence_id(kind: &str, owner: Uuid, parts: &[&[u8]]) -> Uuid {
    let mut hash = Sha256::new();
    for part in [kind.as_bytes(), owner.as_bytes()]
        .into_iter()
        .chain(parts.iter().copied())
    {
        // Lengths keep ("ab", "c") and ("a", "bc") apart.
        hash.update(part.len().to_be_bytes());
        hash.update(part);
    }
    let mut id = [0; 16];
    for (to, from) in id.iter_mut().zip(hash.finalize()) {
        *to = from;
    }
    Uuid::from_bytes(id)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_occurrence_has_one_id_and_others_have_others() {
        let owner = Uuid::from_u128(7);
        let id = occurrence_id("slot", owner, &[b"ab", b"c"]);
        assert_eq!(id, occurrence_id("slot", owner, &[b"ab", b"c"]));
        for other in [
            occurrence_id("slot", owner, &[b"a", b"bc"]),
            occurrence_id("step", owner, &[b"ab", b"c"]),
            occurrence_id("slot", Uuid::from_u128(8), &[b"ab", b"c"]),
        ] {
            assert_ne!(id, other);
        }
    }
}
