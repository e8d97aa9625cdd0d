//! `hailmast bench consent`: decisions and permits a second, with the wanted figures beside them.

use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::{Duration, Instant};

use ::consent::decision::Decision;
use ::consent::facts::{self, Message, ReplyFacts};
use ::consent::judge::{self, Asked, Court, Fate};
use ::consent::law::Level;
use ::consent::memo::Memo;
use ::consent::moment::Moment;
use ::consent::papers::Papers;
use ::consent::person::PersonFacts;
use ::consent::places::Places;
use ::consent::rules::Rules;
use ::consent::standing::{Change, Scope, Standing};
use ahash::AHashMap;
use anyhow::Context;
use chassis::db::Location;
use chassis::http::client::Client;
use chassis::{Bus, Clock, Settings, telemetry};
use clap::Args;
use contract::chunk::{CHUNK_SIZE, SLOT_SIZE, SlotRef};
use contract::consent::{ClosePermits, GrantPermits, PermitAnswer, PermitAsk, RegisterDispatcher};
use contract::{
    CampaignId, Class, ContactId, Mode, Phone, RunId, TemplateId, TenantId, UnixMillis,
};
use serde::Serialize;
use serde_json::{Value, json};

use crate::demo::opening;
use crate::generate;
use crate::platform::Platform;
use crate::process::{Usage, thread_cpu_seconds};
use crate::registry;
use crate::table;

#[derive(Args)]
pub struct Options {
    /// People decided about and permitted.
    #[arg(long, default_value_t = 200_000)]
    people: usize,
    /// Slots of 64 asked for at the same time.
    #[arg(long, default_value_t = 64)]
    in_flight: usize,
    #[arg(long)]
    json: bool,
}

/// What must be reached.
const WANTED_WARM: f64 = 200_000.0;
const WANTED_COLD_MICROS: f64 = 80.0;
const WANTED_PERMITS: [(&str, f64); 2] = [("Sqlite", 100_000.0), ("Postgres", 50_000.0)];
/// Warm passes over everybody.
const PASSES: usize = 5;
/// Slots whose permits are closed in one question.
const CLOSED_AT_ONCE: usize = 16;

#[derive(Debug, Default, Serialize)]
struct Figures {
    people: usize,
    database: String,
    /// One core, memo warm, facts gathered anew for everybody.
    warm_decisions_per_second: f64,
    warm_wanted: f64,
    /// Cedar and evidence, nothing remembered.
    cold_decision_us: f64,
    cold_wanted_us: f64,
    distinct_decisions: usize,
    /// Over the bus, micro-batches of 64, group commit, fsync on.
    permits_per_second: f64,
    permits_wanted: f64,
    /// CPU of this process, which asks and answers; nats-server's is not in it.
    permit_cpu_us: f64,
    permits_granted: u64,
    permits_refused: u64,
    good: bool,
}

pub async fn run(options: Options, config: Option<&Path>) -> anyhow::Result<ExitCode> {
    let mut figures = Figures {
        people: options.people,
        warm_wanted: WANTED_WARM,
        cold_wanted_us: WANTED_COLD_MICROS,
        ..Figures::default()
    };
    decide(&options, &mut figures)?;
    permit(&options, config, &mut figures).await?;
    figures.good = figures.warm_decisions_per_second >= WANTED_WARM
        && figures.cold_decision_us < WANTED_COLD_MICROS
        && figures.permits_per_second >= figures.permits_wanted;
    if options.json {
        println!("{}", serde_json::to_string(&figures)?);
    } else {
        print(&figures);
    }
    Ok(if figures.good {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

/// Judging alone, on this thread.
fn decide(options: &Options, figures: &mut Figures) -> anyhow::Result<()> {
    let places = Places::load()?;
    let memo = Memo::new(Arc::new(Rules::shipped()?));
    let (papers, known, lists) = (Papers::default(), PersonFacts::default(), AHashMap::new());
    let audience = audience(options.people)?;
    let persons: Vec<(Asked, facts::Person<'_>)> = audience
        .iter()
        .zip(0u16..=u16::MAX)
        .cycle()
        .take(audience.len())
        .zip(&audience)
        .map(|((_, position), (phone, standing))| {
            let asked = Asked {
                position: position % 512,
                contact: ContactId::from_raw(1),
                phone: *phone,
            };
            let person = facts::Person {
                standing: Some(standing),
                facts: &known,
                place: places.of_number(*phone),
                recent: &[],
                dnc: &[],
                reply: ReplyFacts::default(),
            };
            (asked, person)
        })
        .collect();
    let message = Message {
        class: Class::Marketing,
        programme: "default",
        sender: "+15005550100",
        papers: &papers,
        live: false,
        valid_until: i64::MAX,
        now: opening(),
        carrier_cap_reached: false,
    };
    let court = Court {
        memo: &memo,
        places: &places,
        lists: &lists,
    };
    let pass = || {
        persons
            .chunks(CHUNK_SIZE)
            .flat_map(|chunk| judge::judge(court, &message, chunk))
            .filter(|one| one.fate == Fate::Allowed)
            .count()
    };
    let allowed = pass();
    anyhow::ensure!(allowed > 0, "nobody is allowed: the audience is wrong");
    let begun = thread_cpu_seconds();
    for _ in 0..PASSES {
        anyhow::ensure!(
            pass() == allowed,
            "the same question was answered differently"
        );
    }
    let rate = (PASSES * persons.len()) as f64 / (thread_cpu_seconds() - begun);
    figures.warm_decisions_per_second = rate;

    // Every distinct situation of the audience in every minute of a day, once.
    let rules = memo.rules();
    let mut cold = Vec::new();
    for minute in (0..1440).step_by(7) {
        let now = opening() + chrono::Duration::minutes(minute);
        let at = Message { now, ..message };
        let mut moment = Moment::new(rules, &places, &lists, (Class::Marketing, false), now);
        for (_, person) in persons.iter().take(40) {
            let here = moment.at(person.place);
            cold.push(facts::gather(
                rules.parameters(),
                rules.era(now.date_naive()),
                &here,
                &at,
                person,
            ));
        }
    }
    let begun = thread_cpu_seconds();
    let made: ahash::AHashSet<_> = cold
        .iter()
        .map(|facts| Decision::make(rules, &places, *facts).id)
        .collect();
    figures.cold_decision_us = (thread_cpu_seconds() - begun) * 1e6 / cold.len() as f64;
    figures.distinct_decisions = made.len();
    Ok(())
}

/// People of many area codes: nine in ten opted in, some of them out again.
fn audience(count: usize) -> anyhow::Result<Vec<(Phone, Standing)>> {
    generate::people(count)
        .into_iter()
        .enumerate()
        .map(|(index, person)| {
            let phone = Phone::parse(&person.phone, None)?;
            let mut standing = Standing::default();
            if person.kind != generate::Kind::NeverAsked {
                standing.apply(&Change::opt_in(None, Level::Written, 1))?;
            }
            if person.kind == generate::Kind::OptedOut {
                let scope = if index % 2 == 0 {
                    Scope::Global
                } else {
                    Scope::Class(Class::Marketing)
                };
                standing.apply(&Change::opt_out(scope, 2))?;
            }
            Ok((phone, standing))
        })
        .collect()
}

/// The consent service alone, asked for permits as dispatch asks.
async fn permit(
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

fn print(figures: &Figures) {
    let rows = [
        ("people", table::thousands(figures.people as u64)),
        ("database", figures.database.clone()),
        (
            "decisions, warm memo, one core",
            format!(
                "{:.0} /s (wanted {:.0})",
                figures.warm_decisions_per_second, figures.warm_wanted
            ),
        ),
        (
            "decision, cold",
            format!(
                "{:.1} µs (wanted below {:.0})",
                figures.cold_decision_us, figures.cold_wanted_us
            ),
        ),
        ("distinct decisions", figures.distinct_decisions.to_string()),
        (
            "permits over the bus, slots of 64",
            format!(
                "{:.0} /s (wanted {:.0})",
                figures.permits_per_second, figures.permits_wanted
            ),
        ),
        (
            "  CPU a permit, asking and answering",
            format!("{:.1} µs", figures.permit_cpu_us),
        ),
        (
            "permits granted / refused",
            format!("{} / {}", figures.permits_granted, figures.permits_refused),
        ),
        ("reached", figures.good.to_string()),
    ]
    .map(|(name, value)| (name.to_string(), value));
    table::print("bench consent", &rows);
}
