//! What texts cost and who may spend it: prices, spend caps, countries that may be texted, limits against SMS
//! pumping.
//!
//! [`crate::hand_over`] asks [`Money::admit`] between the carrier's gate and the question for permits; the
//! [`admit::Reservation`] becomes a [`charge::Charge`], which the recorder writes with the ledger's row.
//! Pure: [`price`], [`period`], [`budget`], [`limits`], [`velocity`], [`pulse`], [`charge`], [`terms`].

pub mod account;
pub mod admit;
pub mod api;
pub mod budget;
pub mod charge;
pub mod config;
pub mod currency;
pub mod db;
pub mod limits;
pub mod period;
pub mod price;
pub mod pulse;
mod state;
pub mod terms;
pub mod velocity;

pub use state::Money;
