//! `POST /v1/evidence-exports`: one signed archive about a person, a campaign, a run or a message.

use std::sync::Arc;

use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use chassis::http::{Auth, Body, Problem};
use chrono::{DateTime, Utc};
use contract::{CampaignId, ContactId, MessageId, Phone, RunId, TenantId};
use serde::Deserialize;
use utoipa::ToSchema;

use super::gather::{self, Gathered, MOST, Sent};
use super::key::sign_key;
use crate::api::whom::phone_of;
use crate::app::App;
use crate::archive::{ArchiveError, Dossier, pack};
use crate::db::{self};

/// What the archive is about: exactly one of `phone`, `contact`, `campaign`, `run` and `message`.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewExport {
    /// E.164.
    pub phone: Option<String>,
    #[schema(value_type = Option<String>)]
    pub contact: Option<ContactId>,
    #[schema(value_type = Option<String>)]
    pub campaign: Option<CampaignId>,
    #[schema(value_type = Option<String>)]
    pub run: Option<RunId>,
    #[schema(value_type = Option<String>)]
    pub message: Option<MessageId>,
    /// Messages permitted at this moment or later.
    pub from: Option<DateTime<Utc>>,
    /// Messages permitted before this moment.
    pub to: Option<DateTime<Utc>>,
}

enum Subject {
    Person(Phone),
    Campaign(CampaignId),
    Run(RunId),
    Message(MessageId),
}

/// Export evidence. `hailmast evidence verify` checks it, offline.
#[utoipa::path(post, path = "/v1/evidence-exports", tag = "consent", request_body = NewExport,
    responses((status = 200, content_type = "application/zip", body = Vec<u8>), (status = 404, description = "no such campaign, run or message"),
    (status = 409, description = "evidence.ledger_fault"), (status = 422, description = "evidence.too_large, field.*, phone.*, contact.unknown")))]
pub async fn handle(
    Auth(caller): Auth,
    State(app): State<Arc<App>>,
    Body(new): Body<NewExport>,
) -> Result<Response, Problem> {
    let subject = subject(&app, caller.tenant, &new).await?;
    let millis = |at: Option<DateTime<Utc>>| at.map(|at| at.timestamp_millis());
    let span = (
        millis(new.from).unwrap_or(i64::MIN),
        millis(new.to).unwrap_or(i64::MAX),
    );
    if span.0 >= span.1 {
        return Err(Problem::new(
            StatusCode::UNPROCESSABLE_ENTITY,
            "field.range",
            "`from` is not before `to`",
        ));
    }
    let dossier = dossier(&app, caller.tenant, &subject, span).await?;
    let key = sign_key(&app, caller.tenant).await?;
    let packing = tokio::task::spawn_blocking(move || pack(&dossier, &key));
    let packed = packing.await.map_err(|error| anyhow::anyhow!(error))?;
    let bytes = packed.map_err(told)?;
    metrics::counter!("evidence_exports_total").increment(1);
    let headers = [
        (header::CONTENT_TYPE, "application/zip"),
        (
            header::CONTENT_DISPOSITION,
            "attachment; filename=\"evidence.zip\"",
        ),
    ];
    Ok((headers, bytes).into_response())
}

fn told(error: ArchiveError) -> Problem {
    match error {
        ArchiveError::TooLarge(_) => gather::too_large(),
        ArchiveError::EntryAltered { .. }
        | ArchiveError::LinkBroken { .. }
        | ArchiveError::SealBroken { .. }
        | ArchiveError::EntryOutOfOrder { .. }
        | ArchiveError::HeadContradicted { .. } => Problem::new(
            StatusCode::CONFLICT,
            "evidence.ledger_fault",
            format!("{error}; GET /v1/ledger/verify tells more"),
        ),
        error => Problem::internal(&error.into()),
    }
}

async fn subject(app: &App, tenant: TenantId, new: &NewExport) -> Result<Subject, Problem> {
    let given = [
        new.phone.is_some(),
        new.contact.is_some(),
        new.campaign.is_some(),
        new.run.is_some(),
        new.message.is_some(),
    ];
    match given.into_iter().filter(|given| *given).count() {
        1 => {}
        0 => {
            let detail = "give a phone, contact, campaign, run or message";
            return Err(Problem::new(
                StatusCode::UNPROCESSABLE_ENTITY,
                "field.required",
                detail,
            ));
        }
        _ => {
            let detail = "give one of phone, contact, campaign, run and message";
            return Err(Problem::invalid(detail));
        }
    }
    Ok(match (new.campaign, new.run, new.message) {
        (Some(campaign), ..) => Subject::Campaign(campaign),
        (_, Some(run), _) => Subject::Run(run),
        (.., Some(message)) => Subject::Message(message),
        _ => Subject::Person(phone_of(app, tenant, new.phone.as_deref(), new.contact).await?),
    })
}

async fn dossier(
    app: &App,
    tenant: TenantId,
    subject: &Subject,
    span: (i64, i64),
) -> Result<Dossier, Problem> {
    let (reader, engine) = (app.cx.db.read(), app.engine());
    let find = db::run_about::find;
    let (name, sent, person): (String, Vec<Sent>, Option<Phone>) = match subject {
        Subject::Person(phone) => {
            let sent = gather::of_person(app, tenant, *phone, span, MOST).await?;
            (format!("person {phone}"), sent, Some(*phone))
        }
        Subject::Campaign(campaign) => {
            let runs = db::run_about::of_campaign(reader, engine, tenant, *campaign).await?;
            if runs.is_empty() {
                return Err(Problem::not_found("campaign with a text that left"));
            }
            let sent = gather::of_runs(app, &runs, span, MOST).await?;
            (format!("campaign {campaign}"), sent, None)
        }
        Subject::Run(run) => {
            let about = find(reader, engine, tenant, *run).await?;
            let about = about.ok_or_else(|| Problem::not_found("run with a text that left"))?;
            let sent = gather::of_runs(app, &[about], span, MOST).await?;
            (format!("run {run}"), sent, None)
        }
        Subject::Message(message) => {
            let about = find(reader, engine, tenant, message.run()).await?;
            let permit = db::permit::find(reader, engine, *message).await?;
            let sent = about.zip(permit);
            let sent = sent.ok_or_else(|| Problem::not_found("message that left"))?;
            (format!("message {message}"), vec![sent], None)
        }
    };
    let Gathered {
        messages,
        decisions,
        policy_sets,
    } = gather::written(app, &sent).await?;
    let (ledger, head) = gather::ledger(app, tenant, person, &sent).await?;
    Ok(Dossier {
        tenant: tenant.to_string(),
        subject: name,
        generated_at: app.cx.clock.now(),
        generated_by: concat!("hailmast ", env!("CARGO_PKG_VERSION")).to_string(),
        ledger,
        messages,
        decisions,
        policy_sets,
        chain_head: head,
    })
}
