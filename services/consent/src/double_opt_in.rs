//! Asks people to confirm an opt-in: one text for each pending opt-in, in the transaction that records it.

use ahash::AHashMap;
use axum::http::StatusCode;
use chassis::Tx;
use chassis::http::Problem;
use contract::{Class, ConsentId, Phone, TenantId, UnixMillis};

use crate::app::App;
use crate::decision::Effect;
use crate::memo::Memo;
use crate::people::People;
use crate::record::NewEntry;
use crate::replies::reply_facts;
use crate::service_text::{ServiceText, confirmation_run};
use crate::standing::{DEFAULT_PROGRAMME, Standing};

/// Whoever fills in a form looks at the phone soon; a question that comes later only puzzles.
const VALID_MILLIS: i64 = 3_600_000;

/// The question's words; empty where the installation asks none.
fn words(app: &App, memo: &Memo) -> String {
    let own = memo.rules().parameters().double_opt_in_text.clone();
    own.unwrap_or_else(|| app.config.double_opt_in_text.clone())
}

fn waits(standing: Option<&Standing>, programme: &str) -> bool {
    standing.is_some_and(|standing| {
        let grants = standing.grants.iter();
        grants
            .filter(|grant| grant.pending && !grant.ended)
            .any(|grant| grant.programme == programme)
    })
}

/// Says the texts of those opt-ins that wait now and did not before: who is opted in already, or was asked,
/// is not asked again.
pub async fn ask(
    app: &App,
    tx: &Tx,
    tenant: TenantId,
    (people, changed): (&People, &AHashMap<Phone, Standing>),
    opt_ins: &[(ConsentId, &NewEntry)],
) -> anyhow::Result<()> {
    let pending: Vec<_> = opt_ins
        .iter()
        .filter(|(_, entry)| entry.change.pending)
        .filter_map(|(id, entry)| Some((*id, *entry, entry.confirm_from.as_deref()?)))
        .collect();
    if pending.is_empty() {
        return Ok(());
    }
    let (engine, now) = (app.engine(), app.cx.clock.millis());
    let memo = app.tenants.active(tx, engine, tenant).await?;
    let body = words(app, &memo);
    let decision = memo.decide(
        &app.places,
        reply_facts(&memo, app, Class::OptInConfirmation),
    );
    app.store_decisions(tx, &memo, std::slice::from_ref(&decision), now.0)
        .await?;
    if body.is_empty() {
        let detail = "this installation has no text that asks to confirm an opt-in";
        let status = StatusCode::UNPROCESSABLE_ENTITY;
        return Err(Problem::new(status, "consent.double_opt_in_off", detail).into());
    }
    if decision.verdict.effect != Effect::Allow {
        return Ok(());
    }
    for (id, entry, sender) in pending {
        let programme = entry
            .change
            .programme
            .as_deref()
            .unwrap_or(DEFAULT_PROGRAMME);
        let before = people.known(entry.phone).standing.as_ref();
        if waits(before, programme) || !waits(changed.get(&entry.phone), programme) {
            continue;
        }
        let text = ServiceText {
            class: Class::OptInConfirmation,
            programme,
            run: confirmation_run(id),
            contact: entry.contact,
            to: entry.phone,
            sender,
            mode: entry.mode,
            decision: decision.id,
            body: &body,
            now,
            valid_until: UnixMillis(now.0 + VALID_MILLIS),
        };
        app.cx.bus.say(tx, tenant, &text.command()).await?;
    }
    Ok(())
}
