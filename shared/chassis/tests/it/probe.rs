//! A service that keeps marks and says each of them, and eyes on what reached the bus.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use chassis::http::{Auth, Body, Problem};
use chassis::{Bus, Cx, Failure, Service, SqlMigration};
use contract::payload::{Format, Owner, PayloadKind};
use contract::{Envelope, EventId, Payload, TenantId, streams};
use sea_orm::ConnectionTrait;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use testkit::Kit;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub const SERVICE: Service = Service {
    name: "probe",
    migrations: &[SqlMigration {
        name: "0001_probe",
        sql: "create table mark (number BIGINT not null primary key);\n\
              create table act (number BIGINT not null);\n",
    }],
    defaults: "",
    start: |cx| {
        Box::pin(async move {
            let router = OpenApiRouter::new()
                .routes(routes!(add))
                .routes(routes!(slow))
                .routes(routes!(panicking));
            Ok(router.with_state(Arc::new(cx)))
        })
    },
};

/// A mark was made.
#[derive(Debug, Serialize, Deserialize)]
pub struct Marked {
    pub number: u32,
    pub filling: String,
}

impl Payload for Marked {
    const KIND: PayloadKind = PayloadKind::Event;
    const OWNER: Owner = Owner::Analytics;
    const NAME: &'static str = "marked";
    const FORMAT: Format = Format::Json;
}

#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct NewMark {
    number: u32,
}

#[utoipa::path(post, path = "/v1/marks", responses((status = 201)))]
async fn add(
    Auth(caller): Auth,
    State(cx): State<Arc<Cx>>,
    Body(new): Body<NewMark>,
) -> Result<(StatusCode, Json<Value>), Problem> {
    mark(&cx, caller.tenant, vec![new.number]).await?;
    Ok((StatusCode::CREATED, Json(json!({}))))
}

#[utoipa::path(get, path = "/v1/slow", responses((status = 200)))]
async fn slow() -> Json<Value> {
    tokio::time::sleep(Duration::from_millis(700)).await;
    Json(json!({"slow": true}))
}

#[utoipa::path(get, path = "/v1/panic", responses((status = 200)))]
async fn panicking() -> Json<Value> {
    panic!("as it was asked to");
}

/// Makes and says marks in one transaction; the ids of what was said.
pub async fn mark(cx: &Cx, tenant: TenantId, numbers: Vec<u32>) -> anyhow::Result<Vec<EventId>> {
    let (engine, bus) = (cx.db.engine(), cx.bus.clone());
    let job = cx.db.write(move |tx| {
        Box::pin(async move {
            let mut ids = Vec::new();
            for number in numbers {
                let sql = "insert into mark (number) values ($1)";
                tx.execute_raw(engine.sql(sql, [i64::from(number).into()]))
                    .await?;
                ids.push(say(&bus, tx, tenant, number).await?);
            }
            Ok(ids)
        })
    });
    job.await
}

pub async fn say(
    bus: &Bus,
    tx: &chassis::Tx,
    tenant: TenantId,
    number: u32,
) -> anyhow::Result<EventId> {
    let filling = String::new();
    bus.say(tx, tenant, &Marked { number, filling }).await
}

/// Does what a mark asks for, once per envelope.
pub async fn act(cx: &Cx, durable: &'static str, mark: Envelope<Marked>) -> Result<(), Failure> {
    let (engine, bus) = (cx.db.engine(), cx.bus.clone());
    let job = cx.db.write(move |tx| {
        Box::pin(async move {
            if bus.first_time(tx, durable, &[mark.id]).await? == [true] {
                let sql = "insert into act (number) values ($1)";
                tx.execute_raw(engine.sql(sql, [i64::from(mark.body.number).into()]))
                    .await?;
            }
            Ok(())
        })
    });
    Ok(job.await?)
}

/// The numbers in a table, in order, each as often as it stands there.
pub async fn numbers(kit: &Kit, table: &str) -> Vec<i64> {
    let db = kit.db("probe");
    let sql = format!("select number from {table} order by number");
    let rows = db.read().query_all_raw(db.engine().sql(sql, [])).await;
    let rows = rows.unwrap();
    rows.iter()
        .map(|row| row.try_get("", "number").unwrap())
        .collect()
}

/// What lies in the stream: number and headers, in the stream's order; nothing while it does not exist.
pub async fn on_the_bus(kit: &Kit) -> Vec<(u32, async_nats::HeaderMap)> {
    let name = streams::name(Marked::KIND, Marked::OWNER);
    let Ok(mut stream) = kit.bus.jetstream().get_stream(name).await else {
        return Vec::new();
    };
    let state = stream.info().await.unwrap().state.clone();
    let mut found = Vec::new();
    for sequence in state.first_sequence.max(1)..=state.last_sequence {
        let message = stream.get_raw_message(sequence).await.unwrap();
        let body: Marked = serde_json::from_slice(&message.payload).unwrap();
        found.push((body.number, message.headers));
    }
    found
}

pub async fn numbers_on_the_bus(kit: &Kit) -> Vec<u32> {
    let found = on_the_bus(kit).await;
    found.into_iter().map(|(number, _)| number).collect()
}

/// Waits until exactly these lie in the stream, in this order.
pub async fn until_on_the_bus(kit: &Kit, expected: &[u32]) {
    testkit::eventually("what was said reaches the bus", async || {
        (numbers_on_the_bus(kit).await == expected).then_some(())
    })
    .await;
}

/// What handlers noticed, in order.
pub struct Seen<T>(Mutex<Vec<T>>);

impl<T: Clone> Seen<T> {
    pub fn new() -> Arc<Self> {
        Arc::new(Self(Mutex::default()))
    }

    pub fn add(&self, item: T) {
        self.0.lock().unwrap().push(item);
    }

    pub fn all(&self) -> Vec<T> {
        self.0.lock().unwrap().clone()
    }

    pub async fn until(&self, count: usize) -> Vec<T> {
        testkit::eventually("handlers are called", async || {
            let all = self.all();
            (all.len() >= count).then_some(all)
        })
        .await
    }
}

/// Long enough for anything that happens twice to have happened twice.
pub async fn settle() {
    tokio::time::sleep(Duration::from_millis(400)).await;
}
