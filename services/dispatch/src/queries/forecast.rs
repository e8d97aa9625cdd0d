//! Which way texts would go now, and what they would cost. Nothing is sent, counted or remembered.

use std::collections::HashMap;
use std::sync::Arc;

use contract::chunk::CHUNK_SIZE;
use contract::dispatch::{Forecast, Forecasted, TextForecast};
use contract::{ContactId, Envelope, Reason, TenantId, sender};

use crate::app::App;
use crate::db::sticky_sender;
use crate::forecast::{self, Going, Table};
use crate::money::account::Account;
use crate::pools;
use crate::route::draw;
use crate::route::pool::pick;
use crate::routing::snapshot::Tenant;

pub async fn handle(app: Arc<App>, envelope: Envelope<Forecast>) -> anyhow::Result<Forecasted> {
    let (tenant, ask) = (envelope.tenant, envelope.body);
    anyhow::ensure!(
        ask.texts.len() <= CHUNK_SIZE,
        "more than {CHUNK_SIZE} texts in one question"
    );
    let own = app.routing.of(tenant, ask.mode).unwrap_or_default();
    let (going, nobody) = senders(&app, tenant, &own, &ask).await?;
    let money = app.money.terms();
    let terms = money.of(Account {
        tenant,
        mode: ask.mode,
    });
    let plain = app
        .routing
        .plain(ask.mode)
        .and_then(|plan| Some((plan.first_link(), plan.candidates.first()?.route.clone())));
    let table = Table {
        own: &own,
        operators: app.routing.operators(tenant),
        prefer: app.routing.prefer(),
        health: &|link| app.links.health(link),
        provider: &|link| app.links.get(link).map(|link| link.name.clone()),
        plain,
        terms,
        countries: app.money.defaults.countries(terms),
        must_cost: terms.is_capped(ask.campaign) || !app.money.defaults.unpriced_leave,
        draws: &|piece| app.traffic.draws(piece),
        head: (tenant, ask.mode, ask.class, ask.campaign),
        at: ask.at.0,
    };
    let mut answer = forecast::forecast(&table, &going);
    if !nobody.is_empty() {
        answer.refused.push((Reason::NO_ROUTE, nobody));
    }
    Ok(answer)
}

/// Each text with its sender, and the positions of those for whom a pool has none.
async fn senders(
    app: &App,
    tenant: TenantId,
    own: &Tenant,
    ask: &Forecast,
) -> anyhow::Result<(Vec<Going>, Vec<u16>)> {
    let going = |text: &TextForecast, sender: &str| Going {
        position: text.position,
        phone: text.phone,
        person: text.contact.raw(),
        sender: sender.to_string(),
    };
    let Some(name) = sender::pool(&ask.sender) else {
        let all = ask.texts.iter().map(|text| going(text, &ask.sender));
        return Ok((all.collect(), Vec::new()));
    };
    // Read again where it is not known: another process may have made it just now.
    let known = pools::find(app, (tenant, ask.mode), name).await?;
    let fresh = app.routing.of(tenant, ask.mode);
    let own = fresh.as_deref().unwrap_or(own);
    let Some(pool) = own.pools.get(name).filter(|_| known.is_some()) else {
        return Ok((
            Vec::new(),
            ask.texts.iter().map(|text| text.position).collect(),
        ));
    };
    let people: Vec<ContactId> = ask.texts.iter().map(|text| text.contact).collect();
    let (engine, db) = (app.cx.db.engine(), app.cx.db.read());
    let kept: HashMap<ContactId, String> = sticky_sender::of(engine, db, pool.id, &people).await?;
    let (mut texts, mut nobody) = (Vec::with_capacity(people.len()), Vec::new());
    for text in &ask.texts {
        let before = kept.get(&text.contact).map(String::as_str);
        let person = draw::of_id(text.contact.raw());
        match pick(&pool.members, pool.strategy, before, text.phone, person) {
            Some(member) => texts.push(going(text, &member.sender)),
            None => nobody.push(text.position),
        }
    }
    Ok((texts, nobody))
}
