//! One line of the log.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

/// What happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Event {
    /// A text (or a part of one) arrived and was taken.
    Submit,
    /// A text arrived and was thrown back.
    Reject,
    /// A receipt was sent, and answered with OK.
    Receipt,
    ReceiptOk,
    /// A person's text was sent to us, and answered with OK: it is recorded.
    Reply,
    ReplyOk,
    Bind,
    Unbind,
    Drop,
    /// Written by a newer version.
    #[default]
    #[serde(other)]
    Other,
}

/// A line; fields that do not apply are left out.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(super) struct Entry<'a> {
    /// Unix microseconds.
    pub(super) t: u64,
    pub(super) e: Event,
    #[serde(borrow, default, skip_serializing_if = "str::is_empty")]
    pub(super) id: Cow<'a, str>,
    #[serde(borrow, default, skip_serializing_if = "str::is_empty")]
    pub(super) from: Cow<'a, str>,
    #[serde(borrow, default, skip_serializing_if = "str::is_empty")]
    pub(super) to: Cow<'a, str>,
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    pub(super) text: Option<Cow<'a, str>>,
    /// Reference, number and count of the parts of a long text.
    #[serde(rename = "ref", default, skip_serializing_if = "Option::is_none")]
    pub(super) reference: Option<u16>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) part: Option<u8>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) parts: Option<u8>,
    /// Of a receipt: `DELIVRD`, `UNDELIV`, …; of a reject: the status.
    #[serde(borrow, default, skip_serializing_if = "str::is_empty")]
    pub(super) state: Cow<'a, str>,
    /// Sent before, and not answered with OK.
    #[serde(default, skip_serializing_if = "is_false")]
    pub(super) again: bool,
    /// A second receipt for the same text, on purpose.
    #[serde(default, skip_serializing_if = "is_false")]
    pub(super) dup: bool,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde's signature")]
const fn is_false(flag: &bool) -> bool {
    !*flag
}
