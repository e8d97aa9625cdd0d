//! Loads what is known of the people of a question, and lends it to the rules.

use std::sync::{Arc, LazyLock};

use ahash::AHashMap;
use chrono_tz::Tz;
use contract::{Class, Phone, TenantId};
use sea_orm::ConnectionTrait;

use crate::app::App;
use crate::db::standing::{Hold, Known};
use crate::db::{self};
use crate::facts::{Person, ReplyFacts};
use crate::heard::{ANSWERED_MILLIS, Heard};
use crate::judge::Asked;
use crate::recent::Sent;
use crate::standing::Standing;
use crate::tenants::{Lists, person_hash};

/// Everything the rules ask about, of everybody in a question.
pub struct People {
    known: AHashMap<Phone, Known>,
    recent: AHashMap<Phone, Vec<Sent>>,
    dnc: AHashMap<Phone, Vec<String>>,
    heard: AHashMap<Phone, Vec<Heard>>,
    pub lists: Arc<Lists>,
}

/// What is known of somebody unknown.
static NOBODY: LazyLock<Known> = LazyLock::new(|| Known {
    standing: Some(Standing::default()),
    ..Known::default()
});

impl People {
    /// Loads, and holds their rows as `hold` says.
    pub async fn load(
        app: &App,
        db: &impl ConnectionTrait,
        tenant: TenantId,
        (class, phones): (Class, &[Phone]),
        hold: Hold,
    ) -> anyhow::Result<Self> {
        let engine = app.engine();
        let lists = app.tenants.lists(db, engine, tenant).await?;
        let mut known =
            db::standing::load(db, engine, tenant, phones.iter().copied(), hold).await?;
        let blank: Vec<Phone> = phones
            .iter()
            .copied()
            .filter(|phone| known.get(phone).is_none_or(is_blank))
            .collect();
        // Where a permit or an entry depends on it, what was read a moment ago is not enough: an erasure
        // may have removed the very row that was to be held.
        let any_erased = lists.any_erased
            || hold != Hold::None
                && !blank.is_empty()
                && db::erased::any(db, engine, tenant).await?;
        if any_erased {
            erased(app, db, tenant, &blank, &mut known).await?;
        }
        let now = app.cx.clock.millis().0;
        let recent = app.counts.of(db, engine, tenant, phones, now).await?;
        let dnc = if class == Class::Marketing && !lists.of.is_empty() {
            db::dnc::among(db, engine, tenant, phones.iter().copied()).await?
        } else {
            AHashMap::new()
        };
        let heard = if class == Class::Conversation {
            let (phones, since) = (phones.iter().copied(), now - ANSWERED_MILLIS);
            db::heard::load(db, engine, tenant, phones, since).await?
        } else {
            AHashMap::new()
        };
        Ok(Self {
            known,
            recent,
            dnc,
            heard,
            lists,
        })
    }

    /// One person, for the rules.
    pub fn person<'p>(&'p self, app: &App, phone: Phone, contact_zone: Option<Tz>) -> Person<'p> {
        let known = self.known.get(&phone).unwrap_or(&NOBODY);
        Person {
            standing: known.standing.as_ref(),
            facts: &known.facts,
            place: app.places.of(phone, known.facts.whereabouts(contact_zone)),
            recent: self.recent.get(&phone).map_or(&[], Vec::as_slice),
            dnc: self.dnc.get(&phone).map_or(&[], Vec::as_slice),
            heard: self.heard.get(&phone).map_or(&[], Vec::as_slice),
            reply: ReplyFacts::default(),
        }
    }

    /// Those asked about, in their order; each may name a zone by its place in `zones`.
    pub fn asked<'p>(
        &'p self,
        app: &App,
        zones: &[String],
        asked: impl Iterator<Item = (Asked, Option<u8>)>,
    ) -> Vec<(Asked, Person<'p>)> {
        let zones: Vec<Option<Tz>> = zones.iter().map(|name| name.parse().ok()).collect();
        asked
            .map(|(one, zone)| {
                let zone = zone.and_then(|index| zones.get(usize::from(index)).copied().flatten());
                (one, self.person(app, one.phone, zone))
            })
            .collect()
    }

    pub fn known(&self, phone: Phone) -> &Known {
        self.known.get(&phone).unwrap_or(&NOBODY)
    }

    pub fn recent(&self, phone: Phone) -> &[Sent] {
        self.recent.get(&phone).map_or(&[], Vec::as_slice)
    }
}

/// Nothing was ever recorded: there is a row only to be held, or for facts.
fn is_blank(known: &Known) -> bool {
    known
        .standing
        .as_ref()
        .is_some_and(|standing| standing.revision == 0)
}

/// Whoever has nothing in their row may have been erased; their hash says so.
async fn erased(
    app: &App,
    db: &impl ConnectionTrait,
    tenant: TenantId,
    blank: &[Phone],
    known: &mut AHashMap<Phone, Known>,
) -> anyhow::Result<()> {
    let Some(keys) = app.tenants.known_keys(tenant).await? else {
        return Ok(());
    };
    let hashed: Vec<(Phone, [u8; 32])> = blank
        .iter()
        .map(|phone| (*phone, person_hash(&keys, *phone)))
        .collect();
    let hashes: Vec<[u8; 32]> = hashed.iter().map(|(_, hash)| *hash).collect();
    let found = db::erased::among(db, app.engine(), tenant, &hashes).await?;
    for (phone, hash) in hashed {
        if let Some(revision) = found.get(&hash) {
            let standing = Standing {
                erased: true,
                revision: *revision,
                ..Standing::default()
            };
            known.entry(phone).or_default().standing = Some(standing);
        }
    }
    Ok(())
}
