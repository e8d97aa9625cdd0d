//! Where does this short link lead?

use std::sync::Arc;

use contract::chunk::CHUNK_SIZE;
use contract::renderer::{LinkResolved, ResolveLink};
use contract::{Envelope, MessageId};

use crate::app::App;
use crate::db;

pub async fn handle(
    app: Arc<App>,
    envelope: Envelope<ResolveLink>,
) -> anyhow::Result<Option<LinkResolved>> {
    let asked = envelope.body;
    let Some(spot) = app.spot(&asked.token) else {
        return Ok(None);
    };
    let Some(run) = db::links::find_run(&app.db, spot.run, &asked.host).await? else {
        return Ok(None);
    };
    let published = app.compiled(run.tenant, run.template, run.version).await?;
    let target = published.and_then(|all| all.targets.get(usize::from(spot.link)).cloned());
    let Some(target) = target else {
        return Ok(None);
    };
    let size = u32::try_from(CHUNK_SIZE)?;
    let position = u16::try_from(spot.index % size)?;
    Ok(Some(LinkResolved {
        tenant: run.tenant,
        campaign: run.campaign,
        message: MessageId::of(run.run, spot.index / size, position),
        mode: run.mode,
        link: spot.link,
        target,
        expires_at: run.expires_at,
    }))
}
