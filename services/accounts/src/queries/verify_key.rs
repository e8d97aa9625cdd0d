use std::sync::Arc;

use contract::Envelope;
use contract::accounts::{Caller, VerifyKey};

use crate::app::App;
use crate::db;

pub async fn handle(
    app: Arc<App>,
    envelope: Envelope<VerifyKey>,
) -> anyhow::Result<Option<Caller>> {
    db::keys::verify(app.db.read(), app.db.engine(), &envelope.body.sha256).await
}
