//! What still stands between us and somebody who texted CANCEL.

use std::sync::Arc;

use contract::campaigns::DescribeAppointment;
use contract::contacts::FindByPhone;
use contract::{Envelope, UnixMillis};

use crate::app::App;
use crate::appointment::answer::REMEMBERED_MS;
use crate::appointment::stands;
use crate::db;

pub async fn handle(
    app: Arc<App>,
    envelope: Envelope<DescribeAppointment>,
) -> anyhow::Result<Option<String>> {
    let (tenant, asked) = (envelope.tenant, envelope.body);
    let contact = match asked.contact {
        Some(contact) => Some(contact),
        None => {
            let question = FindByPhone { phone: asked.phone };
            app.cx.bus.ask(tenant, &question).await?
        }
    };
    let Some(contact) = contact else {
        return Ok(None);
    };
    let (read, now) = (app.cx.db.read(), app.cx.clock.millis());
    let since = UnixMillis(now.0 - REMEMBERED_MS);
    let tellings = db::telling::of_contact(read, tenant, asked.mode, contact, since).await?;
    if tellings.is_empty() {
        return Ok(None);
    }
    let theirs = db::appointment::of_contact(read, tenant, asked.mode, contact, now).await?;
    let about = stands::standing(&asked.sender, &tellings, &theirs, now);
    let Some(first) = about.first() else {
        return Ok(None);
    };
    let rules = db::reminder_plan::rules(read, first.plan, first.plan_version).await?;
    let usual = &app.config.appointment_stands_text;
    let words = rules.still_booked.as_deref().unwrap_or(usual);
    Ok(stands::words(words, &about))
}
