//! The commit after which a text is ours to deal with.

use std::collections::HashMap;

use axum::http::StatusCode;
use chassis::http::Problem;
use contract::accounts::Caller;
use contract::dispatch::SendChunk;
use contract::ids::MessageId;
use contract::{Mode, TenantId};

use super::Send;
use super::request::{self, NewMessage};
use super::resolve::resolve;
use crate::app::App;
use crate::db::api_message::{self, NewRow};
use crate::pools;

/// How long the process that accepted a text has before any other may take it up.
pub const LEASE_MS: i64 = 30_000;

/// A request made ready.
#[derive(Debug)]
pub enum Ready {
    /// The caller sent it before.
    Known(Box<Send>),
    New(Box<NewRow>),
}

/// What an acceptance came to.
#[derive(Debug)]
pub enum Accepted {
    New(MessageId),
    Known(Box<Send>),
}

/// Checks and resolves. `key`: of the header, where the body names none.
pub async fn ready(
    app: &App,
    caller: Caller,
    new: &NewMessage,
    key: Option<&str>,
) -> Result<Ready, Problem> {
    let checked = request::check(new, app.config.sends.valid_for_ms())?;
    let body = request::body_hash(new, caller.mode)?;
    let dedup = match (&new.dedup_key, key) {
        (Some(key), _) => Some(request::key_hash(key, false)),
        (None, Some(key)) => Some(request::key_hash(key, true)),
        (None, None) => None,
    };
    if let Some(key) = dedup {
        let (engine, db) = (app.cx.db.engine(), app.cx.db.read());
        let who = (caller.tenant, caller.mode);
        let known = api_message::by_key(engine, db, who, key).await;
        if let Some((known, hash)) = known.map_err(|error| not_accepted(&error))? {
            return same(hash, body).map(|()| Ready::Known(Box::new(known)));
        }
    }
    pools::check(app, (caller.tenant, caller.mode), &new.sender).await?;
    let chunk = resolve(app, caller, new, checked).await?;
    Ok(Ready::New(Box::new(NewRow {
        tenant: caller.tenant,
        dedup,
        body,
        template: new.template,
        redrive_of: None,
        chunk,
    })))
}

/// The database takes nothing: no promise is made. The caller may try again, and with a key should, since the
/// outcome of a commit may be what was lost.
pub fn not_accepted(error: &anyhow::Error) -> Problem {
    tracing::error!(error = format!("{error:#}"), "a text could not be accepted");
    Problem::new(
        StatusCode::SERVICE_UNAVAILABLE,
        "message.not_accepted",
        "the message could not be stored; try again, with the same dedup_key",
    )
}

fn same(known: [u8; 32], body: [u8; 32]) -> Result<(), Problem> {
    if known == body {
        return Ok(());
    }
    Err(Problem::new(
        StatusCode::CONFLICT,
        "message.dedup_conflict",
        "this key was used before for another message; nothing was sent",
    ))
}

/// What a row is found by again.
struct Asked {
    id: MessageId,
    who: (TenantId, Mode),
    dedup: Option<[u8; 32]>,
    body: [u8; 32],
}

impl Asked {
    fn of(row: &NewRow) -> Self {
        Self {
            id: row.id(),
            who: (row.tenant, row.chunk.head.mode),
            dedup: row.dedup,
            body: row.body,
        }
    }
}

/// What became of rows whose commit failed: a connection that broke in it may have lost the answer alone. `None` if
/// one of them is not there; they were committed together, so none is new then.
async fn look_up(
    app: &App,
    asked: &[Asked],
) -> anyhow::Result<Option<Vec<Result<Accepted, Problem>>>> {
    let (engine, db) = (app.cx.db.engine(), app.cx.db.read());
    let mut accepted = Vec::with_capacity(asked.len());
    for one in asked {
        if api_message::find(engine, db, one.who.0, one.id)
            .await?
            .is_some()
        {
            accepted.push(Ok(Accepted::New(one.id)));
            continue;
        }
        let Some(key) = one.dedup else {
            return Ok(None);
        };
        let Some((known, hash)) = api_message::by_key(engine, db, one.who, key).await? else {
            return Ok(None);
        };
        let known = Accepted::Known(Box::new(known));
        accepted.push(same(hash, one.body).map(|()| known));
    }
    Ok(Some(accepted))
}

/// Commits all of them together and starts handing over. In the order of `rows`.
pub async fn accept(
    app: &std::sync::Arc<App>,
    rows: Vec<NewRow>,
) -> anyhow::Result<Vec<Result<Accepted, Problem>>> {
    let now = app.cx.clock.millis();
    let (engine, owner) = (app.cx.db.engine(), app.config.name.clone());
    let chunks: HashMap<MessageId, (TenantId, SendChunk)> = rows
        .iter()
        .map(|row| (row.id(), (row.tenant, row.chunk.clone())))
        .collect();
    let asked: Vec<Asked> = rows.iter().map(Asked::of).collect();
    let write = app.cx.db.write_first(move |tx| {
        Box::pin(async move {
            let mut accepted = Vec::with_capacity(rows.len());
            for row in rows {
                let due = now.0 + LEASE_MS;
                if api_message::insert(engine, tx, &row, &owner, (now.0, due)).await? {
                    accepted.push(Ok(Accepted::New(row.id())));
                    continue;
                }
                if let Some(of) = row.redrive_of
                    && let Some(known) = api_message::redriven(engine, tx, row.tenant, of).await?
                {
                    accepted.push(Ok(Accepted::Known(Box::new(known))));
                    continue;
                }
                let Some(key) = row.dedup else {
                    anyhow::bail!("two texts were given one id");
                };
                let who = (row.tenant, row.chunk.head.mode);
                let known = api_message::by_key(engine, tx, who, key).await?;
                let Some((known, hash)) = known else {
                    anyhow::bail!("two texts were given one id");
                };
                let known = Accepted::Known(Box::new(known));
                accepted.push(same(hash, row.body).map(|()| known));
            }
            Ok(accepted)
        })
    });
    let accepted = match write.await {
        Ok(accepted) => accepted,
        Err(error) => match look_up(app, &asked).await {
            Ok(Some(accepted)) => accepted,
            Ok(None) | Err(_) => return Err(error),
        },
    };
    let mut chunks = chunks;
    for one in accepted.iter().flatten() {
        if let Accepted::New(id) = one
            && let Some((tenant, chunk)) = chunks.remove(id)
        {
            super::hand::start(app, tenant, chunk);
        }
    }
    Ok(accepted)
}
