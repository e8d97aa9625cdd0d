//! `GET /v1/journeys/schema`

use axum::http::header;
use axum::response::IntoResponse;

/// The JSON Schema of the format.
#[utoipa::path(get, path = "/v1/journeys/schema", tag = "journeys", responses((status = 200, description = "a JSON Schema, draft 2020-12")))]
pub async fn handle() -> impl IntoResponse {
    (
        [(header::CONTENT_TYPE, "application/schema+json")],
        crate::journey::shape::published(),
    )
}
