//! What the feature brings: a choice for the whole process, and a place where a test holds the service up.

use std::sync::atomic::{AtomicU8, Ordering};
use std::sync::{Mutex, OnceLock, PoisonError};
use std::time::Duration;

use tokio::sync::oneshot;

use super::Mechanism;

/// Nobody has chosen yet: `HAILMAST_SABOTAGE` decides.
const UNDECIDED: u8 = 0;
const WHOLE: u8 = 1;
const ALL: [Mechanism; 4] = [
    Mechanism::RowLock,
    Mechanism::PrimaryKey,
    Mechanism::Epoch,
    Mechanism::ClosureWait,
];

static CHOSEN: AtomicU8 = AtomicU8::new(UNDECIDED);
static NEXT: Mutex<Option<Stop>> = Mutex::new(None);

/// Is this one taken away at present?
pub fn removed(mechanism: Mechanism) -> bool {
    if CHOSEN.load(Ordering::SeqCst) == UNDECIDED {
        remove(by_environment());
    }
    CHOSEN.load(Ordering::SeqCst) == code(Some(mechanism))
}

/// Takes one away in this process from now on, or (`None`) leaves everything in place.
pub fn remove(mechanism: Option<Mechanism>) {
    CHOSEN.store(code(mechanism), Ordering::SeqCst);
    if let Some(mechanism) = mechanism {
        tracing::error!(
            ?mechanism,
            "SABOTAGED for a test: this process must never text anybody"
        );
    }
}

fn code(mechanism: Option<Mechanism>) -> u8 {
    let at = (WHOLE + 1..).zip(ALL);
    let mut found = at.filter(|(_, one)| Some(*one) == mechanism);
    found.next().map_or(WHOLE, |(code, _)| code)
}

/// `HAILMAST_SABOTAGE=row_lock|primary_key|epoch|closure_wait`.
fn by_environment() -> Option<Mechanism> {
    match variable("HAILMAST_SABOTAGE")?.as_str() {
        "row_lock" => Some(Mechanism::RowLock),
        "primary_key" => Some(Mechanism::PrimaryKey),
        "epoch" => Some(Mechanism::Epoch),
        "closure_wait" => Some(Mechanism::ClosureWait),
        _ => None,
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "nothing that is shipped has this setting"
)]
fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok()
}

/// A transaction that is to be held up, or is.
#[derive(Debug)]
pub struct Held {
    there: oneshot::Receiver<()>,
    go: oneshot::Sender<()>,
}

#[derive(Debug)]
struct Stop {
    there: oneshot::Sender<()>,
    go: oneshot::Receiver<()>,
}

/// The next transaction that has looked at standings and is about to grant by them stays there until it is
/// let go, or what this returns is dropped.
pub fn hold_next() -> Held {
    let (there, reached) = oneshot::channel();
    let (go, gone) = oneshot::channel();
    let stop = Stop { there, go: gone };
    *NEXT.lock().unwrap_or_else(PoisonError::into_inner) = Some(stop);
    Held { there: reached, go }
}

impl Held {
    /// Resolves once a transaction stands there.
    pub async fn reached(&mut self) {
        let _stands = (&mut self.there).await;
    }

    /// Lets it go on.
    pub fn let_go(self) {
        let _gone = self.go.send(());
    }
}

/// Where [`hold_next`] holds up. Before that, `HAILMAST_SABOTAGE_DELAY_MS` passes, also where nothing is removed:
/// the comparison must bear the same load.
pub async fn dawdle() {
    static DELAY: OnceLock<Duration> = OnceLock::new();
    let delay = DELAY.get_or_init(|| {
        let millis = variable("HAILMAST_SABOTAGE_DELAY_MS");
        Duration::from_millis(millis.and_then(|text| text.parse().ok()).unwrap_or(0))
    });
    if !delay.is_zero() {
        tokio::time::sleep(*delay).await;
    }
    let next = NEXT.lock().unwrap_or_else(PoisonError::into_inner).take();
    if let Some(Stop { there, go }) = next {
        let _seen = there.send(());
        let _gone = go.await;
    }
}
