//! `qry.consent.judge_chunk`: how people would be judged at some instant. Nothing is recorded and nothing granted.

use std::sync::Arc;

use ahash::AHashMap;
use anyhow::ensure;
use contract::Envelope;
use contract::chunk::CHUNK_SIZE;
use contract::consent::{ChunkJudged, JudgeChunk};

use crate::app::App;
use crate::judge::{self, Asked, Judged};
use crate::screening::{self, Texts};

pub async fn handle(app: Arc<App>, envelope: Envelope<JudgeChunk>) -> anyhow::Result<ChunkJudged> {
    let (tenant, ask) = (envelope.tenant, envelope.body);
    ensure!(
        ask.asks.len() <= CHUNK_SIZE,
        "more than {CHUNK_SIZE} people in one question"
    );
    let texts = Texts {
        campaign: ask.campaign,
        class: ask.class,
        programme: &ask.programme,
        sender: &ask.sender,
        template: ask.template,
        mode: ask.mode,
        valid_until: ask.valid_until.0,
        at: ask.at.to_utc(),
        zones: &ask.zones,
        opt_out_text_missing: !ask.opt_out_said,
    };
    let asked = ask.asks.iter().map(|one| {
        let asked = Asked {
            position: one.position,
            contact: one.contact,
            phone: one.phone,
        };
        (asked, one.zone)
    });
    let asked: Vec<_> = asked.collect();
    let (memo, judged) = screening::judge(&app, tenant, &texts, &asked).await?;
    let (zones, zone_of) = zones(&app, &judged);
    Ok(ChunkJudged {
        groups: judge::groups(judged.iter()),
        policy: hex::encode(memo.rules().hash()),
        zones,
        zone_of,
    })
}

/// The first zone of everybody's place; the judgement looked at all of them.
fn zones(app: &App, judged: &[Judged]) -> (Vec<String>, Vec<Option<u8>>) {
    let mut zones: Vec<String> = Vec::new();
    let mut known = AHashMap::new();
    let zone_of = judged.iter().map(|one| {
        let place = one.decision.facts.place;
        *known.entry(place).or_insert_with(|| {
            let place = app.places.get(place);
            let name = place.zones.first()?.name();
            let at = zones.iter().position(|zone| zone == name);
            let at = at.unwrap_or_else(|| {
                zones.push(name.to_string());
                zones.len() - 1
            });
            u8::try_from(at).ok()
        })
    });
    let zone_of = zone_of.collect();
    (zones, zone_of)
}
