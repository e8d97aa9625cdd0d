//! `PATCH /v1/segments/{id}`

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use chassis::http::{Auth, Body, PathId, Problem};
use contract::SegmentId;
use serde::Deserialize;
use utoipa::ToSchema;

use super::body;
use super::view::SegmentView;
use crate::app::App;
use crate::db;
use crate::segment::standing::Walk;

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SegmentPatch {
    name: Option<String>,
    expression: Option<String>,
}

/// Names a segment anew, or defines it anew: then its state is `computing` until all contacts were looked at, and
/// whom the new condition takes in or leaves out is not told to journeys.
#[utoipa::path(patch, path = "/v1/segments/{id}", tag = "contacts", params(("id" = String, Path)),
    request_body = SegmentPatch, responses((status = 200, body = SegmentView),
        (status = 409, description = "segment.exists"), (status = 422, description = "expression.invalid")))]
pub async fn handle(
    Auth(caller): Auth,
    State(app): State<Arc<App>>,
    PathId(id): PathId<SegmentId>,
    Body(patch): Body<SegmentPatch>,
) -> Result<Json<SegmentView>, Problem> {
    let (engine, tenant, now) = (app.db.engine(), caller.tenant, app.clock.millis().0);
    let name = patch.name.as_deref().map(body::name).transpose()?;
    let condition = match patch.expression {
        Some(source) => Some((body::condition(&source)?, source)),
        None => None,
    };
    let changed = app.db.write(move |tx| {
        Box::pin(async move {
            // First the row, that a walk has while it waits for contacts; then those who change contacts.
            let found = db::segments::by_id_for_update(tx, engine, tenant, id).await?;
            let mut segment = found.ok_or_else(|| Problem::not_found("segment"))?;
            db::segments::wait_for_changes(tx, engine, tenant).await?;
            if let Some(name) = name {
                let namesake = db::segments::namesake(tx, engine, tenant, &name, id).await?;
                if namesake.is_some() {
                    return Err(body::name_taken(namesake).into());
                }
                segment.name = name;
            }
            let standing = &mut segment.standing;
            if let Some((condition, source)) = condition
                && source != standing.expression
            {
                standing.expression = source;
                standing.revision += 1;
                standing.by_lists = condition.by_lists;
                standing.by_time = condition.by_time;
                standing.walk = Some(Walk::Define);
                standing.cursor = None;
            }
            segment.updated_at = now;
            db::segments::put(tx, engine, tenant, &segment).await?;
            Ok(segment)
        })
    });
    let changed = changed.await?;
    app.segment_defined.notify_one();
    Ok(Json(changed.into()))
}
