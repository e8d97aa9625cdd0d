//! Permits a second, asked for over the bus as dispatch asks.

use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::Context;
use chassis::db::Location;
use chassis::http::client::Client;
use chassis::{Bus, Clock, Settings, telemetry};
use contract::chunk::{CHUNK_SIZE, SLOT_SIZE, SlotRef};
use contract::consent::{ClosePermits, GrantPermits, PermitAnswer, PermitAsk, RegisterDispatcher};
use contract::{
    CampaignId, Class, ContactId, Mode, Phone, RunId, TemplateId, TenantId, UnixMillis,
};
use serde_json::{Value, json};

use super::Options;
use super::report::{Figures, WANTED_PERMITS};
use crate::demo::opening;
use crate::generate;
use crate::platform::Platform;
use crate::process::Usage;
use crate::registry;

/// Slots whose permits are closed in one question.
const CLOSED_AT_ONCE: usize = 16;

/// The consent service alone, asked for permits as dispatch asks.
pub async fn permit(
    options: &Options,
    config: Option<&Path>,
    figures: &mut Figures,
) -> anyhow::Result<()> {
    let folder = tempfile::Builder::new()
        .prefix("hailmast-bench-")
        .tempdir()?;
    let services = registry::choose(&["accounts".to_string(), "consent".to_string()])?;
    let settings = Settings::load(&registry::SERVICES, config)?
        .with("data.dir", folder.path())
        .with("http.listen", "127.0.0.1:0");
    let common = settings.common()?;
    telemetry::init_logs(&chassis::config::Log {
        level: "warn".to_string(),
        ..common.log.clone()
    })?;
    let location = Location::from_settings(&common.database, &common.data)?;
    figures.database = format!("{:?}", location.engine());
    let wanted = WANTED_PERMITS
        .iter()
        .find(|(engine, _)| *engine == figures.database);
    figures.permits_wanted = wanted.map_or(0.0, |(_, rate)| *rate);
    let clock = Clock::starting_at(opening());
    let platform = Platform::start(services, settings, clock.clone()).await?;
    let cx = platform
        .host
        .cx("accounts")
        .context("accounts does not run")?;
    let tenant = accounts::bootstrap(&cx.db, &cx.bus, &clock, "bench")
        .await?
        .context("not a fresh database")?;
    let client = Client::new(platform.host.address, tenant.test_key);
    let people = generate::people(options.people);
    for page in people.chunks(1000) {
        let items: Vec<Value> = page
            .iter()
            .filter(|person| person.kind != generate::Kind::NeverAsked)
            .map(|person| {
                json!({ "phone": person.phone, "action": "opt_in", "method": "web_form",
                        "evidence": { "disclosure_text": "I agree to get offers by text.", "source": "bench" } })
            })
            .collect();
        client
            .post("/v1/consents/batch", &json!({ "items": items }))
            .await?;
    }
    let phones: Vec<Phone> = people
        .iter()
        .map(|person| Phone::parse(&person.phone, None))
        .collect::<Result<_, _>>()?;
    let bus = cx.bus.clone();
    let before = Usage::of(None);
    let (granted, refused, took) = grant_all(
        &bus,
        tenant.tenant,
        &phones,
        options.in_flight,
        clock.millis(),
    )
    .await?;
    figures.permits_per_second = granted as f64 / took.as_secs_f64();
    let used = Usage::of(None).cpu_since(before);
    figures.permit_cpu_us = used * 1e6 / (granted + refused) as f64;
    (figures.permits_granted, figures.permits_refused) = (granted, refused);
    platform.stop().await
}

async fn grant_all(
    bus: &Bus,
    tenant: TenantId,
    phones: &[Phone],
    in_flight: usize,
    now: UnixMillis,
) -> anyhow::Result<(u64, u64, Duration)> {
    let register = RegisterDispatcher {
        dispatcher: "bench".to_string(),
    };
    let epoch = bus.ask(tenant, &register).await?.epoch;
    let run = RunId::begin(now.to_utc());
    let (mut granted, mut refused, mut closing) = (0, 0, Vec::new());
    let mut asking = tokio::task::JoinSet::new();
    let mut slots = slots(run, phones);
    let begun = Instant::now();
    loop {
        while asking.len() < in_flight {
            let Some((slot, people)) = slots.next() else {
                break;
            };
            let question = question(slot, people, epoch, now);
            let bus = bus.clone();
            asking.spawn(async move { (slot, bus.ask(tenant, &question).await) });
        }
        let Some(answered) = asking.join_next().await else {
            break;
        };
        let (slot, answer) = answered?;
        let PermitAnswer::Answered {
            granted: permits,
            refused: groups,
            ..
        } = answer?
        else {
            anyhow::bail!("fenced");
        };
        granted += permits.len() as u64;
        refused += groups
            .iter()
            .map(|group| group.positions.len() as u64)
            .sum::<u64>();
        closing.push(slot);
        if closing.len() >= CLOSED_AT_ONCE || asking.is_empty() {
            let close = ClosePermits {
                dispatcher: "bench".to_string(),
                epoch,
                slots: std::mem::take(&mut closing),
                returned: Vec::new(),
            };
            let bus = bus.clone();
            tokio::spawn(async move { bus.ask(tenant, &close).await });
        }
    }
    Ok((granted, refused, begun.elapsed()))
}

/// The audience cut as dispatch cuts it: chunks of 512, slots of 64.
fn slots(run: RunId, phones: &[Phone]) -> impl Iterator<Item = (SlotRef, &[Phone])> {
    (0u32..)
        .zip(phones.chunks(CHUNK_SIZE))
        .flat_map(move |(chunk, people)| {
            (0u8..)
                .zip(people.chunks(SLOT_SIZE))
                .map(move |(slot, people)| (SlotRef { run, chunk, slot }, people))
        })
}

fn question(slot: SlotRef, people: &[Phone], epoch: u64, now: UnixMillis) -> GrantPermits {
    let first = u16::from(slot.slot) * 64;
    GrantPermits {
        slot,
        campaign: CampaignId::from_raw(1),
        class: Class::Marketing,
        programme: "default".to_string(),
        sender: "+15005550100".to_string(),
        template: TemplateId::from_raw(1),
        mode: Mode::Test,
        valid_until: UnixMillis(now.0 + 3_600_000),
        zones: vec!["America/New_York".to_string()],
        dispatcher: "bench".to_string(),
        epoch,
        asks: (first..)
            .zip(people)
            .map(|(position, phone)| PermitAsk {
                position,
                contact: ContactId::from_raw(u128::from(phone.digits())),
                phone: *phone,
                zone: Some(0),
            })
            .collect(),
    }
}
