//! `GET /v1/reviews`: replies that may be an opt-out and wait for a human, oldest first.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use chassis::http::{Auth, Listing, Page, Params, Problem, cursor};
use chrono::{DateTime, Utc};
use contract::{ContactId, ReviewId, UnixMillis};
use serde::Serialize;
use utoipa::ToSchema;

use crate::app::App;
use crate::db::review::{Review, open};

#[derive(Debug, Serialize, ToSchema)]
pub struct ReviewShown {
    #[schema(value_type = String)]
    pub id: ReviewId,
    pub phone: String,
    #[schema(value_type = Option<String>)]
    pub contact: Option<ContactId>,
    pub text: String,
    /// Why it is not clear.
    pub why: String,
    /// The number it was sent to.
    pub sender: String,
    pub received_at: DateTime<Utc>,
    /// When it becomes an opt-out if nobody has decided.
    pub due_at: DateTime<Utc>,
}

impl From<Review> for ReviewShown {
    fn from(one: Review) -> Self {
        Self {
            id: one.id,
            phone: one.phone.to_string(),
            contact: one.contact,
            text: one.text,
            why: one.why,
            sender: one.sender,
            received_at: UnixMillis(one.received_at).to_utc(),
            due_at: UnixMillis(one.due_at).to_utc(),
        }
    }
}

/// Open reviews. Marketing to these people is held.
#[utoipa::path(get, path = "/v1/reviews", tag = "consent", params(Page),
    responses((status = 200, body = Listing<ReviewShown>)))]
pub async fn handle(
    Auth(caller): Auth,
    State(app): State<Arc<App>>,
    Params(page): Params<Page>,
) -> Result<Json<Listing<ReviewShown>>, Problem> {
    let after: Option<ReviewId> = cursor(page.cursor.as_deref())?;
    let limit = u32::try_from(page.size() + 1).unwrap_or(u32::MAX);
    let rows = open(app.cx.db.read(), app.engine(), caller.tenant, after, limit).await?;
    let shown = rows.into_iter().map(ReviewShown::from).collect();
    Ok(Json(Listing::cut(
        shown,
        page.size(),
        |one: &ReviewShown| one.id.to_string(),
    )))
}
