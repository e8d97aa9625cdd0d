//! Whose money it is.

use contract::{Mode, TenantId};

/// A tenant's live or test side. They share nothing: test texts cost what the test prices say, and fill test caps.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Account {
    pub tenant: TenantId,
    pub mode: Mode,
}
