//! What this service does by itself. One file per task.

pub mod close;
mod daily;
mod forget_old;
mod forget_texts;
mod freeze;
mod journey_calls;
mod journey_slots;
mod journeys;
mod parts;
mod preflights;
mod release;
mod retry;
mod rezone;
mod supervise;
mod texts;
mod tick;
mod timers;
mod work;
mod zones;

use std::sync::Arc;

use crate::app::App;

pub fn start(app: &Arc<App>) {
    app.cx
        .spawn("campaigns supervise", supervise::run(app.clone()));
    app.cx.spawn("campaigns tick", tick::run(app.clone()));
    app.cx
        .spawn("campaigns journeys", journeys::run(app.clone()));
    app.cx
        .spawn("campaigns preflights", preflights::run(app.clone()));
    app.cx
        .spawn("campaigns journey calls", journey_calls::run(app.clone()));
    app.cx
        .spawn("campaigns journey slots", journey_slots::run(app.clone()));
    app.cx.spawn("campaigns texts", texts::run(app.clone()));
    app.cx
        .spawn("campaigns forget texts", forget_texts::run(app.clone()));
    app.cx
        .spawn("campaigns forget old", forget_old::run(app.clone()));
    app.cx.spawn("campaigns rezone", rezone::run(app.clone()));
    app.cx.spawn("campaigns timers", timers::run(app.clone()));
    app.cx.spawn("campaigns zones", zones::run(app.clone()));
}
