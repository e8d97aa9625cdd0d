//! Those whose text could not be written.

use std::sync::Arc;

use chassis::Failure;
use contract::Envelope;
use contract::renderer::ChunkRendered;

use crate::app::App;
use crate::record::{Report, record};

pub async fn handle(app: Arc<App>, events: Vec<Envelope<ChunkRendered>>) -> Result<(), Failure> {
    let mut reports = Vec::new();
    for ChunkRendered {
        run, chunk, groups, ..
    } in events.into_iter().map(|event| event.body)
    {
        reports.extend(
            groups
                .into_iter()
                .map(|group| Report::of_group(run, chunk, group)),
        );
    }
    Ok(record(&app, reports).await?)
}
