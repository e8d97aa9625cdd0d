//! `GET /v1/policies`: everything that decides a tenant's texts, with its sources and what nobody has verified.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use chassis::http::{Auth, Problem};
use chrono::NaiveDate;
use serde::Serialize;
use utoipa::ToSchema;

use crate::app::App;
use crate::db;
use crate::law::{Law, Place};
use crate::parameters::Parameters;
use crate::rules::Rules;

#[derive(Debug, Serialize, ToSchema)]
pub struct InForce {
    /// The tenant's version; 0 is the pack alone.
    pub version: i64,
    /// SHA-256 that decisions name the whole by.
    pub hash: String,
    pub parameters: Parameters,
    /// Cedar policies.
    pub policies: Vec<PolicyShown>,
    /// Rows of the law files that the policies are held against.
    pub law: Vec<LawRow>,
    /// Version of each law file.
    #[schema(value_type = Object)]
    pub law_files: serde_json::Map<String, serde_json::Value>,
    pub unverified: Unverified,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct PolicyShown {
    pub id: String,
    pub file: String,
    /// `permit`, `deny` or `defer`.
    pub effect: &'static str,
    pub reason: String,
    pub source: String,
    /// Counts where a person may be in this country; absent: everywhere.
    pub region: Option<String>,
    pub effective_from: NaiveDate,
    pub effective_until: Option<NaiveDate>,
    /// Today lies within its dates.
    pub in_force: bool,
    pub verified: bool,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct LawRow {
    pub kind: &'static str,
    pub id: String,
    /// `*` is everywhere without a row of its own.
    pub region: Option<String>,
    /// Empty: not bound to classes.
    pub classes: Vec<&'static str>,
    pub effective_from: NaiveDate,
    pub effective_until: Option<NaiveDate>,
    pub in_force: bool,
    pub source: String,
    pub verified: bool,
    pub note: String,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct Unverified {
    pub count: usize,
    pub ids: Vec<String>,
}

/// What is in force.
#[utoipa::path(get, path = "/v1/policies", tag = "policies", responses((status = 200, body = InForce)))]
pub async fn handle(
    Auth(caller): Auth,
    State(app): State<Arc<App>>,
) -> Result<Json<InForce>, Problem> {
    let (reader, engine) = (app.cx.db.read(), app.engine());
    let version = db::policy::active(reader, engine, caller.tenant).await?;
    let memo = app
        .tenants
        .rules(reader, engine, caller.tenant, version)
        .await?;
    let (rules, today) = (memo.rules(), app.cx.clock.now().date_naive());
    let policies = policies(rules, today);
    let law = law(rules.law_tables(), today);
    let doubtful = policies
        .iter()
        .filter(|one| !one.verified)
        .map(|one| &one.id);
    let doubtful = doubtful.chain(law.iter().filter(|row| !row.verified).map(|row| &row.id));
    let ids: Vec<String> = doubtful.cloned().collect();
    let files = &rules.law_tables().versions;
    let law_files = files
        .iter()
        .map(|(file, version)| (file.clone(), version.clone().into()))
        .collect();
    Ok(Json(InForce {
        version,
        hash: hex::encode(rules.hash()),
        parameters: rules.parameters().clone(),
        unverified: Unverified {
            count: ids.len(),
            ids,
        },
        policies,
        law,
        law_files,
    }))
}

fn policies(rules: &Rules, today: NaiveDate) -> Vec<PolicyShown> {
    let shown = |(id, rule): (String, &crate::rules::Rule)| PolicyShown {
        id,
        file: rule.file.clone(),
        effect: match (rule.permits(), rule.defers) {
            (true, _) => "permit",
            (false, true) => "defer",
            (false, false) => "deny",
        },
        reason: rule.reason.clone(),
        source: rule.source.clone(),
        region: rule.region.map(|region| region.to_string()),
        effective_from: rule.effective_from,
        effective_until: rule.effective_until,
        in_force: rule.effective_from <= today
            && rule.effective_until.is_none_or(|until| today < until),
        verified: rule.verified,
    };
    rules.listed().into_iter().map(shown).collect()
}

fn law(law: &Law, today: NaiveDate) -> Vec<LawRow> {
    let rows = law.listed().map(|row| LawRow {
        kind: row.kind,
        id: row.id.to_string(),
        region: row.region.map(|place| match place {
            Place::Elsewhere => "*".to_string(),
            Place::In(region) => region.to_string(),
        }),
        classes: row.classes.iter().map(|class| class.as_str()).collect(),
        effective_from: row.in_force.effective_from,
        effective_until: row.in_force.effective_until,
        in_force: row.in_force.on(today),
        source: row.source.to_string(),
        verified: row.verified,
        note: row.note.to_string(),
    });
    let switches = law.rows.switches.iter().map(|row| LawRow {
        kind: "switch",
        id: row.id.clone(),
        region: None,
        classes: Vec::new(),
        effective_from: row.date,
        effective_until: None,
        in_force: row.date <= today,
        source: row.source.clone(),
        verified: row.verified,
        note: row.note.clone(),
    });
    rows.chain(switches).collect()
}
