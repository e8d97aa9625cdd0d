//! The transaction of a few slots.

use std::sync::Arc;

use ahash::AHashMap;
use chassis::db::Turn;
use chassis::{Engine, Tx};
use contract::chunk::SlotRef;
use contract::consent::{GrantPermits, PermitAnswer, PermitAsk};
use contract::{Class, EventId, Phone, RunId, TenantId};
use tokio::sync::oneshot;

use super::counted::Counted;
use super::judging::{Bench, carrier_day, judge_slot, names};
use super::queue::Question;
use super::settled::{Settled, allowed};
use crate::app::App;
use crate::db::open_slot::{Entry, Open, Opened};
use crate::db::permit::New;
use crate::db::run_about::About;
use crate::db::run_gate::Footing;
use crate::db::standing::Hold;
use crate::db::{self};
use crate::decision::Decision;
use crate::judge::Judged;
use crate::memo::Memo;
use crate::people::People;
use crate::recent::{Sent, topic};
use crate::sabotage::{self, Mechanism};

type Answer = oneshot::Sender<anyhow::Result<PermitAnswer>>;

/// A question without where its answer goes.
struct Asked {
    id: EventId,
    ask: GrantPermits,
}

/// What the batch comes to, with what is to be remembered once it is committed.
struct Granted {
    answers: Vec<Settled>,
    stored: Vec<Arc<Decision>>,
    memo: Arc<Memo>,
    runs: Vec<RunId>,
}

/// Answers these questions, all of one tenant and class. If the transaction fails, none of it stands, and each
/// asker asks again.
pub async fn answer(app: &Arc<App>, questions: Vec<Question>) {
    let Some(tenant) = questions.first().map(|one| one.tenant) else {
        return;
    };
    let (asked, answers): (Vec<Asked>, Vec<Answer>) = questions
        .into_iter()
        .map(|one| {
            let Question {
                id, ask, answer, ..
            } = one;
            (Asked { id, ask }, answer)
        })
        .unzip();
    let counted = Arc::new(Counted::default());
    let (shared, kept) = (app.clone(), counted.clone());
    let reply = asked.first().is_some_and(|one| one.ask.class.is_reply());
    let turn = if reply { Turn::First } else { Turn::Last };
    let write = app.cx.db.write_at(turn, move |tx| {
        Box::pin(async move { grant(&shared, tx, tenant, asked, &kept).await })
    });
    // An asker that has gone away does not need the answer; its permits are told as granted before.
    match write.await {
        Ok(granted) => {
            app.mark_stored(&granted.memo, &granted.stored);
            for run in granted.runs {
                app.tenants.remember_run(run);
            }
            // The writer has others to serve: answers are put into words here.
            for (told, settled) in answers.into_iter().zip(granted.answers) {
                let _gone = told.send(Ok(settled.tell(app.config.permit_good_for_ms)));
            }
        }
        Err(error) => {
            counted.release(app, tenant);
            for told in answers {
                let _gone = told.send(Err(anyhow::anyhow!("{error:#}")));
            }
        }
    }
}

async fn grant(
    app: &App,
    tx: &Tx,
    tenant: TenantId,
    asked: Vec<Asked>,
    counted: &Counted,
) -> anyhow::Result<Granted> {
    let questions = asked.as_slice();
    let (engine, now) = (app.engine(), app.cx.clock.millis().0);
    let footings = footings(app, tx, tenant, questions).await?;
    let policy = footings.first().map_or(0, |footing| footing.policy);
    let memo = app.tenants.rules(tx, engine, tenant, policy).await?;
    let slots: Vec<SlotRef> = questions.iter().map(|one| one.ask.slot).collect();
    // What was permitted once is told as such, even if it would be refused now.
    let earlier = db::permit::granted(tx, engine, &slots).await?;
    let parted: Vec<(Vec<&PermitAsk>, Vec<&PermitAsk>)> = questions
        .iter()
        .map(|one| {
            let slot = one.ask.slot;
            one.ask
                .asks
                .iter()
                .partition(|asked| earlier.contains(&(slot.run, slot.chunk, asked.position)))
        })
        .collect();
    let fenced = |index: usize| is_fenced(&footings[index], &questions[index]);
    let class = questions
        .first()
        .map_or(Class::Marketing, |one| one.ask.class);
    let phones: Vec<Phone> = (0..questions.len())
        .filter(|index| !fenced(*index))
        .flat_map(|index| parted[index].1.iter().map(|asked| asked.phone))
        .collect();
    let people = held(app, tx, tenant, class, &phones).await?;
    let bench = Bench {
        app,
        tx,
        tenant,
        memo: &memo,
        people: &people,
    };
    let mut by_sender: AHashMap<&str, i64> = AHashMap::new();
    let mut verdicts: Vec<Option<Vec<Judged>>> = Vec::with_capacity(questions.len());
    for (index, question) in questions.iter().enumerate() {
        if fenced(index) {
            verdicts.push(None);
            continue;
        }
        let sender = by_sender.entry(&question.ask.sender).or_default();
        let footing = &footings[index];
        let judged = judge_slot(&bench, &question.ask, &parted[index].1, footing, *sender).await?;
        *sender += i64::try_from(allowed(&judged).count())?;
        verdicts.push(Some(judged));
    }
    sabotage::dawdle().await;
    let judged = || verdicts.iter().flatten().flatten();
    let stored = app.unstored(judged().map(|one| &one.decision));
    app.store_decisions(tx, &memo, &stored, now).await?;
    write(app, tx, tenant, (questions, &verdicts), now).await?;
    let runs = count(app, tx, tenant, (questions, &verdicts), counted, now).await?;
    let before: Vec<Vec<u16>> = parted
        .iter()
        .map(|(before, _)| before.iter().map(|one| one.position).collect())
        .collect();
    drop(parted);
    let answers = asked
        .into_iter()
        .zip(verdicts)
        .zip(before)
        .map(|((asked, judged), before)| Settled {
            slot: asked.ask.slot,
            judged,
            before,
        })
        .collect();
    Ok(Granted {
        answers,
        stored,
        memo,
        runs,
    })
}

fn is_fenced(footing: &Footing, question: &Asked) -> bool {
    let epoch = i64::try_from(question.ask.epoch).ok();
    footing.epoch != epoch && !sabotage::removed(Mechanism::Epoch)
}

/// Epoch, gate and policy version of each question, read once per dispatcher and run.
async fn footings(
    app: &App,
    tx: &Tx,
    tenant: TenantId,
    questions: &[Asked],
) -> anyhow::Result<Vec<Footing>> {
    let mut known: AHashMap<(&str, RunId), Footing> = AHashMap::new();
    let mut footings = Vec::with_capacity(questions.len());
    for question in questions {
        let key = (question.ask.dispatcher.as_str(), question.ask.slot.run);
        let footing = match known.get(&key) {
            Some(footing) => footing.clone(),
            None => db::run_gate::footing(tx, app.engine(), tenant, key.0, key.1).await?,
        };
        known.insert(key, footing.clone());
        footings.push(footing);
    }
    Ok(footings)
}

/// The people of the batch, their rows held.
async fn held(
    app: &App,
    tx: &Tx,
    tenant: TenantId,
    class: Class,
    phones: &[Phone],
) -> anyhow::Result<People> {
    let engine = app.engine();
    // Marketing needs a row to be allowed at all; for other classes the row must be there to be held.
    if engine == Engine::Postgres && class != Class::Marketing {
        db::standing::ensure(tx, engine, tenant, phones.iter().copied()).await?;
    }
    // Where caps are counted, two slots with the same person must not count at the same time.
    let hold = if class == Class::Marketing {
        Hold::Exclusive
    } else {
        Hold::Shared
    };
    People::load(app, tx, tenant, (class, phones), hold).await
}

type Verdicts<'v> = (&'v [Asked], &'v [Option<Vec<Judged>>]);

/// Permits, and that they are open, for all slots at once.
async fn write(
    app: &App,
    tx: &Tx,
    tenant: TenantId,
    (questions, verdicts): Verdicts<'_>,
    now: i64,
) -> anyhow::Result<()> {
    let (mut permits, mut opened) = (Vec::new(), Vec::new());
    for (question, judged) in questions.iter().zip(verdicts) {
        let ask = &question.ask;
        let entries: Vec<Entry> = allowed(judged.as_deref().unwrap_or_default())
            .map(|one| Entry {
                position: one.person.position,
                contact: one.person.contact,
                decision: one.decision.id,
                phone: one.person.phone,
            })
            .collect();
        if entries.is_empty() {
            continue;
        }
        permits.extend(
            allowed(judged.as_deref().unwrap_or_default()).map(|one| New {
                run: ask.slot.run,
                chunk: ask.slot.chunk,
                position: one.person.position,
                decision: one.decision.id,
                revision: one.revision,
                phone: one.person.phone,
            }),
        );
        opened.push(Opened {
            open: Open {
                slot: ask.slot,
                ask: question.id,
                tenant,
                campaign: ask.campaign,
                entries,
            },
            dispatcher: ask.dispatcher.clone(),
            epoch: i64::try_from(ask.epoch)?,
        });
    }
    db::permit::grant(tx, app.engine(), &permits, now).await?;
    db::open_slot::insert(tx, app.engine(), &opened, now).await
}

/// Counts the texts against everybody's caps and the senders' day, and keeps what each run is about.
async fn count(
    app: &App,
    tx: &Tx,
    tenant: TenantId,
    (questions, verdicts): Verdicts<'_>,
    counted: &Counted,
    now: i64,
) -> anyhow::Result<Vec<RunId>> {
    let engine = app.engine();
    let (mut runs, mut all) = (Vec::new(), Vec::new());
    for (question, judged) in questions.iter().zip(verdicts) {
        let ask = &question.ask;
        let sent: Vec<Phone> = allowed(judged.as_deref().unwrap_or_default())
            .map(|one| one.person.phone)
            .collect();
        if sent.is_empty() {
            continue;
        }
        let run = ask.slot.run;
        if app.tenants.is_new_run(run) && !runs.contains(&run) {
            let about = About {
                run,
                tenant,
                campaign: ask.campaign,
                class: ask.class,
                programme: ask.programme.clone(),
                sender: ask.sender.clone(),
                started_at: now,
            };
            db::run_about::keep(tx, engine, &about).await?;
            runs.push(run);
        }
        let about = Sent {
            topic: topic(&ask.programme),
            class: ask.class,
            at: now,
        };
        let papers = app.tenants.papers(tx, engine, tenant, names(ask)).await?;
        if papers.sender.daily_cap.is_some() {
            let day = carrier_day(app.cx.clock.now());
            let texts = i64::try_from(sent.len())?;
            db::sender_day::add(tx, engine, tenant, (&ask.sender, &day), texts).await?;
        }
        all.extend(sent.iter().map(|phone| (*phone, about)));
        counted.note(about, sent);
    }
    app.counts.reserve(tx, engine, tenant, &all).await?;
    Ok(runs)
}
