//! `consent__screen_chunk`: one decision per recipient; the allowed ones go on to the renderer.

use std::sync::Arc;

use ahash::AHashMap;
use chassis::Failure;
use contract::chunk::{CHUNK_SIZE, ChunkHead, Recipient, Screened};
use contract::consent::{ChunkScreened, ScreenChunk};
use contract::renderer::RenderChunk;
use contract::{DecisionId, Envelope, TenantId};

use crate::app::App;
use crate::db::screen::Screening;
use crate::db::standing::Hold;
use crate::db::{self};
use crate::judge::{self, Fate, Judged, Person, Question};

pub const DURABLE: &str = "consent__screen_chunk";

pub async fn handle(app: Arc<App>, envelope: Envelope<ScreenChunk>) -> Result<(), Failure> {
    let (tenant, ScreenChunk { head, recipients }) = (envelope.tenant, envelope.body);
    if recipients.len() > CHUNK_SIZE {
        let detail = format!(
            "{} recipients in one chunk, {CHUNK_SIZE} at most",
            recipients.len()
        );
        return Err(Failure::Reject {
            code: "chunk.too_large",
            detail,
        });
    }
    let judged = screen(&app, tenant, &head, &recipients).await?;
    metrics::counter!("consent_screened_total").increment(judged.len() as u64);
    record(&app, tenant, &head, &judged).await?;

    let allowed: Vec<Screened> = recipients
        .into_iter()
        .zip(&judged)
        .filter(|(_, one)| one.fate == Fate::Allowed)
        .map(|(recipient, one)| Screened {
            recipient,
            decision: one.decision.id,
        })
        .collect();
    if !allowed.is_empty() {
        app.cx
            .bus
            .publish(
                tenant,
                &RenderChunk {
                    head,
                    recipients: allowed,
                },
            )
            .await?;
    }
    Ok(())
}

async fn screen(
    app: &App,
    tenant: TenantId,
    head: &ChunkHead,
    recipients: &[Recipient],
) -> anyhow::Result<Vec<Judged>> {
    let people: Vec<Person> = recipients
        .iter()
        .map(|r| Person {
            position: r.position,
            contact: r.contact,
            phone: r.phone,
            zone: r.zone,
        })
        .collect();
    let phones = people.iter().map(|person| person.phone);
    let standings =
        db::standing::load(app.cx.db.read(), app.engine(), tenant, phones, Hold::None).await?;
    let question = Question {
        class: head.class,
        programme: &head.programme,
        zones: &head.zones,
        valid_until: head.valid_until,
        now: app.cx.clock.now(),
    };
    Ok(judge::judge(
        &app.memo, &app.zones, &question, &people, &standings,
    ))
}

/// The evidence and the report, in one transaction.
async fn record(
    app: &Arc<App>,
    tenant: TenantId,
    head: &ChunkHead,
    judged: &[Judged],
) -> anyhow::Result<()> {
    let now = app.cx.clock.millis();
    let groups = judge::groups(judged.iter());
    let refused: usize = groups.iter().map(|group| group.positions.len()).sum();
    let report = ChunkScreened {
        run: head.run,
        campaign: head.campaign,
        chunk: head.chunk,
        at: now,
        allowed: u16::try_from(judged.len() - refused)?,
        groups,
    };
    let (head, screening) = (head.clone(), screening(judged));
    let unstored = app.unstored(judged.iter().map(|one| &one.decision));
    let (shared, fresh) = (app.clone(), unstored.clone());
    let write = app.cx.db.write(move |tx| {
        Box::pin(async move {
            shared.store_decisions(tx, &fresh, now.0).await?;
            db::screen::store(tx, shared.engine(), &head, &screening, now.0).await?;
            shared.cx.bus.say(tx, tenant, &report).await?;
            Ok(())
        })
    });
    write.await?;
    app.mark_stored(&unstored);
    Ok(())
}

fn screening(judged: &[Judged]) -> Screening {
    let mut by_decision: AHashMap<DecisionId, Vec<u16>> = AHashMap::new();
    for one in judged {
        by_decision
            .entry(one.decision.id)
            .or_default()
            .push(one.person.position);
    }
    by_decision.into_iter().collect()
}
