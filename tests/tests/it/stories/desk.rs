//! What somebody at a desk does before a campaign is launched.

use std::time::Duration;

use serde_json::{Value, json};
use testkit::Client;

use super::sums::wait_for;

pub const SENDER: &str = "+15005550100";
pub const TEXT: &str = "Hi {{ contact.first_name }}, the sale is on. Reply STOP to opt out.";

/// `count` valid numbers.
pub fn people(count: usize) -> Vec<String> {
    (0..count)
        .map(|index| format!("+1212{:07}", 2_200_000 + index))
        .collect()
}

/// A file of people with one first name, all where it is day.
pub fn csv(people: &[String], first_name: &str) -> String {
    let zone = daytime_zone();
    let mut csv = "phone,first_name,timezone\n".to_string();
    for phone in people {
        csv.push_str(&format!("{phone},{first_name},{zone}\n"));
    }
    csv
}

/// Imports the file; the id of the list of those in it.
pub async fn import(client: &Client, csv: String) -> String {
    let job = client
        .post_csv("/v1/imports?list_name=story", csv.into_bytes())
        .await
        .unwrap();
    let import = format!("/v1/imports/{}", job["id"].as_str().unwrap());
    wait_for("the import", Duration::from_secs(60), async || {
        let job = client.get(&import).await.ok()?;
        let state = job["state"].as_str()?;
        state
            .starts_with("succeeded")
            .then(|| job["list"].as_str().unwrap().to_string())
    })
    .await
}

pub async fn opt_in(client: &Client, people: &[String]) {
    for page in people.chunks(1000) {
        let items: Vec<Value> = page
            .iter()
            .map(|phone| {
                json!({ "phone": phone, "action": "opt_in", "method": "web_form",
                        "evidence": { "disclosure_text": "I agree to get offers by text.", "source": "story" } })
            })
            .collect();
        client
            .post("/v1/consents/batch", &json!({ "items": items }))
            .await
            .unwrap();
    }
}

/// The id of a published template.
pub async fn published(client: &Client, body: &str) -> String {
    let template = json!({ "name": "sale", "language": "en", "body": body });
    let template = client.post("/v1/templates", &template).await.unwrap();
    let template = template["id"].as_str().unwrap();
    client
        .post(&format!("/v1/templates/{template}/publish"), &json!({}))
        .await
        .unwrap();
    template.to_string()
}

/// The id of a draft campaign.
pub async fn draft(client: &Client, template: &str, list: &str) -> String {
    let campaign = json!({ "name": "Sale", "class": "marketing", "template": template, "sender": SENDER,
                           "audience": { "include": [list] } });
    let campaign = client.post("/v1/campaigns", &campaign).await.unwrap();
    campaign["id"].as_str().unwrap().to_string()
}

/// A zone in which it is about one in the afternoon, whenever the story is told.
pub fn daytime_zone() -> String {
    let hour = std::time::SystemTime::now()
        .duration_since(std::time::UNIX_EPOCH)
        .unwrap()
        .as_secs()
        / 3600
        % 24;
    let offset = 13 - i64::try_from(hour).unwrap();
    // POSIX signs: Etc/GMT-5 is five hours ahead of UTC.
    match offset {
        0 => "Etc/GMT".to_string(),
        ahead if ahead > 0 => format!("Etc/GMT-{ahead}"),
        behind => format!("Etc/GMT+{}", -behind),
    }
}
