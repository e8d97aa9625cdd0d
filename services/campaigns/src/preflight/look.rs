//! Asks the other services what would become of one chunk of people.

use contract::chunk::{Outcome, Recipient};
use contract::consent::{ChunkJudged, PermitAsk};
use contract::contacts::LoadRecipients;
use contract::dispatch::{Forecast, Forecasted, TextForecast};
use contract::renderer::{ChunkMeasured, MeasureChunk};
use contract::{ContactId, TenantId};

use super::brief::Brief;
use super::versions;
use crate::app::App;

/// All that is told of one chunk. Positions are places in `contacts`.
#[derive(Debug, Clone)]
pub struct Looked {
    pub contacts: Vec<ContactId>,
    /// Positions of those who are gone.
    pub gone: Vec<u16>,
    pub judged: ChunkJudged,
    /// Positions that consent was asked about, in that order.
    pub asked: Vec<u16>,
    pub measured: ChunkMeasured,
    pub forecasted: Forecasted,
}

/// At most one chunk of people; of the first ones so many sample texts.
pub async fn look(
    app: &App,
    tenant: TenantId,
    brief: &Brief,
    contacts: &[ContactId],
    samples: u8,
) -> anyhow::Result<Looked> {
    let bus = &app.cx.bus;
    let question = LoadRecipients {
        contacts: contacts.to_vec(),
        field_names: brief.field_names.clone(),
    };
    let loaded = bus.ask(tenant, &question).await?;
    anyhow::ensure!(
        loaded.recipients.len() == contacts.len(),
        "contacts answered about other people"
    );
    let (mut recipients, mut gone) = (Vec::with_capacity(contacts.len()), Vec::new());
    for ((position, contact), data) in (0u16..).zip(contacts).zip(loaded.recipients) {
        match data {
            Some(data) => recipients.push(Recipient {
                position,
                contact: *contact,
                phone: data.phone,
                zone: data.zone,
                fields: data.fields,
            }),
            None => gone.push(position),
        }
    }
    let mut question = versions::question(brief);
    question.zones.clone_from(&loaded.zones);
    question.asks = recipients.iter().map(ask).collect();
    let asked = recipients.iter().map(|one| one.position).collect();
    let judged = bus.ask(tenant, &question).await?;
    let out: std::collections::HashSet<u16> = judged
        .groups
        .iter()
        .filter(|group| group.outcome != Outcome::Held)
        .flat_map(|group| group.positions.iter().copied())
        .collect();
    recipients.retain(|one| !out.contains(&one.position));
    let mut texts: Vec<TextForecast> = recipients
        .iter()
        .map(|one| TextForecast {
            position: one.position,
            contact: one.contact,
            phone: one.phone,
        })
        .collect();
    let measured = if recipients.is_empty() {
        ChunkMeasured {
            texts: Vec::new(),
            failed: Vec::new(),
            samples: Vec::new(),
        }
    } else {
        let question = MeasureChunk {
            template: brief.template,
            template_version: brief.template_version,
            zones: loaded.zones,
            field_names: brief.field_names.clone(),
            recipients,
            samples,
        };
        bus.ask(tenant, &question).await?
    };
    let unwritten: std::collections::HashSet<u16> = measured
        .failed
        .iter()
        .flat_map(|(_, positions)| positions.iter().copied())
        .collect();
    texts.retain(|one| !unwritten.contains(&one.position));
    let forecasted = if texts.is_empty() {
        Forecasted {
            ways: Vec::new(),
            refused: Vec::new(),
        }
    } else {
        let question = Forecast {
            campaign: brief.campaign,
            class: brief.class,
            sender: brief.sender.clone(),
            mode: brief.mode,
            at: brief.start,
            texts,
        };
        bus.ask(tenant, &question).await?
    };
    Ok(Looked {
        contacts: contacts.to_vec(),
        gone,
        judged,
        asked,
        measured,
        forecasted,
    })
}

fn ask(recipient: &Recipient) -> PermitAsk {
    PermitAsk {
        position: recipient.position,
        contact: recipient.contact,
        phone: recipient.phone,
        zone: recipient.zone,
    }
}
