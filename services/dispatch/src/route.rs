//! Which carrier a text goes to.

pub mod country;
pub mod prefix;

use contract::Mode;

/// Name of the carrier that takes all texts of test mode, and no other.
pub const SIMULATOR: &str = "simulator";

/// The mode in which a carrier is used.
pub fn mode_of(provider: &str) -> Mode {
    if provider == SIMULATOR {
        Mode::Test
    } else {
        Mode::Live
    }
}

/// Index of the carrier for a text, among names in ascending order. Test mode only ever reaches the
/// simulated carrier, live mode never does.
pub fn route<S: AsRef<str>>(mode: Mode, providers: &[S]) -> Option<usize> {
    providers
        .iter()
        .position(|name| mode_of(name.as_ref()) == mode)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn test_mode_reaches_the_simulator_alone() {
        assert_eq!(route(Mode::Test, &["acme", SIMULATOR]), Some(1));
        assert_eq!(route(Mode::Test, &["acme"]), None);
    }

    #[test]
    fn live_mode_takes_the_first_real_carrier_and_never_the_simulator() {
        assert_eq!(route(Mode::Live, &["acme", "beta", SIMULATOR]), Some(0));
        assert_eq!(route(Mode::Live, &[SIMULATOR]), None);
    }
}
