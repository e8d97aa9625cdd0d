//! Opt-outs, as journeys hear of them: `contact.opted_out`.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use chassis::Failure;
use contract::consent::OptOutRecorded;
use contract::{ContactId, Envelope, TenantId};
use serde_json::json;

use crate::app::App;
use crate::journey::run::Happening;
use crate::journeys::events::{self, Heard, Told};

/// The event in the words of journeys.
const NAME: &str = "contact.opted_out";

pub async fn handle(app: Arc<App>, events: Vec<Envelope<OptOutRecorded>>) -> Result<(), Failure> {
    let mut of_tenant: BTreeMap<TenantId, Vec<Told>> = BTreeMap::new();
    for Envelope { tenant, body, .. } in events {
        let Some(contact) = body.contact else {
            continue;
        };
        let happening = Happening {
            id: body.consent.to_string(),
            name: NAME.to_string(),
            data: json!({"method": body.method}),
            appointment: None,
        };
        of_tenant.entry(tenant).or_default().push(Told {
            contact,
            mode: None,
            happening,
        });
    }
    for (tenant, told) in of_tenant {
        let contacts: BTreeSet<ContactId> = told.iter().map(|told| told.contact).collect();
        let heard = Heard::of(&app, tenant, NAME, contacts).await?;
        events::hear(&app, tenant, &heard, told).await?;
    }
    Ok(())
}
