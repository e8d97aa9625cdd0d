//! `POST /v1/campaigns/{id}/test-send`

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use chassis::http::{Auth, Body, PathId, Problem};
use contract::texts::{Origin, OriginKind};
use contract::{CampaignId, ContactId, EventId, MessageId, UnixMillis};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::variants;
use crate::app::App;
use crate::texts::{MOST_VARS, NewText, VARS_BYTES, queue};
use crate::{db, start};

const MOST: usize = 10;
/// A test that has not left by then is of no use to anybody.
const VALID_FOR_MS: i64 = 3_600_000;

/// To whom, and with which values.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TestSend {
    /// At most 10. They are texted under the same rules as anybody.
    #[schema(value_type = Vec<String>)]
    pub contacts: Vec<ContactId>,
    /// Values of merge fields, without `contact.`; the contact's own fill what is left out.
    #[serde(default)]
    pub fields: BTreeMap<String, String>,
    /// The text of this variant; absent: the campaign's own.
    #[serde(default)]
    pub variant: Option<String>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct TestSent {
    pub messages: Vec<TestMessage>,
}

/// One text. What became of it: `GET /v1/messages/{id}`.
#[derive(Debug, Serialize, ToSchema)]
pub struct TestMessage {
    #[schema(value_type = String)]
    pub message: MessageId,
    #[schema(value_type = String)]
    pub contact: ContactId,
}

/// Sends a campaign's text to a few people who want to see it, whatever state the campaign is in.
#[utoipa::path(post, path = "/v1/campaigns/{id}/test-send", tag = "campaigns", params(("id" = String, Path)),
    request_body = TestSend, responses((status = 202, body = TestSent), (status = 404),
        (status = 422, description = "campaign.test_invalid, template.not_published")))]
pub async fn handle(
    Auth(caller): Auth,
    State(app): State<Arc<App>>,
    PathId(id): PathId<CampaignId>,
    Body(body): Body<TestSend>,
) -> Result<(StatusCode, Json<TestSent>), Problem> {
    let found = db::campaign::by_id(app.cx.db.read(), caller.tenant, id).await?;
    let campaign = found
        .filter(|campaign| campaign.mode == caller.mode)
        .ok_or_else(|| Problem::not_found("campaign"))?;
    check(&body)?;
    let campaign = variants::only(campaign, body.variant.as_deref())?;
    let Some(template) = start::describe(&app, &campaign).await? else {
        let (code, detail) = (
            "template.not_published",
            "the template has no published version",
        );
        return Err(Problem::new(StatusCode::UNPROCESSABLE_ENTITY, code, detail));
    };
    let now = app.cx.clock.now();
    // Every test is one of its own.
    let step = format!("test/{}", EventId::at(now));
    let text = |contact: ContactId| NewText {
        tenant: campaign.tenant,
        mode: campaign.mode,
        origin: Origin {
            kind: OriginKind::CampaignTest,
            id: id.to_string(),
        },
        step: step.clone(),
        contact,
        class: campaign.class,
        programme: campaign.programme.clone(),
        sender: campaign.sender.clone(),
        template: campaign.template,
        template_version: Some(template.version),
        vars: body.fields.clone(),
        not_before: None,
        valid_until: UnixMillis(UnixMillis::from(now).0 + VALID_FOR_MS),
    };
    let contacts: BTreeSet<ContactId> = body.contacts.iter().copied().collect();
    let texts: Vec<NewText> = contacts.iter().copied().map(text).collect();
    let (engine, bus) = (app.cx.db.engine(), app.cx.bus.clone());
    let write = app
        .cx
        .db
        .write(move |tx| Box::pin(async move { queue(tx, engine, &bus, &texts, now).await }));
    let messages = write.await?.into_iter().zip(contacts);
    let messages = messages.map(|(queued, contact)| TestMessage {
        message: queued.message,
        contact,
    });
    let sent = TestSent {
        messages: messages.collect(),
    };
    Ok((StatusCode::ACCEPTED, Json(sent)))
}

fn check(body: &TestSend) -> Result<(), Problem> {
    let mut problem = Problem::new(
        StatusCode::UNPROCESSABLE_ENTITY,
        "campaign.test_invalid",
        "the test cannot be sent like this",
    );
    let mut faulty = false;
    if !(1..=MOST).contains(&body.contacts.len()) {
        problem = problem.error("/contacts", "field.range", "1 to 10 contacts.");
        faulty = true;
    }
    let size: usize = body.fields.iter().map(|(k, v)| k.len() + v.len()).sum();
    if body.fields.len() > MOST_VARS || size > VARS_BYTES {
        problem = problem.error(
            "/fields",
            "field.range",
            "At most 100 fields, 16 KiB together.",
        );
        faulty = true;
    }
    if faulty { Err(problem) } else { Ok(()) }
}
