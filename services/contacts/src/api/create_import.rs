use std::sync::Arc;

use anyhow::Context;
use axum::Json;
use axum::body::Body;
use axum::extract::State;
use axum::http::StatusCode;
use chassis::Tx;
use chassis::http::{Auth, Params, Problem};
use contract::{ImportId, ListId};

use super::import_options::{ImportOptions, TargetList};
use super::import_view::ImportView;
use super::spool;
use crate::app::App;
use crate::db;
use crate::db::lists::List;
use crate::import_job::{self, Counts, Job, Progress};

/// Imports contacts from a CSV file, the body of the request. The first line names the columns. The answer
/// comes once the file is on disk; the work goes on behind it and survives restarts.
#[utoipa::path(
    post,
    path = "/v1/imports",
    tag = "contacts",
    params(ImportOptions),
    request_body(content = String, content_type = "text/csv"),
    responses((status = 202, body = ImportView))
)]
pub async fn handle(
    Auth(caller): Auth,
    State(app): State<Arc<App>>,
    Params(options): Params<ImportOptions>,
    body: Body,
) -> Result<(StatusCode, Json<ImportView>), Problem> {
    let options = options.checked()?;
    let (spooled, file_bytes) =
        spool::receive(body, &app.imports, app.config.import_max_bytes).await?;
    let settings = spool::inspect(&spooled, &options)?;
    let now = app.clock.now();
    let progress = Progress {
        offset: settings.first_offset,
        line: settings.first_line,
        errors_bytes: 0,
        counts: Counts::default(),
    };
    let job = Job {
        id: ImportId::at(now),
        tenant: caller.tenant,
        state: import_job::State::Queued,
        list: None,
        dry_run: options.dry_run,
        settings,
        file_bytes,
        progress,
        failure: None,
        created_at: now.timestamp_millis(),
        finished_at: None,
    };
    let path = app.upload(job.id);
    spooled.persist(&path).context("cannot keep an upload")?;
    match record(&app, job, options.list).await {
        Ok(job) => {
            app.import_queued.notify_one();
            Ok((StatusCode::ACCEPTED, Json(job.into())))
        }
        Err(error) => {
            // Best effort: what stays is swept up later.
            let _removed = std::fs::remove_file(path);
            Err(error.into())
        }
    }
}

async fn record(app: &Arc<App>, mut job: Job, list: TargetList) -> anyhow::Result<Job> {
    let shared = Arc::clone(app);
    let recorded = app.db.write(move |tx| {
        Box::pin(async move {
            job.list = target(tx, &shared, &job, list).await?;
            db::imports::insert(tx, shared.db.engine(), &job).await?;
            Ok(job)
        })
    });
    recorded.await
}

async fn target(tx: &Tx, app: &App, job: &Job, list: TargetList) -> anyhow::Result<Option<ListId>> {
    let engine = app.db.engine();
    match list {
        TargetList::None => Ok(None),
        TargetList::Id(id) => match db::lists::by_id(tx, engine, job.tenant, id).await? {
            Some(list) => Ok(Some(list.id)),
            None => Err(Problem::not_found("list").into()),
        },
        // A dry run changes nothing, so it makes no list.
        TargetList::Name(_) if job.dry_run => Ok(None),
        TargetList::Name(name) => {
            let list = List {
                id: ListId::at(app.clock.now()),
                name,
                created_at: job.created_at,
            };
            Ok(Some(
                db::lists::create(tx, engine, job.tenant, &list).await?.0.id,
            ))
        }
    }
}
