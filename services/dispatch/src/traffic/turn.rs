//! Waits for a piece's turn, and for the carrier's gate behind it.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use chassis::Clock;
use contract::{CampaignId, Mode, Reason, TenantId, UnixMillis};
use tokio::sync::{Notify, oneshot};
use tokio::time::Instant;

use super::away::Want;
use super::control::{Action, Control, Controls};
use super::level::{Ask, Name};
use super::limits::{Draw, Limit, Limits};
use super::metered::Wish;
use super::scheduler::{Now, Scheduler, Tell, Told};
use crate::db::meter::Drawn;
use crate::links::{Entered, Gate};
use crate::pace::Rate;

/// What becomes of a piece that has no permit yet.
#[derive(Debug)]
pub enum Leave<'g> {
    /// It has its turn and room at the carrier.
    Go(Entered<'g>),
    /// It goes back to where it came from, until then.
    Hold {
        until: UnixMillis,
        reason: Reason,
    },
    Cancel,
}

/// The traffic of this process. Clones share it.
#[derive(Debug, Clone)]
pub struct Traffic {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    scheduler: Mutex<Scheduler>,
    /// Somebody waits for a bucket that is ready earlier than the driver knows.
    sooner: Notify,
    /// Somebody waits for segments that are to be drawn from a shared bucket.
    lacks: Notify,
    since: Instant,
    clock: Clock,
    lane: Rate,
    /// What is in force, as it was read.
    last: Mutex<Rules>,
    reading: tokio::sync::Mutex<()>,
}

/// Limits and controls as the tables have them.
type Rules = (Vec<(Name, Limit)>, Vec<Control>);

/// One piece's turn: nobody else goes to this carrier's gate until it is dropped.
#[derive(Debug)]
pub struct Turn<'t> {
    traffic: &'t Traffic,
    link: usize,
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        self.traffic.lock().passed(self.link);
        self.traffic.pump();
    }
}

/// A place in line, left when it is dropped.
struct Place<'t> {
    traffic: &'t Traffic,
    link: usize,
    id: u64,
    told: oneshot::Receiver<Told>,
    answered: bool,
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        if self.answered {
            return;
        }
        self.told.close();
        match self.told.try_recv() {
            // Nobody is there to use the turn.
            Ok(Told::Go) => self.traffic.lock().passed(self.link),
            Ok(_) => {}
            Err(_) => self.traffic.lock().leave(self.link, self.id),
        }
        self.traffic.pump();
    }
}

impl Traffic {
    /// `lane`: of every sender that has no limit of its own.
    pub fn new(lane: Rate, clock: Clock) -> Self {
        let inner = Inner {
            scheduler: Mutex::default(),
            sooner: Notify::new(),
            lacks: Notify::new(),
            since: Instant::now(),
            clock,
            lane,
            last: Mutex::default(),
            reading: tokio::sync::Mutex::default(),
        };
        let traffic = Self {
            inner: Arc::new(inner),
        };
        traffic.install(Vec::new(), Vec::new());
        traffic
    }

    /// The rules by which turns are given, for looks and for [`super::line`].
    pub(super) fn lock(&self) -> MutexGuard<'_, Scheduler> {
        self.inner
            .scheduler
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    pub fn now(&self) -> Now {
        let nanos = self.inner.since.elapsed().as_nanos();
        Now {
            nanos: u64::try_from(nanos).unwrap_or(u64::MAX),
            wall: self.inner.clock.millis(),
        }
    }

    /// Every limit that `ask` would draw from; nothing is drawn.
    pub fn draws(&self, ask: &Ask) -> Vec<Draw> {
        self.lock().limits().of(ask)
    }

    /// Puts limits and controls in force, also for those who wait.
    pub fn install(&self, limits: Vec<(Name, Limit)>, controls: Vec<Control>) {
        let limits = Limits::new(self.inner.lane, limits);
        let tells = self
            .lock()
            .install(limits, Controls::new(controls), self.now());
        self.tell(tells);
        self.pump();
    }

    /// The same, if anything is other than before. Says which pauses and drains have ended with it.
    pub fn update(&self, limits: Vec<(Name, Limit)>, controls: Vec<Control>) -> Vec<Control> {
        let mut last = self
            .inner
            .last
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        if last.0 != limits || last.1 != controls {
            self.install(limits.clone(), controls.clone());
            let before = std::mem::replace(&mut *last, (limits, controls));
            let holds = |control: &Control| matches!(control.action, Action::Pause | Action::Drain);
            let still = |one: &Control| last.1.iter().any(|new| new.name == one.name && holds(new));
            let were = before.1.into_iter().filter(holds);
            return were.filter(|one| !still(one)).collect();
        }
        Vec::new()
    }

    /// Waits for the turn of `ask` and for room at the carrier; an answer goes `at_once`.
    pub async fn enter<'g>(&self, ask: Ask, gate: &'g Gate, at_once: bool) -> Leave<'g> {
        if at_once {
            self.lock().take(&ask, self.now());
            return Leave::Go(gate.enter(true).await);
        }
        let turn = match self.turn(ask.clone()).await {
            Ok(turn) => turn,
            Err(leave) => return leave,
        };
        let entered = gate.enter(false).await;
        drop(turn);
        // The operator may have spoken while the gate was closed.
        let leave = match self.verdict(&ask, false) {
            Told::Go => return Leave::Go(entered),
            Told::Hold { until, reason } => Leave::Hold { until, reason },
            Told::Cancel => Leave::Cancel,
        };
        self.unused(&ask, ask.segments);
        leave
    }

    /// Waits until what has its permits may go on the wire. What was permitted together and late is spread again as
    /// the limits want it, and takes no room at the gate from others meanwhile.
    pub async fn on_the_wire<'g>(
        &self,
        ask: &Ask,
        segments: u32,
        at_once: bool,
        (entered, gate): (Entered<'g>, &'g Gate),
    ) -> Entered<'g> {
        let now = self.now();
        let at = self.lock().on_the_wire(ask, segments, at_once, now);
        if at <= now.nanos {
            return entered;
        }
        drop(entered);
        tokio::time::sleep_until(self.inner.since + Duration::from_nanos(at)).await;
        gate.enter(true).await
    }

    /// Segments had their turn and do not leave.
    pub fn unused(&self, ask: &Ask, segments: u32) {
        if segments > 0 {
            self.lock().unused(ask, segments, self.now());
            self.pump();
        }
    }

    /// Texts that were given back and may come again.
    pub fn wants(&self) -> Vec<Want> {
        self.lock().wants(self.now())
    }

    /// One at a time reads the rules, so that an older reading never replaces a newer one.
    pub async fn reading(&self) -> tokio::sync::MutexGuard<'_, ()> {
        self.inner.reading.lock().await
    }

    /// Waits until every bucket allows `ask` and nobody has a better right to go.
    pub async fn turn<'g>(&self, ask: Ask) -> Result<Turn<'_>, Leave<'g>> {
        match self.verdict(&ask, false) {
            Told::Go => {}
            Told::Hold { until, reason } => return Err(Leave::Hold { until, reason }),
            Told::Cancel => return Err(Leave::Cancel),
        }
        let (tell, told) = oneshot::channel();
        let link = ask.link;
        let id = self.lock().enqueue(ask, tell, self.now());
        let mut place = Place {
            traffic: self,
            link,
            id,
            told,
            answered: false,
        };
        self.pump();
        let told = (&mut place.told).await;
        place.answered = true;
        match told {
            Ok(Told::Go) => Ok(Turn {
                traffic: self,
                link,
            }),
            Ok(Told::Hold { until, reason }) => Err(Leave::Hold { until, reason }),
            Ok(Told::Cancel) | Err(_) => Err(Leave::Cancel),
        }
    }

    /// What the operator wants done with texts that have no permit; `arriving`: they are not in hand yet.
    pub fn verdict(&self, ask: &Ask, arriving: bool) -> Told {
        self.lock()
            .verdict(ask, self.inner.clock.millis(), arriving)
    }

    /// The sender that the operator moved this one's texts to.
    pub fn sender_for(
        &self,
        whose: (TenantId, Mode),
        campaign: CampaignId,
        sender: &str,
    ) -> Option<String> {
        let now = self.inner.clock.millis();
        let scheduler = self.lock();
        let moved = scheduler
            .controls()
            .sender_for(whose, campaign, sender, now);
        moved.map(str::to_string)
    }

    /// The provider that the operator moved this one's texts to.
    pub fn moved_to(&self, provider: &str) -> Option<String> {
        let now = self.inner.clock.millis();
        let scheduler = self.lock();
        let moved = scheduler.controls().provider_for(provider, now);
        moved.map(str::to_string)
    }

    fn pump(&self) {
        if self.pump_once().is_some() {
            self.inner.sooner.notify_one();
        }
    }

    /// Gives turns until nobody can use one; when a bucket is ready for the next.
    fn pump_once(&self) -> Option<u64> {
        loop {
            let (tells, wake, lacks) = {
                let mut scheduler = self.lock();
                let (tells, wake) = scheduler.pump(self.now());
                (tells, wake, scheduler.take_lacks())
            };
            if lacks {
                self.inner.lacks.notify_one();
            }
            if self.tell(tells) {
                return wake;
            }
        }
    }

    /// False if a turn found nobody: whoever it was meant for has gone meanwhile.
    fn tell(&self, tells: Vec<Tell>) -> bool {
        let mut used = true;
        for Tell { link, whom, what } in tells {
            if let Err(Told::Go) = whom.send(what) {
                self.lock().passed(link);
                used = false;
            }
        }
        used
    }

    /// Other dispatchers are alive.
    pub fn is_shared(&self) -> bool {
        self.lock().is_shared()
    }

    /// So many dispatchers are alive; for sure until then, if it is the only one. What it owes to shared buckets.
    pub fn share_with(&self, dispatchers: usize, sure_until: Instant) -> Vec<(Name, Wish)> {
        let sure_for = sure_until.saturating_duration_since(self.inner.since);
        let owed = {
            let mut scheduler = self.lock();
            scheduler.sure_until = u64::try_from(sure_for.as_nanos()).unwrap_or(u64::MAX);
            scheduler.share_with(dispatchers, self.now())
        };
        self.pump();
        owed
    }

    /// Resolves when there may be something to ask of the shared buckets.
    pub async fn lacks(&self) {
        self.inner.lacks.notified().await;
    }

    /// What is to be asked of them.
    pub fn wishes(&self) -> Vec<(Name, Wish)> {
        self.lock().wishes(self.now())
    }

    /// Their answer, known just now.
    pub fn promised(&self, drawn: Vec<Drawn>) {
        let now = self.now().nanos;
        let mut scheduler = self.lock();
        for Drawn {
            name,
            segments,
            after,
        } in drawn
        {
            let after = u64::try_from(after.as_nanos()).unwrap_or(u64::MAX);
            scheduler.promised(&name, Some((now.saturating_add(after), segments)));
        }
        drop(scheduler);
        self.pump();
    }

    /// They could not be asked.
    pub fn not_promised(&self, names: &[Name]) {
        let mut scheduler = self.lock();
        for name in names {
            scheduler.promised(name, None);
        }
        drop(scheduler);
        self.pump();
    }

    /// Wakes those who wait for a bucket, for as long as it is polled.
    pub async fn drive(&self) {
        loop {
            let sooner = self.inner.sooner.notified();
            let at = self
                .pump_once()
                .map(|nanos| self.inner.since + Duration::from_nanos(nanos));
            let asleep = async {
                match at {
                    Some(at) => tokio::time::sleep_until(at).await,
                    None => std::future::pending().await,
                }
            };
            tokio::select! {
                () = asleep => {}
                () = sooner => {}
            }
        }
    }
}
