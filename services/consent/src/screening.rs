//! The judgement of a chunk's people: at screening, and for whoever wants to know beforehand.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use contract::{CampaignId, Class, Mode, Phone, TemplateId, TenantId};

use crate::app::App;
use crate::db::standing::Hold;
use crate::facts::Message;
use crate::judge::{self, Asked, Court, Judged};
use crate::memo::Memo;
use crate::people::People;

/// What the texts of a chunk share.
#[derive(Debug, Clone, Copy)]
pub struct Texts<'t> {
    pub campaign: CampaignId,
    pub class: Class,
    pub programme: &'t str,
    pub sender: &'t str,
    pub template: TemplateId,
    pub mode: Mode,
    /// Milliseconds since 1970.
    pub valid_until: i64,
    /// When they are judged.
    pub at: DateTime<Utc>,
    /// IANA zones that people point into.
    pub zones: &'t [String],
    /// What is not noted of the campaign's texts yet: they do not say how to opt out.
    pub opt_out_text_missing: bool,
}

/// Judges everyone by the rules in force, in their order; each may name a zone by its place in the zones.
pub async fn judge(
    app: &App,
    tenant: TenantId,
    texts: &Texts<'_>,
    asked: &[(Asked, Option<u8>)],
) -> anyhow::Result<(Arc<Memo>, Vec<Judged>)> {
    let (reader, engine) = (app.cx.db.read(), app.engine());
    let phones: Vec<Phone> = asked.iter().map(|(one, _)| one.phone).collect();
    let memo = app.tenants.active(reader, engine, tenant).await?;
    let people = People::load(app, reader, tenant, (texts.class, &phones), Hold::None).await?;
    let names = (texts.campaign, texts.sender, texts.template);
    let mut papers = app.tenants.papers(reader, engine, tenant, names).await?;
    if texts.opt_out_text_missing {
        Arc::make_mut(&mut papers).template.opt_out_text_missing = true;
    }
    let persons = people.asked(app, texts.zones, asked.iter().copied());
    let court = Court {
        memo: &memo,
        places: &app.places,
        lists: &people.lists.of,
    };
    let message = Message {
        class: texts.class,
        programme: texts.programme,
        sender: texts.sender,
        papers: &papers,
        live: texts.mode == Mode::Live,
        valid_until: texts.valid_until,
        now: texts.at,
        carrier_cap_reached: false,
    };
    let judged = judge::judge(court, &message, &persons);
    Ok((memo, judged))
}
