//! Every entry of a chain held against itself, its neighbours and the tenant's keys. Pure.

use ahash::AHashMap;
use contract::{Phone, TenantId};
use serde::{Deserialize, Serialize};

use crate::chain::{self, ChainFault, Head, Walk};
use crate::db::book::Keys;
use crate::db::ledger::{Chained, Entry};
use crate::standing::{Action, Change};
use crate::tenants::person_hash;

/// The first thing wrong with a ledger. Never holds a number or a text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Fault {
    /// The entry's place in the chain; 0 where it has none.
    pub seq: i64,
    pub what: String,
}

impl Fault {
    pub fn new(seq: i64, what: impl Into<String>) -> Self {
        Self {
            seq,
            what: what.into(),
        }
    }
}

impl From<ChainFault> for Fault {
    fn from(fault: ChainFault) -> Self {
        let seq = match fault {
            ChainFault::Altered { seq } | ChainFault::WrongHead { seq } => seq,
            ChainFault::Gap { expected, .. } | ChainFault::OutOfOrder { expected, .. } => expected,
            ChainFault::CutShort { last, .. } => last + 1,
            ChainFault::BeyondHead { head, .. } => head + 1,
        };
        Self::new(seq, fault.to_string())
    }
}

/// What the seal of an entry covers, as far as it is compared here.
#[derive(Deserialize)]
struct Sealed {
    phone: Phone,
}

/// Goes along a chain entry by entry.
pub struct Inspection {
    tenant: TenantId,
    keys: Keys,
    /// What people wrote may be blanked in entries recorded before this, in Unix milliseconds.
    texts_until: i64,
    walk: Walk,
    last: i64,
    rows: u64,
    first_recorded_at: Option<i64>,
    /// By person: the newest entry without personal data, and the newest erasure.
    blank: AHashMap<[u8; 32], i64>,
    erased: AHashMap<[u8; 32], i64>,
}

impl Inspection {
    pub fn new(tenant: TenantId, keys: Keys, texts_until: i64) -> Self {
        Self {
            tenant,
            keys,
            texts_until,
            walk: Walk::new(),
            last: 0,
            rows: 0,
            first_recorded_at: None,
            blank: AHashMap::new(),
            erased: AHashMap::new(),
        }
    }

    /// The last entry found good.
    pub const fn last(&self) -> i64 {
        self.last
    }

    pub const fn rows(&self) -> u64 {
        self.rows
    }

    /// When the chain's first entry was recorded.
    pub const fn first_recorded_at(&self) -> Option<i64> {
        self.first_recorded_at
    }

    pub fn step(&mut self, entry: &Entry) -> Result<(), Fault> {
        let (Some(link), Some(chained)) = (entry.link(self.tenant), &entry.chained) else {
            return Err(Fault::new(self.last + 1, "the entry has no link"));
        };
        self.walk.step(&link, &chained.hash)?;
        let seq = chained.seq;
        let change: Change = serde_json::from_str(&chained.detail)
            .map_err(|_| Fault::new(seq, "its detail cannot be read"))?;
        for (agrees, what) in [
            (
                change.action.as_str() == entry.action,
                "its action is not that of its detail",
            ),
            (
                change.programme == entry.programme,
                "its programme is not that of its detail",
            ),
            (
                change.at == entry.acted_at,
                "its time is not that of its detail",
            ),
        ] {
            if !agrees {
                return Err(Fault::new(seq, what));
            }
        }
        self.personal(entry, chained)?;
        if change.action == Action::Erase {
            self.erased.insert(chained.person, seq);
        }
        self.first_recorded_at = self.first_recorded_at.or(Some(entry.recorded_at));
        (self.last, self.rows) = (seq, self.rows + 1);
        Ok(())
    }

    fn personal(&mut self, entry: &Entry, chained: &Chained) -> Result<(), Fault> {
        let fault = |what| Err(Fault::new(chained.seq, what));
        let Some(salt) = &chained.salt else {
            if entry.evidence != "{}" {
                return fault("its evidence stands there without its salt");
            }
            if entry.phone == 0 {
                self.blank.insert(chained.person, chained.seq);
                return Ok(());
            }
            if entry.inbound.is_none() || entry.recorded_at >= self.texts_until {
                return fault("its evidence is gone before its time");
            }
            return match crate::db::phone(entry.phone) {
                Some(phone) if person_hash(&self.keys, phone) == chained.person => Ok(()),
                _ => fault("its number is not that of the person it is about"),
            };
        };
        if chain::seal(salt, &entry.evidence) != chained.sealed {
            return fault("its evidence is not what was sealed");
        }
        let sealed: Option<Sealed> = serde_json::from_str(&entry.evidence).ok();
        match (sealed, crate::db::phone(entry.phone)) {
            (Some(sealed), Some(phone)) if sealed.phone == phone => {
                if person_hash(&self.keys, phone) == chained.person {
                    Ok(())
                } else {
                    fault("its number is not that of the person it is about")
                }
            }
            _ => fault("its number is not the one that was sealed"),
        }
    }

    /// Compares the end with the head kept beside the ledger, and what is blank with the erasures.
    pub fn finish(self, head: Head) -> Result<u64, Fault> {
        self.walk.finish(Some(head))?;
        let unexplained = self
            .blank
            .iter()
            .filter(|(person, seq)| self.erased.get(*person).is_none_or(|erased| erased < *seq))
            .map(|(_, seq)| *seq)
            .min();
        match unexplained {
            None => Ok(self.rows),
            Some(seq) => Err(Fault::new(
                seq,
                "its personal data is gone, and no erasure is on record",
            )),
        }
    }
}
