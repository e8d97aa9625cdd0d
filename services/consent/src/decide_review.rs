//! What a doubtful reply comes to: a human says so, or time does, for the person.

use chassis::Tx;
use contract::{Class, ConsentId};
use serde_json::json;

use crate::api::once;
use crate::app::App;
use crate::counts::last_class;
use crate::db;
use crate::db::review::Review;
use crate::db::standing::Hold;
use crate::keyword::{MatchedBy, Stop};
use crate::people::People;
use crate::record::{NewEntry, Recorded, record};
use crate::revocation::scope_of;
use crate::standing::{Action, Change, Scope};

/// Records the decision; `None` when it was decided before, else the ledger's entry, where one was made. `by`
/// is `human` or `lapsed`. A release waits for the person's other open reviews.
pub async fn decide(
    app: &App,
    tx: &Tx,
    review: &Review,
    out: bool,
    (scope, by): (Option<Scope>, &str),
) -> anyhow::Result<Option<Option<ConsentId>>> {
    let (engine, now) = (app.engine(), app.cx.clock.millis().0);
    let decision = match (out, by) {
        (true, "lapsed") => "lapsed",
        (true, _) => "opt_out",
        (false, _) => "none",
    };
    if !db::review::decide(tx, engine, review.id, decision, now).await? {
        return Ok(None);
    }
    let change = if out {
        let scope = match scope {
            Some(scope) => scope,
            None => reach(app, tx, review).await?,
        };
        Change::opt_out(scope, now)
    } else if db::review::any_open(tx, engine, review.tenant, review.phone).await? {
        return Ok(Some(None));
    } else {
        Change::new(Action::Release, now)
    };
    let entry = NewEntry {
        phone: review.phone,
        contact: review.contact,
        change: Change {
            by: by.to_string(),
            ..change
        },
        method: by.to_string(),
        evidence: json!({ "review": review.id, "text": review.text, "why": review.why }),
        inbound: Some(once(&format!("review\0{}", review.id))),
        confirm_from: None,
        mode: review.mode,
    };
    let recorded = record(app, tx, review.tenant, &[entry]).await?.pop();
    Ok(Some(match recorded {
        Some(Recorded::Added(id) | Recorded::Already(id)) => Some(id),
        _ => None,
    }))
}

/// As far as a bare STOP would have reached.
async fn reach(app: &App, tx: &Tx, review: &Review) -> anyhow::Result<Scope> {
    let phones = [review.phone];
    let asked = (Class::Informational, &phones[..]);
    let people = People::load(app, tx, review.tenant, asked, Hold::None).await?;
    let memo = app.tenants.active(tx, app.engine(), review.tenant).await?;
    let stop = Stop {
        matched_by: MatchedBy::Keyword,
        everything: false,
        wrong_number: false,
    };
    let (switch, today) = (
        app.law.switch("tcpa.revoke_all_from"),
        app.cx.clock.now().date_naive(),
    );
    let last = last_class(people.recent(review.phone));
    Ok(scope_of(
        stop,
        last,
        memo.rules().parameters(),
        switch,
        today,
    ))
}
