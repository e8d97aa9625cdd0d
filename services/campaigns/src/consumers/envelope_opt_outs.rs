//! `campaigns__envelope_opt_outs`: people opted out; runs with an envelope count those who had their text.

use std::collections::HashMap;
use std::sync::Arc;

use chassis::Failure;
use contract::consent::OptOutRecorded;
use contract::{ContactId, Envelope, TenantId, UnixMillis};

use crate::app::App;
use crate::envelope::opt_outs;

/// Of a number without a contact nobody can say which text it had.
pub async fn handle(app: Arc<App>, events: Vec<Envelope<OptOutRecorded>>) -> Result<(), Failure> {
    let mut by_tenant: HashMap<TenantId, HashMap<ContactId, UnixMillis>> = HashMap::new();
    for event in events {
        if let Some(contact) = event.body.contact {
            let people = by_tenant.entry(event.tenant).or_default();
            people.insert(contact, event.body.at);
        }
    }
    for (tenant, people) in by_tenant {
        opt_outs::note(&app, tenant, &people).await?;
    }
    Ok(())
}
