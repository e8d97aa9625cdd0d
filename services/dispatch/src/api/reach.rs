//! Which traffic a key may steer: its own tenant's; providers, other tenants and everything only as an operator.

use axum::http::StatusCode;
use chassis::http::Problem;
use contract::accounts::Caller;
use contract::{CampaignId, TenantId};

use crate::app::App;
use crate::traffic::level::{ALL, Level, Name};

/// Word for the key's own tenant.
const OWN: &str = "own";
const MAX_NAME: usize = 64;

pub fn is_operator(app: &App, caller: Caller) -> bool {
    let operators = &app.config.operators;
    if operators.is_empty() {
        return app.senders.nobody_but(caller.tenant);
    }
    operators.contains(&caller.tenant.to_string())
}

fn operators_only() -> Problem {
    let detail =
        "providers, other tenants and the global level are for operators (dispatch.operators)";
    Problem::new(StatusCode::FORBIDDEN, "traffic.operators_only", detail)
}

/// The thing that level and name of a path mean to this caller.
pub fn named(app: &App, caller: Caller, level: &str, name: &str) -> Result<Name, Problem> {
    let level = Level::parse(level).ok_or_else(|| Problem::not_found("level of traffic"))?;
    if level.is_shared() && !is_operator(app, caller) {
        return Err(operators_only());
    }
    if name.is_empty() || name.len() > MAX_NAME {
        return Err(Problem::invalid(format!(
            "a name has 1 to {MAX_NAME} bytes"
        )));
    }
    let mut tenant = caller.tenant;
    let mut name = name.to_string();
    match level {
        Level::Tenant => {
            if name != OWN {
                tenant = name
                    .parse::<TenantId>()
                    .map_err(|error| Problem::invalid(error.to_string()))?;
            }
            if tenant != caller.tenant && !is_operator(app, caller) {
                return Err(operators_only());
            }
            name = tenant.to_string();
        }
        Level::Campaign => {
            let campaign = name.parse::<CampaignId>();
            campaign.map_err(|error| Problem::invalid(error.to_string()))?;
        }
        Level::Provider if app.links.iter().all(|link| *link.name != *name) => {
            return Err(Problem::not_found("provider"));
        }
        Level::Global if name != ALL => {
            return Err(Problem::not_found("thing on the global level"));
        }
        _ => {}
    }
    Ok(Name::new(level, tenant, caller.mode, &name))
}

/// Whether the caller is shown what stands on `name`.
pub fn is_shown(app: &App, caller: Caller, name: &Name) -> bool {
    let own = name.tenant == caller.tenant && name.mode == caller.mode.as_str();
    own || name.level.is_shared() || is_operator(app, caller)
}
