//! `qry.consent.note_content`: what the renderer reads in the texts of a campaign, before it begins.

use std::sync::Arc;

use contract::Envelope;
use contract::consent::{ContentNoted, NoteContent};

use crate::app::App;
use crate::db;
use crate::db::papers::Kind;
use crate::papers::ContentPapers;

pub async fn handle(
    app: Arc<App>,
    envelope: Envelope<NoteContent>,
) -> anyhow::Result<ContentNoted> {
    let (tenant, noted) = (envelope.tenant, envelope.body);
    let name = noted.campaign.to_string();
    let body = serde_json::to_string(&ContentPapers {
        opt_out_text_missing: !noted.opt_out_said,
    })?;
    let (engine, now) = (app.engine(), app.cx.clock.millis().0);
    let write = app.cx.db.write(move |tx| {
        Box::pin(async move {
            db::papers::store(tx, engine, tenant, (Kind::Content, &name), &body, now).await
        })
    });
    write.await?;
    app.tenants.forget(tenant);
    Ok(ContentNoted {})
}
