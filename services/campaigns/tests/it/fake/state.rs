//! What each test's tenant has for a world.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::{LazyLock, Mutex, MutexGuard, PoisonError};

use contract::campaigns::{AppointmentChanged, ChunkSettled, RunClosed, RunStarted};
use contract::consent::{Gate, Reply};
use contract::texts::FlowText;
use contract::{InboundId, MessageId, Reason, RunId, TemplateId, TenantId, UnixMillis};

use crate::looks::Looks;

/// What a test wants the others to do, and what they saw.
#[derive(Default)]
pub struct World {
    /// People in every audience.
    pub people: u32,
    pub published: bool,
    /// Commands are swallowed: nobody ever reports on them.
    pub deaf: bool,
    /// Every event is said twice.
    pub stutters: bool,
    /// People at odd positions are held until then.
    pub quiet_until: Option<UnixMillis>,
    pub gone: HashSet<u32>,
    pub gates: HashMap<RunId, Gate>,
    /// Times each person was released.
    pub released: BTreeMap<u32, u32>,
    /// Hand-overs by person.
    pub texts: BTreeMap<u32, u32>,
    pub pages: u32,
    /// Pages of an audience wait until this is taken back; how many have waited.
    pub hold_pages: bool,
    pub held_pages: u32,
    /// Nobody knows yet who is in an audience.
    pub not_yet_known: bool,
    /// Milliseconds that a page of an audience and a chunk take.
    pub page_takes: u64,
    pub chunk_takes: u64,
    pub started: Vec<RunStarted>,
    pub closed: Vec<RunClosed>,
    /// Texts of flows are accepted and nothing more comes of them.
    pub texts_wait: bool,
    /// How often each text of a flow was offered.
    pub offered: BTreeMap<MessageId, u32>,
    pub rechecked: Vec<MessageId>,
    /// Runs that were cancelled for good, and why.
    pub cancelled: HashMap<RunId, Reason>,
    /// Runs of which consent says that a permit was granted.
    pub permitted: HashSet<RunId>,
    /// Questions to cancel runs that are answered with "not yet".
    pub not_yet: u32,
    /// Texts of flows, as they were first offered.
    pub flow_texts: Vec<FlowText>,
    /// People whose texts consent suppresses.
    pub opted_out: HashSet<u32>,
    /// The zone of everybody; New York where absent.
    pub zone: Option<&'static str>,
    /// What people have texted back.
    pub replies: HashMap<InboundId, Reply>,
    pub appointment_events: Vec<AppointmentChanged>,
    pub looks: Looks,
    /// What flows have told contacts.
    pub contact_changes: Vec<contract::contacts::ContactChange>,
    /// The lists that contacts does not know.
    pub gone_lists: HashSet<contract::ListId>,
    pub gone_segments: HashSet<contract::SegmentId>,
    /// Segments whose members are not all known yet.
    pub unfinished_segments: HashSet<contract::SegmentId>,
    /// Lists whose pages cannot be read.
    pub unreadable_lists: HashSet<contract::ListId>,
    /// YES is taken for an opt-in.
    pub yes_opts_in: bool,
    /// When people were sent off, and how many at a time.
    pub sent_off: Vec<(UnixMillis, usize)>,
    /// What every run has cost, in millionths of a euro.
    pub spend_micros: u64,
    /// Positions of each run's first chunk that were not delivered.
    pub undelivered: Vec<u16>,
    /// Zones of people: person n has the one at n modulo their number; an empty one is none. New York where absent.
    pub zones: Vec<&'static str>,
    /// Templates that were never published, whatever `published` says.
    pub unpublished: HashSet<TemplateId>,
    /// What heads said when people were last released.
    pub heads: BTreeMap<u32, Released>,
    pub settled: Vec<ChunkSettled>,
    /// Nobody hears who people are, as long as this holds.
    pub recipients_wait: bool,
    pub recipients_asked: u32,
}

/// One release of a person.
#[derive(Debug, Clone, PartialEq)]
pub struct Released {
    pub message: MessageId,
    pub template: TemplateId,
    pub at: UnixMillis,
    pub valid_until: UnixMillis,
}

static WORLDS: LazyLock<Mutex<HashMap<TenantId, World>>> = LazyLock::new(Mutex::default);

/// The world of a tenant, locked.
pub struct Held(MutexGuard<'static, HashMap<TenantId, World>>, TenantId);

pub fn world(tenant: TenantId) -> Held {
    Held(
        WORLDS.lock().unwrap_or_else(PoisonError::into_inner),
        tenant,
    )
}

impl std::ops::Deref for Held {
    type Target = World;
    fn deref(&self) -> &World {
        &self.0[&self.1]
    }
}
impl std::ops::DerefMut for Held {
    fn deref_mut(&mut self) -> &mut World {
        self.0.entry(self.1).or_default()
    }
}
