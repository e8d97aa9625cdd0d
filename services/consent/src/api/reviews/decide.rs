//! `POST /v1/reviews/{id}/decide`: a human says whether a reply is an opt-out.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use chassis::http::{Auth, Body, PathId, Problem};
use contract::{ConsentId, ReviewId};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::api::intake::Fault;
use crate::app::App;
use crate::db::review::find;
use crate::decide_review::decide;
use crate::standing::Scope;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Decision {
    OptOut,
    None,
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewDecision {
    pub decision: Decision,
    /// How far an opt-out reaches; as far as a STOP if absent.
    pub scope: Option<String>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct Decided {
    #[schema(value_type = String)]
    pub id: ReviewId,
    pub decision: Decision,
    /// The ledger's entry; absent while other replies of the person wait.
    #[schema(value_type = Option<String>)]
    pub consent: Option<ConsentId>,
}

/// Decide a review.
#[utoipa::path(post, path = "/v1/reviews/{id}/decide", tag = "consent", params(("id" = String, Path)),
    request_body = NewDecision, responses((status = 200, body = Decided), (status = 404),
    (status = 409, description = "review.decided"), (status = 422, description = "consent.scope_unknown")))]
pub async fn handle(
    Auth(caller): Auth,
    State(app): State<Arc<App>>,
    PathId(id): PathId<ReviewId>,
    Body(new): Body<NewDecision>,
) -> Result<Json<Decided>, Problem> {
    let out = new.decision == Decision::OptOut;
    let scope = scope(&new).map_err(|fault| fault.problem())?;
    let shared = app.clone();
    let write = app.cx.db.write(move |tx| {
        Box::pin(async move {
            let found = find(tx, shared.engine(), caller.tenant, id).await?;
            let review = found.ok_or_else(|| Problem::not_found("review"))?;
            decide(&shared, tx, &review, out, (scope, "human")).await
        })
    });
    let Some(consent) = write.await? else {
        let detail = "the review was decided before";
        return Err(Problem::new(StatusCode::CONFLICT, "review.decided", detail));
    };
    if out {
        app.opt_out_recorded();
    }
    Ok(Json(Decided {
        id,
        decision: new.decision,
        consent,
    }))
}

fn scope(new: &NewDecision) -> Result<Option<Scope>, Fault> {
    let Some(text) = &new.scope else {
        return Ok(None);
    };
    let scope = Scope::parse(text).filter(|_| new.decision == Decision::OptOut);
    scope.map(Some).ok_or_else(|| {
        let detail = "an opt-out's scope is global, class:<class>, programme:<name> or channel:sms";
        Fault::new("consent.scope_unknown", "/scope", detail)
    })
}
