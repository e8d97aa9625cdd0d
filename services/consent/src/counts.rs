//! What people were sent lately, for caps and for what a STOP is about. Reserved in the transaction that
//! grants the permit.
//!
//! With PostgreSQL several processes grant permits, and the `sent` table counts, under the person's row lock.
//! With SQLite one process owns the file; an index by number in the table of permits would cost more than
//! the permit itself, so the counts live in memory, and are read back from the permits when it starts.

use std::sync::{Mutex, PoisonError};

use ahash::AHashMap;
use chassis::{Db, Engine, Tx};
use contract::{Class, Phone, TenantId};
use sea_orm::ConnectionTrait;

use crate::db;
use crate::recent::{KEPT_MILLIS, Sent, topic};

/// Permits read back at once.
const PAGE: u32 = 20_000;

/// Most people are sent one text a month, so the first stands without an allocation of its own.
#[derive(Debug, Clone)]
enum Lately {
    One(Sent),
    #[expect(
        clippy::box_collection,
        reason = "the enum stays as small as its common case"
    )]
    More(Box<Vec<Sent>>),
}

impl Lately {
    fn as_slice(&self) -> &[Sent] {
        match self {
            Self::One(one) => std::slice::from_ref(one),
            Self::More(all) => all,
        }
    }
}

type People = AHashMap<(TenantId, Phone), Lately>;

/// The counts of this process; empty with PostgreSQL.
#[derive(Debug, Default)]
pub struct Counts {
    people: Mutex<People>,
}

impl Counts {
    /// Reads the permits of the last thirty days.
    pub async fn load(db: &Db, now: i64) -> anyhow::Result<Self> {
        let counts = Self::default();
        if db.engine() == Engine::Postgres {
            return Ok(counts);
        }
        let (reader, engine) = (db.read(), db.engine());
        for about in db::run_about::since(reader, engine, now - 2 * KEPT_MILLIS).await? {
            let (topic, mut after) = (topic(&about.programme), (-1, -1));
            loop {
                let page = db::permit::of_run(reader, engine, about.run, after, PAGE).await?;
                let mut people = counts.lock();
                for permit in &page {
                    let sent = Sent {
                        topic,
                        class: about.class,
                        at: permit.granted_at,
                    };
                    if let Some(phone) = db::phone(permit.phone) {
                        put(&mut people, (about.tenant, phone), sent, now);
                    }
                }
                let Some(last) = page.last() else { break };
                after = (
                    i64::from(last.message.chunk()),
                    i64::from(last.message.position()),
                );
            }
        }
        Ok(counts)
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, People> {
        self.people.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What each of these people was sent lately.
    pub async fn of(
        &self,
        tx: &impl ConnectionTrait,
        engine: Engine,
        tenant: TenantId,
        phones: &[Phone],
        now: i64,
    ) -> anyhow::Result<AHashMap<Phone, Vec<Sent>>> {
        if engine == Engine::Postgres {
            let since = now - KEPT_MILLIS;
            return db::sent::load(tx, engine, tenant, phones.iter().copied(), since).await;
        }
        let people = self.lock();
        Ok(phones
            .iter()
            .filter_map(|phone| {
                let lately = people.get(&(tenant, *phone))?;
                Some((*phone, lately.as_slice().to_vec()))
            })
            .collect())
    }

    /// Counts these texts. With SQLite [`Counts::release`] takes them back if the commit fails.
    pub async fn reserve(
        &self,
        tx: &Tx,
        engine: Engine,
        tenant: TenantId,
        sent: &[(Phone, Sent)],
    ) -> anyhow::Result<()> {
        if sent.is_empty() {
            return Ok(());
        }
        if engine == Engine::Postgres {
            return db::sent::insert(tx, engine, tenant, sent).await;
        }
        let mut people = self.lock();
        for (phone, about) in sent {
            put(&mut people, (tenant, *phone), *about, about.at);
        }
        Ok(())
    }

    /// Takes back what a transaction that did not commit had counted.
    pub fn release(&self, tenant: TenantId, phones: impl Iterator<Item = Phone>, about: Sent) {
        let mut people = self.lock();
        for phone in phones {
            let key = (tenant, phone);
            let gone = match people.get_mut(&key) {
                Some(Lately::One(one)) => *one == about,
                Some(Lately::More(all)) => {
                    if let Some(index) = all.iter().rposition(|one| *one == about) {
                        all.remove(index);
                    }
                    all.is_empty()
                }
                None => false,
            };
            if gone {
                people.remove(&key);
            }
        }
    }

    /// Forgets one person.
    pub fn erase(&self, tenant: TenantId, phone: Phone) {
        self.lock().remove(&(tenant, phone));
    }

    /// Forgets what counts no more.
    pub fn forget(&self, now: i64) {
        self.lock().retain(|_, lately| {
            lately
                .as_slice()
                .iter()
                .any(|one| one.at > now - KEPT_MILLIS)
        });
    }
}

fn put(people: &mut People, key: (TenantId, Phone), sent: Sent, now: i64) {
    match people.entry(key) {
        std::collections::hash_map::Entry::Vacant(empty) => {
            empty.insert(Lately::One(sent));
        }
        std::collections::hash_map::Entry::Occupied(mut taken) => match taken.get_mut() {
            Lately::One(first) => {
                let both = vec![*first, sent];
                *taken.get_mut() = Lately::More(Box::new(both));
            }
            Lately::More(all) => {
                all.retain(|one| one.at > now - KEPT_MILLIS);
                all.push(sent);
            }
        },
    }
}

/// The class of the last text a person got of a campaign or service; answers of ours do not count.
pub fn last_class(sent: &[Sent]) -> Option<Class> {
    sent.iter()
        .filter(|one| !one.class.is_reply())
        .max_by_key(|one| one.at)
        .map(|one| one.class)
}

#[cfg(test)]
mod tests {
    use super::*;

    const DAY: i64 = 24 * 3_600_000;

    fn sent(at: i64) -> Sent {
        Sent {
            topic: 1,
            class: Class::Marketing,
            at,
        }
    }

    #[test]
    fn what_did_not_commit_is_taken_back_and_nothing_else() {
        let counts = Counts::default();
        let tenant = TenantId::from_raw(1);
        let phone = Phone::from_digits(15_005_550_006).unwrap();
        for at in [DAY, 2 * DAY, 3 * DAY] {
            put(&mut counts.lock(), (tenant, phone), sent(at), at);
        }
        counts.release(tenant, std::iter::once(phone), sent(2 * DAY));
        let left = counts
            .lock()
            .get(&(tenant, phone))
            .unwrap()
            .as_slice()
            .to_vec();
        assert_eq!(left, [sent(DAY), sent(3 * DAY)]);
        counts.release(tenant, std::iter::once(phone), sent(DAY));
        counts.release(tenant, std::iter::once(phone), sent(3 * DAY));
        assert!(counts.lock().is_empty());
    }

    #[test]
    fn what_counts_no_more_is_forgotten() {
        let counts = Counts::default();
        let key = (
            TenantId::from_raw(1),
            Phone::from_digits(15_005_550_006).unwrap(),
        );
        put(&mut counts.lock(), key, sent(0), 0);
        counts.forget(29 * DAY);
        assert_eq!(counts.lock().len(), 1);
        counts.forget(31 * DAY);
        assert!(counts.lock().is_empty());
    }

    #[test]
    fn answers_of_ours_are_not_what_a_stop_is_about() {
        let reply = Sent {
            class: Class::HelpReply,
            ..sent(5)
        };
        assert_eq!(last_class(&[sent(1), reply]), Some(Class::Marketing));
        assert_eq!(last_class(&[reply]), None);
    }
}
