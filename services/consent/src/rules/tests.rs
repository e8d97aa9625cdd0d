use super::*;

fn law() -> Arc<Law> {
    Arc::new(Law::load().unwrap())
}

fn own(forbids: &str) -> Own {
    Own {
        forbids: forbids.to_string(),
        ..Own::default()
    }
}

fn codes(forbids: &str) -> Vec<&'static str> {
    match Rules::compile(law(), "", own(forbids)) {
        Ok(_) => Vec::new(),
        Err(error) => error.faults().iter().map(|fault| fault.code).collect(),
    }
}

const HEAD: &str =
    "@id(\"own.a\")\n@reason(\"OWN\")\n@source(\"us\")\n@effective_from(\"2026-01-01\")\n";

fn policy(when: &str) -> String {
    format!("{HEAD}forbid (principal, action, resource)\nwhen {{ {when} }};\n")
}

#[test]
fn the_shipped_pack_compiles_and_a_forbid_of_ones_own_is_taken() {
    assert!(Rules::shipped().unwrap().listed().len() > 40);
    assert_eq!(codes(&policy("context.level < 3")), [""; 0]);
}

#[test]
fn each_fault_has_its_code() {
    for (text, code) in [
        ("forbid (".to_string(), "policy.syntax"),
        (
            policy("context.level < 3").replace("forbid", "permit"),
            "policy.permit",
        ),
        (policy("context.level + 1 < 3"), "policy.may_error"),
        (policy("context.level - 1 < 3"), "policy.may_error"),
        (policy("-context.level < 3"), "policy.may_error"),
        (policy("context.colour < 3"), "policy.invalid"),
        (policy("context.urgent < 3"), "policy.invalid"),
        (
            policy("context.urgent && !context.urgent && false"),
            "policy.never_matches",
        ),
        (policy("context.urgent").repeat(2), "policy.duplicate"),
        (
            policy("context.urgent").replace("own.a", "hours.law"),
            "policy.duplicate",
        ),
        (
            policy("context.urgent").replace("principal,", "principal == ?principal,"),
            "policy.template",
        ),
        (
            policy("context.urgent").replace("2026-01-01", "1 January"),
            "policy.annotation",
        ),
        (
            policy("context.urgent").replace("@reason(\"OWN\")", ""),
            "policy.annotation",
        ),
        (
            policy("context.urgent").replace("@source(\"us\")", "@source(\" \")"),
            "policy.annotation",
        ),
        (
            policy("context.urgent").replace("@id(\"own.a\")", ""),
            "policy.annotation",
        ),
        (
            format!(
                "@effective_until(\"2026-01-01\")\n{}",
                policy("context.urgent")
            ),
            "policy.annotation",
        ),
        (
            format!("@region(\"US-FL\")\n{}", policy("context.urgent")),
            "policy.annotation",
        ),
        (
            format!("@effect(\"defer\")\n{}", policy("context.urgent")),
            "policy.annotation",
        ),
    ] {
        let mut told = codes(&text);
        told.dedup();
        assert_eq!(told, [code], "{text}");
    }
}

#[test]
fn a_fault_is_told_with_line_and_column() {
    let error = Rules::compile(law(), "", own(&policy("context.colour < 3")))
        .err()
        .unwrap();
    let fault = &error.faults()[0];
    assert_eq!(
        (fault.policy.as_deref(), fault.line),
        (Some("own.a"), Some(6))
    );
    assert!(fault.column.is_some_and(|column| column > 1), "{fault:?}");
    assert!(error.to_string().contains("line 6, column "), "{error}");
    let syntax = Rules::compile(law(), "", own("\n\n  forbid (;"))
        .err()
        .unwrap();
    assert_eq!(syntax.faults()[0].line, Some(3));
}

#[test]
fn a_fault_that_names_no_place_points_at_its_policy() {
    let text = format!("\n\n{}", policy("context.level + 1 < 3"));
    let Err(error) = Rules::compile(law(), "", own(&text)) else {
        panic!("it was taken")
    };
    let fault = &error.faults()[0];
    assert_eq!(
        (fault.code, fault.line, fault.column),
        ("policy.may_error", Some(3), Some(1))
    );
}

#[test]
fn the_hash_changes_with_texts_and_parameters() {
    let hash = |operator: &str, own: Own| *Rules::compile(law(), operator, own).unwrap().hash();
    let text = policy("context.urgent");
    let mut capped = Own::default();
    capped.parameters.cap_per_day = Some(3);
    let all = [
        hash("", Own::default()),
        hash(&text, Own::default()),
        hash("", own(&text)),
        hash("", capped),
    ];
    assert!((0..4).all(|a| (a + 1..4).all(|b| all[a] != all[b])));
    assert_eq!(all[0], *Rules::shipped().unwrap().hash());
}

#[test]
fn parameters_are_checked_too() {
    let mut own = Own::default();
    own.parameters.cap_per_day = Some(0);
    let error = Rules::compile(law(), "", own).err().unwrap();
    assert_eq!(error.faults()[0].code, "policy.parameters");
}
