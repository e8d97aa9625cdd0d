//! What is declared of campaigns, senders and templates.

pub mod campaign;
pub mod sender;
pub mod template;

use std::sync::Arc;

use axum::http::StatusCode;
use chassis::http::Problem;
use contract::TenantId;
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::intake::Fault;
use crate::app::App;
use crate::db;
use crate::db::papers::Kind;

/// Longest text in papers.
const MAX_TEXT: usize = 500;

/// The papers as they are; what was never declared has the defaults.
async fn read<P: DeserializeOwned + Default>(
    app: &App,
    tenant: TenantId,
    (kind, name): (Kind, String),
) -> Result<P, Problem> {
    let wanted = [(kind, name)];
    let found = db::papers::load(app.cx.db.read(), app.engine(), tenant, &wanted).await?;
    match found.first() {
        Some((_, body)) => {
            serde_json::from_str(body).map_err(|e| Problem::from(anyhow::Error::from(e)))
        }
        None => Ok(P::default()),
    }
}

/// Puts papers in the place of what was there; they count from the answer on.
async fn write<P: Serialize>(
    app: &Arc<App>,
    tenant: TenantId,
    (kind, name): (Kind, String),
    papers: &P,
) -> Result<(), Problem> {
    let body = serde_json::to_string(papers).map_err(anyhow::Error::from)?;
    let (engine, now) = (app.engine(), app.cx.clock.millis().0);
    let write = app.cx.db.write(move |tx| {
        Box::pin(
            async move { db::papers::store(tx, engine, tenant, (kind, &name), &body, now).await },
        )
    });
    write.await?;
    app.tenants.forget(tenant);
    Ok(())
}

/// All faults of papers at once.
fn refuse(faults: &[Fault]) -> Result<(), Problem> {
    let Some(first) = faults.first() else {
        return Ok(());
    };
    let problem = Problem::new(
        StatusCode::UNPROCESSABLE_ENTITY,
        first.code,
        first.detail.clone(),
    );
    Err(faults.iter().fold(problem, |problem, fault| {
        problem.error(fault.pointer, fault.code, fault.detail.clone())
    }))
}

/// A text that must say something.
fn says(text: &str, pointer: &'static str) -> Option<Fault> {
    if text.trim().is_empty() {
        Some(Fault::new("value.empty", pointer, "it must not be empty"))
    } else if text.chars().count() > MAX_TEXT {
        let detail = format!("{MAX_TEXT} characters at most");
        Some(Fault::new("value.too_long", pointer, detail))
    } else {
        None
    }
}
