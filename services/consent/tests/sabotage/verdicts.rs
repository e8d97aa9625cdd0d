//! Plays a schedule with everything in place and without a mechanism, and compares what the judge says.

use channels::simulator::{StopFigures, Verdict};
use consent::sabotage::{self, Mechanism};
use tokio::sync::{Mutex, MutexGuard};

use crate::Kit;
use crate::scene::Scene;

/// What the judge says of the two playings.
pub struct Verdicts {
    pub with: (Verdict, StopFigures),
    pub without: (Verdict, StopFigures),
}

/// Mechanisms are taken from the whole process: one test at a time.
pub async fn alone() -> MutexGuard<'static, ()> {
    static ALONE: Mutex<()> = Mutex::const_new(());
    ALONE.lock().await
}

/// The same schedule twice.
pub async fn compare(kit: &Kit, mechanism: Mechanism, play: impl AsyncFn(&Scene<'_>)) -> Verdicts {
    sabotage::remove(None);
    let scene = Scene::open(kit, 0).await;
    play(&scene).await;
    let with = scene.judged().await;

    let scene = Scene::open(kit, 1).await;
    sabotage::remove(Some(mechanism));
    play(&scene).await;
    let without = scene.judged().await;
    sabotage::remove(None);
    Verdicts { with, without }
}

/// Texts that came late (after a confirmed STOP), and twice.
pub fn faults((verdict, _): &(Verdict, StopFigures)) -> (u64, u64) {
    (verdict.texts_after_confirmed_stop, verdict.texts_twice)
}

/// Texts handed over, and STOPs that the platform says it confirmed: a schedule in which nothing happened
/// would be green, too.
pub fn happened((verdict, figures): &(Verdict, StopFigures)) -> (u64, u64) {
    (verdict.texts, figures.confirmed_on_record)
}
