//! What stands around inbound.

use std::sync::Arc;

use chassis::Service;
use contract::consent::{Keyword, RecordReply, ReplyRecorded};
use contract::contacts::FindByPhone;
use contract::dispatch::{ReplyTaken, TakeReply};
use contract::renderer::{LinkResolved, ResolveLink};
use contract::{CampaignId, ContactId, Envelope, MessageId, Mode, RunId, UnixMillis};
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

pub const CAMPAIGN: CampaignId = CampaignId::from_raw(5);

/// Knows the links `one` and `two` (of two texts), `expired` and `script` on `go.example.com`. A token says
/// behind a `~` whose it is.
pub const RENDERER: Service = Service {
    name: "renderer",
    migrations: &[],
    defaults: "",
    start: |cx| {
        Box::pin(async move {
            cx.answer(Arc::new(()), |_, asked: Envelope<ResolveLink>| async move {
                Ok(resolved(&asked.body))
            })
            .await?;
            Ok(OpenApiRouter::new())
        })
    },
};

fn resolved(asked: &ResolveLink) -> Option<LinkResolved> {
    let (name, tenant) = asked.token.split_once('~')?;
    let position = ["one", "two", "expired", "script"]
        .iter()
        .position(|known| *known == name)?;
    if asked.host != "go.example.com" {
        return None;
    }
    Some(LinkResolved {
        tenant: tenant.parse().unwrap(),
        campaign: CAMPAIGN,
        message: MessageId::of(
            RunId::from_raw(1 << 80),
            0,
            u16::try_from(position).unwrap(),
        ),
        mode: Mode::Test,
        link: 0,
        target: match name {
            "script" => "javascript:alert(1)".into(),
            _ => "https://shop.example/page".into(),
        },
        expires_at: match name {
            "expired" => UnixMillis(1),
            _ => UnixMillis(i64::MAX),
        },
    })
}
