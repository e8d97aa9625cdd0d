//! Runs that are paused or cancelled: nothing of them leaves any more.

use serde::{Deserialize, Serialize};

use crate::ids::RunId;
use crate::payload::{Format, Owner, Payload, PayloadKind, Query};
use crate::reason::Reason;

/// Whether permits of a run may be granted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Gate {
    Open,
    Paused,
    Cancelled,
}

/// Opens or shuts the gate of a run. Answered once it is committed *and* every permit of the run that was
/// open has closed: after the answer to `Paused` or `Cancelled` nothing of the run leaves.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SetRunGate {
    pub run: RunId,
    pub gate: Gate,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RunGateSet {
    /// False when open permits had not closed within the time the answer could wait; ask again.
    pub settled: bool,
}

impl Payload for SetRunGate {
    const KIND: PayloadKind = PayloadKind::Query;
    const OWNER: Owner = Owner::Consent;
    const NAME: &'static str = "set_run_gate";
    const FORMAT: Format = Format::Json;
}

impl Query for SetRunGate {
    type Answer = RunGateSet;
}

/// Shuts the gates of these runs for good. Answered once it is committed, with what is known of each; the reason
/// is what their texts are refused with from then on. At most 500 runs.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CancelRuns {
    pub runs: Vec<RunId>,
    /// Capital letters and `_`, such as `SUPERSEDED`.
    pub reason: Reason,
}

/// One entry per run asked for, in that order.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RunsCancelled {
    pub runs: Vec<RunCancelled>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct RunCancelled {
    /// Every permit of the run has closed: nothing of it leaves any more. Ask again while it is false.
    pub settled: bool,
    /// A permit of it was granted and has not come back unused. Without one nothing has left.
    pub permitted: bool,
}

impl Payload for CancelRuns {
    const KIND: PayloadKind = PayloadKind::Query;
    const OWNER: Owner = Owner::Consent;
    const NAME: &'static str = "cancel_runs";
    const FORMAT: Format = Format::Json;
}

impl Query for CancelRuns {
    type Answer = RunsCancelled;
}
