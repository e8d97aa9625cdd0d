//! The load: one campaign after the other to the same people, two at a time, for as long as it takes.

use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use chassis::http::client::Client;
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;

use super::running::Running;
use crate::demo::SENDER;
use crate::generate;

/// Campaigns that run at once: while one closes, the next keeps the carrier busy.
const AT_ONCE: usize = 2;
const LOOK_EVERY: Duration = Duration::from_millis(100);
/// Those still running at the end are cancelled, and that takes no longer.
const ENDED_WITHIN: Duration = Duration::from_secs(60);

/// Numbers of made-up people.
pub fn people(count: usize) -> Vec<String> {
    let people = generate::people(count).into_iter();
    people.map(|person| person.phone).collect()
}

/// Imports people of this zone into a list of this name and opts them in; the list's id.
pub async fn load(
    client: &Client,
    list: &str,
    people: &[String],
    zone: &str,
) -> anyhow::Result<String> {
    let mut csv = "phone,first_name,timezone\n".to_string();
    for phone in people {
        csv.push_str(&format!("{phone},Ana,{zone}\n"));
    }
    let job = client
        .post_csv(&format!("/v1/imports?list_name={list}"), csv.into_bytes())
        .await?;
    let id = job["id"].as_str().context("the import has no id")?;
    let list = loop {
        let job = client.get(&format!("/v1/imports/{id}")).await?;
        match job["state"].as_str().unwrap_or_default() {
            "succeeded" => break job["list"].as_str().context("no list")?.to_string(),
            "queued" | "running" => tokio::time::sleep(LOOK_EVERY).await,
            other => anyhow::bail!("the import ended as {other}: {job}"),
        }
    };
    for page in people.chunks(1000) {
        let items: Vec<Value> = page
            .iter()
            .map(|phone| {
                json!({ "phone": phone, "action": "opt_in", "method": "web_form",
                        "evidence": { "disclosure_text": "I agree to get offers by text.", "source": "bench" } })
            })
            .collect();
        client
            .post("/v1/consents/batch", &json!({ "items": items }))
            .await?;
    }
    Ok(list)
}

pub struct Campaigns {
    running: Arc<Running>,
    list: String,
}

impl Campaigns {
    pub const fn new(running: Arc<Running>, list: String) -> Self {
        Self { running, list }
    }

    /// Until told that it is enough; cancels then what still runs. Calls that a kill breaks are made again.
    pub async fn keep_running(self, enough: CancellationToken) -> anyhow::Result<()> {
        let (mut active, mut number) = (Vec::new(), 0);
        while !enough.is_cancelled() {
            self.retain_running(&mut active).await;
            if active.len() < AT_ONCE {
                number += 1;
                // A number is used once, or people would get the same text twice by our own fault.
                active.extend(self.launch(number).await.ok());
            }
            tokio::time::sleep(LOOK_EVERY).await;
        }
        let ended = async {
            while !active.is_empty() {
                for campaign in &active {
                    let path = format!("/v1/campaigns/{campaign}/cancel");
                    let _again = self.running.client().post(&path, &json!({})).await;
                }
                tokio::time::sleep(LOOK_EVERY).await;
                self.retain_running(&mut active).await;
            }
        };
        tokio::time::timeout(ENDED_WITHIN, ended)
            .await
            .context("the campaigns do not end")
    }

    async fn retain_running(&self, active: &mut Vec<String>) {
        for campaign in std::mem::take(active) {
            let path = format!("/v1/campaigns/{campaign}/progress");
            let seen = self.running.client().get(&path).await.unwrap_or_default();
            let ended = ["completed", "cancelled", "failed", "expired"];
            if !ended.contains(&seen["state"].as_str().unwrap_or_default()) {
                active.push(campaign);
            }
        }
    }

    async fn launch(&self, number: u32) -> anyhow::Result<String> {
        let client = self.running.client();
        let body = format!(
            "Hi {{{{ contact.first_name }}}}, offer {number} of the week is here. Reply STOP to opt out."
        );
        let template = json!({ "name": format!("offer {number}"), "language": "en", "body": body });
        let template = client.post("/v1/templates", &template).await?;
        let template = template["id"].as_str().context("the template has no id")?;
        client
            .post(&format!("/v1/templates/{template}/publish"), &json!({}))
            .await?;
        let campaign = json!({
            "name": format!("Offer {number}"), "class": "marketing", "template": template, "sender": SENDER,
            "audience": { "include": [self.list] },
            // A topic of its own each: three texts of one in a day are the most that the law pack allows.
            "programme": format!("offer-{number}"),
        });
        let campaign = client.post("/v1/campaigns", &campaign).await?;
        let id = campaign["id"].as_str().context("no id")?.to_string();
        client
            .post(&format!("/v1/campaigns/{id}/launch"), &json!({}))
            .await?;
        Ok(id)
    }
}

/// A zone in which it is about one in the afternoon, whenever the bench runs.
pub fn daytime_zone() -> String {
    use chrono::Timelike;
    match 13 - i64::from(chassis::Clock::system().now().hour()) {
        0 => "Etc/GMT".to_string(),
        // POSIX signs: Etc/GMT-5 is five hours ahead of UTC.
        ahead if ahead > 0 => format!("Etc/GMT-{ahead}"),
        behind => format!("Etc/GMT+{}", -behind),
    }
}
