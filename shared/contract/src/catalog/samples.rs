//! Values that many samples share.

use crate::chunk::{ChunkHead, Outcome, OutcomeGroup, Recipient, SlotRef};
use crate::class::{Class, Mode};
use crate::consent::Reply;
use crate::ids::{Id, RunId};
use crate::phone::Phone;
use crate::reason::Reason;
use crate::time::UnixMillis;

pub(super) const AT: UnixMillis = UnixMillis(1_781_103_600_000);

pub(super) fn run() -> RunId {
    RunId::from_raw(0x019e_b000_0000_7000_8000_0000_0000_0000)
}

pub(super) fn id<K: crate::ids::Kind>(n: u128) -> Id<K> {
    Id::from_raw(0x019e_b000_0000_7000_8000_0000_0000_0000 | n)
}

pub(super) fn phone() -> Phone {
    Phone::from_digits(15_005_550_006).unwrap_or_else(|| unreachable!("eleven digits"))
}

pub(super) fn head() -> ChunkHead {
    ChunkHead {
        run: run(),
        campaign: id(1),
        chunk: 3,
        class: Class::Marketing,
        programme: "default".into(),
        template: id(2),
        template_version: 1,
        sender: "+15005550100".into(),
        mode: Mode::Test,
        valid_until: AT,
        released_at: AT,
        zones: vec!["America/New_York".into()],
        field_names: vec!["first_name".into()],
    }
}

pub(super) fn recipient() -> Recipient {
    Recipient {
        position: 65,
        contact: id(3),
        phone: phone(),
        zone: Some(0),
        fields: vec![Some("Ana".into())],
    }
}

pub(super) fn group() -> OutcomeGroup {
    OutcomeGroup {
        outcome: Outcome::Held,
        reason: Reason::QUIET_HOURS,
        until: Some(AT),
        positions: vec![66],
        contacts: vec![id(4)],
        decisions: vec![id(5)],
    }
}

pub(super) fn slot() -> SlotRef {
    SlotRef {
        run: run(),
        chunk: 3,
        slot: 1,
    }
}

pub(super) fn reply() -> Reply {
    Reply {
        inbound: id(6),
        contact: Some(id(3)),
        from: phone(),
        to: "+15005550100".into(),
        text: "STOP".into(),
        received_at: AT,
        mode: Mode::Test,
    }
}
