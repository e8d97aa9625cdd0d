//! Who gets what: a function of campaign and contact alone, so that it is the same in every run, however the audience
//! is paged, and whoever else is in it.

use contract::{CampaignId, ContactId};
use sha2::{Digest, Sha256};

/// Everybody falls into one of these, three times over: for holdout, test and variant.
pub const BUCKETS: u32 = 10_000;

/// What falls to a person.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Lot {
    /// Gets nothing, so that it can be seen what texting does.
    Holdout,
    /// Gets this variant; the campaign's own text where there are none.
    Goes(Option<u8>),
    /// Waits for the variant that wins.
    Rest,
}

/// The shares of an audience.
#[derive(Debug, Clone, Copy)]
pub struct Shares<'a> {
    /// Buckets of [`BUCKETS`].
    pub holdout: u32,
    /// Buckets of those who are not held out; `None`: everybody.
    pub test: Option<u32>,
    /// At most 8, with a sum below [`BUCKETS`].
    pub weights: &'a [u32],
}

/// What falls to a contact. Its three buckets come from one hash and say nothing of one another: a larger test moves
/// nobody to another variant.
pub fn lot(campaign: CampaignId, contact: ContactId, shares: Shares<'_>) -> Lot {
    let mut hash = Sha256::new();
    hash.update(campaign.bytes());
    hash.update(contact.bytes());
    let digest = hash.finalize();
    if bucket(&digest, 0) < shares.holdout {
        Lot::Holdout
    } else if shares.test.is_some_and(|test| bucket(&digest, 1) >= test) {
        Lot::Rest
    } else {
        Lot::Goes(weighted(bucket(&digest, 2), shares.weights))
    }
}

fn bucket(digest: &[u8], place: usize) -> u32 {
    let number = digest
        .iter()
        .skip(place * 8)
        .take(8)
        .fold(0_u64, |number, byte| number << 8 | u64::from(*byte));
    // Below 10,000.
    (number % u64::from(BUCKETS)) as u32
}

fn weighted(bucket: u32, weights: &[u32]) -> Option<u8> {
    let total: u64 = weights.iter().map(|weight| u64::from(*weight)).sum();
    let mut reached = 0;
    for (at, weight) in (0_u8..).zip(weights) {
        reached += u64::from(*weight);
        if u64::from(bucket) * total < reached * u64::from(BUCKETS) {
            return Some(at);
        }
    }
    None
}
