//! What stands around inbound.

use std::sync::Arc;

use chassis::Service;
use contract::consent::{Keyword, RecordReply, ReplyRecorded};
use contract::contacts::FindByPhone;
use contract::dispatch::{ReplyTaken, TakeReply};
use contract::{ContactId, Envelope};
use utoipa_axum::router::OpenApiRouter;

pub const KNOWN: ContactId = ContactId::from_raw(77);

/// Knows everybody.
pub const CONTACTS: Service = Service {
    name: "contacts",
    migrations: &[],
    defaults: "",
    start: |cx| {
        Box::pin(async move {
            cx.answer(Arc::new(()), |_, _: Envelope<FindByPhone>| async {
                Ok(Some(KNOWN))
            })
            .await?;
            Ok(OpenApiRouter::new())
        })
    },
};

/// Takes `STOP` for an opt-out; fails on `consent is down`.
pub const CONSENT: Service = Service {
    name: "consent",
    migrations: &[],
    defaults: "",
    start: |cx| {
        Box::pin(async move {
            cx.answer(Arc::new(()), |_, asked: Envelope<RecordReply>| async move {
                anyhow::ensure!(asked.body.reply.text != "consent is down", "down");
                let keyword = if asked.body.reply.text == "STOP" {
                    Keyword::Stop
                } else {
                    Keyword::None
                };
                Ok(ReplyRecorded {
                    keyword,
                    consent: None,
                })
            })
            .await?;
            Ok(OpenApiRouter::new())
        })
    },
};

/// Takes every reply but `dispatch is down`.
pub const DISPATCH: Service = Service {
    name: "dispatch",
    migrations: &[],
    defaults: "",
    start: |cx| {
        Box::pin(async move {
            cx.answer(Arc::new(()), |_, asked: Envelope<TakeReply>| async move {
                anyhow::ensure!(asked.body.text != "dispatch is down", "down");
                Ok(ReplyTaken {})
            })
            .await?;
            Ok(OpenApiRouter::new())
        })
    },
};
