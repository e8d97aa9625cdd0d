//! `renderer__render_chunk`: texts for a screened chunk, on to dispatch.
//!
//! Nothing is stored: both results go straight to the bus, and the chunk is acknowledged after both are
//! there. Should one be lost later, campaigns releases the chunk again.

use std::sync::Arc;

use anyhow::Context;
use chassis::Failure;
use contract::Envelope;
use contract::dispatch::{SendChunk, SendUrgentChunk};
use contract::renderer::{ChunkRendered, RenderChunk};

use crate::app::App;
use crate::chunk;

pub async fn handle(app: Arc<App>, envelope: Envelope<RenderChunk>) -> Result<(), Failure> {
    let tenant = envelope.tenant;
    let command = envelope.body;
    let template = app
        .compiled(tenant, command.head.template, command.head.template_version)
        .await?;
    let links = match &template {
        Some(template) => app.links(tenant, &command.head, template).await?,
        None => None,
    };
    // Costly templates must not hold up the other tasks of this thread.
    let (command, written) = tokio::task::spawn_blocking(move || {
        let written = chunk::write(&command, template.as_deref(), links.as_ref());
        (command, written)
    })
    .await
    .context("rendering a chunk")?;

    let rendered = u16::try_from(written.texts.len()).unwrap_or(u16::MAX);
    let failed = command.recipients.len() - written.texts.len();
    metrics::counter!("renderer_texts_total").increment(u64::from(rendered));
    metrics::counter!("renderer_failed_total").increment(failed as u64);
    let done = ChunkRendered {
        run: command.head.run,
        campaign: command.head.campaign,
        chunk: command.head.chunk,
        at: app.clock.millis(),
        rendered,
        groups: written.failed,
    };
    if written.texts.is_empty() {
        app.bus.publish(tenant, &done).await?;
        return Ok(());
    }
    let (head, texts) = (command.head, written.texts);
    let next = async {
        if head.class.is_urgent() {
            app.bus
                .publish(tenant, &SendUrgentChunk { head, texts })
                .await
        } else {
            app.bus.publish(tenant, &SendChunk { head, texts }).await
        }
    };
    tokio::try_join!(app.bus.publish(tenant, &done), next)?;
    Ok(())
}
