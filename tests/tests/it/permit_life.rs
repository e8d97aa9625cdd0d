//! How long a permit lives, and who waits for its end.

use crate::workspace::read;

fn millis(file: &str, key: &str) -> u64 {
    let text = read(file);
    let line = text.lines().find_map(|line| line.strip_prefix(key));
    let value = line.and_then(|rest| rest.trim().strip_prefix('='));
    value.unwrap().trim().parse().unwrap()
}

#[test]
fn a_successor_waits_longer_than_the_permits_of_a_frozen_dispatcher_live() {
    let life = millis("services/consent/src/defaults.toml", "permit_good_for_ms");
    let wait = millis("services/dispatch/src/defaults.toml", "takeover_wait_ms");
    // A carrier's link may look at a deadline this long before it writes.
    assert!(wait > life + 100, "{wait} ms for permits of {life} ms");
}
