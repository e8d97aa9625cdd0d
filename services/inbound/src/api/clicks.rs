//! `GET /v1/clicks` and `GET /v1/click-report`

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use chassis::http::{Auth, Listing, Page, Params, Problem, cursor};
use chrono::{DateTime, Utc};
use contract::{CampaignId, ClickId, MessageId};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::app::App;
use crate::clicker::{self, By};
use crate::db::clicks;

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct Asked {
    /// Only those of one campaign.
    #[param(value_type = Option<String>)]
    pub campaign: Option<CampaignId>,
    pub cursor: Option<String>,
    pub limit: Option<u32>,
}

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct Of {
    #[param(value_type = String)]
    pub campaign: CampaignId,
}

/// One request for a short link, as it came, and what it looks like.
#[derive(Debug, Serialize, ToSchema)]
pub struct Click {
    #[schema(value_type = String)]
    pub id: ClickId,
    #[schema(value_type = String)]
    pub campaign: CampaignId,
    #[schema(value_type = String)]
    pub message: MessageId,
    /// Number of the link in its template, from 0.
    pub link: u8,
    pub target: String,
    /// `person`, `bot` or `prefetch`, by today's judgement.
    pub by: &'static str,
    pub method: String,
    pub user_agent: String,
    pub at: DateTime<Utc>,
}

/// Clicks of a campaign. People's clicks alone count as clicks; the others are told beside them.
#[derive(Debug, Default, Serialize, ToSchema)]
pub struct Report {
    /// By people.
    pub clicks: u64,
    /// Texts from which a person followed a link at least once.
    pub unique_clicks: u64,
    /// Previews, scanners, programs.
    pub bots: u64,
    /// Browsers that fetched ahead.
    pub prefetches: u64,
    pub links: Vec<LinkReport>,
}

#[derive(Debug, Default, Serialize, ToSchema)]
pub struct LinkReport {
    /// Number of the link in its template, from 0.
    pub link: u8,
    pub target: String,
    pub clicks: u64,
    pub unique_clicks: u64,
}

/// Lists requests for short links, newest first, machines included.
#[utoipa::path(get, path = "/v1/clicks", tag = "clicks", params(Asked),
    responses((status = 200, body = Listing<Click>)))]
pub async fn list(
    Auth(caller): Auth,
    State(app): State<Arc<App>>,
    Params(asked): Params<Asked>,
) -> Result<Json<Listing<Click>>, Problem> {
    let page = Page {
        cursor: asked.cursor,
        limit: asked.limit,
    };
    let before = cursor(page.cursor.as_deref())?;
    let whose = (caller.tenant, caller.mode);
    let rows = clicks::page(&app.db, whose, asked.campaign, before, page.size() + 1).await?;
    let data = rows.into_iter().map(|row| Click {
        by: clicker::judge(&row.method, &row.user_agent, &row.purpose).as_str(),
        id: row.id,
        campaign: row.campaign,
        message: row.message,
        link: row.link,
        target: row.target,
        method: row.method,
        user_agent: row.user_agent,
        at: row.at.to_utc(),
    });
    Ok(Json(Listing::cut(
        data.collect(),
        page.size(),
        |last: &Click| last.id.to_string(),
    )))
}

/// Counts the clicks of a campaign, with machines and prefetches set apart.
#[utoipa::path(get, path = "/v1/click-report", tag = "clicks", params(Of),
    responses((status = 200, body = Report)))]
pub async fn report(
    Auth(caller): Auth,
    State(app): State<Arc<App>>,
    Params(of): Params<Of>,
) -> Result<Json<Report>, Problem> {
    let whose = (caller.tenant, caller.mode);
    let kinds = clicks::kinds(&app.db, whose, of.campaign).await?;
    let judged: Vec<(By, &clicks::Kind)> = kinds
        .iter()
        .map(|kind| {
            (
                clicker::judge(&kind.method, &kind.user_agent, &kind.purpose),
                kind,
            )
        })
        .collect();
    let only = |by: By| -> Vec<&clicks::Kind> {
        let found = judged.iter().filter(|(found, _)| *found == by);
        found.map(|(_, kind)| *kind).collect()
    };
    let mut report = Report::default();
    for by in [By::Person, By::Bot, By::Prefetch] {
        let all = clicks::count(&app.db, whose, of.campaign, &only(by), false).await?;
        let all = all.into_iter().next();
        let (clicks, messages) = all.map_or((0, 0), |all| (all.clicks, all.messages));
        match by {
            By::Person => (report.clicks, report.unique_clicks) = (clicks, messages),
            By::Bot => report.bots = clicks,
            By::Prefetch => report.prefetches = clicks,
        }
    }
    let people = only(By::Person);
    for row in clicks::count(&app.db, whose, of.campaign, &people, true).await? {
        let Some((link, target)) = row.link else {
            continue;
        };
        report.links.push(LinkReport {
            link,
            target,
            clicks: row.clicks,
            unique_clicks: row.messages,
        });
    }
    Ok(Json(report))
}
