use proptest::prelude::*;

use super::*;

fn yaml(text: &str) -> Node {
    read(text, Format::Yaml).unwrap().0
}

#[test]
fn yaml_is_read_with_the_core_schema_of_version_1_2() {
    let node = yaml(
        "a: NO\nb: 10:30\nc: true\nd: 12\ne: 1.5\nf: ~\ng: 0x1F\nh: \"12\"\ni: .5\nj: +PT1H\n",
    );
    let json = node.to_json();
    assert_eq!(
        json,
        serde_json::json!({"a": "NO", "b": "10:30", "c": true, "d": 12, "e": 1.5, "f": null, "g": 31,
            "h": "12", "i": 0.5, "j": "+PT1H"})
    );
}

#[test]
fn every_value_knows_its_line_and_column() {
    for (text, format) in [
        ("a:\n  - x\n  - {b: 1}\n", Format::Yaml),
        ("{\"a\":\n  [\"x\",\n   {\"b\": 1}]}", Format::Json),
    ] {
        let (node, _) = read(text, format).unwrap();
        let second = &node.get("a").unwrap().items()[1];
        assert_eq!(second.at.line, 3, "{format:?}");
        assert_eq!(second.get("b").unwrap().at.line, 3);
    }
    let node = yaml("steps:\n  - id: x\n    wait: 3\n");
    let wait = node.get("steps").unwrap().items()[0].get("wait").unwrap();
    assert_eq!(
        wait.at,
        Position {
            line: 3,
            column: 11
        }
    );
}

#[test]
fn a_reference_to_what_it_stands_in_is_a_cycle() {
    let faults = read("a: &x\n  b: *x\n", Format::Yaml).unwrap_err();
    assert_eq!(
        (faults[0].code, faults[0].pointer.as_str(), faults[0].line),
        ("yaml.cycle", "/a/b", 2)
    );
}

#[test]
fn a_reference_is_written_out_but_not_without_end() {
    let node = yaml("a: &x [1, 2]\nb: *x\n");
    assert_eq!(node.get("b").unwrap().to_json(), serde_json::json!([1, 2]));
    let mut bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n".to_string();
    for n in 1..9 {
        let prior = n - 1;
        let list = vec![format!("*a{prior}"); 10].join(", ");
        bomb.push_str(&format!("a{n}: &a{n} [{list}]\n"));
    }
    assert_eq!(
        read(&bomb, Format::Yaml).unwrap_err()[0].code,
        "source.too_large"
    );
}

#[test]
fn a_character_that_no_database_keeps_is_told_in_both_forms() {
    for (text, format) in [
        ("a: [1, \"x\\0\"]\n", Format::Yaml),
        (r#"{"a": [1, "\u0000"]}"#, Format::Json),
    ] {
        let (_, faults) = read(text, format).unwrap();
        assert_eq!(
            (faults[0].code, faults[0].pointer.as_str()),
            ("field.value", "/a/1")
        );
    }
    let (_, faults) = read(r#"{"a": "\\u0000"}"#, Format::Json).unwrap();
    assert_eq!(faults, []);
}

#[test]
fn double_keys_are_told_in_both_forms() {
    for (text, format) in [
        ("a: 1\na: 2\n", Format::Yaml),
        ("{\"a\": 1, \"a\": 2}", Format::Json),
    ] {
        let (node, faults) = read(text, format).unwrap();
        assert_eq!(faults[0].code, "field.twice");
        assert_eq!(node.to_json(), serde_json::json!({"a": 1}));
    }
}

#[test]
fn what_cannot_be_read_says_where() {
    let faults = read("a: [1, 2\nb: 3\n", Format::Yaml).unwrap_err();
    assert_eq!(faults[0].code, "yaml.syntax");
    assert!(faults[0].line >= 1);
    let faults = read("{\"a\": }", Format::Json).unwrap_err();
    assert_eq!(
        (faults[0].code, faults[0].line, faults[0].column),
        ("json.syntax", 1, 7)
    );
    assert_eq!(read("", Format::Yaml).unwrap_err()[0].code, "yaml.syntax");
    assert_eq!(
        read("--- {a: 1}\n--- {b: 2}\n", Format::Yaml).unwrap_err()[0].code,
        "yaml.syntax"
    );
}

#[test]
fn words_of_yaml_1_1_are_known() {
    for word in [
        "NO",
        "on",
        "Off",
        "y",
        "10:30",
        "1:02:03",
        "2026-01-01",
        "1_000",
        "0b101",
    ] {
        assert!(suspicious(word).is_some(), "{word}");
    }
    for word in [
        "NONE", "P1D", "10:30am", "contact", "a:b", "MORE", "2026", "v1",
    ] {
        assert!(suspicious(word).is_none(), "{word}");
    }
}

fn any_json() -> impl Strategy<Value = serde_json::Value> {
    let leaf = prop_oneof![
        Just(serde_json::Value::Null),
        any::<bool>().prop_map(Into::into),
        any::<i64>().prop_map(Into::into),
        any::<String>().prop_map(Into::into),
    ];
    leaf.prop_recursive(4, 40, 6, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(serde_json::Value::from),
            prop::collection::btree_map(any::<String>(), inner, 0..6)
                .prop_map(|fields| serde_json::Value::Object(fields.into_iter().collect())),
        ]
    })
}

proptest! {
    #[test]
    fn json_comes_out_as_it_went_in(value in any_json(), pretty in any::<bool>()) {
        let text = if pretty { serde_json::to_string_pretty(&value) } else { serde_json::to_string(&value) }.unwrap();
        let (node, faults) = read(&text, Format::Json).unwrap();
        prop_assert!(faults.is_empty());
        prop_assert_eq!(node.to_json(), value);
    }

    #[test]
    fn no_text_makes_a_reader_fall(text in "\\PC{0,80}", broken in "[-:{}\\[\\]&*!|>'\"%@`#,?\\n \\tab0-9]{0,60}") {
        for text in [text, broken] {
            let _ = read(&text, Format::Yaml);
            let _ = read(&text, Format::Json);
        }
    }
}
