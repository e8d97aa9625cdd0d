//! Questions of other services. One file per query.

pub mod verify_key;
