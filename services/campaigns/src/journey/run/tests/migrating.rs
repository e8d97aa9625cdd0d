//! Runs move to other versions.

use super::ways::HEAD;
use super::*;

#[test]
fn a_run_moves_to_a_new_version_by_the_id_of_its_step() {
    let old = version(&format!(
        "{HEAD}steps: [{{id: a, wait: {{for: P1D}}}}, {{id: b, send: {{template: x}}}}]\n"
    ));
    let new = version(&format!(
        "{HEAD}steps: [{{id: z, wait: {{for: P1D}}}}, {{id: c, send: {{template: w}}}}]\n"
    ));
    let person = person("UTC");
    let played = Played::start(&old, &person, &event("e0", "order.placed", json!({})), 0);
    assert_eq!(
        migrate(&played.run, &old, &new, &Default::default()),
        Err(vec!["a".to_string()])
    );
    let renamed = [("a".to_string(), "z".to_string())].into();
    let moved = migrate(&played.run, &old, &new, &renamed).unwrap();
    let set = Setting {
        version: &new,
        person: &person,
        channels: CHANNELS,
        winners: &NO_WINNERS,
        others: &[],
    };
    let (run, effects) = step(set, moved, &Input::Wake, 86_400_000);
    assert!(
        effects
            .iter()
            .any(|effect| matches!(effect, Effect::Send(text) if text.template == "w"))
    );
    assert_eq!(run.end.map(|end| end.how), Some(End::Completed));
}

#[test]
fn an_exit_that_only_the_new_version_has_ends_the_run_in_time() {
    let steps = "steps: [{id: a, await: {event: order.paid}}]\n";
    let old = version(&format!("{HEAD}{steps}"));
    let new = version(&format!("{HEAD}exit: [{{after: P3D}}]\n{steps}"));
    let person = person("UTC");
    let played = Played::start(&old, &person, &event("e0", "order.placed", json!({})), 0);
    assert_eq!(played.run.timer, None);
    let run = migrate(&played.run, &old, &new, &Default::default()).unwrap();
    let mut moved = Played {
        set: Setting {
            version: &new,
            ..played.set
        },
        run,
        effects: Vec::new(),
    };
    let day = 86_400_000;
    moved.until(day);
    assert_eq!((moved.run.timer, moved.how()), (Some(3 * day), None));
    moved.until(3 * day);
    assert_eq!(moved.how(), Some(End::Cancelled));
}

#[test]
fn what_a_run_keeps_by_step_follows_new_ids_and_its_texts_fall_back_there() {
    let text = |id: &str| {
        format!(
            "{HEAD}steps:\n  - {{id: {id}, send: {{template: x, channels: [rcs, sms, whatsapp], fallback: {{if: [failed]}}}}}}\n  \
             - {{id: b, await: {{event: order.paid}}}}\n  - {{id: c, wait: {{for: P1D}}}}\n"
        )
    };
    let (old, new) = (version(&text("a")), version(&text("z")));
    let person = person("UTC");
    let mut played = Played::start(&old, &person, &event("e0", "order.placed", json!({})), 0);
    let paid = event("e1", "order.paid", json!({"by": "card"}));
    played.feed(&Input::Event(paid), 1_000);
    // As if there had been a split before.
    let variants = [("a", "left"), ("b", "right")];
    played.run.variants = variants.map(|(id, to)| (id.into(), to.into())).into();
    let renamed = [("a", "z"), ("b", "a")].map(|(old, new)| (old.into(), new.into()));
    let moved = migrate(&played.run, &old, &new, &renamed.into()).unwrap();
    let variants = [("a", "right"), ("z", "left")];
    assert_eq!(
        moved.variants,
        variants.map(|(id, to)| (id.into(), to.into())).into()
    );
    assert_eq!(moved.awaited["a"]["by"], "card");
    let set = Setting {
        version: &new,
        channels: &["sms", "whatsapp"],
        ..played.set
    };
    let fate = Fate::Failed;
    let (_, effects) = step(set, moved, &Input::Outcome { text: 1, fate }, 2_000);
    let fell_back = |effect: &Effect| matches!(effect, Effect::Send(text) if text.step == "z" && text.channel == "whatsapp");
    assert!(effects.iter().any(fell_back), "{effects:?}");
}
