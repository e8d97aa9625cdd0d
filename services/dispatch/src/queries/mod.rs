//! One file per question.

mod take_reply;

use std::sync::Arc;

use crate::app::App;

pub async fn start(app: &Arc<App>) -> anyhow::Result<()> {
    app.cx.answer(app.clone(), take_reply::handle).await
}
