//! `consent__screen_chunk`: one decision per recipient; the allowed ones go on to the renderer.

use std::sync::Arc;

use ahash::AHashMap;
use chassis::Failure;
use contract::chunk::{CHUNK_SIZE, ChunkHead, Recipient, Screened};
use contract::consent::{ChunkScreened, ScreenChunk};
use contract::renderer::RenderChunk;
use contract::{DecisionId, Envelope, TenantId};

use crate::app::App;
use crate::db::run_about::About;
use crate::db::screen::Screening;
use crate::db::{self};
use crate::judge::{self, Asked, Fate, Judged};
use crate::memo::Memo;
use crate::screening::{self, Texts};

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
    let (memo, judged) = screen(&app, tenant, &head, &recipients).await?;
    metrics::counter!("consent_screened_total").increment(judged.len() as u64);
    record(&app, tenant, memo, (&head, &judged)).await?;

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
) -> anyhow::Result<(Arc<Memo>, Vec<Judged>)> {
    let texts = Texts {
        campaign: head.campaign,
        class: head.class,
        programme: &head.programme,
        sender: &head.sender,
        template: head.template,
        mode: head.mode,
        valid_until: head.valid_until.0,
        at: app.cx.clock.now(),
        zones: &head.zones,
        // What the renderer reads in them was noted when the run began.
        opt_out_text_missing: false,
    };
    let asked = recipients.iter().map(|one| {
        let asked = Asked {
            position: one.position,
            contact: one.contact,
            phone: one.phone,
        };
        (asked, one.zone)
    });
    screening::judge(app, tenant, &texts, &asked.collect::<Vec<_>>()).await
}

/// The evidence and the report, in one transaction.
async fn record(
    app: &Arc<App>,
    tenant: TenantId,
    memo: Arc<Memo>,
    (head, judged): (&ChunkHead, &[Judged]),
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
    let (shared, fresh, rules) = (app.clone(), unstored.clone(), memo.clone());
    let run = head.run;
    // Whose run it is must be known even if nobody of it is ever permitted anything.
    let about = app.tenants.is_new_run(run).then(|| About {
        run,
        tenant,
        campaign: head.campaign,
        class: head.class,
        programme: head.programme.clone(),
        sender: head.sender.clone(),
        started_at: now.0,
    });
    let write = app.cx.db.write(move |tx| {
        Box::pin(async move {
            shared.store_decisions(tx, &rules, &fresh, now.0).await?;
            if let Some(about) = &about {
                db::run_about::keep(tx, shared.engine(), about).await?;
            }
            db::screen::store(tx, shared.engine(), &head, &screening, now.0).await?;
            shared.cx.bus.say(tx, tenant, &report).await?;
            Ok(())
        })
    });
    write.await?;
    app.mark_stored(&memo, &unstored);
    app.tenants.remember_run(run);
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
