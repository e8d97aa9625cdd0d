//! What the other services say of campaigns before they are launched.

use std::sync::Arc;
use std::time::Duration;

use chassis::Cx;
use contract::campaigns::CampaignChanged;
use contract::chunk::{Encoding, Outcome, Recipient};
use contract::consent::{ChunkJudged, JudgeChunk};
use contract::dispatch::{Forecast, Forecasted, PaceLimit, SegmentPrice, Way};
use contract::renderer::{ChunkMeasured, MeasureChunk, SampleText, TextMeasured};
use contract::{Envelope, Reason};

use crate::fake::{group, world};

/// What a test wants of them, and what they saw.
#[derive(Default)]
pub struct Looks {
    /// Policy sets, and versions of every template, that came after the first.
    pub newer_policies: u32,
    pub newer_templates: u32,
    /// Micros of a segment; 0: nobody has written one down.
    pub price: i64,
    /// Segments a second of the one sender; 0: no limit.
    pub pace: f64,
    /// Questions about texts, and how many milliseconds each takes.
    pub forecasts: u32,
    pub forecast_takes: u64,
    pub changes: Vec<CampaignChanged>,
    /// Questions about texts are not answered.
    pub refuses: bool,
}

pub async fn start(cx: &Cx, app: &Arc<Cx>) -> anyhow::Result<()> {
    cx.answer(app.clone(), judge_chunk).await?;
    cx.answer(app.clone(), measure_chunk).await?;
    cx.answer(app.clone(), forecast).await?;
    cx.consume(
        "fake__campaign_changed",
        1,
        app.clone(),
        |_, event: Envelope<CampaignChanged>| async move {
            world(event.tenant).looks.changes.push(event.body);
            Ok(())
        },
    )
    .await
}

/// Judges as `screen_chunk` does, as if it were the instant of the question.
async fn judge_chunk(_: Arc<Cx>, question: Envelope<JudgeChunk>) -> anyhow::Result<ChunkJudged> {
    let world = world(question.tenant);
    let ask = question.body;
    let quiet = world.quiet_until.filter(|until| *until > ask.at);
    let mut groups = Vec::new();
    let recipients = ask.asks.iter().map(|one| Recipient {
        position: one.position,
        contact: one.contact,
        phone: one.phone,
        zone: one.zone,
        fields: Vec::new(),
    });
    for recipient in recipients {
        match recipient.position % 10 {
            0 => groups.push(group(
                &recipient,
                Outcome::Suppressed,
                Reason::NO_CONSENT,
                None,
            )),
            1 => {}
            n if quiet.is_some() && n % 2 == 1 => {
                groups.push(group(&recipient, Outcome::Held, Reason::QUIET_HOURS, quiet));
            }
            _ => {}
        }
    }
    Ok(ChunkJudged {
        groups,
        policy: format!("policy-{}", world.looks.newer_policies),
        zone_of: ask.asks.iter().map(|one| one.zone).collect(),
        zones: ask.zones,
    })
}

async fn measure_chunk(
    _: Arc<Cx>,
    question: Envelope<MeasureChunk>,
) -> anyhow::Result<ChunkMeasured> {
    let ask = question.body;
    let unwritten = |one: &&Recipient| one.position % 10 == 1;
    let failed = ask.recipients.iter().filter(unwritten);
    let texts = ask.recipients.iter().filter(|one| !unwritten(one));
    Ok(ChunkMeasured {
        failed: vec![(
            Reason::MERGE_FIELD_MISSING,
            failed.map(|one| one.position).collect(),
        )],
        samples: texts
            .clone()
            .take(usize::from(ask.samples))
            .map(|one| SampleText {
                contact: one.contact,
                body: format!("Hi {}", one.fields[0].as_deref().unwrap_or_default()),
            })
            .collect(),
        texts: texts
            .map(|one| TextMeasured {
                position: one.position,
                encoding: Encoding::Gsm7,
                segments: 2,
            })
            .collect(),
    })
}

async fn forecast(_: Arc<Cx>, question: Envelope<Forecast>) -> anyhow::Result<Forecasted> {
    let takes = world(question.tenant).looks.forecast_takes;
    tokio::time::sleep(Duration::from_millis(takes)).await;
    let mut world = world(question.tenant);
    world.looks.forecasts += 1;
    anyhow::ensure!(!world.looks.refuses, "no answer today");
    let ask = question.body;
    let limits = PaceLimit {
        level: "lane".into(),
        name: ask.sender,
        segments_per_second: world.looks.pace,
        per_day: None,
    };
    let way = Way {
        route: "simulator".into(),
        provider: "simulator".into(),
        country: Some("US".into()),
        operator: None,
        price: (world.looks.price > 0).then(|| SegmentPrice {
            micros: world.looks.price,
            currency: "USD".into(),
        }),
        limits: (world.looks.pace > 0.0)
            .then_some(limits)
            .into_iter()
            .collect(),
        positions: ask.texts.iter().map(|text| text.position).collect(),
    };
    Ok(Forecasted {
        ways: vec![way],
        refused: Vec::new(),
    })
}
