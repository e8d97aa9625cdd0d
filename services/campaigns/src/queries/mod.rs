//! One file per question.

mod describe_appointment;

use std::sync::Arc;

use crate::app::App;

pub async fn start(app: &Arc<App>) -> anyhow::Result<()> {
    app.cx
        .answer(app.clone(), describe_appointment::handle)
        .await
}
