//! One file per question.

mod describe_template;
mod measure_chunk;
mod render_one;
mod render_texts;
mod resolve_link;

use std::sync::Arc;

use chassis::Cx;

use crate::app::App;

pub async fn start(cx: &Cx, app: &Arc<App>) -> anyhow::Result<()> {
    cx.answer(Arc::clone(app), describe_template::handle)
        .await?;
    cx.answer(Arc::clone(app), measure_chunk::handle).await?;
    cx.answer(Arc::clone(app), render_one::handle).await?;
    cx.answer(Arc::clone(app), render_texts::handle).await?;
    cx.answer(Arc::clone(app), resolve_link::handle).await
}
