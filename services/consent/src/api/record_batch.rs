//! `POST /v1/consents/batch`: up to a thousand entries in one transaction, each with its own result.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use chassis::http::{Auth, Body, Problem};
use contract::ConsentId;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::intake::{self, Fault, NewAction, NewConsent};
use crate::app::App;
use crate::record::{NewEntry, record};

/// Entries in one request.
const MAX_ITEMS: usize = 1000;

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewConsents {
    /// 1 to 1,000.
    pub items: Vec<NewConsent>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct ConsentsRecorded {
    pub recorded: usize,
    pub rejected: usize,
    /// One per item, in their order.
    pub results: Vec<ItemResult>,
}

#[derive(Debug, Serialize, ToSchema)]
#[serde(tag = "status", rename_all = "snake_case")]
pub enum ItemResult {
    Recorded {
        #[schema(value_type = String)]
        id: ConsentId,
    },
    Rejected {
        code: String,
        detail: String,
    },
}

/// Record many opt-ins and opt-outs. A bad item keeps no other from being recorded.
#[utoipa::path(post, path = "/v1/consents/batch", tag = "consent", request_body = NewConsents,
    responses((status = 200, body = ConsentsRecorded), (status = 422, description = "field.range: no items, or over 1,000")))]
pub async fn handle(
    Auth(caller): Auth,
    State(app): State<Arc<App>>,
    Body(new): Body<NewConsents>,
) -> Result<Json<ConsentsRecorded>, Problem> {
    if new.items.is_empty() || new.items.len() > MAX_ITEMS {
        let detail = format!("{} items; 1 to {MAX_ITEMS} are allowed", new.items.len());
        return Err(Problem::new(
            StatusCode::UNPROCESSABLE_ENTITY,
            "field.range",
            detail,
        ));
    }
    let phones = intake::phones_of(&app, caller.tenant, new.items.iter()).await?;
    let now = app.cx.clock.millis().0;
    let checked: Vec<Result<NewEntry, Fault>> = new
        .items
        .iter()
        .map(|item| intake::entry(&app, item, &phones, caller.mode, now))
        .collect();
    let entries: Vec<NewEntry> = checked
        .iter()
        .filter_map(|one| one.as_ref().ok().cloned())
        .collect();
    let shared = app.clone();
    let write = app.cx.db.write(move |tx| {
        Box::pin(async move { record(&shared, tx, caller.tenant, &entries).await })
    });
    let mut recorded = write.await?.into_iter();
    if new
        .items
        .iter()
        .any(|item| item.action == NewAction::OptOut)
    {
        app.opt_out_recorded();
    }
    let results: Vec<ItemResult> = checked
        .into_iter()
        .map(|one| {
            match one.and_then(|_| recorded.next().map_or_else(|| Err(lost()), intake::told)) {
                Ok(id) => ItemResult::Recorded { id },
                Err(fault) => ItemResult::Rejected {
                    code: fault.code.to_string(),
                    detail: fault.detail,
                },
            }
        })
        .collect();
    let rejected = results
        .iter()
        .filter(|one| matches!(one, ItemResult::Rejected { .. }))
        .count();
    Ok(Json(ConsentsRecorded {
        recorded: results.len() - rejected,
        rejected,
        results,
    }))
}

fn lost() -> Fault {
    Fault {
        code: "internal",
        pointer: "",
        detail: "the item was not recorded".to_string(),
    }
}
