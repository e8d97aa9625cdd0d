use std::time::Instant;

use contract::Reason;
use contract::chunk::Encoding;
use proptest::prelude::*;

use super::*;

const LIMITS: Limits = Limits {
    max_body_chars: 10_000,
    max_segments: 10,
    fuel: 20_000,
};

fn render(body: &str, fields: &[(&str, &str)]) -> Result<Rendered, RenderError> {
    let names: Arc<[String]> = fields.iter().map(|(name, _)| (*name).to_string()).collect();
    let contact = Contact::new(&names, fields.iter().map(|(_, value)| Some(*value)));
    compile(body, &Setting::plain(LIMITS))
        .unwrap()
        .render(contact, Person::default())
}

fn text(body: &str, fields: &[(&str, &str)]) -> String {
    render(body, fields).unwrap().text
}

#[test]
fn a_text_is_merged_and_measured() {
    let done = render(
        "Hi {{ contact.first_name }}, see you",
        &[("first_name", "Ana")],
    )
    .unwrap();
    assert_eq!(done.text, "Hi Ana, see you");
    assert_eq!(
        (done.measure.encoding, done.measure.segments),
        (Encoding::Gsm7, 1)
    );
}

#[test]
fn a_missing_field_fails_the_text_unless_it_has_a_default() {
    let missing = render("Hi {{ contact.first_name }}", &[]).unwrap_err();
    assert_eq!(missing.reason(), Reason::MERGE_FIELD_MISSING);
    assert_eq!(
        render("Hi {{ contact.first_name }}", &[("first_name", "  ")])
            .unwrap_err()
            .reason(),
        missing.reason()
    );
    assert_eq!(
        text("Hi {{ contact.first_name | default('there') }}", &[]),
        "Hi there"
    );
    assert_eq!(
        text(
            "Hi {{ contact.first_name | default('there') }}",
            &[("first_name", "Ana")]
        ),
        "Hi Ana"
    );
    assert_eq!(
        text(
            "{% if contact.city is defined %}in {{ contact.city }}{% else %}nearby{% endif %}",
            &[]
        ),
        "nearby"
    );
}

#[test]
fn a_field_value_is_text_and_never_template() {
    let hostile = "{{ secrets }}{% for x in 'aaaa' %}<b>&";
    assert_eq!(
        text("{{ contact.first_name }}", &[("first_name", hostile)]),
        hostile
    );
}

#[test]
fn bombs_are_stopped_quickly() {
    let nested =
        "{% for a in 'aaaaaaaaaaaaaaaaaaaa' %}".repeat(12) + "x" + &"{% endfor %}".repeat(12);
    let doubling =
        "{% set x = 'aaaaaaaa' %}".to_string() + &"{% set x = x ~ x %}".repeat(60) + "{{ x }}";
    let repeated = "{{ 'a' * 10000000000 }}".to_string();
    let wide = "{{ '%1000000000d' | format(1) }}".to_string();
    for bomb in [nested, doubling, repeated, wide] {
        let begun = Instant::now();
        let template = compile(&bomb, &Setting::plain(LIMITS)).unwrap();
        let verdict = try_out(&template);
        assert!(
            matches!(
                verdict,
                Err(TemplateError::TooExpensive | TemplateError::Syntax { .. })
            ),
            "{verdict:?}"
        );
        assert!(begun.elapsed().as_millis() < 2_000);
    }
}

#[test]
fn deep_nesting_is_an_error_and_no_crash() {
    for body in [
        "(".repeat(9_000),
        "[".repeat(9_000),
        "not ".repeat(2_400),
        "1~".repeat(4_900) + "1",
    ] {
        let _ = compile(&format!("{{{{ {body} }}}}"), &Setting::plain(LIMITS))
            .map(|template| try_out(&template));
    }
    let _ = compile(&"{% if 1 %}".repeat(900), &Setting::plain(LIMITS));
    let _ = compile(
        &("{% if 1 %}".repeat(450) + &"{% endif %}".repeat(450)),
        &Setting::plain(LIMITS),
    )
    .map(|t| try_out(&t));
}

#[test]
fn what_is_wrong_is_said_with_its_line_and_a_hint() {
    let code = |body: &str| {
        compile(body, &Setting::plain(LIMITS))
            .and_then(|t| check(&t, &["first_name".into()]))
            .unwrap_err()
    };
    let liquid = code("Hi\n{{ contact.first_name | default: 'x' }}");
    assert_eq!(liquid.code(), "template.syntax");
    assert!(
        matches!(
            &liquid,
            TemplateError::Syntax {
                line: 2,
                column: Some(25),
                ..
            }
        ),
        "{liquid:?}"
    );
    assert!(liquid.to_string().contains("default('"), "{liquid}");

    let slip = code("Hi {{ contact.frist_name }}");
    assert_eq!(slip.code(), "template.undeclared_var");
    assert!(
        slip.to_string()
            .contains("did you mean contact.first_name?"),
        "{slip}"
    );
    assert!(
        code("Hi {{ first_name }}")
            .to_string()
            .contains("contact.first_name")
    );
    assert!(code("{{ contact }}").to_string().contains("name the field"));
    assert!(
        code("{{ contact.first_name.upper() }}")
            .to_string()
            .contains("| upper")
    );
    assert_eq!(code("{{ range(5) }}").code(), "template.undeclared_var");
    assert_eq!(code("{{ debug() }}").code(), "template.undeclared_var");
    assert_eq!(code("{% include 'x' %}").code(), "template.syntax");
    assert_eq!(
        code("{{ contact.first_name | shout }}").code(),
        "template.syntax"
    );
    assert_eq!(code("  \n").code(), "template.empty");
    assert_eq!(code(&"x".repeat(10_001)).code(), "template.too_long");
}

#[test]
fn an_empty_or_overlong_text_is_refused() {
    assert_eq!(
        render("{% if false %}x{% endif %} ", &[])
            .unwrap_err()
            .reason(),
        Reason::TEXT_EMPTY
    );
    assert_eq!(
        render(&"x".repeat(153 * 10 + 1), &[]).unwrap_err().reason(),
        Reason::TEXT_TOO_LONG
    );
    assert_eq!(
        render(&"x".repeat(153 * 10), &[]).unwrap().measure.segments,
        10
    );
}

proptest! {
    #[test]
    fn no_template_and_no_value_panics(body in "[ a{}%|.'()~*#\n-]{0,60}|\\PC{0,40}", value in "\\PC{0,40}") {
        if let Ok(template) = compile(&body, &Setting::plain(LIMITS)) {
            let _ = try_out(&template);
            let names: Arc<[String]> = vec!["first_name".to_string()].into();
            let _ = template.render(Contact::new(&names, [Some(value.as_str())]), Person::default());
        }
    }
}
