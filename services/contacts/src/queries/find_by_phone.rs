//! Whose number this is, or was until a moment ago.

use std::sync::Arc;

use contract::contacts::FindByPhone;
use contract::{ContactId, Envelope};

use crate::app::App;
use crate::db;

pub async fn handle(
    app: Arc<App>,
    envelope: Envelope<FindByPhone>,
) -> anyhow::Result<Option<ContactId>> {
    let (read, engine) = (app.lookups.read(), app.lookups.engine());
    let (tenant, phone) = (envelope.tenant, envelope.body.phone);
    if let Some(contact) = db::contacts::id_of_phone(read, engine, tenant, phone).await? {
        return Ok(Some(contact));
    }
    let now = app.clock.millis().0;
    db::former_phones::contact_of(read, engine, tenant, phone, now).await
}
