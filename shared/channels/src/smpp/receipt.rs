//! Delivery receipts in the form every carrier copies from appendix B of the SMPP 3.4 specification.

use contract::chunk::Outcome;
use rusmpp::values::MessageState;

use crate::fault::Fault;

/// What a receipt's text says.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct ReceiptText {
    pub(super) id: Option<String>,
    pub(super) state: Option<String>,
    pub(super) error: Option<String>,
}

/// Reads `id:… sub:… dlvrd:… submit date:… done date:… stat:DELIVRD err:000 text:…`, keys in any order
/// and case. What follows `text:` quotes the text and is looked at only where a key is missing.
pub(super) fn parse(text: &str) -> ReceiptText {
    let (facts, quoted) = match find_key(text, "text:") {
        Some(at) => (&text[..at], &text[at + 5..]),
        None => (text, ""),
    };
    let mut receipt = ReceiptText::default();
    for part in [facts, quoted] {
        read_keys(part, &mut receipt);
        if receipt.id.is_some() && receipt.state.is_some() {
            break;
        }
    }
    receipt
}

fn read_keys(text: &str, receipt: &mut ReceiptText) {
    let mut words = text.split_whitespace().peekable();
    while let Some(word) = words.next() {
        let Some((key, value)) = word.split_once(':') else {
            continue;
        };
        let field = match key {
            key if key.eq_ignore_ascii_case("id") => &mut receipt.id,
            key if key.eq_ignore_ascii_case("stat") => &mut receipt.state,
            key if key.eq_ignore_ascii_case("err") => &mut receipt.error,
            _ => continue,
        };
        let value = if value.is_empty() {
            words
                .next_if(|next| !next.contains(':'))
                .unwrap_or_default()
        } else {
            value
        };
        if field.is_none() && !value.is_empty() {
            *field = Some(value.to_owned());
        }
    }
}

fn find_key(text: &str, key: &str) -> Option<usize> {
    let bytes = text.as_bytes();
    bytes
        .windows(key.len())
        .enumerate()
        .find_map(|(at, window)| {
            let starts = at == 0 || bytes[at - 1].is_ascii_whitespace();
            (starts && window.eq_ignore_ascii_case(key.as_bytes())).then_some(at)
        })
}

/// By the state's name. What carriers invent beside the standard counts as still on its way.
pub(super) fn outcome_of_name(name: &str) -> Outcome {
    const FINAL_NO: [&str; 8] = [
        "EXPIRED",
        "DELETED",
        "UNDELIV",
        "REJECTD",
        "UNDELIVERABLE",
        "REJECTED",
        "FAILED",
        "SKIPPED",
    ];
    if ["DELIVRD", "DELIVERED"]
        .iter()
        .any(|known| name.eq_ignore_ascii_case(known))
    {
        Outcome::Delivered
    } else if FINAL_NO
        .iter()
        .any(|known| name.eq_ignore_ascii_case(known))
    {
        Outcome::Undelivered
    } else {
        Outcome::HandedOver
    }
}

/// By the message_state TLV.
pub(super) const fn outcome_of_state(state: MessageState) -> Outcome {
    match state {
        MessageState::Delivered => Outcome::Delivered,
        MessageState::Expired
        | MessageState::Deleted
        | MessageState::Undeliverable
        | MessageState::Rejected
        | MessageState::Skipped => Outcome::Undelivered,
        _ => Outcome::HandedOver,
    }
}

/// Why a text did not arrive, by its final state (SMPP 3.4, section 5.2.28). The error numbers beside it are
/// each carrier's own.
pub(super) fn fault(state: Option<MessageState>, name: &str) -> Fault {
    let is = |known: &[&str]| known.iter().any(|known| name.eq_ignore_ascii_case(known));
    match state {
        Some(MessageState::Expired) => Fault::Expired,
        Some(MessageState::Undeliverable) => Fault::Unreachable,
        Some(MessageState::Rejected) => Fault::Refused,
        Some(MessageState::Deleted | MessageState::Skipped) => Fault::ProviderFault,
        _ if is(&["EXPIRED"]) => Fault::Expired,
        _ if is(&["UNDELIV", "UNDELIVERABLE"]) => Fault::Unreachable,
        _ if is(&["REJECTD", "REJECTED"]) => Fault::Refused,
        _ if is(&["DELETED", "SKIPPED"]) => Fault::ProviderFault,
        _ => Fault::Unknown,
    }
}

/// The carrier's code: its error where it is one, else the state's name.
pub(super) fn code(receipt: &ReceiptText) -> String {
    let error = receipt
        .error
        .as_deref()
        .filter(|error| error.bytes().any(|byte| byte != b'0'));
    error
        .or(receipt.state.as_deref())
        .unwrap_or_default()
        .to_owned()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn read(text: &str) -> (String, Outcome, String) {
        let receipt = parse(text);
        let state = receipt.state.clone().unwrap_or_default();
        (
            receipt.id.clone().unwrap_or_default(),
            outcome_of_name(&state),
            code(&receipt),
        )
    }

    #[test]
    fn receipts_are_read_as_carriers_write_them() {
        for (text, id, outcome, code) in [
            (
                "id:00a1 sub:001 dlvrd:001 submit date:2606101500 done date:2606101501 stat:DELIVRD err:000 text:Hi",
                "00a1",
                Outcome::Delivered,
                "DELIVRD",
            ),
            (
                "ID:7 STAT:UNDELIV ERR:011 TEXT:id:9 stat:DELIVRD",
                "7",
                Outcome::Undelivered,
                "011",
            ),
            (
                "stat:EXPIRED err:0 id:abc-def",
                "abc-def",
                Outcome::Undelivered,
                "EXPIRED",
            ),
            ("id: 55 stat: ACCEPTD", "55", Outcome::HandedOver, "ACCEPTD"),
            (
                "text:Hello id:3 stat:rejectd err:4",
                "3",
                Outcome::Undelivered,
                "4",
            ),
            ("id:1 stat:BUFFERED", "1", Outcome::HandedOver, "BUFFERED"),
            ("hello", "", Outcome::HandedOver, ""),
        ] {
            assert_eq!(read(text), (id.into(), outcome, code.into()), "{text}");
        }
    }

    #[test]
    fn a_final_no_says_why() {
        assert_eq!(fault(None, "expired"), Fault::Expired);
        assert_eq!(fault(None, "UNDELIV"), Fault::Unreachable);
        assert_eq!(fault(None, "FAILED"), Fault::Unknown);
        assert_eq!(
            fault(Some(MessageState::Rejected), "UNDELIV"),
            Fault::Refused
        );
    }

    proptest! {
        #[test]
        fn reading_a_receipt_never_panics(text in any::<String>()) {
            let _ = read(&text);
        }

        #[test]
        fn keys_are_found_in_any_order_and_case(
            id in "[0-9a-f]{1,20}",
            order in Just(vec!["id", "Stat", "ERR", "sub"]).prop_shuffle(),
            upper in any::<bool>(),
        ) {
            let words: Vec<String> = order.iter().map(|key| match *key {
                "id" => format!("id:{id}"),
                "Stat" => "Stat:delivrd".to_owned(),
                other => format!("{other}:000"),
            }).collect();
            let text = words.join(" ");
            let (text, id) = if upper {
                (text.to_ascii_uppercase(), id.to_ascii_uppercase())
            } else {
                (text, id)
            };
            prop_assert_eq!(read(&text).0, id);
            prop_assert_eq!(read(&text).1, Outcome::Delivered);
        }
    }
}
