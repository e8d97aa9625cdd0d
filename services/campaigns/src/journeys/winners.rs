//! Which variant of a split is the better one. The rule is pure; [`look`] asks it and notes what it says.

use contract::UnixMillis;
use serde::{Deserialize, Serialize};

use crate::app::App;
use crate::db;
use crate::db::journey::Head;
use crate::journey::version::Contest;

/// How often a split that has no winner yet is looked at, in milliseconds: looking all the time would find one by
/// chance.
pub const LOOK_EVERY_MS: i64 = 3_600_000;
/// Of the normal distribution: an interval that holds the truth 95 times of 100.
const Z: f64 = 1.96;

/// Runs that fell to a variant, and those of them that reached the goal.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tally {
    pub variant: String,
    pub runs: u64,
    pub reached: u64,
}

impl Tally {
    fn rate(&self) -> f64 {
        if self.runs == 0 {
            0.0
        } else {
            self.reached as f64 / self.runs as f64
        }
    }

    /// Wilson's interval of the rate.
    fn interval(&self) -> (f64, f64) {
        let n = self.runs.max(1) as f64;
        let (p, z2) = (self.rate(), Z * Z);
        let centre = p + z2 / (2.0 * n);
        let margin = Z * (p * (1.0 - p) / n + z2 / (4.0 * n * n)).sqrt();
        let scale = 1.0 + z2 / n;
        ((centre - margin) / scale, (centre + margin) / scale)
    }
}

/// The least that `better` is ahead of `other`: the lower end of Newcombe's interval of the difference of two rates.
fn least_lead(better: &Tally, other: &Tally) -> f64 {
    let (low, _) = better.interval();
    let (_, high) = other.interval();
    let (up, down) = (better.rate() - low, high - other.rate());
    better.rate() - other.rate() - (up * up + down * down).sqrt()
}

/// The variant that is surely better than each of its rivals; `None` while nobody can say, or too few have come.
pub fn decide(contest: &Contest, tallies: &[Tally]) -> Option<String> {
    let rivals: Vec<&Tally> = tallies
        .iter()
        .filter(|tally| contest.rivals.contains(&tally.variant))
        .collect();
    let enough = rivals.len() == contest.rivals.len()
        && rivals.iter().all(|tally| tally.runs >= contest.min_sample);
    if !enough || rivals.len() < 2 {
        return None;
    }
    let best = rivals.iter().max_by(|a, b| a.rate().total_cmp(&b.rate()))?;
    rivals
        .iter()
        .filter(|rival| rival.variant != best.variant)
        .all(|rival| least_lead(best, rival) > 0.0)
        .then(|| best.variant.clone())
}

/// Looks at every split of a published version that has no winner yet, and notes those that are decided.
pub async fn look(app: &App) -> anyhow::Result<()> {
    for head in db::journey::with_contests(app.cx.db.read()).await? {
        // A journey that cannot be looked at holds up no other.
        if let Err(error) = look_at(app, &head).await {
            let error = format!("{error:#}");
            tracing::warn!(journey = %head.id, error, "splits of a journey cannot be looked at yet");
        }
    }
    Ok(())
}

async fn look_at(app: &App, head: &Head) -> anyhow::Result<()> {
    let (read, engine) = (app.cx.db.read(), app.cx.db.engine());
    let now = app.cx.clock.millis();
    let of = (head.id, head.version);
    let known = db::journey_winner::of(read, engine, &[of]).await?;
    let ready = app.versions.get(read, head.id, head.version).await?;
    for contest in &ready.version.contests {
        let decided = known
            .get(&of)
            .is_some_and(|known| known.contains_key(&contest.step));
        if decided || now < due_at(ready.published_at, contest) {
            continue;
        }
        let tallies =
            db::journey_winner::tallies(read, engine, head.id, head.version, &contest.step).await?;
        let Some(variant) = decide(contest, &tallies) else {
            continue;
        };
        let (step, named) = (contest.step.clone(), variant.clone());
        let write = app.cx.db.write(move |tx| {
            Box::pin(async move {
                db::journey_winner::insert(tx, of, &step, &named, &tallies, now).await
            })
        });
        if write.await? {
            tracing::info!(journey = %head.id, version = head.version, step = contest.step, variant, "a split is decided");
        }
    }
    Ok(())
}

fn due_at(published_at: UnixMillis, contest: &Contest) -> UnixMillis {
    UnixMillis(published_at.0 + contest.after.nominal().num_milliseconds())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::schedule::IsoDuration;

    fn contest(min_sample: u64) -> Contest {
        Contest {
            step: "opening".into(),
            rivals: vec!["a".into(), "b".into()],
            after: IsoDuration::ZERO,
            min_sample,
        }
    }

    fn tally(variant: &str, runs: u64, reached: u64) -> Tally {
        Tally {
            variant: variant.into(),
            runs,
            reached,
        }
    }

    #[test]
    fn a_clear_lead_wins_and_a_narrow_one_waits() {
        let clear = [tally("a", 1_000, 100), tally("b", 1_000, 150)];
        assert_eq!(decide(&contest(1_000), &clear).as_deref(), Some("b"));
        let narrow = [tally("a", 1_000, 100), tally("b", 1_000, 110)];
        assert_eq!(decide(&contest(1_000), &narrow), None);
        let equal = [tally("a", 1_000, 100), tally("b", 1_000, 100)];
        assert_eq!(decide(&contest(1), &equal), None);
    }

    #[test]
    fn too_few_decide_nothing_and_a_holdout_is_no_rival() {
        let few = [tally("a", 999, 0), tally("b", 1_000, 900)];
        assert_eq!(decide(&contest(1_000), &few), None);
        assert_eq!(decide(&contest(1), &[tally("b", 1_000, 900)]), None);
        let holdout = [
            tally("a", 1_000, 100),
            tally("b", 1_000, 200),
            tally("holdout", 1_000, 900),
        ];
        assert_eq!(decide(&contest(1_000), &holdout).as_deref(), Some("b"));
    }

    #[test]
    fn newcombes_example_has_his_interval() {
        // Newcombe 1998, method 10: 56/70 against 48/80 is ahead by 0.0524 at least.
        let lead = least_lead(&tally("a", 70, 56), &tally("b", 80, 48));
        assert!((lead - 0.0524).abs() < 0.0001, "{lead}");
    }

    proptest! {
        #[test]
        fn whoever_wins_has_the_higher_rate_whatever_the_order(
            a in (1..5_000_u64, 0..5_000_u64), b in (1..5_000_u64, 0..5_000_u64),
        ) {
            let one = tally("a", a.0, a.1.min(a.0));
            let other = tally("b", b.0, b.1.min(b.0));
            let won = decide(&contest(1), &[one.clone(), other.clone()]);
            prop_assert_eq!(&won, &decide(&contest(1), &[other.clone(), one.clone()]));
            if let Some(won) = won {
                let (better, worse) = if won == "a" { (one, other) } else { (other, one) };
                prop_assert!(better.rate() > worse.rate());
            }
        }
    }
}
