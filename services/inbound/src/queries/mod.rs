//! One file per question.

mod load_reply;
mod receive_reply;

use std::sync::Arc;

use chassis::Cx;

use crate::app::App;

pub async fn start(cx: &Cx, app: &Arc<App>) -> anyhow::Result<()> {
    cx.answer(Arc::clone(app), load_reply::handle).await?;
    cx.answer(Arc::clone(app), receive_reply::handle).await
}
