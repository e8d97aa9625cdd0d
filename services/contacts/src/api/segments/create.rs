//! `POST /v1/segments`

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use chassis::http::{Auth, Body, Problem};
use contract::SegmentId;
use serde::Deserialize;
use utoipa::ToSchema;

use super::body;
use super::view::SegmentView;
use crate::app::App;
use crate::db;
use crate::db::segments::Segment;
use crate::segment::standing::{Standing, Walk};

/// Segments of one tenant at most: each is judged with every change of a contact.
const MOST: i64 = 200;

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewSegment {
    /// Names are unique.
    name: String,
    /// Such as `contact.tier == 'gold' and 'lst_…' not in lists`.
    expression: String,
}

/// Defines a segment. Who is in it is known when its state is `ready`.
#[utoipa::path(post, path = "/v1/segments", tag = "contacts", request_body = NewSegment,
    responses((status = 201, body = SegmentView), (status = 409, description = "segment.exists"),
        (status = 422, description = "expression.invalid, segment.too_many")))]
pub async fn handle(
    Auth(caller): Auth,
    State(app): State<Arc<App>>,
    Body(new): Body<NewSegment>,
) -> Result<(StatusCode, Json<SegmentView>), Problem> {
    let (engine, now) = (app.db.engine(), app.clock.now());
    let condition = body::condition(&new.expression)?;
    let segment = Segment {
        name: body::name(&new.name)?,
        standing: Standing {
            id: SegmentId::at(now),
            expression: new.expression,
            revision: 1,
            by_lists: condition.by_lists,
            by_time: condition.by_time,
            walk: Some(Walk::Define),
            cursor: None,
        },
        complete_at: None,
        created_at: now.timestamp_millis(),
        updated_at: now.timestamp_millis(),
    };
    let (row, tenant) = (segment.clone(), caller.tenant);
    let made = app.db.write(move |tx| {
        Box::pin(async move {
            db::segments::wait_for_changes(tx, engine, tenant).await?;
            if db::segments::count(tx, engine, tenant).await? >= MOST {
                let detail = format!("there are {MOST} segments, which is the most");
                let status = StatusCode::UNPROCESSABLE_ENTITY;
                return Err(Problem::new(status, "segment.too_many", detail).into());
            }
            let id = row.standing.id;
            let namesake = db::segments::namesake(tx, engine, tenant, &row.name, id).await?;
            if namesake.is_some() {
                return Err(body::name_taken(namesake).into());
            }
            db::segments::put(tx, engine, tenant, &row).await
        })
    });
    made.await?;
    app.segment_defined.notify_one();
    Ok((StatusCode::CREATED, Json(segment.into())))
}
