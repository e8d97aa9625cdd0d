//! Carrying requests out: one transaction, then what is known of the texts that were wanted back.

use axum::http::StatusCode;
use chassis::Tx;
use chassis::http::Problem;
use contract::MessageId;
use contract::accounts::Caller;
use futures::future::BoxFuture;

use crate::app::App;
use crate::appointment::model::Appointment;
use crate::appointment::put::{self, Done, Request};
use crate::appointment::read::Ref;
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

/// One transaction about the appointment that is named; it is locked.
pub async fn change<T, F>(app: &App, caller: Caller, target: Ref, act: F) -> Result<T, Problem>
where
    T: Send + 'static,
    F: for<'t> FnOnce(&'t Tx, &'t Hands<'t>, Appointment) -> BoxFuture<'t, anyhow::Result<T>>
        + Send
        + 'static,
{
    let (engine, bus, now) = (app.cx.db.engine(), app.cx.bus.clone(), app.cx.clock.now());
    let write = app.cx.db.write(move |tx| {
        Box::pin(async move {
            let hands = Hands {
                engine,
                bus: &bus,
                now,
            };
            let found = put::find_in_turn(tx, &hands, caller.tenant, caller.mode, &target).await?;
            match found {
                Some(found) => act(tx, &hands, found).await,
                None => Err(Problem::not_found("appointment").into()),
            }
        })
    });
    Ok(write.await?)
}

/// What is asked does not go with what it is.
pub fn not_as_it_is(detail: &'static str) -> anyhow::Error {
    Problem::new(StatusCode::CONFLICT, "appointment.state", detail).into()
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
