//! One file per question.

mod describe_template;

use std::sync::Arc;

use chassis::Cx;

use crate::app::App;

pub async fn start(cx: &Cx, app: &Arc<App>) -> anyhow::Result<()> {
    cx.answer(Arc::clone(app), describe_template::handle).await
}
