//! Which version of a template is published, and which merge fields does it need?

use std::sync::Arc;

use contract::Envelope;
use contract::renderer::{DescribeTemplate, TemplateDescribed};

use crate::app::App;
use crate::db;

pub async fn handle(
    app: Arc<App>,
    envelope: Envelope<DescribeTemplate>,
) -> anyhow::Result<Option<TemplateDescribed>> {
    let latest = db::versions::latest(&app.db, envelope.tenant, envelope.body.template).await?;
    Ok(latest.map(|(version, field_names)| TemplateDescribed {
        version,
        field_names,
    }))
}
