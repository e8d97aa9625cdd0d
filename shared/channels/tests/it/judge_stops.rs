//! The judge of both logs: the carrier's and the STOP client's.

use channels::simulator::{Spread, StopFigures, Verdict, judge_stop_lines};

const A: &str = "+12025550101";

fn judged(carrier: &[String], client: &[String]) -> (Verdict, StopFigures) {
    let (carrier, client) = (carrier.join("\n"), client.join("\n"));
    judge_stop_lines(carrier.as_bytes(), client.as_bytes(), "opted out").unwrap()
}

fn submit(t: u64, text: &str) -> String {
    format!(r#"{{"t":{t},"e":"submit","id":"{t}","from":"100","to":"{A}","text":"{text}"}}"#)
}

/// A STOP sent at 1,000, brought at 1,010, recorded at 1,030, with a confirmation text at 1,500.
fn carrier() -> Vec<String> {
    vec![
        submit(900, "Hi"),
        format!(r#"{{"t":1010,"e":"reply","id":"r1","from":"{A}","to":"100","text":"STOP"}}"#),
        format!(r#"{{"t":1030,"e":"reply_ok","id":"r1","from":"{A}"}}"#),
        submit(1500, "You are opted out."),
    ]
}

fn client() -> Vec<String> {
    vec![format!(r#"{{"e":"sent","t":1000,"number":"{A}"}}"#)]
}

fn on_record(t: u64) -> String {
    format!(r#"{{"e":"confirmed","t":{t},"number":"{A}"}}"#)
}

fn one(us: u64) -> Spread {
    Spread {
        count: 1,
        p50_us: us,
        p99_us: us,
        max_us: us,
    }
}

#[test]
fn latencies_run_from_the_text_of_the_person_to_our_ok_and_to_the_confirmation_text() {
    let (verdict, figures) = judged(&carrier(), &client());
    assert_eq!((figures.recorded, figures.confirmed), (one(30), one(500)));
    assert_eq!(figures.recorded_overall, one(30));
    assert_eq!((figures.sent, figures.confirmation_missing), (1, 0));
    assert_eq!(verdict.texts_after_confirmed_stop, 0);
}

#[test]
fn a_text_after_the_instant_on_record_is_too_late_even_before_the_confirmation_text() {
    let mut log = carrier();
    log.insert(3, submit(1200, "One more"));
    let told = |t| [client(), vec![on_record(t)]].concat();
    let late = |t| judged(&log, &told(t)).0.texts_after_confirmed_stop;
    assert_eq!(late(1100), 1);
    assert_eq!(late(1200), 1, "no text at that very instant");
    assert_eq!(late(1201), 0);
    assert_eq!(judged(&log, &client()).0.texts_after_recorded_stop, 1);
}

#[test]
fn a_text_before_the_stop_is_never_too_late_whatever_the_record_says() {
    let told = [client(), vec![on_record(800)]].concat();
    assert_eq!(judged(&carrier(), &told).0.texts_after_confirmed_stop, 0);
}

#[test]
fn a_stop_in_whose_lifetime_something_was_down_counts_overall_alone() {
    for (down, up, disturbed) in [
        (500, 999, false),
        (500, 1000, true),
        (1500, 1600, true),
        (1501, 1600, false),
    ] {
        let mut log = client();
        log.push(format!(r#"{{"e":"down","t":{down}}}"#));
        log.push(format!(r#"{{"e":"up","t":{up}}}"#));
        let figures = judged(&carrier(), &log).1;
        let expected = if disturbed {
            Spread::default()
        } else {
            one(500)
        };
        assert_eq!(figures.confirmed, expected, "{down}-{up}");
        assert_eq!(figures.confirmed_overall, one(500), "{down}-{up}");
    }
}

#[test]
fn a_confirmation_text_that_never_came_is_missed_unless_something_was_down() {
    let mut log = carrier();
    log.pop();
    let figures = judged(&log, &client()).1;
    assert_eq!((figures.confirmation_missing, figures.unconfirmed), (1, 1));
    let told = [client(), vec![on_record(1100)]].concat();
    let figures = judged(&log, &told).1;
    assert_eq!((figures.confirmation_missing, figures.unconfirmed), (1, 0));
    let killed = [client(), vec![r#"{"e":"down","t":5000}"#.into()]].concat();
    assert_eq!(judged(&log, &killed).1.confirmation_missing, 0);
}

#[test]
fn a_stop_that_was_never_answered_is_unrecorded() {
    let mut log = carrier();
    log.remove(2);
    assert_eq!(judged(&log, &client()).1.unrecorded, 1);
}

#[test]
fn a_broken_line_of_the_client_is_named() {
    let broken = [client(), vec!["{".into()]].concat().join("\n");
    let error = judge_stop_lines(&b""[..], broken.as_bytes(), "x").unwrap_err();
    assert!(error.to_string().contains("line 2"), "{error}");
}
