use super::*;
use proptest::prelude::*;

fn route(n: u128, change: impl FnOnce(&mut Route)) -> Route {
    let mut route = Route {
        id: RouteId::from_raw(n),
        name: format!("r{n}").into(),
        link: Some(usize::try_from(n).unwrap()),
        enabled: true,
        countries: Vec::new(),
        prefixes: Vec::new(),
        operators: Vec::new(),
        classes: Vec::new(),
        senders: Vec::new(),
        priority: 100,
        weight: None,
        costs: Vec::new(),
    };
    change(&mut route);
    route
}

fn country(code: &str) -> Country {
    Country::parse(code).unwrap()
}

fn ask(digits: u64) -> Ask<'static> {
    Ask {
        digits,
        country: super::super::country::of(digits),
        operator: Some("telco"),
        class: Class::Marketing,
        sender: "ACME",
        person: digits,
    }
}

const BERLIN: u64 = 4_915_112_345_678;

fn names(routes: &[Route], ask: &Ask<'_>) -> Vec<String> {
    choose(routes, ask, Prefer::Priority, |_| Health::Well)
        .order
        .iter()
        .map(|(route, _)| routes[*route].name.to_string())
        .collect()
}

#[test]
fn what_fits_more_closely_goes_first() {
    let routes = [
        route(1, |_| {}),
        route(2, |r| r.countries.push(country("DE"))),
        route(3, |r| r.prefixes.push(Prefix::parse("49").unwrap())),
        route(4, |r| r.prefixes.push(Prefix::parse("4915").unwrap())),
        route(5, |r| r.operators.push("telco".into())),
        route(6, |r| r.senders.push("ACME".into())),
        route(7, |r| r.classes.push(Class::Marketing)),
    ];
    assert_eq!(
        names(&routes, &ask(BERLIN)),
        ["r4", "r3", "r5", "r2", "r6", "r7", "r1"]
    );
}

#[test]
fn what_does_not_fit_is_left_out_and_says_why() {
    let routes = [
        route(1, |r| r.enabled = false),
        route(2, |r| r.link = None),
        route(3, |r| r.countries.push(country("FR"))),
        route(4, |r| r.prefixes.push(Prefix::parse("4917").unwrap())),
        route(5, |r| r.operators.push("other".into())),
        route(6, |r| r.classes.push(Class::Otp)),
        route(7, |r| r.senders.push("+15005550006".into())),
    ];
    let (ask, well) = (ask(BERLIN), |_| Health::Well);
    let choice = choose(&routes, &ask, Prefer::Priority, well);
    assert_eq!(choice, Choice::default(), "a hole");
    let why = why_not(&routes, &ask, Prefer::Priority, well, &choice);
    let why: Vec<WhyNot> = why.into_iter().map(|(_, why)| why).collect();
    assert_eq!(
        why,
        [
            WhyNot::Disabled,
            WhyNot::NoProvider,
            WhyNot::OtherDestination,
            WhyNot::OtherDestination,
            WhyNot::OtherOperator,
            WhyNot::OtherClass,
            WhyNot::OtherSender
        ]
    );
}

#[test]
fn a_carrier_that_is_not_well_is_gone_around_and_stays_the_last_resort() {
    let routes = [
        route(1, |r| r.priority = 1),
        route(2, |r| r.priority = 2),
        route(3, |r| r.priority = 3),
    ];
    let health = |link| match link {
        1 => Health::CircuitOpen,
        _ => Health::Well,
    };
    let ask = ask(BERLIN);
    let choice = choose(&routes, &ask, Prefer::Priority, health);
    assert_eq!(choice.order, [(1, 2), (2, 3), (0, 1)]);
    assert_eq!(choice.around, [(0, WhyNot::CircuitOpen)]);
    let why = why_not(&routes, &ask, Prefer::Priority, health, &choice);
    assert_eq!(why, [(0, WhyNot::CircuitOpen), (2, WhyNot::LowerPriority)]);
    let none_well = choose(&routes, &ask, Prefer::Priority, |_| Health::LinkDown);
    assert_eq!(none_well.order[0], (0, 1));
    assert!(none_well.around.is_empty());
}

#[test]
fn the_price_breaks_a_tie_and_leads_where_the_cheapest_is_preferred() {
    let price = |amount| (None, Cost::parse(amount, "USD").unwrap());
    let routes = [
        route(1, |r| r.costs.push(price("0.02"))),
        route(2, |r| r.costs.push(price("0.01"))),
        route(3, |r| {
            r.costs.push(price("0.03"));
            r.priority = 1;
        }),
        route(4, |_| {}),
    ];
    let (ask, well) = (ask(BERLIN), |_| Health::Well);
    assert_eq!(names(&routes, &ask), ["r3", "r2", "r1", "r4"]);
    let cheapest = choose(&routes, &ask, Prefer::Cheapest, well);
    assert_eq!(cheapest.order[0].0, 1);
    let why = why_not(&routes, &ask, Prefer::Cheapest, well, &cheapest);
    assert!(why.iter().all(|(_, why)| *why == WhyNot::Dearer), "{why:?}");
}

#[test]
fn weights_share_the_people_out_and_a_spare_gets_none_while_others_take() {
    let routes = [
        route(1, |r| r.weight = Some(1)),
        route(2, |r| r.weight = Some(3)),
        route(3, |r| r.weight = Some(0)),
    ];
    let mut first = [0; 3];
    for n in 0..8000 {
        let mut ask = ask(BERLIN);
        ask.person = draw::mix(n, 7);
        let choice = choose(&routes, &ask, Prefer::Priority, |_| Health::Well);
        first[choice.order[0].0] += 1;
        assert_eq!(choice.order[2].0, 2, "the spare is tried last");
    }
    assert!((1800..2200).contains(&first[0]), "{first:?}");
    assert_eq!(first[2], 0);
}

fn any_route(n: u128) -> impl Strategy<Value = Route> {
    (
        prop::option::of(0_usize..4),
        any::<bool>(),
        prop::sample::subsequence(vec!["DE", "US", "FR"], 0..3),
        prop::sample::subsequence(vec!["49", "4915", "1", "33"], 0..3),
        0_u32..3,
        prop::option::of(0_u32..4),
        prop::option::of(0_u64..5),
    )
        .prop_map(
            move |(link, enabled, countries, prefixes, priority, weight, cost)| {
                route(n, |r| {
                    r.link = link;
                    r.enabled = enabled;
                    r.countries = countries.into_iter().map(country).collect();
                    r.prefixes = prefixes.into_iter().filter_map(Prefix::parse).collect();
                    r.priority = priority;
                    r.weight = weight;
                    r.costs.extend(cost.map(|micros| {
                        let currency = *b"USD";
                        (None, Cost { micros, currency })
                    }));
                })
            },
        )
}

proptest! {
    /// Every route is either in the order or has a reason; the same question gets the same answer in whatever
    /// order the routes are kept; nothing unwell stands before anything well.
    #[test]
    fn every_route_is_accounted_for(
        routes in (any_route(1), any_route(2), any_route(3), any_route(4), any_route(5)),
        number in prop::sample::select(vec![BERLIN, 12_125_550_123, 33_612_345_678, 4_930_123_456]),
        person: u64, ill in 0_usize..5, cheapest: bool,
    ) {
        let routes: Vec<Route> = vec![routes.0, routes.1, routes.2, routes.3, routes.4];
        let ask = Ask { person, ..ask(number) };
        let prefer = if cheapest { Prefer::Cheapest } else { Prefer::Priority };
        let health = |link| if link == ill { Health::LinkDown } else { Health::Well };
        let choice = choose(&routes, &ask, prefer, health);
        let why = why_not(&routes, &ask, prefer, health, &choice);
        let chosen = usize::from(!choice.order.is_empty());
        prop_assert_eq!(why.len() + chosen, routes.len());
        let well: Vec<bool> = choice.order.iter().map(|(_, link)| *link != ill).collect();
        prop_assert!(well.is_sorted_by(|a, b| a >= b), "{:?}", well);
        let mut turned = routes.clone();
        turned.reverse();
        let again = choose(&turned, &ask, prefer, health);
        let ids = |routes: &[Route], choice: &Choice| -> Vec<RouteId> {
            choice.order.iter().map(|(route, _)| routes[*route].id).collect()
        };
        prop_assert_eq!(ids(&routes, &choice), ids(&turned, &again));
    }
}
