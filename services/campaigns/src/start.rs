//! Launching a campaign: from here on it has a run.

use chassis::Tx;
use contract::consent::{Gate, NoteContent};
use contract::renderer::{DescribeTemplate, TemplateDescribed};
use contract::{RunId, UnixMillis};

use crate::app::App;
use crate::db;
use crate::db::campaign::Campaign;
use crate::db::occurrence::Occurrence;
use crate::db::run::{Run, RunState};
use crate::lifecycle::{State, Step};
use crate::pace::Pace;
use crate::{late_start, variants};

/// The published template of a campaign; `None` where it, or one of its variants, was never published.
pub async fn describe(app: &App, campaign: &Campaign) -> anyhow::Result<Option<TemplateDescribed>> {
    if !variants::unpublished(app, campaign).await?.is_empty() {
        return Ok(None);
    }
    Ok(app
        .cx
        .bus
        .ask(
            campaign.tenant,
            &DescribeTemplate {
                template: campaign.template,
            },
        )
        .await?)
}

/// Starts the run if the campaign still stands where it was read and says what it said: of rival launches one wins.
/// `step` leads to [`State::Preparing`]. Consent knows before what the texts hold. The run id is stored before the first
/// person is looked up, so a restart goes on with the same run. An occurrence gets its run in the same commit, and only
/// one.
pub async fn begin(
    app: &App,
    campaign: &Campaign,
    step: Step,
    template: TemplateDescribed,
    occurrence: Option<&Occurrence>,
) -> anyhow::Result<bool> {
    let now = app.cx.clock.now();
    let slot = occurrence.map(Occurrence::local).transpose()?;
    let partition = variants::frozen(app, campaign, &template, now.into(), slot).await?;
    let noted = NoteContent {
        campaign: campaign.id,
        opt_out_said: partition
            .as_ref()
            .map_or(template.opt_out_said, |(_, said)| *said),
    };
    let _noted = app.cx.bus.ask(campaign.tenant, &noted).await?;
    let mut run = run_of(campaign, RunId::begin(now), template, now.into());
    if let Some((partition, _)) = &partition {
        run.valid_until = partition.valid_until();
    }
    let (read, bus) = (campaign.clone(), app.cx.bus.clone());
    let occurrence = occurrence.map(|occurrence| occurrence.id);
    let begun = app
        .cx
        .db
        .write(move |tx| {
            Box::pin(async move {
                let at = run.started_at;
                // Locked before its occurrence, as by a pause.
                let unchanged = db::campaign::is_unchanged(tx, &read).await?;
                if let Some(occurrence) = occurrence
                    && !db::occurrence::started(tx, occurrence, run.id).await?
                {
                    return Ok(false);
                }
                let from = [read.state];
                let won = unchanged
                    && db::campaign::move_on(tx, &bus, run.campaign, &from, &step, at).await?;
                if won {
                    db::campaign::set_run(tx, run.campaign, run.id).await?;
                    if let Some((partition, _)) = &partition {
                        db::partition::insert(tx, &run, partition).await?;
                    }
                    insert(tx, run).await?;
                }
                // What was lost against a rival must leave no trace: the occurrence still waits.
                anyhow::ensure!(
                    won || occurrence.is_none(),
                    "the campaign of an occurrence is busy"
                );
                Ok(won)
            })
        })
        .await?;
    app.runs.begun.notify_one();
    Ok(begun)
}

/// The service begins by itself what was launched for later.
pub const fn by_itself() -> Step {
    Step::own("begin", State::Preparing)
}

/// Writes a run that begins, with the pace its campaign has now.
pub async fn insert(tx: &Tx, mut run: Run) -> anyhow::Result<()> {
    let plan = db::pace::plan(tx, &run).await?;
    run.paced = !plan.is_empty();
    db::run::insert(tx, &run).await?;
    if run.paced {
        db::pace::save(tx, &Pace::new(run.id, run.tenant, &plan, run.started_at)).await?;
    }
    Ok(())
}

/// A run of a campaign that begins now.
pub fn run_of(campaign: &Campaign, id: RunId, template: TemplateDescribed, now: UnixMillis) -> Run {
    let due = late_start::due_at(campaign, now);
    Run {
        id,
        tenant: campaign.tenant,
        campaign: campaign.id,
        state: RunState::Running,
        gate: Gate::Open,
        gate_settled: true,
        frozen: false,
        cursor: None,
        recipients: 0,
        chunks: 0,
        audience: campaign.audience.clone(),
        template: campaign.template,
        template_version: template.version,
        field_names: template.field_names,
        class: campaign.class,
        programme: campaign.programme.clone(),
        sender: campaign.sender.clone(),
        mode: campaign.mode,
        valid_until: UnixMillis(due.0.saturating_add(campaign.valid_for_ms)),
        started_at: now,
        closed_at: None,
        revision: 0,
        paced: false,
        retry_of: None,
    }
}
