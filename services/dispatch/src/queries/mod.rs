//! One file per question.

mod find_send;
mod find_sender_pool;
mod forecast;
mod spend_of;
mod take_reply;
mod undelivered_of;

use std::sync::Arc;

use crate::app::App;

pub async fn start(app: &Arc<App>) -> anyhow::Result<()> {
    app.cx.answer(app.clone(), find_send::handle).await?;
    app.cx.answer(app.clone(), find_sender_pool::handle).await?;
    app.cx.answer(app.clone(), forecast::handle).await?;
    app.cx.answer(app.clone(), spend_of::handle).await?;
    app.cx.answer(app.clone(), undelivered_of::handle).await?;
    app.cx.answer(app.clone(), take_reply::handle).await
}
