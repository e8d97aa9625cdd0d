//! Reads the terms of all accounts into memory.

use chassis::Engine;
use contract::Mode;
use contract::ids::{CampaignId, TenantId};
use sea_orm::{ConnectionTrait, DatabaseConnection, QueryResult};

use super::super::account::Account;
use super::super::terms::AllTerms;
use super::{of_stored, prices, setting};
use crate::route::country::Country;

pub async fn version(engine: Engine, db: &DatabaseConnection) -> anyhow::Result<i64> {
    let sql = "SELECT version FROM money_version WHERE one = 1";
    let row = db.query_one_raw(engine.sql(sql, [])).await?;
    Ok(row.map_or(Ok(0), |row| row.try_get("", "version"))?)
}

pub async fn load(engine: Engine, db: &DatabaseConnection) -> anyhow::Result<AllTerms> {
    let mut all = AllTerms::default();
    let sql = "SELECT tenant, mode, provider, destination, operator, effective_from, micros, currency FROM price";
    for row in db.query_all_raw(engine.sql(sql, [])).await? {
        let terms = all.accounts.entry(account(&row)?).or_default();
        terms.prices.add(prices::read(&row)?);
    }
    let sql = "SELECT tenant, mode, campaign FROM spend_cap";
    for row in db.query_all_raw(engine.sql(sql, [])).await? {
        let terms = all.accounts.entry(account(&row)?).or_default();
        match of_stored(CampaignId::from_uuid(row.try_get("", "campaign")?)) {
            None => terms.capped = true,
            Some(campaign) => {
                terms.capped_campaigns.insert(campaign);
            }
        }
    }
    let sql = "SELECT tenant, mode, name, body FROM money_setting";
    for row in db.query_all_raw(engine.sql(sql, [])).await? {
        let terms = all.accounts.entry(account(&row)?).or_default();
        let (name, body): (String, String) = (row.try_get("", "name")?, row.try_get("", "body")?);
        match name.as_str() {
            setting::COUNTRIES => {
                let codes: Vec<String> = serde_json::from_str(&body)?;
                let countries = codes.iter().filter_map(|code| Country::parse(code));
                terms.countries = Some(countries.collect());
            }
            setting::LIMITS => terms.limits = Some(serde_json::from_str(&body)?),
            _ => {}
        }
    }
    Ok(all)
}

fn account(row: &QueryResult) -> anyhow::Result<Account> {
    let mode: String = row.try_get("", "mode")?;
    Ok(Account {
        tenant: TenantId::from_uuid(row.try_get("", "tenant")?),
        mode: Mode::parse(&mode).unwrap_or(Mode::Test),
    })
}
