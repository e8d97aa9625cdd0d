//! What one question came to, and the answer that says so.

use contract::MessageId;
use contract::chunk::SlotRef;
use contract::consent::{Permit, PermitAnswer};

use crate::judge::{self, Fate, Judged};

/// One question, settled in a transaction.
pub struct Settled {
    pub slot: SlotRef,
    /// `None`: the dispatcher is fenced.
    pub judged: Option<Vec<Judged>>,
    /// Positions that had their permit before.
    pub before: Vec<u16>,
}

impl Settled {
    pub fn tell(self, good_for_ms: u32) -> PermitAnswer {
        let Some(judged) = self.judged else {
            return PermitAnswer::Fenced;
        };
        PermitAnswer::Answered {
            granted: allowed(&judged).map(|one| permit(self.slot, one)).collect(),
            good_for_ms,
            permitted_before: self.before,
            refused: judge::groups(judged.iter()),
        }
    }
}

pub fn allowed(judged: &[Judged]) -> impl Iterator<Item = &Judged> {
    judged.iter().filter(|one| one.fate == Fate::Allowed)
}

fn permit(slot: SlotRef, one: &Judged) -> Permit {
    let message = MessageId::of(slot.run, slot.chunk, one.person.position);
    Permit::issue(
        message,
        one.decision.id,
        u32::try_from(one.revision).unwrap_or(u32::MAX),
    )
}
