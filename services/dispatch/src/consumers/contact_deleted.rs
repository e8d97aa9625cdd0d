//! `dispatch__contact_deleted`: nobody is texted any more as this contact.

use std::sync::Arc;

use chassis::Failure;
use contract::Envelope;
use contract::contacts::ContactDeleted;

use crate::app::App;
use crate::db::sticky_sender;

pub const DURABLE: &str = "dispatch__contact_deleted";

pub async fn handle(app: Arc<App>, envelope: Envelope<ContactDeleted>) -> Result<(), Failure> {
    let (engine, contact) = (app.cx.db.engine(), envelope.body.contact);
    let write = app
        .cx
        .db
        .write(move |tx| Box::pin(async move { sticky_sender::forget(engine, tx, contact).await }));
    Ok(write.await?)
}
