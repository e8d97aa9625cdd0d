//! The feature that takes mechanisms away must be asked for by name.

use crate::workspace::metadata;

#[test]
fn sabotage_is_in_no_default_features_and_no_crate_turns_it_on() {
    let mut knowing = Vec::new();
    for package in metadata().packages {
        let manifest = package.manifest();
        for line in manifest.lines().map(str::trim) {
            assert!(
                !(line.starts_with("default") && line.contains("sabotage")),
                "{}: {line}",
                package.name
            );
            // A target may ask for it; that turns nothing on.
            let turns_on = line.contains("features = [") && !line.starts_with("required-features");
            assert!(
                !(turns_on && line.contains("sabotage")),
                "{}: {line}",
                package.name
            );
        }
        if manifest.contains("sabotage = [") {
            knowing.push(package.name);
        }
    }
    knowing.sort();
    assert_eq!(knowing, ["consent", "hailmast"]);
}
