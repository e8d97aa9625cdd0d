//! Who came into a segment and who left it, as journeys hear of it: `segment.entered` and `segment.left`.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use chassis::Failure;
use contract::contacts::SegmentMembersMoved;
use contract::{ContactId, Envelope, EventId, SegmentId, TenantId};
use serde_json::json;

use crate::app::App;
use crate::journey::run::Happening;
use crate::journeys::events::{self, Heard, Told};

/// The events in the words of journeys.
pub const ENTERED: &str = "segment.entered";
pub const LEFT: &str = "segment.left";

pub async fn handle(
    app: Arc<App>,
    events: Vec<Envelope<SegmentMembersMoved>>,
) -> Result<(), Failure> {
    let mut of_tenant: BTreeMap<(TenantId, &str), Vec<Told>> = BTreeMap::new();
    for Envelope {
        id, tenant, body, ..
    } in events
    {
        for (name, contacts) in [(ENTERED, body.entered), (LEFT, body.left)] {
            let told = contacts
                .into_iter()
                .map(|contact| told(id, name, body.segment, contact));
            of_tenant.entry((tenant, name)).or_default().extend(told);
        }
    }
    for ((tenant, name), told) in of_tenant {
        if told.is_empty() {
            continue;
        }
        let contacts: BTreeSet<ContactId> = told.iter().map(|told| told.contact).collect();
        let heard = Heard::of(&app, tenant, name, contacts).await?;
        events::hear(&app, tenant, &heard, told).await?;
    }
    Ok(())
}

fn told(event: EventId, name: &str, segment: SegmentId, contact: ContactId) -> Told {
    let happening = Happening {
        // One event tells of many: each has its own id.
        id: format!("{event}/{contact}"),
        name: name.to_string(),
        data: json!({"segment": segment}),
        appointment: None,
    };
    Told {
        contact,
        mode: None,
        happening,
    }
}
