//! What the texts of a chunk would take on the air, and what a few of them would say. Nothing is passed on.

use std::sync::Arc;

use anyhow::Context;
use contract::chunk::{CHUNK_SIZE, ChunkHead, Screened};
use contract::renderer::{ChunkMeasured, MeasureChunk, RenderChunk, SampleText, TextMeasured};
use contract::{CampaignId, Class, DecisionId, Envelope, Mode, RunId, UnixMillis};

use crate::app::App;
use crate::chunk;

pub async fn handle(
    app: Arc<App>,
    envelope: Envelope<MeasureChunk>,
) -> anyhow::Result<ChunkMeasured> {
    let (tenant, ask) = (envelope.tenant, envelope.body);
    anyhow::ensure!(
        ask.recipients.len() <= CHUNK_SIZE,
        "more than {CHUNK_SIZE} people in one question"
    );
    let template = app
        .compiled(tenant, ask.template, ask.template_version)
        .await?;
    let links = match &template {
        Some(template) => app.sample_run(tenant, template).await?,
        None => None,
    };
    let samples = usize::from(ask.samples);
    let chunk = as_chunk(ask);
    // Costly templates must not hold up the other tasks of this thread.
    let written = tokio::task::spawn_blocking(move || {
        chunk::write(&chunk, template.as_deref(), links.as_ref())
    });
    let written = written.await.context("measuring a chunk")?;
    let measured = written.texts.iter().map(|text| TextMeasured {
        position: text.position,
        encoding: text.encoding,
        segments: text.segments,
    });
    let measured = measured.collect();
    let failed = written.failed.into_iter();
    let texts = written.texts.into_iter().take(samples);
    Ok(ChunkMeasured {
        texts: measured,
        failed: failed
            .map(|group| (group.reason, group.positions))
            .collect(),
        samples: texts
            .map(|text| SampleText {
                contact: text.contact,
                body: text.body,
            })
            .collect(),
    })
}

/// The question as the chunk of a run that does not exist.
fn as_chunk(ask: MeasureChunk) -> RenderChunk {
    let decision = DecisionId::from_raw(0);
    let recipients = ask.recipients.into_iter().map(|recipient| Screened {
        recipient,
        decision,
    });
    RenderChunk {
        recipients: recipients.collect(),
        head: ChunkHead {
            run: RunId::from_raw(0),
            campaign: CampaignId::from_raw(0),
            chunk: 0,
            class: Class::Transactional,
            programme: String::new(),
            template: ask.template,
            template_version: ask.template_version,
            sender: String::new(),
            mode: Mode::Test,
            valid_until: UnixMillis(0),
            released_at: UnixMillis(0),
            zones: ask.zones,
            field_names: ask.field_names,
        },
    }
}
