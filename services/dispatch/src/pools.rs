//! The sender of each text where a campaign leaves from a pool.

use axum::http::StatusCode;
use chassis::Failure;
use chassis::http::Problem;
use contract::chunk::Text;
use contract::ids::{ContactId, SenderPoolId};
use contract::{Mode, TenantId, sender};

use crate::app::App;
use crate::db::sticky_sender;
use crate::hand_over::Chunk;
use crate::route::draw;
use crate::route::pool::pick;
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

/// The pool that a tenant has under this name. Read again before it is said not to exist: another process may have
/// made it just now.
pub async fn find(
    app: &App,
    (tenant, mode): (TenantId, Mode),
    name: &str,
) -> anyhow::Result<Option<SenderPoolId>> {
    let look = || {
        let own = app.routing.of(tenant, mode)?;
        own.pools.get(name).map(|pool| pool.id)
    };
    if let Some(found) = look() {
        return Ok(Some(found));
    }
    app.routing.refresh(&app.cx.db, &app.links).await?;
    Ok(look())
}

/// Refuses a sender that means a pool which does not exist.
pub async fn check(app: &App, whose: (TenantId, Mode), sender: &str) -> Result<(), Problem> {
    let Some(name) = sender::pool(sender) else {
        return Ok(());
    };
    if find(app, whose, name).await?.is_some() {
        return Ok(());
    }
    let detail = "There is no sender pool of this name in the mode of the key; make it first (POST /v1/sender-pools).";
    let problem = Problem::new(
        StatusCode::UNPROCESSABLE_ENTITY,
        "message.invalid",
        "the message cannot be sent like this",
    );
    Err(problem.error("/sender", "sender_pool.unknown", detail))
}

/// Durable before the first text leaves: a person keeps the sender that they were texted from.
pub async fn senders(
    chunk: &Chunk<'_>,
    own: Option<&Tenant>,
    texts: &[Text],
) -> Result<Senders, Failure> {
    let Some(name) = sender::pool(&chunk.head.sender) else {
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
