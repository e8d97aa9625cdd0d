//! Everything that tenants have written down about routes, ready to be matched with texts.

use std::collections::HashMap;
use std::sync::Arc;

use chassis::Db;
use contract::ids::{RouteId, SenderPoolId};
use contract::{Class, Mode, Phone, TenantId};

use super::pool_body::PoolBody;
use super::route_body::RouteBody;
use crate::db::named_rows::{self, NamedRow, Table};
use crate::db::operators;
use crate::links::Links;
use crate::route::choose::{Ask, Route};
use crate::route::cost::Cost;
use crate::route::country::{self, Country};
use crate::route::operator::Operators;
use crate::route::pool::{Member, Strategy};
use crate::route::prefix::Prefix;
use crate::route::{self, draw};

#[derive(Debug)]
pub struct Pool {
    pub id: SenderPoolId,
    pub members: Vec<Member>,
    pub strategy: Strategy,
}

/// What one tenant has for one mode.
#[derive(Debug, Default)]
pub struct Tenant {
    pub routes: Vec<Route>,
    pub pools: HashMap<String, Pool>,
    operators: Arc<Operators>,
}

#[derive(Debug, Default)]
pub struct Snapshot {
    tenants: HashMap<(TenantId, Mode), Arc<Tenant>>,
    operators: HashMap<TenantId, Arc<Operators>>,
}

impl Tenant {
    /// What the routes are matched with. `person`: the same number for the same person.
    pub fn ask<'a>(&'a self, phone: Phone, class: Class, sender: &'a str, person: u128) -> Ask<'a> {
        let digits = phone.digits();
        Ask {
            digits,
            country: country::of(digits),
            operator: self.operators.of(digits).map(|operator| &**operator),
            class,
            sender,
            person: draw::of_id(person),
        }
    }
}

impl Snapshot {
    pub fn of(&self, tenant: TenantId, mode: Mode) -> Option<Arc<Tenant>> {
        self.tenants.get(&(tenant, mode)).cloned()
    }

    /// What a tenant knows of operators, routes or none.
    pub fn operators(&self, tenant: TenantId) -> Option<Arc<Operators>> {
        self.operators.get(&tenant).cloned()
    }

    /// Tenants that have this sender in a pool.
    pub fn pooled_by(&self, sender: &str, mode: Mode) -> Vec<TenantId> {
        let has = |own: &Tenant| {
            let mut members = own.pools.values().flat_map(|pool| &pool.members);
            members.any(|member| member.sender == sender)
        };
        let of_mode = self.tenants.iter().filter(|((_, of), _)| *of == mode);
        of_mode
            .filter(|(_, own)| has(own))
            .map(|((tenant, _), _)| *tenant)
            .collect()
    }

    pub async fn read(db: &Db, links: &Links) -> anyhow::Result<Self> {
        let (engine, read) = (db.engine(), db.read());
        let routes = named_rows::all(engine, read, Table::Route).await?;
        let pools = named_rows::all(engine, read, Table::SenderPool).await?;
        let mut operators: HashMap<TenantId, Operators> = HashMap::new();
        for (tenant, prefix, operator) in operators::prefixes(engine, read).await? {
            if let Some(prefix) = Prefix::parse(&prefix) {
                let own = operators.entry(tenant).or_default();
                own.add_prefix(prefix, operator.into());
            }
        }
        for (tenant, digits, operator) in operators::lookups(engine, read).await? {
            let own = operators.entry(tenant).or_default();
            own.add_number(digits, operator.into());
        }
        let operators = operators
            .into_iter()
            .map(|(tenant, own)| (tenant, Arc::new(own)))
            .collect();
        let names: Vec<&str> = links.iter().map(|link| &*link.name).collect();
        Ok(Self::build(&routes, &pools, &operators, &names))
    }

    /// `links`: names of the carriers, at the index of their link. A row that cannot be read is left out.
    fn build(
        routes: &[NamedRow],
        pools: &[NamedRow],
        operators: &HashMap<TenantId, Arc<Operators>>,
        links: &[&str],
    ) -> Self {
        let mut tenants: HashMap<(TenantId, Mode), Tenant> = HashMap::new();
        for row in routes {
            match serde_json::from_str::<RouteBody>(&row.body) {
                Ok(body) => tenants
                    .entry((row.tenant, row.mode))
                    .or_default()
                    .routes
                    .push(route(RouteId::from_uuid(row.id), row.mode, &body, links)),
                Err(error) => tracing::error!(%error, "a route cannot be read and is left out"),
            }
        }
        for row in pools {
            match serde_json::from_str::<PoolBody>(&row.body) {
                Ok(body) => {
                    let pool = Pool {
                        id: SenderPoolId::from_uuid(row.id),
                        members: body.senders.iter().map(|one| Member::new(one)).collect(),
                        strategy: body.strategy,
                    };
                    let own = tenants.entry((row.tenant, row.mode)).or_default();
                    own.pools.insert(body.name, pool);
                }
                Err(error) => tracing::error!(%error, "a pool cannot be read and is left out"),
            }
        }
        let tenants = tenants.into_iter().map(|((tenant, mode), mut own)| {
            own.operators = operators.get(&tenant).cloned().unwrap_or_default();
            ((tenant, mode), Arc::new(own))
        });
        Self {
            tenants: tenants.collect(),
            operators: operators.clone(),
        }
    }
}

/// A route ready to be matched. Whatever its row says, test mode only ever reaches the simulated carrier, and
/// live mode never does.
fn route(id: RouteId, mode: Mode, body: &RouteBody, links: &[&str]) -> Route {
    let of_mode = route::mode_of(&body.provider) == mode;
    let country = |code: &String| Country::parse(code);
    Route {
        id,
        name: body.name.as_str().into(),
        link: links
            .iter()
            .position(|name| of_mode && *name == body.provider),
        enabled: body.enabled,
        countries: body.countries.iter().filter_map(country).collect(),
        prefixes: body
            .prefixes
            .iter()
            .filter_map(|one| Prefix::parse(one))
            .collect(),
        operators: body
            .operators
            .iter()
            .map(|one| one.as_str().into())
            .collect(),
        classes: body
            .classes
            .iter()
            .filter_map(|one| Class::parse(one))
            .collect(),
        senders: body.senders.clone(),
        priority: body.priority,
        weight: body.weight,
        costs: body
            .costs
            .iter()
            .filter_map(|one| {
                let cost = Cost::parse(&one.amount, &one.currency)?;
                Some((one.country.as_ref().and_then(country), cost))
            })
            .collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use contract::UnixMillis;
    use proptest::prelude::*;

    const LINKS: [&str; 3] = ["acme", "beta", route::SIMULATOR];

    fn row(mode: Mode, provider: &str) -> NamedRow {
        NamedRow {
            id: RouteId::from_raw(1).uuid(),
            tenant: TenantId::from_raw(1),
            mode,
            name: "r".to_string(),
            body: serde_json::json!({"name": "r", "provider": provider}).to_string(),
            created_at: UnixMillis(0),
            updated_at: UnixMillis(0),
        }
    }

    #[test]
    fn a_row_that_cannot_be_read_is_left_out() {
        let mut broken = row(Mode::Live, "acme");
        broken.body = "{}".to_string();
        let rows = [broken, row(Mode::Live, "acme")];
        let snapshot = Snapshot::build(&rows, &[], &HashMap::new(), &LINKS);
        let own = snapshot.of(TenantId::from_raw(1), Mode::Live).unwrap();
        assert_eq!(own.routes.len(), 1);
        assert!(snapshot.of(TenantId::from_raw(1), Mode::Test).is_none());
    }

    proptest! {
        /// Even a row that somebody wrote into the table by hand.
        #[test]
        fn no_row_leads_test_texts_to_a_real_carrier_or_live_ones_to_the_simulated(
            provider in prop::sample::select(vec!["acme", "beta", "simulator", "gone"]), live: bool,
        ) {
            let mode = if live { Mode::Live } else { Mode::Test };
            let snapshot = Snapshot::build(&[row(mode, provider)], &[], &HashMap::new(), &LINKS);
            let own = snapshot.of(TenantId::from_raw(1), mode).unwrap();
            if let Some(link) = own.routes[0].link {
                prop_assert_eq!(route::mode_of(LINKS[link]), mode);
            }
        }
    }
}
