//! Drives the platform through its HTTP API, as a user would.

use std::time::{Duration, Instant};

use anyhow::Context;
use serde_json::{Value, json};

use super::Options;
use super::audience::{self, Audience};
use super::progress::Progress;
use super::report::CONFIRMATION;
use super::stage::{SENDER, Stage};
use channels::simulator::judge;
use chassis::http::client::Client;

/// What the platform says of itself at the end.
pub struct Outcome {
    /// `GET /v1/analytics/campaigns/{id}/funnel`
    pub funnel: Value,
    /// `GET /v1/campaigns/{id}/progress`
    pub progress: Value,
    /// `GET /v1/imports/{id}`
    pub import: Value,
    pub recipients: u64,
    pub stops_sent: u64,
    pub held_by_quiet_hours: u64,
    pub first_delivery_after: Duration,
}

/// Of the made-up people; `tier` is an attribute that their CSV brings.
const TEMPLATE: &str = "Hi {{ contact.first_name | default('there') }}, our summer sale is on: 20 % off for \
                            {{ contact.tier | default('all') }} members until Sunday. Reply STOP to opt out.";
/// Of anybody.
const PLAIN_TEMPLATE: &str = "Hi {{ contact.first_name | default('there') }}, our summer sale is on: 20 % off \
                              until Sunday. Reply STOP to opt out.";

pub async fn run(stage: &Stage, options: &Options, begun: Instant) -> anyhow::Result<Outcome> {
    let progress = Progress::new(options.json);
    let mut audience = audience::gather(options)?;
    let (import, list) = import(&stage.client, options, &audience, &progress).await?;
    if options.csv.is_some() {
        audience.opted_in = phones(&stage.client, &list).await?;
        audience.will_stop = audience::choose_stops(&audience.opted_in, options.stops);
    }
    record_consent(&stage.client, &audience, &progress).await?;
    let campaign = prepare(&stage.client, &list, options.csv.is_none()).await?;
    stage
        .client
        .post(&format!("/v1/campaigns/{campaign}/launch"), &json!({}))
        .await?;
    progress.done(&format!(
        "launched after {:.1} s",
        begun.elapsed().as_secs_f64()
    ));
    let watched = watch(stage, &campaign, &audience, &progress, begun).await?;
    let path = format!("/v1/campaigns/{campaign}/progress");
    let final_progress = stage.client.get(&path).await?;
    let funnel = settle(&stage.client, &campaign).await?;
    Ok(Outcome {
        recipients: number(&import, "created") + number(&import, "updated"),
        funnel,
        progress: final_progress,
        import,
        stops_sent: watched.stops_sent,
        held_by_quiet_hours: watched.held,
        first_delivery_after: watched.first_delivery_after,
    })
}

pub fn number(value: &Value, field: &str) -> u64 {
    value[field].as_u64().unwrap_or(0)
}

async fn import(
    client: &Client,
    options: &Options,
    audience: &Audience,
    progress: &Progress,
) -> anyhow::Result<(Value, String)> {
    let region = &options.default_region;
    let mapping = mapping(&options.mapping)?;
    let path = format!("/v1/imports?list_name=demo&default_region={region}{mapping}");
    let job = client.post_csv(&path, audience.csv.clone()).await?;
    let id = job["id"]
        .as_str()
        .context("the import has no id")?
        .to_string();
    loop {
        let job = client.get(&format!("/v1/imports/{id}")).await?;
        let state = job["state"].as_str().unwrap_or_default();
        progress.show("import", number(&job, "rows"), options.contacts as u64);
        if state.starts_with("succeeded") {
            let (created, rejected) = (number(&job, "created"), number(&job, "rejected"));
            progress.done(&format!(
                "imported {created} contacts, {rejected} rows rejected with reasons"
            ));
            let list = job["list"]
                .as_str()
                .context("the import has no list")?
                .to_string();
            return Ok((job, list));
        }
        anyhow::ensure!(
            matches!(state, "queued" | "running"),
            "the import ended as {state}: {job}"
        );
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// `COLUMN=FIELD` pairs as the import's `mapping` parameter.
fn mapping(pairs: &[String]) -> anyhow::Result<String> {
    if pairs.is_empty() {
        return Ok(String::new());
    }
    let mut fields = serde_json::Map::new();
    for pair in pairs {
        let (column, field) = pair
            .split_once('=')
            .with_context(|| format!("--map takes COLUMN=FIELD; it was {pair}"))?;
        fields.insert(column.to_string(), json!(field));
    }
    let json = Value::Object(fields).to_string();
    let encoded: String = json.bytes().map(|byte| format!("%{byte:02X}")).collect();
    Ok(format!("&mapping={encoded}"))
}

/// The numbers on a list, page by page.
async fn phones(client: &Client, list: &str) -> anyhow::Result<Vec<String>> {
    let (mut phones, mut cursor) = (Vec::new(), String::new());
    loop {
        let page = client
            .get(&format!("/v1/contacts?list={list}&limit=200{cursor}"))
            .await?;
        let rows = page["data"].as_array().context("the list has no data")?;
        phones.extend(
            rows.iter()
                .filter_map(|row| row["phone"].as_str().map(str::to_string)),
        );
        match page["next_cursor"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => return Ok(phones),
        }
    }
}

async fn record_consent(
    client: &Client,
    audience: &Audience,
    progress: &Progress,
) -> anyhow::Result<()> {
    let evidence = json!({
        "disclosure_text": "I agree to get offers by text. Message rates apply. Reply STOP to opt out.",
        "source": "https://shop.example/subscribe",
        "ip": "203.0.113.9"
    });
    let wanted = [
        (&audience.opted_in, "opt_in", "web_form"),
        (&audience.opted_out, "opt_out", "web_form"),
    ];
    for (phones, action, method) in wanted {
        for (done, page) in phones.chunks(1000).enumerate() {
            let items: Vec<Value> = page
                .iter()
                .map(|phone| json!({ "phone": phone, "action": action, "method": method, "evidence": evidence }))
                .collect();
            client
                .post("/v1/consents/batch", &json!({ "items": items }))
                .await?;
            progress.show(
                "consent",
                (done * 1000 + page.len()) as u64,
                phones.len() as u64,
            );
        }
    }
    let (agreed, withdrawn) = (audience.opted_in.len(), audience.opted_out.len());
    progress.done(&format!(
        "recorded {agreed} opt-ins with evidence and {withdrawn} opt-outs"
    ));
    Ok(())
}

/// A published template and a draft campaign; its id.
pub async fn prepare(client: &Client, list: &str, made_up: bool) -> anyhow::Result<String> {
    let template = if made_up { TEMPLATE } else { PLAIN_TEMPLATE };
    let template = client
        .post(
            "/v1/templates",
            &json!({ "name": "summer", "language": "en", "body": template }),
        )
        .await?;
    let template = template["id"].as_str().context("the template has no id")?;
    client
        .post(&format!("/v1/templates/{template}/publish"), &json!({}))
        .await?;
    let campaign = json!({
        "name": "Summer sale", "class": "marketing", "template": template, "sender": SENDER,
        "audience": { "include": [list] },
    });
    let campaign = client.post("/v1/campaigns", &campaign).await?;
    Ok(campaign["id"]
        .as_str()
        .context("the campaign has no id")?
        .to_string())
}

struct Watched {
    stops_sent: u64,
    held: u64,
    first_delivery_after: Duration,
}

/// Follows the campaign to its end: texts STOP for people whose turn has not come, and moves the clock on
/// once only those in quiet hours are left.
async fn watch(
    stage: &Stage,
    campaign: &str,
    audience: &Audience,
    progress: &Progress,
    begun: Instant,
) -> anyhow::Result<Watched> {
    let mut stops = audience.will_stop.iter();
    let mut watched = Watched {
        stops_sent: 0,
        held: 0,
        first_delivery_after: Duration::ZERO,
    };
    let (mut last_change, mut last_seen, mut hours) = (Instant::now(), Value::Null, 0);
    loop {
        let seen = stage
            .client
            .get(&format!("/v1/campaigns/{campaign}/progress"))
            .await?;
        let (recipients, pending) = (number(&seen, "recipients"), number(&seen, "pending"));
        let stats = stage.smsc.stats();
        if stats.receipts_answered > 0 && watched.first_delivery_after.is_zero() {
            watched.first_delivery_after = begun.elapsed();
        }
        if stats.submits > 0 {
            let share = (audience.will_stop.len() / 20).max(2);
            for phone in stops.by_ref().take(share) {
                stage.smsc.send_reply(
                    phone.parse_phone()?,
                    SENDER,
                    ["STOP", "Stop", "unsubscribe"][share % 3],
                );
                watched.stops_sent += 1;
            }
        }
        progress.show(
            "campaign",
            recipients.saturating_sub(pending + number(&seen, "held")),
            recipients,
        );
        match seen["state"].as_str().unwrap_or_default() {
            "completed" => break,
            "cancelled" | "failed" | "expired" => anyhow::bail!("the campaign ended early: {seen}"),
            _ => {}
        }
        if seen != last_seen {
            (last_seen, last_change) = (seen.clone(), Instant::now());
        }
        let held = number(&seen, "held");
        watched.held = watched.held.max(held);
        let only_held = held > 0 && pending == 0;
        if only_held && last_change.elapsed() > Duration::from_millis(300) && hours < 24 {
            stage.clock.advance(chrono::Duration::hours(1));
            hours += 1;
            last_change = Instant::now();
            progress.done(&format!(
                "{held} wait for morning where they are; the demo's clock moves on an hour"
            ));
        }
        anyhow::ensure!(
            last_change.elapsed() < Duration::from_secs(90),
            "the campaign does not move on: {seen}"
        );
        tokio::time::sleep(Duration::from_millis(25)).await;
    }
    // Replies and their confirmations are on their way yet.
    let patience = Instant::now();
    while patience.elapsed() < Duration::from_secs(30) && !all_confirmed(stage, watched.stops_sent)
    {
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    Ok(watched)
}

/// Every reply was taken, and the carrier's log has a confirmation for each; a log that ends in half a line says
/// so the next time.
fn all_confirmed(stage: &Stage, stops_sent: u64) -> bool {
    let stats = stage.smsc.stats();
    stats.waiting == 0
        && stats.replies_answered >= stops_sent
        && judge(&stage.log, CONFIRMATION).is_ok_and(|seen| seen.confirmations >= stops_sent)
}

/// Waits until every receipt is folded, or until nothing more comes.
async fn settle(client: &Client, campaign: &str) -> anyhow::Result<Value> {
    let path = format!("/v1/analytics/campaigns/{campaign}/funnel");
    let (mut last, mut since) = (Value::Null, Instant::now());
    loop {
        let mut seen = client.get(&path).await?;
        if let Some(object) = seen.as_object_mut() {
            object.remove("as_of");
        }
        let settled = number(&seen, "awaiting_receipt") == 0 && number(&seen, "pending") == 0;
        if settled || (seen == last && since.elapsed() > Duration::from_secs(5)) {
            return Ok(seen);
        }
        if seen != last {
            (last, since) = (seen, Instant::now());
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

trait ParsePhone {
    fn parse_phone(&self) -> anyhow::Result<contract::Phone>;
}

impl ParsePhone for String {
    fn parse_phone(&self) -> anyhow::Result<contract::Phone> {
        Ok(contract::Phone::parse(self, None)?)
    }
}
