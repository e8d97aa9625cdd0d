//! What is tried.

use std::time::{Duration, Instant};

use campaigns::timers;
use contract::UnixMillis;
use serde::Serialize;

use super::super::stop::chance::Chance;
use super::place::Place;
use super::worker::Worker;

/// Timers that wait lie this far away, over a year.
const TOMORROW_MS: i64 = 24 * 3_600_000;
const YEAR_MS: i64 = 365 * TOMORROW_MS;

/// Ids of the different trials begin apart.
const WAITING: u128 = 1 << 64;
const AT_ONCE: u128 = 2 << 64;
const KILLED: u128 = 3 << 64;
const RIVALS: u128 = 4 << 64;

/// Timers set a second.
pub async fn fill(place: &Place, pending: u32) -> anyhow::Result<f64> {
    let from = place.clock.millis().0 + TOMORROW_MS;
    let started = Instant::now();
    // A step that is coprime to the year scatters them over it.
    let due = |n: u32| UnixMillis(from + (i64::from(n) * 7_919_000_017).rem_euclid(YEAR_MS));
    place.set(WAITING, pending, due).await?;
    Ok(f64::from(pending) / started.elapsed().as_secs_f64())
}

#[derive(Debug, Clone, Copy, Default, Serialize)]
pub struct Lookup {
    pub median_ms: f64,
    pub longest_ms: f64,
}

/// How long it takes to find when the next timer is due.
pub async fn lookups(place: &Place) -> anyhow::Result<Lookup> {
    let mut times = Vec::new();
    for _ in 0..1000 {
        let started = Instant::now();
        timers::next_due(place.db.read()).await?;
        times.push(started.elapsed().as_secs_f64() * 1000.0);
    }
    times.sort_by(f64::total_cmp);
    Ok(Lookup {
        median_ms: times.get(times.len() / 2).copied().unwrap_or_default(),
        longest_ms: times.last().copied().unwrap_or_default(),
    })
}

#[derive(Debug, Clone, Copy, Default)]
pub struct Minute {
    /// From the instant they were due until the last had started.
    pub seconds: f64,
    pub cpu_seconds: f64,
    pub peak_rss_mib: f64,
}

/// All due at one instant.
pub async fn at_once(place: &Place, due: u32) -> anyhow::Result<Minute> {
    place.forget_fired().await?;
    let worker = Worker::start(&place.folder()).await?;
    let set_within = 3_000 + i64::from(due) / 5;
    let at = UnixMillis(place.clock.millis().0 + set_within);
    place.set(AT_ONCE, due, |_| at).await?;
    let before = worker.usage();
    let fired = place.until_fired(due).await?;
    let usage = worker.usage();
    worker.kill().await?;
    anyhow::ensure!(
        (fired.times, fired.different) == (due, due),
        "of {due} timers due at once {} fired, {} times",
        fired.different,
        fired.times
    );
    let millis = (fired.last_at.0 - at.0).max(0);
    Ok(Minute {
        seconds: Duration::from_millis(u64::try_from(millis)?).as_secs_f64(),
        cpu_seconds: usage.cpu_since(before),
        peak_rss_mib: usage.peak_rss_mib,
    })
}

#[derive(Debug, Clone, Copy, Default, Serialize)]
pub struct Broken {
    pub timers: u32,
    pub fired: u32,
    pub fired_twice: u32,
    pub kills: u32,
    pub freezes: u32,
    /// From the instant the last was due until it had started.
    pub seconds_late: f64,
}

impl Broken {
    pub fn each_once(&self) -> bool {
        self.fired == self.timers && self.fired_twice == 0
    }
}

/// Timers due evenly over some time, while their scheduler is killed again and again.
pub async fn killed(place: &Place, due: u32, time: Duration, kills: u32) -> anyhow::Result<Broken> {
    place.forget_fired().await?;
    let end = spread(place, KILLED, due, time).await?;
    let mut worker = Worker::start(&place.folder()).await?;
    let (mut done, mut chance) = (0, Chance::new(20));
    while done < kills {
        let step = left(place, end) / (kills - done);
        tokio::time::sleep(step.mul_f64(between(&mut chance, 0.3, 1.0).as_secs_f64())).await;
        worker.kill().await?;
        worker = Worker::start(&place.folder()).await?;
        done += 1;
    }
    let broken = outcome(place, due, end, (done, 0)).await?;
    worker.kill().await?;
    Ok(broken)
}

/// Two schedulers on one database, in turns frozen and killed.
pub async fn rivals(place: &Place, slots: u32, time: Duration) -> anyhow::Result<Broken> {
    place.forget_fired().await?;
    let end = spread(place, RIVALS, slots, time).await?;
    let mut pair = [
        Worker::start(&place.folder()).await?,
        Worker::start(&place.folder()).await?,
    ];
    let (mut kills, mut freezes, mut chance) = (0, 0, Chance::new(1_000));
    while place.clock.millis() < end {
        tokio::time::sleep(between(&mut chance, 0.05, 0.4)).await;
        let [first, second] = &mut pair;
        let one = if chance.between(0, 1) == 0 {
            first
        } else {
            second
        };
        if chance.between(1, 10) <= 3 {
            let fresh = Worker::start(&place.folder()).await?;
            std::mem::replace(one, fresh).kill().await?;
            kills += 1;
        } else {
            // Longer than the lease, often enough.
            one.freeze(between(&mut chance, 0.1, 2.0)).await?;
            freezes += 1;
        }
    }
    let broken = outcome(place, slots, end, (kills, freezes)).await?;
    for worker in pair {
        worker.kill().await?;
    }
    Ok(broken)
}

/// Sets timers due evenly over some time; when the last one is due.
async fn spread(
    place: &Place,
    first: u128,
    count: u32,
    time: Duration,
) -> anyhow::Result<UnixMillis> {
    let millis = i64::try_from(time.as_millis())?;
    let start = place.clock.millis().0 + 1_000 + i64::from(count) / 5;
    let due = |n: u32| UnixMillis(start + i64::from(n) * millis / i64::from(count.max(1)));
    place.set(first, count, due).await?;
    Ok(UnixMillis(start + millis))
}

async fn outcome(
    place: &Place,
    timers: u32,
    end: UnixMillis,
    (kills, freezes): (u32, u32),
) -> anyhow::Result<Broken> {
    place.until_fired(timers).await?;
    // Whoever would fire one a second time has the chance to.
    tokio::time::sleep(Duration::from_secs(2)).await;
    let fired = place.fired().await?;
    let late = u64::try_from(fired.last_at.0 - end.0).unwrap_or(0);
    Ok(Broken {
        timers,
        fired: fired.different,
        fired_twice: fired.times - fired.different,
        kills,
        freezes,
        seconds_late: Duration::from_millis(late).as_secs_f64(),
    })
}

fn left(place: &Place, end: UnixMillis) -> Duration {
    Duration::from_millis(u64::try_from(end.0 - place.clock.millis().0).unwrap_or(0))
}

/// From the one to the other, in thousandths.
fn between(chance: &mut Chance, least: f64, most: f64) -> Duration {
    let share = u32::try_from(chance.between(0, 1000)).unwrap_or(0);
    Duration::from_secs_f64(least + (most - least) * f64::from(share) / 1000.0)
}
