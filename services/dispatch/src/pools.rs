//! The sender of each text where a campaign leaves from a pool.

use chassis::Failure;
use contract::chunk::Text;
use contract::ids::ContactId;

use crate::db::sticky_sender;
use crate::hand_over::Chunk;
use crate::route::draw;
use crate::route::pool::pick;
use crate::routing::pool_body;
use crate::routing::snapshot::Tenant;

/// Who a slot's texts leave from.
#[derive(Debug)]
pub enum Senders {
    /// The chunk's own sender.
    Own,
    /// One for each text.
    Each(Vec<String>),
    /// There is no such pool.
    Nobody,
}

impl Senders {
    /// Of the n-th text; `None` where it is the chunk's own.
    pub fn of(&self, n: usize) -> Option<&str> {
        match self {
            Self::Each(senders) => senders.get(n).map(String::as_str),
            Self::Own | Self::Nobody => None,
        }
    }
}

/// Durable before the first text leaves: a person keeps the sender that they were texted from.
pub async fn senders(
    chunk: &Chunk<'_>,
    own: Option<&Tenant>,
    texts: &[Text],
) -> Result<Senders, Failure> {
    let Some(name) = chunk.head.sender.strip_prefix(pool_body::PREFIX) else {
        return Ok(Senders::Own);
    };
    let Some(pool) = own.and_then(|own| own.pools.get(name)) else {
        return Ok(Senders::Nobody);
    };
    let cx = &chunk.app.cx;
    let people: Vec<ContactId> = texts.iter().map(|text| text.contact).collect();
    let known = sticky_sender::of(cx.db.engine(), cx.db.read(), pool.id, &people).await?;
    let (mut senders, mut fresh) = (Vec::with_capacity(texts.len()), Vec::new());
    for text in texts {
        let before = known.get(&text.contact).map(String::as_str);
        let person = draw::of_id(text.contact.raw());
        let Some(member) = pick(&pool.members, pool.strategy, before, text.phone, person) else {
            return Ok(Senders::Nobody);
        };
        if before != Some(member.sender.as_str()) {
            fresh.push((text.contact, member.sender.clone()));
        }
        senders.push(member.sender.clone());
    }
    // One statement must not meet the same person twice.
    fresh.sort();
    fresh.dedup_by_key(|(contact, _)| *contact);
    if !fresh.is_empty() {
        sticky_sender::remember(&cx.db, pool.id, &fresh, cx.clock.millis()).await?;
    }
    Ok(Senders::Each(senders))
}
