//! Segments follow what happens to contacts, in the same transaction.

use std::collections::{BTreeSet, HashMap};
use std::sync::{Arc, Mutex, PoisonError};

use chassis::{Bus, Engine, Tx};
use chrono::{DateTime, Utc};
use contract::contacts::{MOST_MOVED, SegmentMembersMoved};
use contract::{ContactId, SegmentId, TenantId};
use sea_orm::ConnectionTrait;

use crate::db;
use crate::import_plan::Contact;
use crate::segment::condition::{Condition, Instant};
use crate::segment::moves::{Moves, moves};
use crate::segment::standing::Standing;
use crate::segment::subject::Subject;

/// Conditions that are kept compiled; beyond that all are compiled anew.
const KEPT: usize = 10_000;

/// By segment and revision.
type Conditions = HashMap<(SegmentId, i64), Arc<Condition>>;

/// What following needs beside a transaction.
#[derive(Clone)]
pub struct Follower {
    engine: Engine,
    bus: Bus,
    conditions: Arc<Mutex<Conditions>>,
}

/// Contacts as conditions see them; `by_lists`: a condition speaks of lists.
pub async fn subjects(
    db: &impl ConnectionTrait,
    engine: Engine,
    tenant: TenantId,
    by_lists: bool,
    contacts: Vec<Contact>,
) -> anyhow::Result<Vec<Subject>> {
    let mut lists = if by_lists {
        let ids: Vec<ContactId> = contacts.iter().map(|contact| contact.id).collect();
        db::members::lists_of(db, engine, tenant, &ids).await?
    } else {
        HashMap::new()
    };
    let subject = |contact: Contact| {
        let of = lists.remove(&contact.id).unwrap_or_default();
        Subject::new(contact, of)
    };
    Ok(contacts.into_iter().map(subject).collect())
}

impl Follower {
    pub fn new(engine: Engine, bus: Bus) -> Self {
        Self {
            engine,
            bus,
            conditions: Arc::default(),
        }
    }

    /// Contacts were made or changed, or came on a list or off it. Called after that was written, and before the
    /// transaction ends.
    pub async fn changed(
        &self,
        tx: &Tx,
        tenant: TenantId,
        contacts: impl IntoIterator<Item = ContactId>,
        now: DateTime<Utc>,
    ) -> anyhow::Result<()> {
        db::segments::hold(tx, self.engine, tenant).await?;
        let segments = db::segments::standings(tx, self.engine, tenant).await?;
        if segments.is_empty() {
            return Ok(());
        }
        // Sorted, so that two transactions lock them in one order; locked, so that each sees what the other did.
        let ids: BTreeSet<ContactId> = contacts.into_iter().collect();
        let locked = db::contacts::lock(tx, self.engine, tenant, ids.into_iter()).await?;
        self.look_at(tx, tenant, &segments, locked, now).await
    }

    /// Judges contacts that are locked, and keeps and says what came of it.
    pub async fn look_at(
        &self,
        tx: &Tx,
        tenant: TenantId,
        segments: &[Standing],
        contacts: Vec<Contact>,
        now: DateTime<Utc>,
    ) -> anyhow::Result<()> {
        if contacts.is_empty() {
            return Ok(());
        }
        let by_lists = segments.iter().any(|segment| segment.by_lists);
        let subjects = subjects(tx, self.engine, tenant, by_lists, contacts).await?;
        let ids: Vec<ContactId> = subjects.iter().map(Subject::id).collect();
        let of: Vec<SegmentId> = segments.iter().map(|segment| segment.id).collect();
        let mut before = db::segment_members::of(tx, self.engine, &of, &ids).await?;
        let at = Instant::at(now);
        for segment in segments {
            let condition = match self.condition(segment) {
                Ok(condition) => condition,
                Err(error) => {
                    // Who was in it stays, until the condition is mended; other segments go on.
                    tracing::error!(segment = %segment.id, error = format!("{error:#}"), "a kept condition cannot be read");
                    continue;
                }
            };
            let holds = subjects.iter().map(|subject| {
                // What cannot be judged of a contact does not hold of it.
                (subject.id(), condition.holds(subject, &at).unwrap_or(false))
            });
            let members = before.remove(&segment.id).unwrap_or_default();
            let moves = moves(segment, holds, &members);
            self.keep(tx, tenant, segment.id, moves).await?;
        }
        Ok(())
    }

    async fn keep(
        &self,
        tx: &Tx,
        tenant: TenantId,
        segment: SegmentId,
        moves: Moves,
    ) -> anyhow::Result<()> {
        db::segment_members::add(tx, self.engine, segment, &moves.added).await?;
        db::segment_members::remove(tx, self.engine, segment, &moves.removed).await?;
        let say = |entered: &[ContactId], left: &[ContactId]| SegmentMembersMoved {
            segment,
            entered: entered.to_vec(),
            left: left.to_vec(),
        };
        let entered = moves.entered.chunks(MOST_MOVED).map(|some| say(some, &[]));
        let left = moves.left.chunks(MOST_MOVED).map(|some| say(&[], some));
        for said in entered.chain(left).collect::<Vec<_>>() {
            self.bus.say(tx, tenant, &said).await?;
        }
        Ok(())
    }

    fn condition(&self, segment: &Standing) -> anyhow::Result<Arc<Condition>> {
        let mut kept = self
            .conditions
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        let key = (segment.id, segment.revision);
        if let Some(known) = kept.get(&key) {
            return Ok(known.clone());
        }
        if kept.len() >= KEPT {
            kept.clear();
        }
        let condition = Arc::new(Condition::new(&segment.expression)?);
        kept.insert(key, condition.clone());
        Ok(condition)
    }
}
