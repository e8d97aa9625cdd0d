//! Who may import whom: contract <- chassis, channels <- services <- hailmast.

use std::collections::BTreeSet;

use contract::Owner;

use crate::workspace::{Package, metadata};

const BINARY: &str = "hailmast";

fn services(packages: &[Package]) -> impl Iterator<Item = &Package> {
    packages
        .iter()
        .filter(|package| package.lies_in("services") && package.name != BINARY)
}

fn set<const N: usize>(names: [&'static str; N]) -> BTreeSet<&'static str> {
    names.into()
}

fn package<'p>(packages: &'p [Package], name: &str) -> &'p Package {
    packages
        .iter()
        .find(|package| package.name == name)
        .unwrap()
}

/// The packages outside `allowed` that name the crate in what they ship.
fn outsiders<'p>(packages: &'p [Package], name: &str, allowed: &[&str]) -> Vec<&'p str> {
    let using = packages.iter().filter(|package| package.ships(name));
    using
        .map(|package| package.name.as_str())
        .filter(|name| !allowed.contains(name))
        .collect()
}

#[test]
fn every_owner_of_the_contract_is_a_service_and_every_service_an_owner() {
    let packages = metadata().packages;
    let found: BTreeSet<&str> = services(&packages)
        .map(|package| package.name.as_str())
        .collect();
    assert_eq!(found, Owner::ALL.map(Owner::as_str).into());
}

#[test]
fn the_shared_crates_stand_on_the_contract_alone() {
    let packages = metadata().packages;
    assert_eq!(package(&packages, "contract").own(), set([]));
    assert_eq!(package(&packages, "chassis").own(), set(["contract"]));
    assert_eq!(package(&packages, "channels").own(), set(["contract"]));
    assert_eq!(package(&packages, "expression").own(), set([]));
}

#[test]
fn no_service_imports_another_service() {
    let packages = metadata().packages;
    for service in services(&packages) {
        let mut allowed = set(["contract", "chassis"]);
        // campaigns calls the webhooks of journeys.
        if ["campaigns", "dispatch", "inbound"].contains(&service.name.as_str()) {
            allowed.insert("channels");
        }
        // Journeys and segments are written in one language.
        if ["campaigns", "contacts"].contains(&service.name.as_str()) {
            allowed.insert("expression");
        }
        let own = service.own();
        assert!(
            own.is_subset(&allowed),
            "{} imports {own:?}, of which only {allowed:?} is allowed",
            service.name
        );
        allowed.extend(["testkit", "channels"]);
        let tests = service.own_for_tests();
        assert!(
            tests.is_subset(&allowed),
            "the tests of {} import {tests:?}",
            service.name
        );
    }
}

#[test]
fn only_the_binary_sees_every_service_and_the_stories_see_none() {
    let packages = metadata().packages;
    let binary = package(&packages, BINARY);
    assert!(services(&packages).all(|service| binary.own().contains(service.name.as_str())));
    for from_outside in ["e2e", "testkit"] {
        let own = package(&packages, from_outside).own();
        assert!(
            own.is_subset(&set(["contract", "channels", "chassis", "testkit"])),
            "{from_outside}: {own:?}"
        );
    }
}

#[test]
fn what_tests_stand_on_is_never_shipped() {
    let packages = metadata().packages;
    assert_eq!(
        outsiders(&packages, "testkit", &["e2e"]),
        Vec::<&str>::new()
    );
}

#[test]
fn engines_are_named_where_they_belong() {
    let packages = metadata().packages;
    let none = Vec::<&str>::new();
    assert_eq!(
        outsiders(&packages, "cedar-policy", &["consent", "accounts"]),
        none
    );
    assert_eq!(outsiders(&packages, "rusmpp", &["channels"]), none);
    assert_eq!(outsiders(&packages, "sqlx", &["chassis", "testkit"]), none);
    assert_eq!(
        outsiders(&packages, "async-nats", &["chassis", "testkit", BINARY]),
        none
    );
    for http_client in ["reqwest", "hyper", "hyper-util", "ureq", "isahc"] {
        assert_eq!(
            outsiders(&packages, http_client, &["channels"]),
            none,
            "{http_client}"
        );
    }
}

#[test]
fn every_crate_keeps_the_lints_of_the_workspace() {
    for package in metadata().packages {
        assert!(
            package.manifest().contains("[lints]\nworkspace = true"),
            "{}",
            package.name
        );
    }
}
