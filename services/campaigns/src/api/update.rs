//! `PATCH /v1/campaigns/{id}`

use std::sync::Arc;

use axum::extract::State;
use chassis::http::{Auth, Body, IfMatch, PathId, Problem, Tagged};
use contract::{CampaignId, Class, TemplateId};
use serde::{Deserialize, Deserializer};
use utoipa::ToSchema;

use super::audience_parts;
use super::schedule::{self, Checked, Schedule};
use super::sender_pool;
use super::transition::{find_for, settled_by, tag};
use super::types::{Campaign, ValidFor, check};
use super::variants;
use crate::app::App;
use crate::audience::Audience;
use crate::db;
use crate::envelope::Envelope;
use crate::lifecycle::Action;
use crate::throttle::Throttle;
use crate::variants::{Variant, Winner};

/// What is absent stays as it is.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CampaignPatch {
    pub name: Option<String>,
    #[schema(value_type = Option<String>)]
    pub class: Option<Class>,
    pub programme: Option<String>,
    #[schema(value_type = Option<String>)]
    pub template: Option<TemplateId>,
    pub sender: Option<String>,
    pub audience: Option<Audience>,
    /// `null` takes the schedule away.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<Schedule>)]
    pub schedule: Option<Option<Schedule>>,
    pub valid_for: Option<ValidFor>,
    /// `null` takes the throttle away.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<Throttle>)]
    pub throttle: Option<Option<Throttle>>,
    /// `null` takes the envelope away.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<Envelope>)]
    pub envelope: Option<Option<Envelope>>,
    /// An empty list takes them away.
    pub variants: Option<Vec<Variant>>,
    pub holdout_percent: Option<f64>,
    /// `null` takes it away.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<Winner>)]
    pub winner: Option<Option<Winner>>,
}

/// Tells `null` from absent.
fn given<'de, D: Deserializer<'de>, T: Deserialize<'de>>(
    deserializer: D,
) -> Result<Option<Option<T>>, D::Error> {
    Option::deserialize(deserializer).map(Some)
}

/// Changes a campaign that is not launched. Whatever was approved of it before is void then. With `If-Match` it is changed
/// only as it was seen.
#[utoipa::path(patch, path = "/v1/campaigns/{id}", tag = "campaigns", params(("id" = String, Path)),
    request_body = CampaignPatch,
    responses((status = 200, body = Campaign), (status = 409, description = "campaign.state, campaign.changed"),
        (status = 412, description = "etag.stale")))]
pub async fn handle(
    Auth(caller): Auth,
    State(app): State<Arc<App>>,
    PathId(id): PathId<CampaignId>,
    seen: IfMatch,
    Body(patch): Body<CampaignPatch>,
) -> Result<Tagged<Campaign>, Problem> {
    let mut campaign = find_for(&app, caller, id, Action::Edit).await?;
    seen.check(&tag(&campaign))?;
    campaign.name = patch.name.unwrap_or(campaign.name);
    campaign.class = patch.class.unwrap_or(campaign.class);
    campaign.programme = patch.programme.unwrap_or(campaign.programme);
    campaign.template = patch.template.unwrap_or(campaign.template);
    campaign.sender = patch.sender.unwrap_or(campaign.sender);
    campaign.audience = patch.audience.unwrap_or(campaign.audience);
    let (now, mut faults) = (app.cx.clock.now(), Vec::new());
    if let Some(schedule) = patch.schedule {
        let checked = schedule.map_or_else(
            || Ok(Checked::default()),
            |schedule| schedule.check(now, &app.config),
        );
        match checked {
            Ok(Checked {
                at,
                planned,
                local_time,
            }) => {
                (campaign.schedule_at, campaign.schedule) = (at, planned);
                campaign.local_time = local_time;
            }
            Err(found) => faults = found,
        }
    }
    // A new class may allow less than the old one did.
    let recurrence = campaign.recurrence();
    faults.extend(recurrence.and_then(|recurrence| {
        schedule::too_frequent(recurrence, campaign.class, now, &app.config)
    }));
    if let Some(valid_for) = patch.valid_for {
        campaign.valid_for_ms = valid_for.millis()?;
    }
    campaign.pace.throttle = patch.throttle.unwrap_or(campaign.pace.throttle);
    campaign.pace.envelope = patch.envelope.unwrap_or(campaign.pace.envelope);
    let mut definition = campaign.variants.take().unwrap_or_default();
    definition.variants = patch.variants.unwrap_or(definition.variants);
    definition.holdout_percent = patch.holdout_percent.unwrap_or(definition.holdout_percent);
    definition.winner = patch.winner.unwrap_or(definition.winner);
    campaign.variants = variants::kept(definition);
    variants::check(&campaign, check(&campaign, faults))?;
    audience_parts::check(&app, &campaign).await?;
    sender_pool::check(&app, &campaign).await?;
    campaign.updated_at = now.into();
    let row = campaign.clone();
    let won = app
        .cx
        .db
        .write(move |tx| {
            Box::pin(async move {
                let won = db::campaign::update_draft(tx, &row).await?;
                if won {
                    db::approval::edited(tx, id, caller.key).await?;
                }
                Ok(won)
            })
        })
        .await?;
    let campaign = settled_by(&app, &campaign, won, Action::Edit).await?;
    Ok(Tagged(tag(&campaign), campaign.into()))
}
