//! `GET /v1/messages/{id}/timeline`

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use chassis::http::{Auth, PathId, Problem};
use chrono::{DateTime, Utc};
use contract::chunk::Outcome;
use contract::dispatch::Routed;
use contract::texts::Origin;
use contract::{DecisionId, MessageId, UnixMillis};
use serde::Serialize;
use utoipa::ToSchema;

use super::message::{find, send};
use crate::app::App;
use crate::db::messages::Whole;
use crate::db::runs::Run;
use crate::db::runs::message_key;
use crate::db::{hops, routes};

/// Every hop of one message.
#[derive(Debug, Serialize, ToSchema)]
pub struct Timeline {
    #[schema(value_type = String)]
    pub message: MessageId,
    /// For people: `Delivered as SMS via server simulator, 1 segment`.
    pub summary: String,
    pub hops: Vec<Hop>,
}

/// One hop. Fields that do not apply are absent.
#[derive(Debug, Default, PartialEq, Serialize, ToSchema)]
pub struct Hop {
    /// `accepted` (of the API or a flow), `released`, `screened`, `rendered`, `decision`, `routed`, `handed_over`, `settled` or
    /// `receipt`.
    pub hop: String,
    pub at: DateTime<Utc>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub decision: Option<DecisionId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub outcome: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub provider: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub provider_message_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub segments: Option<u8>,
    /// Of `routed`: the route chosen, the pool's sender, and the routes that came before it with why not.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    pub routed: Option<Routed>,
    /// Of `accepted`: the flow that the text belongs to.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    pub origin: Option<Origin>,
}

/// The way of one message through the stages. Which decision it was: `GET /v1/decisions/{id}`.
#[utoipa::path(get, path = "/v1/messages/{id}/timeline", tag = "messages", params(("id" = String, Path)),
    responses((status = 200, body = Timeline), (status = 404)))]
pub async fn handle(
    Auth(caller): Auth,
    State(app): State<Arc<App>>,
    PathId(id): PathId<MessageId>,
) -> Result<Json<Timeline>, Problem> {
    let (run, whole) = find(&app, caller.tenant, id).await?;
    let stages = hops::of_chunk(&app.db, run.no, id.chunk()).await?;
    let key = message_key(run.no, id.chunk(), id.position());
    let routed = routes::find(&app.db, key).await?;
    let summary = format!("{}{}", summary(&whole), by_route(routed.as_ref()));
    let mut traced = trace(&run, &whole, &stages, routed);
    if run.campaign.is_none()
        && let Some(sent) = send(&app, caller.tenant, id).await
    {
        let accepted = Hop {
            hop: "accepted".to_string(),
            at: sent.accepted_at.to_utc(),
            origin: sent.origin,
            ..Hop::default()
        };
        traced.insert(0, accepted);
    }
    Ok(Json(Timeline {
        message: id,
        summary,
        hops: traced,
    }))
}

/// What a choice of route adds to the summary: `; route spare, 2nd attempt`.
fn by_route(routed: Option<&Routed>) -> String {
    let Some(routed) = routed else {
        return String::new();
    };
    let attempt = match routed.passed.iter().filter(|one| one.tried).count() {
        0 => String::new(),
        1 => ", 2nd attempt".to_string(),
        2 => ", 3rd attempt".to_string(),
        n => format!(", {}th attempt", n + 1),
    };
    format!("; route {}{attempt}", routed.route)
}

fn trace(
    run: &Run,
    whole: &Whole,
    stages: &[(String, UnixMillis)],
    routed: Option<Routed>,
) -> Vec<Hop> {
    let hop = |name: &str, at: UnixMillis| Hop {
        hop: name.to_string(),
        at: at.to_utc(),
        ..Hop::default()
    };
    let mut hops = Vec::new();
    hops.extend(run.started_at.map(|at| hop("released", at)));
    let handed = whole.message.handed.as_ref();
    let ended = handed.map_or(i64::MAX, |step| step.at);
    // The chunk went on without a message that was settled earlier.
    hops.extend(
        stages
            .iter()
            .filter(|(_, at)| at.0 <= ended)
            .map(|(stage, at)| hop(stage, *at)),
    );
    if let Some(step) = handed {
        let at = UnixMillis(step.at);
        if whole.decision.is_some() {
            hops.push(Hop {
                decision: whole.decision,
                ..hop("decision", at)
            });
        }
        if routed.is_some() {
            hops.push(Hop {
                routed,
                ..hop("routed", at)
            });
        }
        let left = step.rank >= Outcome::Unknown.rank();
        hops.push(Hop {
            outcome: Outcome::from_rank(step.rank).map(Outcome::as_str),
            reason: Some(step.reason.to_string()),
            provider: whole.provider.clone(),
            provider_message_id: whole.provider_message_id.clone(),
            segments: left.then_some(whole.message.segments),
            ..hop(if left { "handed_over" } else { "settled" }, at)
        });
    }
    if let Some(step) = &whole.message.receipt {
        hops.push(Hop {
            outcome: Outcome::from_rank(step.rank).map(Outcome::as_str),
            reason: Some(step.reason.to_string()),
            ..hop("receipt", UnixMillis(step.at))
        });
    }
    hops
}

fn summary(whole: &Whole) -> String {
    let Some(step) = whole.message.standing() else {
        return "On its way".to_string();
    };
    let server = whole.provider.as_deref().unwrap_or("(not yet known)");
    let segments = match whole.message.segments {
        1 => "1 segment".to_string(),
        n => format!("{n} segments"),
    };
    match Outcome::from_rank(step.rank) {
        Some(Outcome::Delivered) => format!("Delivered as SMS via server {server}, {segments}"),
        Some(Outcome::Undelivered) => {
            format!(
                "Sent as SMS via server {server}, {segments}; not delivered: {}",
                step.reason
            )
        }
        Some(Outcome::HandedOver) => {
            format!("Sent as SMS via server {server}, {segments}; no final receipt yet")
        }
        Some(Outcome::Unknown) => {
            format!(
                "Perhaps sent as SMS via server {server}: nobody can say, so it was not sent again"
            )
        }
        Some(Outcome::Suppressed) => format!("Not sent: {}", step.reason),
        Some(outcome) => format!("Not sent ({}): {}", outcome.as_str(), step.reason),
        None => "On its way".to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fold::{Message, Step};
    use contract::Reason;
    use contract::dispatch::Passed;

    #[test]
    fn a_delivered_text_tells_its_way() {
        let whole = Whole {
            message: Message {
                handed: Some(Step {
                    rank: 40,
                    at: 30,
                    reason: Reason::OK,
                }),
                receipt: Some(Step {
                    rank: 51,
                    at: 40,
                    reason: Reason::OK,
                }),
                segments: 1,
            },
            contact: None,
            decision: Some(DecisionId::from_raw(1)),
            provider: Some("simulator".into()),
            provider_message_id: Some("1a".into()),
        };
        let run = Run {
            no: 1,
            run: contract::RunId::from_raw(0),
            tenant: contract::TenantId::from_raw(0),
            campaign: None,
            recipients: None,
            started_at: Some(UnixMillis(5)),
            closed_at: None,
            revision: None,
            restated_at: None,
        };
        assert_eq!(
            summary(&whole),
            "Delivered as SMS via server simulator, 1 segment"
        );
        let stages = vec![
            ("screened".into(), UnixMillis(10)),
            ("rendered".into(), UnixMillis(20)),
        ];
        let passed = |tried| Passed {
            route: "main".to_string(),
            why: "CARRIER_ACCOUNT".to_string(),
            tried,
        };
        let spare = Routed {
            route: "spare".to_string(),
            sender: None,
            passed: vec![passed(false), passed(true)],
        };
        assert_eq!(by_route(Some(&spare)), "; route spare, 2nd attempt");
        assert_eq!(by_route(None), "");
        let names: Vec<_> = trace(&run, &whole, &stages, Some(spare))
            .into_iter()
            .map(|hop| hop.hop)
            .collect();
        assert_eq!(
            names,
            [
                "released",
                "screened",
                "rendered",
                "decision",
                "routed",
                "handed_over",
                "receipt"
            ]
        );
    }
}
