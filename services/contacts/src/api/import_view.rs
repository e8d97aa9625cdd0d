//! An import as the API shows it.

use chrono::{DateTime, Utc};
use contract::{ImportId, ListId, UnixMillis};
use serde::Serialize;
use utoipa::ToSchema;

use crate::import_job::{Job, State};

#[derive(Debug, Serialize, ToSchema)]
pub struct ImportView {
    #[schema(value_type = String)]
    pub id: ImportId,
    pub state: State,
    /// Why it failed: a code, such as `import.no_valid_rows`.
    pub failure: Option<String>,
    #[schema(value_type = Option<String>)]
    pub list: Option<ListId>,
    pub dry_run: bool,
    pub file_bytes: u64,
    /// Part of the file read so far.
    pub bytes_done: u64,
    /// Rows read so far: `created + updated + duplicates + rejected`.
    pub rows: u64,
    pub created: u64,
    pub updated: u64,
    /// Rows whose number stood earlier in the file; the later row won.
    pub duplicates: u64,
    /// Rows that could not be taken; `GET /v1/imports/{id}/errors` tells why.
    pub rejected: u64,
    pub created_at: DateTime<Utc>,
    pub finished_at: Option<DateTime<Utc>>,
}

impl From<Job> for ImportView {
    fn from(job: Job) -> Self {
        let counts = job.progress.counts;
        Self {
            id: job.id,
            state: job.state,
            failure: job.failure,
            list: job.list,
            dry_run: job.dry_run,
            file_bytes: job.file_bytes,
            bytes_done: job.progress.offset,
            rows: counts.rows,
            created: counts.created,
            updated: counts.updated,
            duplicates: counts.duplicates,
            rejected: counts.rejected,
            created_at: UnixMillis(job.created_at).to_utc(),
            finished_at: job.finished_at.map(|at| UnixMillis(at).to_utc()),
        }
    }
}
