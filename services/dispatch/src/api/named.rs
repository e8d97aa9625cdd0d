//! What routes and pools have in common: rows that a tenant names.

use axum::http::StatusCode;
use chassis::http::{FieldError, Problem};
use contract::accounts::Caller;
use sea_orm::prelude::Uuid;

use crate::app::App;
use crate::db::named_rows::{self, Changed, NamedRow, Table};

/// A refusal that names every fault of a body; `Ok` where there is none.
pub fn refuse(problem: Problem, faults: Vec<FieldError>) -> Result<(), Problem> {
    let refused = faults.into_iter().fold(problem, |problem, fault| {
        problem.error(&fault.pointer, &fault.code, fault.detail)
    });
    if refused.has_errors() {
        Err(refused)
    } else {
        Ok(())
    }
}

/// The caller's rows by name.
pub async fn list(app: &App, caller: Caller, table: Table) -> anyhow::Result<Vec<NamedRow>> {
    let (engine, db) = (app.cx.db.engine(), app.cx.db.read());
    named_rows::of_tenant(engine, db, table, caller.tenant, caller.mode).await
}

pub async fn find(
    app: &App,
    caller: Caller,
    table: Table,
    id: Uuid,
) -> anyhow::Result<Option<NamedRow>> {
    let rows = list(app, caller, table).await?;
    Ok(rows.into_iter().find(|row| row.id == id))
}

/// A row as it is now.
pub fn row(app: &App, caller: Caller, id: Uuid, name: &str, body: String) -> NamedRow {
    let now = app.cx.clock.millis();
    NamedRow {
        id,
        tenant: caller.tenant,
        mode: caller.mode,
        name: name.to_string(),
        body,
        created_at: now,
        updated_at: now,
    }
}

/// Writes a new row, in use by this process when it returns; `false` where the name is taken.
pub async fn insert(app: &App, table: Table, row: NamedRow) -> anyhow::Result<bool> {
    let engine = app.cx.db.engine();
    let written = app
        .cx
        .db
        .write(move |tx| Box::pin(async move { named_rows::insert(engine, tx, table, row).await }))
        .await?;
    app.routing.refresh(&app.cx.db, &app.links).await?;
    Ok(written)
}

pub async fn update(app: &App, table: Table, row: NamedRow) -> anyhow::Result<Changed> {
    let engine = app.cx.db.engine();
    let changed = app
        .cx
        .db
        .write(move |tx| Box::pin(async move { named_rows::update(engine, tx, table, row).await }))
        .await?;
    app.routing.refresh(&app.cx.db, &app.links).await?;
    Ok(changed)
}

/// 204, or the problem that there is no such `what`.
pub async fn delete(
    app: &App,
    caller: Caller,
    (table, what): (Table, &str),
    id: Uuid,
) -> Result<StatusCode, Problem> {
    let (engine, whose) = (app.cx.db.engine(), (caller.tenant, caller.mode, id));
    let gone = app
        .cx
        .db
        .write(move |tx| {
            Box::pin(async move { named_rows::delete(engine, tx, table, whose).await })
        })
        .await?;
    app.routing.refresh(&app.cx.db, &app.links).await?;
    if gone {
        Ok(StatusCode::NO_CONTENT)
    } else {
        Err(Problem::not_found(what))
    }
}
