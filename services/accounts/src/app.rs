//! What every endpoint and query of the service shares.

use chassis::{Clock, Db};

pub struct App {
    pub db: Db,
    pub clock: Clock,
}
