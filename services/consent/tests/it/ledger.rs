//! The ledger verifies as long as nobody touched it, and not one moment longer.

use chassis::{Db, Engine};
use consent::verification::{Verdict, walk};
use contract::TenantId;
use rand::rngs::StdRng;
use rand::seq::IndexedRandom;
use rand::{Rng, SeedableRng};
use sea_orm::ConnectionTrait;
use serde_json::json;

use crate::Kit;
use crate::support::{opt_in, opt_in_all, phone, text_back};

const MUTATIONS: u32 = 1_000;

/// Statements that change the ledger; none of them may go unnoticed.
#[derive(Debug, Clone)]
struct Mutation {
    name: &'static str,
    statements: Vec<String>,
}

/// About sixty entries of twenty people: opt-ins, opt-outs, a restart, an erasure.
async fn filled(kit: &Kit) -> i64 {
    opt_in_all(kit, 0..20).await;
    opt_in_all(kit, 5..25).await;
    for n in 0..12 {
        text_back(kit, n, u128::from(n) + 1, "STOP").await;
    }
    for n in 3..8 {
        text_back(kit, n, u128::from(n) + 100, "START").await;
    }
    let erasure = json!({"phone": phone(9).to_string()});
    let (status, body) = kit.post("/v1/privacy/erasures", erasure).await;
    assert_eq!(status, 200, "{body}");
    let (status, body) = kit.post("/v1/consents", opt_in(30)).await;
    assert_eq!(status, 201, "{body}");
    let (_, verified) = kit.get("/v1/ledger/verify").await;
    assert_eq!(verified["verified"], true, "{verified}");
    verified["rows"].as_i64().unwrap()
}

fn hexed(engine: Engine, bytes: &[u8]) -> String {
    engine.bytes(&format!("'{}'", hex(bytes)))
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn uuid(engine: Engine, rng: &mut StdRng) -> String {
    engine.uuid(&format!("'{}'", hex(&rng.random::<[u8; 16]>())))
}

const COLUMNS: [&str; 18] = [
    "id",
    "tenant",
    "phone",
    "contact",
    "programme",
    "action",
    "method",
    "evidence",
    "inbound",
    "acted_at",
    "recorded_at",
    "revision",
    "seq",
    "person",
    "detail",
    "salt",
    "sealed",
    "hash",
];

/// A value that the column does not hold now.
fn value(column: &str, engine: Engine, rng: &mut StdRng) -> String {
    match column {
        "id" | "tenant" | "contact" | "inbound" => uuid(engine, rng),
        "phone" => format!("{}", rng.random_range(15_005_552_000_u64..15_005_559_999)),
        "acted_at" | "recorded_at" | "revision" => {
            format!("{column} + {}", rng.random_range(1..100_000))
        }
        "seq" => ["NULL", "seq + 1000", "-seq", "0"]
            .choose(rng)
            .unwrap()
            .to_string(),
        "person" | "sealed" | "hash" => {
            let length = *[32, 32, 32, 5, 0].choose(rng).unwrap();
            let bytes: Vec<u8> = (0..length).map(|_| rng.random()).collect();
            hexed(engine, &bytes)
        }
        "salt" => {
            let bytes = rng.random::<[u8; 16]>();
            // An erased entry has no salt, so taking it away changes nothing there.
            hexed(engine, &bytes)
        }
        "evidence" | "detail" => format!("{column} || '{}'", [" ", "x", "{}"].choose(rng).unwrap()),
        _ => format!("COALESCE({column}, '') || 'x'"),
    }
}

fn mutation(kind: u32, engine: Engine, tenant: &str, rows: i64, rng: &mut StdRng) -> Mutation {
    let (one, two) = (rng.random_range(1..=rows), rng.random_range(1..rows));
    let two = if two >= one { two + 1 } else { two };
    let at = |seq: i64| format!("WHERE tenant = {tenant} AND seq = {seq}");
    let parked = 1_000_000;
    let (name, statements) = match kind % 26 {
        k if k < 18 => {
            let column = COLUMNS[k as usize];
            let value = value(column, engine, rng);
            (
                column,
                vec![format!("UPDATE ledger SET {column} = {value} {}", at(one))],
            )
        }
        18 => ("removed", vec![format!("DELETE FROM ledger {}", at(one))]),
        19 => {
            let from = rows - rng.random_range(0..5);
            let delete = format!("DELETE FROM ledger WHERE tenant = {tenant} AND seq >= {from}");
            ("the newest removed", vec![delete])
        }
        20 => (
            "removed and closed up",
            vec![
                format!("DELETE FROM ledger {}", at(one)),
                format!("UPDATE ledger SET seq = -seq WHERE tenant = {tenant} AND seq > {one}"),
                format!("UPDATE ledger SET seq = -seq - 1 WHERE tenant = {tenant} AND seq < 0"),
            ],
        ),
        21 => (
            "two change places",
            vec![
                format!("UPDATE ledger SET seq = {parked} {}", at(one)),
                format!("UPDATE ledger SET seq = {one} {}", at(two)),
                format!("UPDATE ledger SET seq = {two} {}", at(parked)),
            ],
        ),
        22 => {
            let column = *["evidence", "salt", "detail", "hash", "person"]
                .choose(rng)
                .unwrap();
            let other = format!("(SELECT {column} FROM ledger {})", at(two));
            let same = format!("AND {column} <> {other}");
            (
                "another's column",
                vec![format!(
                    "UPDATE ledger SET {column} = {other} {} {same}",
                    at(one)
                )],
            )
        }
        23 | 24 => {
            let seq = if kind % 26 == 23 {
                "NULL".to_string()
            } else {
                (rows + 1).to_string()
            };
            let id = uuid(engine, rng);
            let columns = "phone, programme, action, method, evidence, acted_at, recorded_at, revision, \
                           person, detail, salt, sealed, hash";
            let insert = format!(
                "INSERT INTO ledger (id, tenant, seq, {columns}) SELECT {id}, tenant, {seq}, {columns} FROM ledger {}",
                at(one)
            );
            ("inserted", vec![insert])
        }
        _ => {
            let blank = format!(
                "UPDATE ledger SET phone = 0, evidence = '{{}}', salt = NULL {}",
                at(one)
            );
            ("made blank", vec![blank])
        }
    };
    Mutation { name, statements }
}

/// Carries it out, looks, and undoes it. `None` where nothing was changed.
async fn seen(db: &Db, tenant: TenantId, mutation: Mutation) -> Option<Verdict> {
    let engine = db.engine();
    let (told, hear) = tokio::sync::oneshot::channel();
    let undone: anyhow::Result<()> = db
        .write(move |tx| {
            Box::pin(async move {
                let mut changed = 0;
                for statement in &mutation.statements {
                    let done = tx.execute_raw(engine.sql(statement.clone(), [])).await;
                    changed += done
                        .unwrap_or_else(|error| panic!("{statement}: {error}"))
                        .rows_affected();
                }
                let verdict = walk(tx, engine, tenant).await?;
                let _gone = told.send((changed > 0).then_some(verdict));
                anyhow::bail!("undone")
            })
        })
        .await;
    assert!(undone.is_err());
    hear.await.unwrap()
}

#[tokio::test]
async fn a_thousand_random_mutations_of_the_ledger_are_found() {
    let kit = Kit::start(&[consent::SERVICE]).await;
    let rows = filled(&kit).await;
    assert!((55..75).contains(&rows), "{rows}");
    let (db, mut rng) = (kit.db("consent"), StdRng::seed_from_u64(20_260_610));
    let engine = db.engine();
    let tenant = engine.uuid(&format!("'{}'", kit.tenant.uuid().simple()));
    let (mut found, mut tried) = (0, 0);
    while found < MUTATIONS {
        let mutation = mutation(tried, engine, &tenant, rows, &mut rng);
        tried += 1;
        assert!(tried < 2 * MUTATIONS, "too many changed nothing");
        if mutation.name == "made blank" && is_erased(&db, &mutation).await {
            continue;
        }
        let Some(verdict) = seen(&db, kit.tenant, mutation.clone()).await else {
            continue;
        };
        assert!(verdict.fault.is_some(), "went unnoticed: {mutation:?}");
        found += 1;
    }
    let verdict = walk(db.read(), engine, kit.tenant).await.unwrap();
    assert_eq!(
        (verdict.fault, verdict.rows),
        (None, u64::try_from(rows).unwrap())
    );
    kit.stop().await;
}

/// Is that entry blank already?
async fn is_erased(db: &Db, mutation: &Mutation) -> bool {
    let place = mutation.statements[0].split_once("WHERE").unwrap().1;
    let sql = format!("SELECT phone FROM ledger WHERE {place}");
    let row = db
        .read()
        .query_one_raw(db.engine().sql(sql, []))
        .await
        .unwrap();
    row.unwrap().try_get_by_index::<i64>(0).unwrap() == 0
}

#[tokio::test]
async fn the_api_names_the_first_fault_and_each_tenant_its_own() {
    let kit = Kit::start(&[consent::SERVICE]).await;
    let other = kit.with_key(&kit.other_key);
    let empty = other.get("/v1/ledger/verify").await.unwrap();
    assert_eq!(
        (&empty["verified"], &empty["rows"]),
        (&json!(true), &json!(0))
    );
    opt_in_all(&kit, 0..5).await;
    let (_, good) = kit.get("/v1/ledger/verify").await;
    assert_eq!(
        (&good["verified"], &good["head"]["seq"]),
        (&json!(true), &json!(5))
    );
    let db = kit.db("consent");
    let engine = db.engine();
    db.write(move |tx| {
        Box::pin(async move {
            let sql = "UPDATE ledger SET method = 'paper_form' WHERE seq = 3";
            tx.execute_raw(engine.sql(sql, [])).await?;
            Ok(())
        })
    })
    .await
    .unwrap();
    let (status, bad) = kit.get("/v1/ledger/verify").await;
    assert_eq!(
        (status, &bad["verified"], &bad["fault"]["seq"]),
        (200, &json!(false), &json!(3))
    );
    let what = bad["fault"]["what"].as_str().unwrap();
    assert!(!what.contains("1500555"), "{what}");
    assert_eq!(
        other.get("/v1/ledger/verify").await.unwrap()["verified"],
        true
    );
    kit.stop().await;
}
