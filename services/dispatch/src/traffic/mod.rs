//! Who goes next, and how fast: limits on every level, fairness between tenants and campaigns, and the operator's
//! hand on it.
//!
//! [`Traffic`] is what the rest of the service sees. [`line`] decides how much of a slot is kept in hand, [`turn`]
//! waits for a piece's turn, [`away`] knows who was given back, [`wire`] spreads what leaves. The rules are pure: [`fair`] orders, [`limits`] finds the buckets of a text,
//! [`metered`] shares buckets with other dispatchers, [`control`] says what the operator wants done with it, [`day`] counts daily caps, [`tier`] knows 10DLC classes.

pub mod away;
pub mod control;
pub mod counts;
pub mod day;
pub mod fair;
pub mod level;
pub mod limits;
pub mod line;
pub mod metered;
pub mod pool;
pub mod scheduler;
pub mod tier;
pub mod turn;
pub mod wire;

pub use self::control::{Action, Control, Verdict};
pub use self::level::{Ask, Level, Name};
pub use self::limits::Limit;
pub use self::turn::{Leave, Traffic, Turn};
