use std::sync::Arc;

use contract::contacts::FindByPhone;
use contract::{ContactId, Envelope};

use crate::app::App;
use crate::db;

pub async fn handle(
    app: Arc<App>,
    envelope: Envelope<FindByPhone>,
) -> anyhow::Result<Option<ContactId>> {
    db::contacts::id_of_phone(
        app.lookups.read(),
        app.lookups.engine(),
        envelope.tenant,
        envelope.body.phone,
    )
    .await
}
