//! What consent does with a reply: STOP is recorded, START restores, HELP is answered, doubt is held for a
//! human. The same for the query (the carrier waits) and for the command (the durable way); a reply that came
//! before changes nothing.

use std::sync::Arc;

use chassis::Tx;
use chassis::db::Turn;
use contract::consent::{Keyword, Reply, ReplyRecorded};
use contract::{Class, ConsentId, Mode, ReviewId, TenantId, UnixMillis};
use serde_json::json;

use crate::app::App;
use crate::counts::last_class;
use crate::db::review::Review;
use crate::db::standing::Hold;
use crate::db::{self};
use crate::facts::{Facts, Flags};
use crate::heard::Heard;
use crate::keyword::{self, Keywords, Reading, Stop};
use crate::law::Level;
use crate::memo::Memo;
use crate::people::People;
use crate::record::{NewEntry, Recorded, record};
use crate::revocation::scope_of;
use crate::service_text::{ServiceText, VALID_MILLIS, help_run};
use crate::standing::{Action, Change, DEFAULT_PROGRAMME};

/// Acts on a reply; resolves once its effect is durable. `turn`: whether somebody waits for it.
pub async fn act(
    app: &Arc<App>,
    tenant: TenantId,
    reply: Reply,
    turn: Turn,
) -> anyhow::Result<ReplyRecorded> {
    let memo = app
        .tenants
        .active(app.cx.db.read(), app.engine(), tenant)
        .await?;
    let reading = read(&memo, &reply.text);
    let received_at = reply.received_at;
    let recorded = match reading {
        Reading::Help => {
            answer_help(app, tenant, memo, reply).await?;
            told(Keyword::Help, None)
        }
        reading => {
            let shared = app.clone();
            let write = app.cx.db.write_at(turn, move |tx| {
                Box::pin(async move { entry(&shared, tx, tenant, &memo, reading, reply).await })
            });
            write.await?
        }
    };
    if recorded.keyword == Keyword::Stop {
        app.opt_out_recorded();
        let waited = app.cx.clock.millis().0 - received_at.0;
        metrics::histogram!("opt_out_recorded_seconds").record(seconds(waited));
    }
    Ok(recorded)
}

fn read(memo: &Memo, text: &str) -> Reading {
    let own = memo.rules().parameters();
    if own.stop_words.is_empty() && own.start_words.is_empty() && own.help_words.is_empty() {
        return keyword::read(text);
    }
    let words = Keywords::with(&own.stop_words, &own.start_words, &own.help_words);
    keyword::read_with(&words, text)
}

const fn told(keyword: Keyword, consent: Option<ConsentId>) -> ReplyRecorded {
    ReplyRecorded { keyword, consent }
}

#[expect(
    clippy::cast_precision_loss,
    reason = "milliseconds of a few days at most"
)]
pub fn seconds(millis: i64) -> f64 {
    millis.max(0) as f64 / 1000.0
}

async fn entry(
    app: &App,
    tx: &Tx,
    tenant: TenantId,
    memo: &Memo,
    reading: Reading,
    reply: Reply,
) -> anyhow::Result<ReplyRecorded> {
    // By our clock: an opt-in given before this moment must not lift it.
    let now = app.cx.clock.millis().0;
    if !matches!(reading, Reading::Stop(_) | Reading::Review { .. }) {
        note(app, tx, tenant, &reply).await?;
    }
    let phones = [reply.from];
    let class = Class::Marketing;
    let people = People::load(app, tx, tenant, (class, &phones), Hold::None).await?;
    let standing = people
        .known(reply.from)
        .standing
        .clone()
        .unwrap_or_default();
    // A clarification is answered with the name of what is to stay.
    let named = reply.text.trim().to_lowercase();
    if standing.clarification_since.is_some()
        && standing.grants.iter().any(|g| g.programme == named)
    {
        let change = Change {
            programme: Some(named),
            ..by(Action::Restore, "clarification", now)
        };
        return one(app, tx, tenant, Keyword::Start, change, &reply).await;
    }
    match reading {
        Reading::Stop(stop) => {
            let last = last_class(people.recent(reply.from));
            let clarify = memo.rules().parameters().clarify
                && standing.opted_in_programmes(now).len() > 1
                && !stop.everything;
            let change = opt_out(app, memo, stop, last, clarify, now);
            one(app, tx, tenant, Keyword::Stop, change, &reply).await
        }
        Reading::Start => {
            let change = Change {
                sender: Some(reply.to.clone()),
                fresh: true,
                ..by(Action::Restore, "keyword", now)
            };
            one(app, tx, tenant, Keyword::Start, change, &reply).await
        }
        Reading::Yes => {
            let pending = standing
                .grants
                .iter()
                .any(|grant| grant.pending && !grant.ended);
            let change = if pending {
                Change {
                    level: Level::Written,
                    fresh: true,
                    ..by(Action::DoiConfirm, "keyword", now)
                }
            } else if standing.last_revocation_at().is_some() {
                Change {
                    sender: Some(reply.to.clone()),
                    fresh: true,
                    ..by(Action::Restore, "keyword", now)
                }
            } else {
                return Ok(told(Keyword::Yes, None));
            };
            one(app, tx, tenant, Keyword::Yes, change, &reply).await
        }
        Reading::Review { why } => review(app, tx, tenant, memo, why, &reply).await,
        Reading::Help | Reading::None => Ok(told(Keyword::None, None)),
    }
}

/// What they texted may be answered from now on. An opt-out asks for nothing, nor does what may be one.
async fn note(app: &App, tx: &Tx, tenant: TenantId, reply: &Reply) -> anyhow::Result<()> {
    let heard = Heard {
        inbound: reply.inbound,
        sender: reply.to.clone(),
        at: reply.received_at.0.min(app.cx.clock.millis().0),
        live: reply.mode == Mode::Live,
    };
    db::heard::insert(tx, app.engine(), tenant, reply.from, &heard).await
}

fn by(action: Action, by: &str, now: i64) -> Change {
    Change {
        by: by.to_string(),
        ..Change::new(action, now)
    }
}

fn opt_out(
    app: &App,
    memo: &Memo,
    stop: Stop,
    last: Option<Class>,
    clarify: bool,
    now: i64,
) -> Change {
    let (switch, today) = (
        app.law.switch("tcpa.revoke_all_from"),
        app.cx.clock.now().date_naive(),
    );
    let scope = scope_of(stop, last, memo.rules().parameters(), switch, today);
    Change {
        scope: Some(scope),
        clarify,
        ..by(Action::OptOut, stop.matched_by.as_str(), now)
    }
}

async fn one(
    app: &App,
    tx: &Tx,
    tenant: TenantId,
    keyword: Keyword,
    change: Change,
    reply: &Reply,
) -> anyhow::Result<ReplyRecorded> {
    let wanted = change.action == Action::OptOut && !app.config.confirmation_text.is_empty();
    let entry = NewEntry {
        phone: reply.from,
        contact: reply.contact,
        method: change.by.clone(),
        change,
        evidence: json!({ "text": reply.text, "to": reply.to, "received_at": reply.received_at }),
        inbound: Some(reply.inbound),
        confirm_from: wanted.then(|| reply.to.clone()),
        mode: reply.mode,
    };
    Ok(match record(app, tx, tenant, &[entry]).await?.pop() {
        Some(Recorded::Added(id) | Recorded::Already(id)) => told(keyword, Some(id)),
        Some(Recorded::Refused(_)) | None => told(keyword, None),
    })
}

/// Marketing is held at once; a human decides, or time does, for the person.
async fn review(
    app: &App,
    tx: &Tx,
    tenant: TenantId,
    memo: &Memo,
    why: &'static str,
    reply: &Reply,
) -> anyhow::Result<ReplyRecorded> {
    let now = app.cx.clock.millis().0;
    let hours = i64::from(memo.rules().parameters().review_hours);
    let held = one(
        app,
        tx,
        tenant,
        Keyword::Review,
        by(Action::Hold, "keyword", now),
        reply,
    )
    .await?;
    let review = Review {
        id: ReviewId::from_raw(reply.inbound.raw()),
        tenant,
        phone: reply.from,
        contact: reply.contact,
        text: reply.text.clone(),
        why: why.to_string(),
        sender: reply.to.clone(),
        mode: reply.mode,
        received_at: reply.received_at.0,
        due_at: now + hours * 3_600_000,
        decided_at: None,
        decision: None,
    };
    db::review::insert(tx, app.engine(), &review).await?;
    metrics::counter!("opt_out_reviews_total").increment(1);
    Ok(held)
}

async fn answer_help(
    app: &Arc<App>,
    tenant: TenantId,
    memo: Arc<Memo>,
    reply: Reply,
) -> anyhow::Result<()> {
    let own = memo.rules().parameters().help_text.clone();
    let body = own.unwrap_or_else(|| app.config.help_text.clone());
    let now = app.cx.clock.millis();
    let decision = memo.decide(&app.places, reply_facts(&memo, app, Class::HelpReply));
    let shared = app.clone();
    let write = app.cx.db.write(move |tx| {
        Box::pin(async move {
            note(&shared, tx, tenant, &reply).await?;
            if body.is_empty() {
                return Ok(());
            }
            let text = ServiceText {
                class: Class::HelpReply,
                programme: DEFAULT_PROGRAMME,
                run: help_run(reply.inbound),
                contact: reply.contact,
                to: reply.from,
                sender: &reply.to,
                mode: reply.mode,
                decision: decision.id,
                body: &body,
                now,
                valid_until: UnixMillis(now.0 + VALID_MILLIS),
            };
            shared
                .store_decisions(tx, &memo, std::slice::from_ref(&decision), now.0)
                .await?;
            shared.cx.bus.say(tx, tenant, &text.command()).await?;
            Ok(())
        })
    });
    write.await
}

/// The facts under which an answer of ours is asked for; the permit judges it again.
pub fn reply_facts(memo: &Memo, app: &App, class: Class) -> Facts {
    let era = memo.rules().era(app.cx.clock.now().date_naive());
    let mut facts = Facts::nothing(class, era);
    facts.flags.set(Flags::NUMBER_VALID, true);
    facts.flags.set(Flags::REGION_KNOWN, true);
    facts
}
