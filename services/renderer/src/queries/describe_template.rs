//! Which version of a template is published, and which merge fields does it need?

use std::sync::Arc;

use contract::Envelope;
use contract::renderer::{DescribeTemplate, TemplateDescribed};

use crate::app::App;
use crate::compose;
use crate::content::Content;
use crate::db;
use crate::opt_out;

pub async fn handle(
    app: Arc<App>,
    envelope: Envelope<DescribeTemplate>,
) -> anyhow::Result<Option<TemplateDescribed>> {
    let (tenant, id) = (envelope.tenant, envelope.body.template);
    let Some((version, field_names, content)) = db::versions::latest(&app.db, tenant, id).await?
    else {
        return Ok(None);
    };
    Ok(Some(TemplateDescribed {
        version,
        field_names,
        opt_out_said: opt_out_said(&content),
    }))
}

/// Whether every text of a template says how to opt out, its fragments included.
fn opt_out_said(content: &Content) -> bool {
    content.texts().all(|(language, body)| {
        let fragments = &content.more.fragments;
        compose::compose(body, language, fragments, false)
            .is_ok_and(|whole| opt_out::is_said(&whole.source))
    })
}
