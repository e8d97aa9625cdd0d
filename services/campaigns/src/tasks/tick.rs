//! Starts scheduled campaigns, and occurrences of recurring ones, when their time has come.

use std::sync::Arc;

use crate::app::App;
use crate::approval::Refusal;
use crate::clearance::Held;
use crate::db;
use crate::db::campaign::Campaign;
use crate::db::occurrence::{Occurrence, OccurrenceState};
use crate::lifecycle::{State, Step};
use crate::{clearance, late_start, recurring, start};

/// Campaigns launched per look; the rest follow at the next.
const AT_ONCE: u64 = 100;
/// Found too late after a downtime or a pause.
const LATE: &str = "schedule.late";

pub async fn run(app: Arc<App>) -> anyhow::Result<()> {
    let stopping = app.cx.stopping();
    while !stopping.is_cancelled() {
        if let Err(error) = launch_due(&app).await {
            tracing::warn!(
                error = format!("{error:#}"),
                "scheduled campaigns could not be launched yet"
            );
        }
        if let Err(error) = start_occurrences(&app).await {
            tracing::warn!(
                error = format!("{error:#}"),
                "occurrences could not be started yet"
            );
        }
        tokio::select! {
            () = stopping.cancelled() => {}
            () = app.occurred.notified() => {}
            () = tokio::time::sleep(app.config.poll()) => {}
        }
    }
    Ok(())
}

async fn launch_due(app: &App) -> anyhow::Result<()> {
    for campaign in db::campaign_due::page(app.cx.db.read(), app.cx.clock.millis(), AT_ONCE).await?
    {
        // One that cannot be begun now, such as while its segment is being looked up, holds up no other.
        if let Err(error) = launch(app, &campaign).await {
            let (id, now) = (campaign.id, app.cx.clock.millis());
            tracing::warn!(campaign = %id, error = format!("{error:#}"), "a campaign cannot be begun yet");
            let again = late_start::look_again(campaign.schedule_at.unwrap_or(now), now);
            app.cx
                .db
                .write(move |tx| {
                    Box::pin(async move { db::campaign_due::look_again(tx, id, again).await })
                })
                .await?;
        }
    }
    Ok(())
}

async fn launch(app: &App, campaign: &Campaign) -> anyhow::Result<()> {
    if late_start::is_over(campaign, app.cx.clock.millis())? {
        return give_up(app, campaign, State::Expired, LATE).await;
    }
    let Some(template) = start::describe(app, campaign).await? else {
        return give_up(app, campaign, State::Failed, "template.not_published").await;
    };
    if let Some(held) = clearance::at_start(app, campaign, &template).await? {
        return send_back(app, campaign, held).await;
    }
    start::begin(app, campaign, start::by_itself(), template, None).await?;
    Ok(())
}

/// What lacks an approval, or is not as it was approved, waits for one; what nobody has looked at is a draft again.
async fn send_back(app: &App, campaign: &Campaign, held: Held) -> anyhow::Result<()> {
    let Held { refusal, note } = held;
    tracing::info!(campaign = %campaign.id, reason = refusal.code(), note, "a campaign is not started");
    let (id, now, bus) = (campaign.id, app.cx.clock.millis(), app.cx.bus.clone());
    let to = match refusal {
        Refusal::PreflightRequired | Refusal::PreflightStale(_) => State::Draft,
        Refusal::ApprovalRequired | Refusal::ApprovalVoid(_) => State::PendingApproval,
    };
    app.cx
        .db
        .write(move |tx| {
            Box::pin(async move {
                let step = Step::own("begin", to)
                    .because(Some(refusal.code()))
                    .noting(note);
                let moved = db::campaign::move_on(tx, &bus, id, &[State::Scheduled], &step, now);
                if moved.await? && matches!(refusal, Refusal::ApprovalVoid(_)) {
                    db::approval::void(tx, id).await?;
                }
                Ok(())
            })
        })
        .await
}

/// It never starts.
async fn give_up(
    app: &App,
    campaign: &Campaign,
    to: State,
    reason: &'static str,
) -> anyhow::Result<()> {
    let (id, now, bus) = (campaign.id, app.cx.clock.millis(), app.cx.bus.clone());
    app.cx
        .db
        .write(move |tx| {
            Box::pin(async move {
                let step = Step::own("begin", to).because(Some(reason));
                db::campaign::move_on(tx, &bus, id, &[State::Scheduled], &step, now).await
            })
        })
        .await?;
    Ok(())
}

async fn due_occurrences(app: &App) -> anyhow::Result<Vec<Occurrence>> {
    db::occurrence::due(app.cx.db.read(), app.cx.clock.millis(), AT_ONCE).await
}

async fn start_occurrences(app: &App) -> anyhow::Result<()> {
    for occurrence in due_occurrences(app).await? {
        let campaign = db::campaign::recurring(app.cx.db.read(), occurrence.campaign).await?;
        let Some(campaign) = campaign.filter(|campaign| campaign.state == State::Scheduled) else {
            // A pause or a cancel has its say about what waits; neither has come through yet.
            continue;
        };
        if late(app, &campaign, &occurrence) {
            end(app, &occurrence, OccurrenceState::Skipped, LATE).await?;
            continue;
        }
        if let Err(error) = start_occurrence(app, &campaign, &occurrence).await {
            tracing::warn!(campaign = %campaign.id, error = format!("{error:#}"), "a slot cannot be begun yet");
            let (id, now) = (occurrence.id, app.cx.clock.millis());
            let again = late_start::look_again(occurrence.slot_at, now);
            app.cx
                .db
                .write(move |tx| {
                    Box::pin(async move { db::occurrence::look_again(tx, id, again).await })
                })
                .await?;
        }
    }
    Ok(())
}

async fn start_occurrence(
    app: &App,
    campaign: &Campaign,
    occurrence: &Occurrence,
) -> anyhow::Result<()> {
    let failed = OccurrenceState::Failed;
    let Some(template) = start::describe(app, campaign).await? else {
        return end(app, occurrence, failed, "template.not_published").await;
    };
    if let Some(held) = clearance::at_start(app, campaign, &template).await? {
        let reason = held.refusal.code();
        tracing::info!(campaign = %campaign.id, reason, note = held.note, "a slot is not started");
        return end(app, occurrence, failed, reason).await;
    }
    start::begin(
        app,
        campaign,
        start::by_itself(),
        template,
        Some(occurrence),
    )
    .await?;
    Ok(())
}

/// Its run could not start for so long that it is not wanted any more.
fn late(app: &App, campaign: &Campaign, occurrence: &Occurrence) -> bool {
    let recurrence = campaign.recurrence();
    let late = recurrence.map_or(0, |recurrence| recurrence.late().num_milliseconds());
    // A slot at the edge of its time was accepted; it is given a minute to start.
    app.cx.clock.millis().0 - occurrence.slot_at.0 > late + 60_000
}

/// It gets no run. A campaign whose last slot it was is over.
async fn end(
    app: &App,
    occurrence: &Occurrence,
    state: OccurrenceState,
    reason: &'static str,
) -> anyhow::Result<()> {
    let (id, campaign, now) = (occurrence.id, occurrence.campaign, app.cx.clock.millis());
    let bus = app.cx.bus.clone();
    app.cx
        .db
        .write(move |tx| {
            Box::pin(async move {
                // Locked before its occurrence, as by a pause.
                let _campaign = db::campaign::recurring_for_update(tx, campaign).await?;
                db::occurrence::ended(tx, id, state, reason).await?;
                if !recurring::goes_on(tx, campaign).await? {
                    let from = [State::Scheduled];
                    let step = Step::own("end", State::Completed).because(Some(reason));
                    db::campaign::move_on(tx, &bus, campaign, &from, &step, now).await?;
                }
                Ok(())
            })
        })
        .await
}
