//! The load: campaigns that line more up on a sender than can leave.

use anyhow::Context;
use chassis::http::client::Client;
use serde_json::{Value, json};

use crate::bench::stop::import_people;
use crate::generate;

/// Where it is day at [`crate::demo::opening`].
const ZONE: &str = "America/New_York";
/// People of the list for slow senders, and most of that for fast ones; a sender that needs more has more campaigns.
const FEW: usize = 2_000;
const MANY: usize = 40_000;
/// Slow is a sender whose backlog so many campaigns to the few make.
const SLOW: usize = 6;

/// Opted-in people of one tenant.
pub struct Lists {
    few: String,
    many: String,
    /// How many the many are.
    size: usize,
}

impl Lists {
    /// `largest`: segments of the largest backlog.
    pub async fn import(client: &Client, largest: usize) -> anyhow::Result<Self> {
        let size = (largest / SLOW).clamp(FEW, MANY);
        let people = generate::people(size + FEW).into_iter();
        let people: Vec<String> = people.map(|person| person.phone).collect();
        let (few, many) = people.split_at(FEW);
        Ok(Self {
            few: import_people(client, "few", few, ZONE).await?,
            many: import_people(client, "many", many, ZONE).await?,
            size,
        })
    }
}

/// Campaigns of one tenant that run.
pub struct Backlog<'c> {
    client: &'c Client,
    running: Vec<String>,
}

impl<'c> Backlog<'c> {
    pub const fn new(client: &'c Client) -> Self {
        Self {
            client,
            running: Vec::new(),
        }
    }

    /// Lines up `wanted` segments in texts of 1 to `longest`.
    pub async fn launch(
        &mut self,
        lists: &Lists,
        sender: &str,
        wanted: usize,
        longest: usize,
    ) -> anyhow::Result<()> {
        let (list, people) = if wanted <= FEW * SLOW {
            (&lists.few, FEW)
        } else {
            (&lists.many, lists.size)
        };
        let (mut lined_up, mut number) = (0, 0);
        while lined_up < wanted {
            let segments = 1 + number % longest;
            let campaign = self.campaign(list, sender, number, segments).await?;
            self.running.push(campaign);
            lined_up += people * segments;
            number += 1;
        }
        Ok(())
    }

    async fn campaign(
        &self,
        list: &str,
        sender: &str,
        number: usize,
        segments: usize,
    ) -> anyhow::Result<String> {
        let client = self.client;
        let name = format!("{sender} {number}");
        let template = json!({ "name": name, "language": "en", "body": body(number, segments) });
        let template = id(&client.post("/v1/templates", &template).await?)?;
        client
            .post(&format!("/v1/templates/{template}/publish"), &json!({}))
            .await?;
        let campaign = json!({
            "name": name, "class": "marketing", "template": template, "sender": sender,
            "audience": { "include": [list] },
            // A topic of its own each: three texts of one in a day are the most that the law pack allows.
            "programme": format!("{}-{number}", sender.trim_start_matches('+')),
        });
        let campaign = id(&client.post("/v1/campaigns", &campaign).await?)?;
        client
            .post(&format!("/v1/campaigns/{campaign}/launch"), &json!({}))
            .await?;
        Ok(campaign)
    }

    /// Ends them all; what waits will not leave.
    pub async fn cancel(self) -> anyhow::Result<()> {
        for campaign in self.running {
            let path = format!("/v1/campaigns/{campaign}/cancel");
            // One that has ended meanwhile cannot be cancelled, and need not.
            if let Err(error) = self.client.post(&path, &json!({})).await {
                let seen = self
                    .client
                    .get(&format!("/v1/campaigns/{campaign}/progress"))
                    .await?;
                anyhow::ensure!(seen["state"] == "completed", error);
            }
        }
        Ok(())
    }
}

fn id(made: &Value) -> anyhow::Result<String> {
    let id = made["id"].as_str().context("it has no id")?;
    Ok(id.to_string())
}

/// A text of so many segments of the GSM alphabet: 160 characters, or 153 each where there are several.
fn body(number: usize, segments: usize) -> String {
    let mut body = format!("Hi {{{{ contact.first_name }}}}, offer {number} is here.");
    let length = match segments {
        0 | 1 => 0,
        more => (more - 1) * 153 + 40,
    };
    while body.len() < length {
        body.push_str(" It is a good one.");
    }
    body.push_str(" Reply STOP to opt out.");
    body
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_body_has_the_segments_it_was_asked_for() {
        for segments in 1..=3 {
            let body = body(7, segments).replace("{{ contact.first_name }}", "Ana");
            assert_eq!(contract::segments::measure(&body).segments, segments);
        }
    }
}
