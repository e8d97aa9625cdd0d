use std::io::Write;

use channels::simulator::{Verdict, judge};

const A: &str = "+12025550101";
const B: &str = "+12025550102";

fn verdict(lines: &[String]) -> Verdict {
    let mut file = tempfile::NamedTempFile::new().unwrap();
    for line in lines {
        writeln!(file, "{line}").unwrap();
    }
    file.flush().unwrap();
    judge(file.path(), "opted out").unwrap()
}

fn submit(t: u64, id: &str, to: &str, text: &str) -> String {
    format!(
        r#"{{"t":{t},"e":"submit","id":"{id}","from":"+15005550006","to":"{to}","text":"{text}"}}"#
    )
}

fn part(t: u64, to: &str, text: &str, place: (u16, u8, u8)) -> String {
    let (reference, part, parts) = place;
    format!(
        r#"{{"t":{t},"e":"submit","id":"p{t}","from":"+15005550006","to":"{to}","text":"{text}","ref":{reference},"part":{part},"parts":{parts}}}"#
    )
}

fn receipt(t: u64, id: &str, state: &str, extra: &str) -> String {
    format!(r#"{{"t":{t},"e":"receipt","id":"{id}","state":"{state}"{extra}}}"#)
}

fn reply(t: u64, id: &str, from: &str, text: &str) -> String {
    format!(
        r#"{{"t":{t},"e":"reply","id":"{id}","from":"{from}","to":"+15005550006","text":"{text}"}}"#
    )
}

fn reply_ok(t: u64, id: &str, from: &str) -> String {
    format!(r#"{{"t":{t},"e":"reply_ok","id":"{id}","from":"{from}"}}"#)
}

/// Texts to two people, one of whom stops and is told so.
fn lawful() -> Vec<String> {
    vec![
        r#"{"t":1,"e":"bind","state":"OK"}"#.into(),
        submit(10, "1", A, "Hi A"),
        part(11, B, "Hello ", (7, 1, 2)),
        part(12, B, "world", (7, 2, 2)),
        receipt(20, "1", "DELIVRD", ""),
        receipt(21, "p12", "UNDELIV", ""),
        reply(30, "r1", A, " stop "),
        reply_ok(31, "r1", A),
        submit(40, "2", A, "You are opted out."),
        receipt(50, "2", "DELIVRD", ""),
        r#"{"t":60,"e":"something new"}"#.into(),
    ]
}

#[test]
fn a_lawful_log_is_counted_and_finds_nothing() {
    let expected = Verdict {
        texts: 2,
        segments: 4,
        confirmations: 1,
        recipients: 2,
        delivered: 1,
        undelivered: 1,
        replies: 1,
        stops: 1,
        first_submit_us: 10,
        last_submit_us: 40,
        first_receipt_us: 20,
        last_receipt_us: 50,
        ..Verdict::default()
    };
    assert_eq!(verdict(&lawful()), expected);
}

#[test]
fn the_same_text_to_the_same_number_is_found() {
    let mut log = lawful();
    log.insert(3, submit(13, "9", A, "Hi A"));
    assert_eq!(verdict(&log).texts_twice, 1);
    let mut log = lawful();
    log.insert(2, submit(13, "9", A, "Hi A, once more"));
    assert_eq!(verdict(&log).texts_twice, 0);
}

#[test]
fn a_long_text_sent_again_is_found_under_any_reference() {
    for reference in [7, 8] {
        let mut log = lawful();
        log.push(part(70, B, "Hello ", (reference, 1, 2)));
        log.push(part(71, B, "world", (reference, 2, 2)));
        assert_eq!(verdict(&log).texts_twice, 1);
    }
    let mut log = lawful();
    log.insert(3, part(13, B, "Hello ", (7, 1, 2)));
    assert_eq!(verdict(&log).texts_twice, 1, "a part twice");
}

#[test]
fn a_long_text_with_a_missing_part_is_found() {
    let mut log = lawful();
    log.remove(3);
    assert_eq!(verdict(&log).texts_incomplete, 1);
}

#[test]
fn a_second_confirmation_for_one_stop_is_found() {
    let mut log = lawful();
    log.push(submit(70, "3", A, "You are opted out."));
    assert_eq!(verdict(&log).texts_twice, 1);
    log.insert(7, reply(32, "r2", A, "QUIT"));
    assert_eq!(
        verdict(&log).texts_twice,
        0,
        "two STOPs may be confirmed twice"
    );
}

#[test]
fn a_stop_brought_again_is_one_stop() {
    let mut log = lawful();
    log.insert(
        7,
        r#"{"t":32,"e":"reply","id":"r1","from":"+12025550101","to":"+15005550006","text":"STOP","again":true}"#.into(),
    );
    assert_eq!(verdict(&log).stops, 1);
}

#[test]
fn a_text_after_a_confirmed_stop_is_found() {
    let mut log = lawful();
    log.push(submit(70, "3", A, "One more thing"));
    assert_eq!(verdict(&log).texts_after_confirmed_stop, 1);
    let mut log = lawful();
    log.push(part(70, A, "One ", (9, 1, 2)));
    assert_eq!(
        verdict(&log).texts_after_confirmed_stop,
        1,
        "a part is enough"
    );
    let mut log = lawful();
    log.push(format!(
        r#"{{"t":70,"e":"reject","to":"{A}","text":"One more","state":"ESME_RTHROTTLED"}}"#
    ));
    assert_eq!(
        verdict(&log).texts_after_confirmed_stop,
        1,
        "thrown back by luck only"
    );
}

#[test]
fn a_text_between_recording_and_confirmation_is_told_apart() {
    let mut log = lawful();
    log.insert(8, submit(35, "3", A, "Was on its way"));
    let verdict = verdict(&log);
    assert_eq!(
        (
            verdict.texts_after_recorded_stop,
            verdict.texts_after_confirmed_stop
        ),
        (1, 0)
    );
}

#[test]
fn a_text_after_start_is_welcome_again() {
    let mut log = lawful();
    log.push(reply(70, "r2", A, "START"));
    log.push(submit(71, "3", A, "Welcome back"));
    assert_eq!(verdict(&log).texts_after_confirmed_stop, 0);
}

#[test]
fn receipts_brought_again_count_once() {
    let mut log = lawful();
    log.push(receipt(70, "1", "DELIVRD", r#","again":true"#));
    log.push(receipt(71, "1", "DELIVRD", r#","dup":true"#));
    log.push(receipt(72, "1", "ENROUTE", ""));
    assert_eq!(verdict(&log).delivered, 1);
}

#[test]
fn half_a_last_line_is_forgiven_and_a_broken_one_inside_is_not() {
    let mut file = tempfile::NamedTempFile::new().unwrap();
    write!(file, "{}\n{{\"t\":5,\"e\":\"sub", submit(1, "1", A, "Hi")).unwrap();
    file.flush().unwrap();
    assert_eq!(judge(file.path(), "opted out").unwrap().texts, 1);
    writeln!(file).unwrap();
    file.flush().unwrap();
    assert!(
        judge(file.path(), "opted out")
            .unwrap_err()
            .to_string()
            .contains("line 2")
    );
}
