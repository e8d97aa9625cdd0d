//! The smallest service there is: keeps a number for each tenant.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use chassis::http::{Auth, Problem};
use chassis::{Cx, Service, SqlMigration};
use sea_orm::ConnectionTrait;
use serde_json::{Value, json};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub const SERVICE: Service = Service {
    name: "notes",
    migrations: &[SqlMigration {
        name: "0001_note",
        sql: "create table note (tenant {uuid} not null, number BIGINT not null);\n",
    }],
    defaults: "first = 1\n",
    start: |cx| {
        Box::pin(async move {
            let router = OpenApiRouter::new().routes(routes!(list, add));
            Ok(router.with_state(Arc::new(cx)))
        })
    },
};

#[derive(serde::Deserialize)]
struct Config {
    first: i64,
}

#[utoipa::path(get, path = "/v1/notes", responses((status = 200)))]
async fn list(Auth(caller): Auth, State(cx): State<Arc<Cx>>) -> Result<Json<Value>, Problem> {
    let sql = "select number from note where tenant = $1 order by number";
    let statement = cx.db.engine().sql(sql, [caller.tenant.uuid().into()]);
    let rows = cx.db.read().query_all_raw(statement).await?;
    let numbers: Result<Vec<i64>, _> = rows.iter().map(|row| row.try_get("", "number")).collect();
    Ok(Json(json!({"data": numbers?, "mode": caller.mode})))
}

#[utoipa::path(post, path = "/v1/notes", responses((status = 200)))]
async fn add(Auth(caller): Auth, State(cx): State<Arc<Cx>>) -> Result<Json<Value>, Problem> {
    let first = cx.config::<Config>()?.first;
    let (engine, tenant) = (cx.db.engine(), caller.tenant.uuid());
    let added = cx.db.write(move |tx| {
        Box::pin(async move {
            let sql = "insert into note (tenant, number) select $1, $2 + count(*) from note where tenant = $1";
            tx.execute_raw(engine.sql(sql, [tenant.into(), first.into()])).await?;
            Ok(())
        })
    });
    added.await?;
    Ok(Json(json!({})))
}
