//! Texts to hand over, and how urgent they are.

use serde::{Deserialize, Serialize};

use crate::chunk::{ChunkHead, Text};
use crate::payload::{Owner, Payload, PayloadKind};

/// Hand these texts to a carrier, each after its permit.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SendChunk {
    pub head: ChunkHead,
    pub texts: Vec<Text>,
}

impl Payload for SendChunk {
    const KIND: PayloadKind = PayloadKind::Command;
    const OWNER: Owner = Owner::Dispatch;
    const NAME: &'static str = "send_chunk";
}

/// The same for texts of every class but marketing: people wait for them, so they do not stand behind campaigns.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SendUrgentChunk {
    pub head: ChunkHead,
    pub texts: Vec<Text>,
}

impl Payload for SendUrgentChunk {
    const KIND: PayloadKind = PayloadKind::Command;
    const OWNER: Owner = Owner::Dispatch;
    const NAME: &'static str = "send_urgent_chunk";
}

/// Hand these over before anything else, past the campaigns' queue and without waiting for the pace: the
/// answers to STOP and HELP, which people wait for and the law gives five minutes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SendAnswer {
    pub head: ChunkHead,
    pub texts: Vec<Text>,
}

impl Payload for SendAnswer {
    const KIND: PayloadKind = PayloadKind::Command;
    const OWNER: Owner = Owner::Dispatch;
    const NAME: &'static str = "send_answer";
}
