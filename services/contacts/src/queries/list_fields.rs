use std::sync::Arc;

use contract::Envelope;
use contract::contacts::ListFields;

use crate::app::App;
use crate::db;
use crate::person::STANDARD_FIELDS;

pub async fn handle(app: Arc<App>, envelope: Envelope<ListFields>) -> anyhow::Result<Vec<String>> {
    let mut names: Vec<String> = STANDARD_FIELDS.into_iter().map(Into::into).collect();
    names.extend(db::fields::all(app.db.read(), app.db.engine(), envelope.tenant).await?);
    Ok(names)
}
