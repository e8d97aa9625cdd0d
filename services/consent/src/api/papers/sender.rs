//! `GET` and `PUT /v1/papers/senders/{sender}`: what is declared of a sender.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, State};
use chassis::http::{Auth, Body, Problem};

use super::{Fault, read, refuse, says, write};
use crate::app::App;
use crate::db::papers::Kind;
use crate::papers::SenderPapers;
use crate::standing::is_programme_name;

/// Longest name of a sender: an E.164 number with its plus.
const MAX_SENDER: usize = 16;

/// Papers of a sender.
#[utoipa::path(get, path = "/v1/papers/senders/{sender}", tag = "consent", params(("sender" = String, Path)),
    responses((status = 200, body = SenderPapers)))]
pub async fn show(
    Auth(caller): Auth,
    State(app): State<Arc<App>>,
    Path(sender): Path<String>,
) -> Result<Json<SenderPapers>, Problem> {
    Ok(Json(
        read(&app, caller.tenant, (Kind::Sender, sender)).await?,
    ))
}

/// Declare the papers of a sender.
#[utoipa::path(put, path = "/v1/papers/senders/{sender}", tag = "consent", params(("sender" = String, Path)),
    request_body = SenderPapers, responses((status = 200, body = SenderPapers),
    (status = 422, description = "sender.invalid, value.empty, value.too_long, field.range, field.invalid")))]
pub async fn put(
    Auth(caller): Auth,
    State(app): State<Arc<App>>,
    Path(sender): Path<String>,
    Body(new): Body<SenderPapers>,
) -> Result<Json<SenderPapers>, Problem> {
    refuse(&faults(&sender, &new))?;
    write(&app, caller.tenant, (Kind::Sender, sender), &new).await?;
    Ok(Json(new))
}

fn faults(sender: &str, new: &SenderPapers) -> Vec<Fault> {
    let mut faults = Vec::new();
    if sender.len() > MAX_SENDER || !sender.bytes().all(|b| b.is_ascii_graphic() || b == b' ') {
        let detail = "not a number in E.164, a short code or up to 11 letters and digits";
        faults.push(Fault::new("sender.invalid", "", detail));
    }
    let registration = new.registration.as_deref();
    faults.extend(registration.and_then(|text| says(text, "/registration")));
    if new.daily_cap == Some(0) {
        let detail = "a cap of 0 stops everything; leave it out instead";
        faults.push(Fault::new("field.range", "/daily_cap", detail));
    }
    if new.programmes.len() > 100 || !new.programmes.iter().all(|name| is_programme_name(name)) {
        let detail =
            "100 programmes at most, each of 1 to 40 lower-case letters, digits, '_', '-' and '.'";
        faults.push(Fault::new("field.invalid", "/programmes", detail));
    }
    faults
}
