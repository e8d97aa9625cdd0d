//! Permits that come back unused: their texts surely never left, so they may be permitted again and count for
//! no cap.

use ahash::AHashMap;
use chassis::{Engine, Tx};
use chrono::{DateTime, Utc};
use contract::consent::ReturnedPermit;
use contract::{MessageId, Phone, RunId, TenantId};

use crate::db::run_about::About;
use crate::db::{self};
use crate::granting::carrier_day;
use crate::recent::{Sent, topic};

/// What the counts in memory give back after the commit.
#[derive(Debug, Clone, Copy)]
pub struct TakenBack {
    pub tenant: TenantId,
    pub phone: Phone,
    pub about: Sent,
}

/// Takes back those that `dispatcher` (of this epoch or an earlier one) still holds open, in the transaction
/// that closes them. Everything else is left as it is: a permit of somebody else, one closed before, and one
/// granted since the return was first told.
pub async fn take_back(
    tx: &Tx,
    engine: Engine,
    (dispatcher, epoch): (&str, i64),
    returned: &[ReturnedPermit],
    now: i64,
) -> anyhow::Result<Vec<TakenBack>> {
    let mut taken = Vec::new();
    if returned.is_empty() {
        return Ok(taken);
    }
    let open = db::open_slot::held_by(tx, engine, dispatcher, epoch).await?;
    let mut runs: AHashMap<(TenantId, RunId), Option<About>> = AHashMap::new();
    for one in returned {
        let of_slot = open.iter().filter(|open| open.slot == one.slot);
        let held = of_slot
            .flat_map(|open| open.entries.iter().map(|entry| (open.tenant, entry)))
            .find(|(_, entry)| entry.position == one.position);
        let Some((tenant, entry)) = held else {
            continue;
        };
        let message = MessageId::of(one.slot.run, one.slot.chunk, one.position);
        let permit = db::permit::find(tx, engine, message).await?;
        let Some(permit) = permit else { continue };
        if !db::permit_returned::count(tx, engine, message, one.attempt, now).await? {
            continue;
        }
        db::permit_returned::remove_permit(tx, engine, message).await?;
        let key = (tenant, one.slot.run);
        if let std::collections::hash_map::Entry::Vacant(empty) = runs.entry(key) {
            empty.insert(db::run_about::find(tx, engine, tenant, one.slot.run).await?);
        }
        let Some(about) = runs.get(&key).and_then(Option::as_ref) else {
            continue;
        };
        let sent = Sent {
            topic: topic(&about.programme),
            class: about.class,
            at: permit.granted_at,
        };
        if let Some(granted) = DateTime::<Utc>::from_timestamp_millis(permit.granted_at) {
            let day = carrier_day(granted);
            db::sender_day::take_back(tx, engine, tenant, &about.sender, &day).await?;
        }
        if engine == Engine::Postgres {
            db::sent::take_back(tx, engine, tenant, entry.phone, sent).await?;
        }
        taken.push(TakenBack {
            tenant,
            phone: entry.phone,
            about: sent,
        });
    }
    Ok(taken)
}
