//! `GET /v1/ledger/verify`: is the ledger as it was written?

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use chassis::http::{Auth, Problem};
use serde::Serialize;
use utoipa::ToSchema;

use crate::app::App;
use crate::verification::walk;

#[derive(Debug, Serialize, ToSchema)]
pub struct LedgerVerified {
    pub verified: bool,
    /// Entries found good.
    pub rows: u64,
    /// Entries from before the ledger was chained; nothing proves them.
    pub unchained: u64,
    /// The newest entry. Kept elsewhere, it shows later that nothing before it was rewritten.
    pub head: HeadShown,
    /// The first thing that is wrong.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fault: Option<FaultShown>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct HeadShown {
    pub seq: i64,
    pub hash: String,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct FaultShown {
    /// The entry's number in the ledger; 0 where it has none.
    pub seq: i64,
    pub what: String,
}

/// Walks the whole ledger: every hash, every seal, every keyed hash, and the head.
#[utoipa::path(get, path = "/v1/ledger/verify", tag = "consent", responses((status = 200, body = LedgerVerified)))]
pub async fn handle(
    Auth(caller): Auth,
    State(app): State<Arc<App>>,
) -> Result<Json<LedgerVerified>, Problem> {
    let verdict = walk(app.cx.db.read(), app.engine(), caller.tenant).await?;
    if verdict.fault.is_some() {
        metrics::counter!("ledger_faults_total").increment(1);
        tracing::error!(tenant = %caller.tenant, "the consent ledger does not verify");
    }
    Ok(Json(LedgerVerified {
        verified: verdict.fault.is_none(),
        rows: verdict.rows,
        unchained: verdict.unchained,
        head: HeadShown {
            seq: verdict.head.seq,
            hash: hex::encode(verdict.head.hash),
        },
        fault: verdict.fault.map(|fault| FaultShown {
            seq: fault.seq,
            what: fault.what,
        }),
    }))
}
