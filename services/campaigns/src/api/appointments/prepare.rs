//! Looking up what requests name, many at once: known appointments, contacts and their zones, plans.

use std::collections::HashMap;

use chassis::http::Problem;
use chrono_tz::Tz;
use contract::accounts::Caller;
use contract::contacts::{ContactKey, FindContacts, LoadRecipients, MOST_KEYS};
use contract::{AppointmentId, ContactId};

use super::view::find;
use crate::app::App;
use crate::appointment::change::Effect;
use crate::appointment::faults::Faults;
use crate::appointment::model::Appointment;
use crate::appointment::put::Request;
use crate::appointment::read::{Body, ContactRef, PlanRef, Ref, Wanted};
use crate::db;
use crate::db::reminder_plan::ReminderPlan;

/// A request that may be carried out, or that changes nothing.
#[derive(Debug)]
pub enum Ready {
    Do(Box<Request>),
    /// It says nothing new.
    Nothing(Effect, Box<Appointment>),
    /// It names an appointment by our id, and there is none.
    NoSuch,
}

/// The plan of appointments that name none.
const DEFAULT: &str = "default";

/// For each request what it comes to, or everything that is wrong with it.
pub async fn prepare(
    app: &App,
    caller: Caller,
    requests: &[(Ref, Body)],
) -> Result<Vec<Result<Ready, Faults>>, Problem> {
    let mut read = Vec::with_capacity(requests.len());
    for (target, body) in requests {
        read.push(one(app, caller, target, body).await?);
    }
    // Who stays the same may live by another clock than when it was planned last.
    let wanted = read.iter().filter_map(|one| match one {
        Ok(Read::Wanted(wanted, known)) => wanted.contact.clone().or(known.map(ContactRef::Id)),
        _ => None,
    });
    let people = People::load(app, caller, wanted.collect()).await?;
    let mut ready = Vec::with_capacity(read.len());
    for (one, (target, _)) in read.into_iter().zip(requests) {
        ready.push(match one {
            Err(faults) => Err(faults),
            Ok(Read::Nothing(effect, known)) => Ok(Ready::Nothing(effect, known)),
            Ok(Read::NoSuch) => Ok(Ready::NoSuch),
            Ok(Read::Wanted(wanted, known)) => {
                let found = Found {
                    app,
                    caller,
                    people: &people,
                };
                found.request(target, *wanted, known).await?
            }
        });
    }
    Ok(ready)
}

enum Read {
    /// With the contact it has, where it is known.
    Wanted(Box<Wanted>, Option<ContactId>),
    Nothing(Effect, Box<Appointment>),
    NoSuch,
}

async fn one(
    app: &App,
    caller: Caller,
    target: &Ref,
    body: &Body,
) -> Result<Result<Read, Faults>, Problem> {
    let known = find(app, caller, target).await?;
    if let (None, Ref::Id(_)) = (&known, target) {
        return Ok(Ok(Read::NoSuch));
    }
    // What the source has said before needs no other look: its appointments may have passed since.
    if let Some(known) = &known {
        let effect = match (known.source_version, body.source_version) {
            (Some(known), Some(told)) if told < known => Some(Effect::IgnoredStale),
            (Some(known), Some(told)) if told == known => Some(Effect::Unchanged),
            _ => None,
        };
        if let Some(effect) = effect {
            return Ok(Ok(Read::Nothing(effect, Box::new(known.clone()))));
        }
    }
    let checked = body.check(known.is_some(), app.cx.clock.now());
    let contact = known.map(|known| known.agreed.contact);
    Ok(checked.map(|wanted| Read::Wanted(Box::new(wanted), contact)))
}

struct Found<'a> {
    app: &'a App,
    caller: Caller,
    people: &'a People,
}

impl Found<'_> {
    async fn request(
        self,
        target: &Ref,
        wanted: Wanted,
        known: Option<ContactId>,
    ) -> Result<Result<Ready, Faults>, Problem> {
        let (app, caller) = (self.app, self.caller);
        let mut faults = Faults::default();
        let contact = wanted.contact.as_ref().map(|named| self.people.find(named));
        if contact == Some(None) {
            let detail = "There is no such contact; make it first at POST /v1/contacts.";
            faults.add("/contact", "contact.unknown", detail);
        }
        let plan = match (&wanted.plan, known) {
            (None, Some(_)) => None,
            (named, _) => self.plan(named.as_ref()).await?,
        };
        if plan.is_none() && (wanted.plan.is_some() || known.is_none()) {
            let detail = match wanted.plan {
                Some(_) => "There is no such reminder plan; GET /v1/reminder-plans lists them.",
                None => "Name a reminder plan, or make one called `default`.",
            };
            faults.add("/reminder_plan", "reminder_plan.unknown", detail);
        }
        let replaces = match &wanted.replaces {
            None => None,
            Some(named) => {
                let found = find(app, caller, named).await?;
                if found.is_none() && !wanted.replaces_if_known {
                    let detail = "There is no such appointment to take the place of.";
                    faults.add("/replaces", "appointment.unknown", detail);
                }
                found.map(|found| found.id)
            }
        };
        if !faults.0.is_empty() {
            return Ok(Err(faults));
        }
        Ok(Ok(Ready::Do(Box::new(self.ready(
            target,
            wanted,
            (contact.flatten(), known),
            plan,
            replaces,
        )))))
    }

    fn ready(
        &self,
        target: &Ref,
        wanted: Wanted,
        (contact, known): (Option<(ContactId, Option<Tz>)>, Option<ContactId>),
        plan: Option<ReminderPlan>,
        replaces: Option<AppointmentId>,
    ) -> Request {
        Request {
            tenant: self.caller.tenant,
            mode: self.caller.mode,
            target: target.clone(),
            wanted,
            contact,
            known: known.and_then(|known| self.people.find(&ContactRef::Id(known))),
            plan,
            replaces,
            waits: self.app.config.waits(),
        }
    }

    async fn plan(&self, named: Option<&PlanRef>) -> Result<Option<ReminderPlan>, Problem> {
        let (read, tenant, mode) = (self.app.cx.db.read(), self.caller.tenant, self.caller.mode);
        Ok(match named {
            Some(PlanRef::Id(id)) => db::reminder_plan::by_id(read, tenant, mode, *id).await?,
            Some(PlanRef::Name(name)) => {
                db::reminder_plan::by_name(read, tenant, mode, name).await?
            }
            None => db::reminder_plan::by_name(read, tenant, mode, DEFAULT).await?,
        })
    }
}

/// The contacts that requests name.
struct People {
    ids: HashMap<ContactKey, ContactId>,
    /// Of those who exist.
    zones: HashMap<ContactId, Option<Tz>>,
}

impl People {
    async fn load(app: &App, caller: Caller, named: Vec<ContactRef>) -> Result<Self, Problem> {
        let (mut ids, mut keys): (Vec<ContactId>, Vec<ContactKey>) = (Vec::new(), Vec::new());
        for one in named {
            match one {
                ContactRef::Id(id) => ids.push(id),
                ContactRef::ExternalId(id) => keys.push(ContactKey::ExternalId(id)),
                ContactRef::Phone(phone) => keys.push(ContactKey::Phone(phone)),
            }
        }
        let mut found = HashMap::new();
        for keys in keys.chunks(MOST_KEYS) {
            let question = FindContacts {
                keys: keys.to_vec(),
            };
            let answer = app.cx.bus.ask(caller.tenant, &question).await?;
            for (key, id) in keys.iter().zip(answer) {
                if let Some(id) = id {
                    ids.push(id);
                    found.insert(key.clone(), id);
                }
            }
        }
        ids.sort_unstable();
        ids.dedup();
        let mut zones = HashMap::new();
        for some in ids.chunks(MOST_KEYS) {
            let question = LoadRecipients {
                contacts: some.to_vec(),
                field_names: Vec::new(),
            };
            let loaded = app.cx.bus.ask(caller.tenant, &question).await?;
            for (id, person) in some.iter().zip(loaded.recipients) {
                let Some(person) = person else { continue };
                let name = person
                    .zone
                    .and_then(|place| loaded.zones.get(usize::from(place)));
                zones.insert(*id, name.and_then(|name| name.parse().ok()));
            }
        }
        Ok(Self { ids: found, zones })
    }

    fn find(&self, named: &ContactRef) -> Option<(ContactId, Option<Tz>)> {
        let id = match named {
            ContactRef::Id(id) => Some(id),
            ContactRef::ExternalId(id) => self.ids.get(&ContactKey::ExternalId(id.clone())),
            ContactRef::Phone(phone) => self.ids.get(&ContactKey::Phone(*phone)),
        }?;
        self.zones.get(id).map(|zone| (*id, *zone))
    }
}
