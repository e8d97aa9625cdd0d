//! `POST /v1/messages/{id}/redrive`

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use chassis::http::{Auth, PathId, Problem};
use contract::UnixMillis;
use contract::dispatch::SendChunk;
use contract::ids::{MessageId, RunId};

use super::create::{answer, known_one, stored};
use super::types::ApiMessage;
use crate::app::App;
use crate::db::api_message::{self, NewRow};
use crate::redrive::{self, Not};
use crate::sends::Send;
use crate::sends::accept::{Accepted, accept, not_accepted};
use crate::standing;

/// Sends a text that failed again, as a new one: judged anew, and for as long as the first one was good for. 202: the new
/// one; 200: it was redriven before.
#[utoipa::path(post, path = "/v1/messages/{id}/redrive", tag = "messages", params(("id" = String, Path, description = "`msg_…`")),
    responses((status = 202, body = ApiMessage), (status = 200, body = ApiMessage), (status = 404, body = Problem),
        (status = 409, description = "message.not_redrivable, message.in_doubt, message.gone")))]
pub async fn handle(
    Auth(caller): Auth,
    State(app): State<Arc<App>>,
    PathId(id): PathId<MessageId>,
) -> Result<Response, Problem> {
    let (engine, read) = (app.cx.db.engine(), app.cx.db.read());
    let failed = stored(&app, caller.tenant, id).await?;
    if let Some(known) = api_message::redriven(engine, read, caller.tenant, id).await? {
        return known_one(known, false);
    }
    may(&app, caller.tenant, &failed).await?;
    let works = api_message::works(engine, read, &[id]).await?;
    let Some(work) = works
        .into_iter()
        .next()
        .filter(|work| work.head.mode == caller.mode)
    else {
        return Err(Problem::new(
            StatusCode::CONFLICT,
            "message.gone",
            "number and words of it are not kept any more; send it anew with POST /v1/messages",
        ));
    };
    let chunk = anew(
        work,
        &failed,
        app.cx.clock.millis(),
        RunId::begin(app.cx.clock.now()),
    );
    let row = NewRow {
        tenant: caller.tenant,
        dedup: None,
        body: [0; 32],
        template: failed.template,
        redrive_of: Some(id),
        chunk,
    };
    let accepted = accept(&app, vec![row])
        .await
        .map_err(|error| not_accepted(&error))?;
    match accepted.into_iter().next() {
        Some(Ok(Accepted::New(new))) => {
            let wait = app.config.sends.answer_within();
            let _known = tokio::time::timeout(wait, app.sends.ended(new)).await;
            answer(
                stored(&app, caller.tenant, new).await?,
                false,
                StatusCode::ACCEPTED,
            )
        }
        Some(Ok(Accepted::Known(known))) => known_one(*known, false),
        Some(Err(problem)) => Err(problem),
        None => Err(not_accepted(&anyhow::anyhow!("nothing was accepted"))),
    }
}

async fn may(app: &App, tenant: contract::TenantId, failed: &Send) -> Result<(), Problem> {
    // What the ledger knows is newer than the row, which tells of the hand-over.
    let (outcome, reason) = match standing::of(&app.cx.db, tenant, failed.id).await? {
        Some(standing) => (standing.outcome, standing.reason()),
        None => (failed.outcome, failed.reason.clone()),
    };
    let (code, why) = match redrive::may(outcome, &reason) {
        Ok(()) => return Ok(()),
        Err(Not::InDoubt) => ("message.in_doubt", "it may have arrived"),
        Err(Not::NotFailed) => ("message.not_redrivable", "it has not failed"),
        Err(Not::Cause) => (
            "message.not_redrivable",
            "it would fail again, or should not be sent",
        ),
    };
    let detail = format!("{} is {} ({reason}): {why}", failed.id, outcome.as_str());
    Err(Problem::new(StatusCode::CONFLICT, code, detail))
}

/// The same text as a run of its own.
fn anew(mut work: SendChunk, failed: &Send, now: UnixMillis, run: RunId) -> SendChunk {
    let good_for = failed.valid_until.0.saturating_sub(failed.accepted_at.0);
    work.head.run = run;
    work.head.released_at = now;
    work.head.valid_until = UnixMillis(now.0.saturating_add(good_for));
    work
}
