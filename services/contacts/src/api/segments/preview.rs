//! `POST /v1/segments/preview`

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use chassis::http::{Auth, Body, Problem};
use contract::{ContactId, TenantId};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::super::contact_view::ContactView;
use super::body;
use crate::app::App;
use crate::db;
use crate::db::contacts::Filter;
use crate::follow::subjects;
use crate::segment::condition::{Condition, Instant};
use crate::segment::subject::Subject;

/// Contacts in one page.
const PAGE: u32 = 2_000;
/// Contacts shown.
const SAMPLE: usize = 20;

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Asked {
    expression: String,
}

#[derive(Debug, Default, Serialize, ToSchema)]
pub struct Preview {
    /// All contacts there are.
    pub contacts: i64,
    /// How many of them were judged.
    pub judged: i64,
    /// Of how many of those it holds.
    pub matching: i64,
    /// Of all: `matching` where everybody was judged, else in proportion.
    pub estimate: i64,
    /// Everybody was judged.
    pub exact: bool,
    /// Of how many it could not be judged, because it computes with a value they do not have; they are not in it.
    pub not_judged: i64,
    /// What kept it from being judged, of the first of them.
    pub first_fault: Option<String>,
    /// Some of those of whom it holds.
    pub sample: Vec<ContactView>,
}

/// Says of whom a condition holds, without keeping anything.
#[utoipa::path(post, path = "/v1/segments/preview", tag = "contacts", request_body = Asked,
    responses((status = 200, body = Preview), (status = 422, description = "expression.invalid")))]
pub async fn handle(
    Auth(caller): Auth,
    State(app): State<Arc<App>>,
    Body(asked): Body<Asked>,
) -> Result<Json<Preview>, Problem> {
    let condition = Arc::new(body::condition(&asked.expression)?);
    Ok(Json(preview(&app, caller.tenant, condition).await?))
}

async fn preview(
    app: &App,
    tenant: TenantId,
    condition: Arc<Condition>,
) -> anyhow::Result<Preview> {
    let (read, engine, now) = (app.db.read(), app.db.engine(), app.clock.now());
    let at = Arc::new(Instant::at(now));
    let mut preview = Preview {
        contacts: db::contacts::count(read, engine, tenant).await?,
        ..Preview::default()
    };
    let (everybody, mut after) = (Filter::default(), ContactId::from_raw(0));
    let mut left = app.config.segment_preview_contacts;
    loop {
        let wanted = i64::from(left.min(PAGE));
        let page = db::contacts::page(read, engine, tenant, &everybody, after, wanted).await?;
        let Some(last) = page.last().map(|contact| contact.id) else {
            break;
        };
        after = last;
        left -= u32::try_from(page.len())?;
        let subjects = subjects(read, engine, tenant, condition.by_lists, page).await?;
        let (condition, at) = (condition.clone(), at.clone());
        // Thousands at a time are work for a thread of its own.
        preview = tokio::task::spawn_blocking(move || {
            for subject in subjects {
                let holds = condition.holds(&subject, &at);
                preview.add(subject, holds);
            }
            preview
        })
        .await?;
    }
    preview.exact = preview.judged >= preview.contacts;
    preview.estimate = if preview.exact {
        preview.matching
    } else {
        preview.matching * preview.contacts / preview.judged.max(1)
    };
    Ok(preview)
}

impl Preview {
    fn add(&mut self, subject: Subject, holds: Result<bool, expression::EvalError>) {
        self.judged += 1;
        match holds {
            Ok(true) => {
                self.matching += 1;
                if self.sample.len() < SAMPLE {
                    self.sample.push(subject.into_contact().into());
                }
            }
            Ok(false) => {}
            Err(error) => {
                self.not_judged += 1;
                self.first_fault
                    .get_or_insert_with(|| error.what.to_string());
            }
        }
    }
}
