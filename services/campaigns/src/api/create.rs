//! `POST /v1/campaigns`

use std::sync::Arc;

use axum::Json;
use axum::extract::State as Shared;
use axum::http::StatusCode;
use chassis::http::{Auth, Body, Problem};
use contract::{CampaignId, Class, TemplateId};
use serde::Deserialize;
use utoipa::ToSchema;

use super::audience_parts;
use super::schedule::{self, Checked, Schedule};
use super::sender_pool;
use super::types::{Campaign, ValidFor, check};
use super::variants;
use crate::app::App;
use crate::audience::Audience;
use crate::db;
use crate::envelope::Envelope;
use crate::lifecycle::State;
use crate::pace::Plan;
use crate::throttle::Throttle;
use crate::variants::{Definition, Variant, Winner};

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewCampaign {
    pub name: String,
    /// `marketing` or `transactional`
    #[schema(value_type = String)]
    pub class: Class,
    /// The programme that consent must be given for; `default` if absent.
    pub programme: Option<String>,
    #[schema(value_type = String)]
    pub template: TemplateId,
    /// Number or name that the recipients see.
    pub sender: String,
    pub audience: Audience,
    /// Absent: it starts when it is launched.
    pub schedule: Option<Schedule>,
    pub valid_for: Option<ValidFor>,
    /// How fast it goes. Absent: as fast as it can.
    pub throttle: Option<Throttle>,
    /// A canary first, and bounds within which it goes on by itself.
    pub envelope: Option<Envelope>,
    /// Several texts; which one falls to a person follows from campaign and contact alone.
    #[serde(default)]
    pub variants: Vec<Variant>,
    /// Of the audience, who get nothing; 0 to 50.
    #[serde(default)]
    pub holdout_percent: f64,
    /// The variants are tried out first, and the rest gets the one that wins.
    pub winner: Option<Winner>,
}

/// Saves a draft. Nothing is sent before it is launched.
#[utoipa::path(post, path = "/v1/campaigns", tag = "campaigns", request_body = NewCampaign,
    responses((status = 201, body = Campaign), (status = 422, description = "campaign.invalid, with schedule.*, cron.*, rrule.*, timezone.unknown, time.*, field.invalid")))]
pub async fn handle(
    Auth(caller): Auth,
    Shared(app): Shared<Arc<App>>,
    Body(new): Body<NewCampaign>,
) -> Result<(StatusCode, Json<Campaign>), Problem> {
    let now = app.cx.clock.now();
    let valid_for = new
        .valid_for
        .unwrap_or(ValidFor::Hours(app.config.valid_for_hours));
    let checked = new
        .schedule
        .map(|schedule| schedule.check(now, &app.config));
    let (
        Checked {
            at,
            planned,
            local_time,
        },
        mut faults,
    ) = match checked {
        None => Default::default(),
        Some(Ok(checked)) => (checked, Vec::new()),
        Some(Err(faults)) => (Checked::default(), faults),
    };
    let recurrence = planned.as_ref().and_then(|planned| planned.recurrence());
    faults
        .extend(recurrence.and_then(|recurrence| {
            schedule::too_frequent(recurrence, new.class, now, &app.config)
        }));
    let campaign = db::campaign::Campaign {
        id: CampaignId::at(now),
        tenant: caller.tenant,
        name: new.name,
        class: new.class,
        programme: new.programme.unwrap_or_else(|| "default".to_string()),
        template: new.template,
        sender: new.sender,
        audience: new.audience,
        schedule_at: at,
        schedule: planned,
        valid_for_ms: valid_for.millis()?,
        mode: caller.mode,
        state: State::Draft,
        state_reason: None,
        run: None,
        created_at: now.into(),
        updated_at: now.into(),
        pace: Plan {
            throttle: new.throttle,
            envelope: new.envelope,
        },
        variants: variants::kept(Definition {
            variants: new.variants,
            holdout_percent: new.holdout_percent,
            winner: new.winner,
        }),
        local_time,
        revision: 0,
    };
    variants::check(&campaign, check(&campaign, faults))?;
    audience_parts::check(&app, &campaign).await?;
    sender_pool::check(&app, &campaign).await?;
    let row = campaign.clone();
    app.cx
        .db
        .write(move |tx| {
            Box::pin(async move {
                db::campaign::insert(tx, &row).await?;
                db::approval::edited(tx, row.id, caller.key).await
            })
        })
        .await?;
    Ok((StatusCode::CREATED, Json(campaign.into())))
}
