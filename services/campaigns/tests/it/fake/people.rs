//! Contacts: who is in an audience, and what stands on them.

use std::sync::Arc;
use std::time::Duration;

use chassis::Cx;
use contract::contacts::{
    AudienceGap, AudiencePage, ContactKey, FindContacts, LoadRecipients, PageAudience,
    RecipientData, RecipientsLoaded,
};
use contract::{AudiencePart, ContactId, Envelope, Phone, SegmentId};

use super::{contact, number, world};

pub async fn page_audience(
    _: Arc<Cx>,
    question: Envelope<PageAudience>,
) -> anyhow::Result<AudiencePage> {
    let takes = world(question.tenant).page_takes;
    tokio::time::sleep(Duration::from_millis(takes)).await;
    if question.body.limit > 1 && world(question.tenant).hold_pages {
        world(question.tenant).held_pages += 1;
        while world(question.tenant).hold_pages {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }
    let mut world = world(question.tenant);
    let asked = &question.body;
    if world.not_yet_known {
        return Ok(AudiencePage {
            contacts: Vec::new(),
            done: false,
            gap: Some(AudienceGap::NotYet(SegmentId::from_raw(1))),
        });
    }
    let gone = asked
        .include
        .iter()
        .chain(&asked.exclude)
        .find(|part| match part {
            AudiencePart::List(list) => world.gone_lists.contains(list),
            AudiencePart::Segment(segment) => world.gone_segments.contains(segment),
        });
    if let Some(gone) = gone {
        return Ok(AudiencePage {
            contacts: Vec::new(),
            done: true,
            gap: Some(AudienceGap::Gone(*gone)),
        });
    }
    let parts = || asked.include.iter().chain(&asked.exclude).copied();
    let unreadable =
        |part| matches!(part, AudiencePart::List(list) if world.unreadable_lists.contains(&list));
    anyhow::ensure!(!parts().any(unreadable), "the list cannot be read");
    let unfinished = parts().find_map(|part| match part {
        AudiencePart::Segment(segment) => {
            Some(segment).filter(|segment| world.unfinished_segments.contains(segment))
        }
        AudiencePart::List(_) => None,
    });
    if let Some(segment) = unfinished {
        return Ok(AudiencePage {
            contacts: Vec::new(),
            done: false,
            gap: Some(AudienceGap::NotYet(segment)),
        });
    }
    // One is asked for to learn whether the audience is there.
    world.pages += u32::from(asked.limit > 1);
    let first = question.body.after.map_or(0, |contact| number(contact) + 1);
    let last = (first + question.body.limit).min(world.people);
    Ok(AudiencePage {
        contacts: (first..last).map(contact).collect(),
        done: last == world.people,
        gap: None,
    })
}

pub async fn load_recipients(
    _: Arc<Cx>,
    question: Envelope<LoadRecipients>,
) -> anyhow::Result<RecipientsLoaded> {
    world(question.tenant).recipients_asked += 1;
    while world(question.tenant).recipients_wait {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    let world = world(question.tenant);
    let data = |contact: &ContactId| {
        let n = number(*contact);
        let phone = Phone::from_digits(12_025_550_000 + u64::from(n))?;
        let fields = question
            .body
            .field_names
            .iter()
            .map(|_| Some(format!("P{n}")))
            .collect();
        (!world.gone.contains(&n)).then_some(RecipientData {
            phone,
            zone: match world.zones.len() {
                0 => Some(0),
                zones => u8::try_from(n as usize % zones)
                    .ok()
                    .filter(|zone| !world.zones[usize::from(*zone)].is_empty()),
            },
            fields,
        })
    };
    let recipients = question.body.contacts.iter().map(data).collect();
    let zones = match world.zones.is_empty() {
        true => vec![world.zone.unwrap_or("America/New_York").into()],
        false => world.zones.iter().map(|zone| (*zone).into()).collect(),
    };
    Ok(RecipientsLoaded { zones, recipients })
}

/// Person n has the external id `p<n>`; there are a thousand of them.
pub async fn find_contacts(
    _: Arc<Cx>,
    question: Envelope<FindContacts>,
) -> anyhow::Result<Vec<Option<ContactId>>> {
    let number = |key: &ContactKey| match key {
        ContactKey::ExternalId(id) => id.strip_prefix('p')?.parse().ok(),
        ContactKey::Phone(phone) => u32::try_from(phone.digits() - 12_025_550_000).ok(),
    };
    let find = |key| number(key).filter(|n| *n < 1000).map(contact);
    Ok(question.body.keys.iter().map(find).collect())
}
