use std::collections::BTreeMap;

use super::*;
use crate::content::{Channel, Fragment, More, Variant};

const LIMITS: Limits = Limits {
    max_body_chars: 10_000,
    max_segments: 10,
    fuel: 20_000,
};

fn content(body: &str, variants: &[(&str, &str)]) -> Content {
    let variants = variants.iter().map(|(language, body)| Variant {
        channel: Channel::Sms,
        language: (*language).into(),
        body: (*body).into(),
    });
    Content {
        language: Some("en".into()),
        body: body.into(),
        more: More {
            variants: variants.collect(),
            ..More::default()
        },
    }
}

fn text(
    published: &Published,
    wanted: Option<&str>,
    fields: &[(&str, &str)],
    zone: Option<Tz>,
) -> String {
    let names: Arc<[String]> = fields.iter().map(|(name, _)| (*name).to_string()).collect();
    let contact = Contact::new(&names, fields.iter().map(|(_, value)| Some(*value)));
    let person = Person { zone, place: None };
    published
        .render(published.pick(wanted), contact, person)
        .unwrap()
        .text
}

#[test]
fn everybody_reads_their_own_language_date_and_money() {
    let date = "{{ contact.at | date('long') }} {{ contact.at | time }} {{ contact.price | money('EUR') }}";
    let made = build(
        &content(
            &format!("Hi {date}"),
            &[
                ("de", &format!("Hallo {date}")),
                ("fr", &format!("Salut {date}")),
            ],
        ),
        LIMITS,
    )
    .unwrap();
    assert_eq!(made.needed(), ["at", "price", "language"]);
    let fields = [("at", "2026-03-14T22:30:00Z"), ("price", "1234.5")];
    let zone = Some(Tz::Europe__Berlin);
    assert_eq!(
        text(&made, Some("de-CH"), &fields, zone),
        "Hallo 14. März 2026 23:30 1.234,50 €"
    );
    assert_eq!(
        text(&made, Some("fr"), &fields, Some(Tz::Asia__Tokyo)),
        "Salut 15 mars 2026 07:30 1 234,50 €"
    );
    assert_eq!(
        text(&made, Some("nl"), &fields, None),
        "Hi March 14, 2026 10:30 PM €1,234.50"
    );
}

#[test]
fn the_plural_follows_the_language() {
    let made = build(
        &content(
            "{{ contact.n }} {{ contact.n | plural('item', 'items') }}",
            &[(
                "cs",
                "{{ contact.n }} {{ contact.n | plural(one='kus', few='kusy', other='kusů') }}",
            )],
        ),
        LIMITS,
    )
    .unwrap();
    let of = |wanted, n| text(&made, wanted, &[("n", n)], None);
    assert_eq!([of(None, "1"), of(None, "2")], ["1 item", "2 items"]);
    assert_eq!(
        [
            of(Some("cs"), "1"),
            of(Some("cs"), "3"),
            of(Some("cs"), "5")
        ],
        ["1 kus", "3 kusy", "5 kusů"]
    );
}

#[test]
fn a_fault_names_the_text_and_the_line_it_stands_in() {
    let fault = build(
        &content("Hi", &[("de", "Hallo\n{{ contact.name | shout }}")]),
        LIMITS,
    )
    .unwrap_err();
    assert_eq!(fault.pointer, "/variants/0/body");
    assert!(
        fault
            .error
            .to_string()
            .starts_with("line 2, column 19: there is no filter shout"),
        "{}",
        fault.error
    );

    // A fragment of three lines does not move the line of the fault behind it.
    let mut with_fragment = content("{{ fragment('f') }}\n{{ contact.name | shout }}", &[]);
    let fragment = Fragment {
        version: 1,
        language: None,
        body: "a\nb\nc".into(),
        variants: vec![],
    };
    with_fragment.more.fragments = BTreeMap::from([("f".to_string(), fragment)]);
    let fault = build(&with_fragment, LIMITS).unwrap_err();
    assert!(
        fault.error.to_string().starts_with("line 2, column 19"),
        "{}",
        fault.error
    );
}

#[test]
fn a_default_stands_behind_any_filter() {
    for filter in [
        "name",
        "first_word",
        "capitalize",
        "date('long')",
        "time",
        "money('EUR')",
    ] {
        let made = build(
            &content(
                &format!("Hi {{{{ contact.x | {filter} | default('you') }}}}"),
                &[],
            ),
            LIMITS,
        );
        let made = made.unwrap();
        let names: Arc<[String]> = Arc::from(["x".to_string()]);
        let text = made.render(0, Contact::new(&names, [None]), Person::default());
        assert_eq!(text.unwrap().text, "Hi you", "{filter}");
    }
    for filter in ["name", "date", "plural('a', 'b')", "upper"] {
        let made = build(
            &content(&format!("{{{{ contact.x | {filter} }}}}"), &[]),
            LIMITS,
        )
        .unwrap();
        let names: Arc<[String]> = Arc::from(["x".to_string()]);
        let refused = made.render(0, Contact::new(&names, [None]), Person::default());
        assert!(
            matches!(refused, Err(RenderError::FieldMissing(_))),
            "{filter}: {refused:?}"
        );
    }
}

#[test]
fn a_template_may_set_itself_a_lower_limit() {
    let mut long = content(&"x".repeat(200), &[]);
    long.more.options.max_segments = Some(1);
    let made = build(&long, LIMITS).unwrap();
    let names: Arc<[String]> = Arc::from([]);
    let refused = made
        .render(0, Contact::new(&names, []), Person::default())
        .unwrap_err();
    assert_eq!(refused, RenderError::TooLong(1));
    long.more.options.max_segments = Some(50);
    assert!(build(&long, LIMITS).is_ok_and(|made| made.texts[0].1.max_segments() == 10));
}

#[test]
fn links_are_numbered_over_all_languages() {
    let link = |name: &str| format!("{{{{ link('https://{name}.example/') }}}}");
    let made = build(
        &content(
            &(link("a") + &link("b")),
            &[("de", &(link("b") + &link("c")))],
        ),
        LIMITS,
    )
    .unwrap();
    assert_eq!(
        *made.targets,
        [
            "https://a.example/",
            "https://b.example/",
            "https://c.example/"
        ]
    );
    let many: String = (0..17).map(|n| link(&format!("h{n}"))).collect();
    assert_eq!(
        build(&content(&many, &[]), LIMITS).unwrap_err().error,
        TemplateError::TooManyLinks
    );
}
