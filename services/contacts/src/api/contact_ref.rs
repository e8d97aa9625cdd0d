//! How paths name a contact: `con_…`, or `ext:` and its external id.

use std::str::FromStr;

use chassis::Engine;
use chassis::http::Problem;
use contract::ids::IdError;
use contract::{ContactId, TenantId};
use sea_orm::ConnectionTrait;

use crate::db;
use crate::import_plan::Contact;

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ContactRef {
    Id(ContactId),
    ExternalId(String),
}

impl FromStr for ContactRef {
    type Err = IdError;

    fn from_str(text: &str) -> Result<Self, IdError> {
        match text.strip_prefix("ext:") {
            Some(external_id) => Ok(Self::ExternalId(external_id.to_string())),
            None => text.parse().map(Self::Id),
        }
    }
}

impl ContactRef {
    pub async fn load(
        &self,
        db: &impl ConnectionTrait,
        engine: Engine,
        tenant: TenantId,
    ) -> Result<Contact, Problem> {
        let found = match self {
            Self::Id(id) => db::contacts::by_id(db, engine, tenant, *id).await?,
            Self::ExternalId(external_id) => {
                db::contacts::by_external_id(db, engine, tenant, external_id).await?
            }
        };
        found.ok_or_else(|| Problem::not_found("contact"))
    }
}
