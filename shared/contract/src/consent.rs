//! consent: the ledger of opt-ins and opt-outs, decisions, permits, and the answer to STOP.

mod gates;
mod opt_outs;
mod permits;
mod replies;
mod screening;

pub use gates::{CancelRuns, Gate, RunCancelled, RunGateSet, RunsCancelled, SetRunGate};
pub use opt_outs::{OptInsRecorded, OptOutConfirmed, OptOutRecorded, RecordProviderBlock};
pub use permits::{
    ClosePermits, DispatcherRegistered, GrantPermits, OpenSlot, Permit, PermitAnswer, PermitAsk,
    PermitsClosed, RegisterDispatcher, ReturnedPermit,
};
pub use replies::{ActOnReply, Keyword, RecordReply, Reply, ReplyRecorded};
pub use screening::{
    ChunkJudged, ChunkScreened, ContentNoted, JudgeChunk, NoteContent, ScreenChunk,
};
