//! Schedulers of timers that are killed and frozen. `hailmast bench timers` tries the same at full size, and judges how
//! quick they are, which depends on who else is at work.

use std::process::Command;

use serde_json::Value;

#[test]
fn timers_fire_once_however_their_schedulers_are_killed_and_frozen() {
    let output = Command::new(testkit::binary())
        .args([
            "bench",
            "timers",
            "--json",
            "--pending",
            "20000",
            "--due",
            "3000",
        ])
        .args([
            "--kills",
            "6",
            "--kill-seconds",
            "12",
            "--slots",
            "200",
            "--slot-seconds",
            "12",
        ])
        .output()
        .unwrap();
    let told = String::from_utf8_lossy(&output.stdout);
    let figures: Value = serde_json::from_str(&told)
        .unwrap_or_else(|_| panic!("{told}\n{}", String::from_utf8_lossy(&output.stderr)));
    assert_eq!(
        (
            &figures["killed"]["fired"],
            &figures["killed"]["fired_twice"]
        ),
        (&3000.into(), &0.into())
    );
    assert_eq!(
        (
            &figures["rivals"]["fired"],
            &figures["rivals"]["fired_twice"]
        ),
        (&200.into(), &0.into())
    );
    assert_eq!(figures["killed"]["kills"], 6);
    assert!(figures["rivals"]["freezes"].as_u64() > Some(0), "{figures}");
    assert_eq!(figures["pending_after"], 20_000);
}
