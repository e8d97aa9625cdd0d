//! HTTP about money, one file per thing.

mod caps;
mod countries;
mod import_prices;
mod new_price;
mod prices;
mod spend;
mod velocity;

use std::sync::Arc;

use axum::http::StatusCode;
use chassis::http::Problem;
use contract::accounts::Caller;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::account::Account;
use super::db::caps::currencies;
use super::db::{changed, setting};
use crate::app::App;

pub fn router() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::new()
        .routes(routes!(prices::list, prices::put, prices::remove))
        .routes(routes!(import_prices::handle))
        .routes(routes!(caps::list, caps::put, caps::remove))
        .routes(routes!(spend::handle))
        .routes(routes!(countries::show, countries::put, countries::remove))
        .routes(routes!(
            velocity::show_limits,
            velocity::put_limits,
            velocity::remove_limits
        ))
        .routes(routes!(velocity::show))
}

fn account(caller: &Caller) -> Account {
    Account {
        tenant: caller.tenant,
        mode: caller.mode,
    }
}

/// Keeps an account's own setting, or with `None` goes back to the installation's; in force when it returns.
async fn keep(
    app: &App,
    account: Account,
    name: &'static str,
    body: Option<String>,
) -> anyhow::Result<()> {
    let engine = app.cx.db.engine();
    let write = app.cx.db.write(move |tx| {
        Box::pin(async move {
            match body {
                Some(body) => setting::put(engine, tx, account, name, body).await?,
                None => setting::remove(engine, tx, account, name).await?,
            }
            changed(engine, tx).await
        })
    });
    write.await?;
    app.money.reload().await
}

/// 422 unless prices and caps of an account are in one currency: others could not be held against each other.
async fn one_currency(
    engine: chassis::Engine,
    tx: &chassis::Tx,
    account: Account,
) -> anyhow::Result<()> {
    let currencies = currencies(engine, tx, account).await?;
    if currencies.len() > 1 {
        let detail = format!(
            "prices and caps would be in {}; an account has one currency, remove the others first",
            currencies.join(" and ")
        );
        let problem = Problem::new(
            StatusCode::UNPROCESSABLE_ENTITY,
            "money.currency_mixed",
            detail,
        );
        return Err(problem.into());
    }
    Ok(())
}
