//! `POST /v1/messages/{id}/cancel`

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use chassis::http::{Auth, PathId, Problem};
use contract::chunk::{Encoding, Outcome, SlotRef};
use contract::consent::{Gate, SetRunGate};
use contract::dispatch::{HandOver, SlotOutcome};
use contract::ids::{DecisionId, MessageId};
use contract::{Reason, TenantId};

use super::create::stored;
use super::types::ApiMessage;
use crate::app::App;
use crate::sends::{NO_CAMPAIGN, NOBODY, Send};

/// Keeps a text from leaving, if it has no permit yet. Once this is answered it never leaves.
#[utoipa::path(post, path = "/v1/messages/{id}/cancel", tag = "messages", params(("id" = String, Path, description = "`msg_…`")),
    responses((status = 200, body = ApiMessage), (status = 404, body = Problem),
        (status = 409, description = "message.too_late_to_cancel")))]
pub async fn handle(
    Auth(caller): Auth,
    State(app): State<Arc<App>>,
    PathId(id): PathId<MessageId>,
) -> Result<Json<ApiMessage>, Problem> {
    open(stored(&app, caller.tenant, id).await?)?;
    // A text is a run of its own: behind its shut gate no permit is granted any more, and those that were
    // granted have closed.
    let shut = SetRunGate {
        run: id.run(),
        gate: Gate::Cancelled,
    };
    if !app.urgent.bus.ask(caller.tenant, &shut).await?.settled {
        return Err(Problem::new(
            StatusCode::SERVICE_UNAVAILABLE,
            "message.in_flight",
            "it is being handed over right now; ask again",
        ));
    }
    let send = open(stored(&app, caller.tenant, id).await?)?;
    if send.outcome != Outcome::Cancelled {
        let (tenant, outcome) = (caller.tenant, cancelled(&app, &send));
        settle(&app, tenant, outcome).await?;
    }
    Ok(Json(stored(&app, caller.tenant, id).await?.into()))
}

/// Given back while it may still be cancelled, or is.
fn open(send: Send) -> Result<Send, Problem> {
    if matches!(
        send.outcome,
        Outcome::Pending | Outcome::Held | Outcome::Cancelled
    ) {
        return Ok(send);
    }
    Err(Problem::new(
        StatusCode::CONFLICT,
        "message.too_late_to_cancel",
        format!("it is {} already", send.outcome.as_str()),
    ))
}

fn cancelled(app: &App, send: &Send) -> SlotOutcome {
    SlotOutcome {
        slot: SlotRef {
            run: send.id.run(),
            chunk: 0,
            slot: 0,
        },
        campaign: NO_CAMPAIGN,
        provider: String::new(),
        at: app.cx.clock.millis(),
        items: vec![HandOver {
            position: 0,
            contact: send.contact.unwrap_or(NOBODY),
            decision: send.decision.unwrap_or(DecisionId::from_raw(0)),
            outcome: Outcome::Cancelled,
            reason: Reason::CANCELLED_BY_CALLER,
            until: None,
            segments: send.segments,
            encoding: Encoding::Gsm7,
            provider_message_id: String::new(),
        }],
    }
}

async fn settle(app: &App, tenant: TenantId, outcome: SlotOutcome) -> Result<(), Problem> {
    Ok(app.recorder.settle(tenant, outcome, false).await?)
}
