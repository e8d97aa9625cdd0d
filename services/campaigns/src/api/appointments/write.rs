//! Carrying requests out: one transaction, then what is known of the texts that were wanted back.

use chassis::http::Problem;
use contract::MessageId;

use crate::app::App;
use crate::appointment::put::{self, Done, Request};
use crate::appointment::send::Hands;
use crate::db;
use crate::texts::settle_withdrawals;

/// All of them or none, in one transaction.
pub async fn carry_out(app: &App, requests: Vec<Request>) -> Result<Vec<Done>, Problem> {
    let (engine, bus, now) = (app.cx.db.engine(), app.cx.bus.clone(), app.cx.clock.now());
    let write = app.cx.db.write(move |tx| {
        Box::pin(async move {
            let hands = Hands {
                engine,
                bus: &bus,
                now,
            };
            let named = requests.iter().filter_map(|request| request.contact);
            db::turn::take(tx, engine, named.map(|(contact, _)| contact)).await?;
            let mut done = Vec::with_capacity(requests.len());
            for request in &requests {
                done.push(put::put(tx, &hands, request).await?);
            }
            Ok(done)
        })
    });
    settle(app, write.await?).await
}

/// Asks consent for the texts that are wanted back: what never left needs no notice.
pub async fn settle(app: &App, mut done: Vec<Done>) -> Result<Vec<Done>, Problem> {
    app.timers.wake(app.cx.clock.millis());
    let withdrawn: Vec<MessageId> = done
        .iter()
        .flat_map(|one| one.withdrawn.iter().copied())
        .collect();
    if withdrawn.is_empty() {
        return Ok(done);
    }
    // The wish is durable. Where consent cannot be asked now, the task asks again.
    settle_withdrawals(app, &withdrawn).await?;
    for one in done.iter_mut().filter(|one| !one.withdrawn.is_empty()) {
        let (id, version) = one.noticed;
        let (engine, bus, now) = (app.cx.db.engine(), app.cx.bus.clone(), app.cx.clock.now());
        let write = app.cx.db.write(move |tx| {
            Box::pin(async move {
                let hands = Hands {
                    engine,
                    bus: &bus,
                    now,
                };
                put::reconsider(tx, &hands, id, version).await
            })
        });
        if let Some(appointment) = write.await?.filter(|it| it.id == one.appointment.id) {
            one.appointment = appointment;
        }
    }
    app.timers.wake(app.cx.clock.millis());
    Ok(done)
}
