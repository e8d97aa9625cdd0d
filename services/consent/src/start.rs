//! Starts the service: everything it hears, answers and does on its own.

use std::sync::Arc;

use chassis::Cx;
use futures::future::BoxFuture;
use utoipa_axum::router::OpenApiRouter;

use crate::app::App;
use crate::consumers::{act_on_reply, hand_overs_recorded, record_provider_block, screen_chunk};
use crate::queries::{
    cancel_runs, close_permits, grant_permits, judge_chunk, note_content, record_reply,
    register_dispatcher, set_run_gate,
};
use crate::{api, tasks};

/// Replies handled at once.
const REPLIES: usize = 16;

pub fn start(cx: Cx) -> BoxFuture<'static, anyhow::Result<OpenApiRouter>> {
    Box::pin(async move {
        let app = Arc::new(App::new(cx.clone()).await?);
        cx.answer(app.clone(), register_dispatcher::handle).await?;
        cx.answer(app.clone(), grant_permits::handle).await?;
        cx.answer(app.clone(), close_permits::handle).await?;
        cx.answer(app.clone(), set_run_gate::handle).await?;
        cx.answer(app.clone(), cancel_runs::handle).await?;
        cx.answer(app.clone(), note_content::handle).await?;
        cx.answer(app.clone(), judge_chunk::handle).await?;
        let urgent = cx.urgent();
        urgent.answer(app.clone(), record_reply::handle).await?;
        let at_once = app.config.screen_concurrency;
        cx.consume(
            screen_chunk::DURABLE,
            at_once,
            app.clone(),
            screen_chunk::handle,
        )
        .await?;
        cx.consume(
            act_on_reply::DURABLE,
            REPLIES,
            app.clone(),
            act_on_reply::handle,
        )
        .await?;
        cx.consume(
            record_provider_block::DURABLE,
            REPLIES,
            app.clone(),
            record_provider_block::handle,
        )
        .await?;
        hand_overs_recorded::start(&cx, &app).await?;
        cx.spawn("sweep", tasks::sweep::run(app.clone()));
        urgent.spawn(
            "confirm opt-outs",
            tasks::confirm_opt_outs::run(app.clone(), urgent.clone()),
        );
        cx.spawn("retention", tasks::retention::run(app.clone()));
        Ok(api::router().with_state(app))
    })
}
