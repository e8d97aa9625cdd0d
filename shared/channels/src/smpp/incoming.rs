//! deliver_sm: a receipt or a person's text.

use contract::chunk::Outcome;
use contract::{Phone, UnixMillis, segments};
use rusmpp::pdus::DeliverSm;
use rusmpp::tlvs::TlvValue;
use rusmpp::values::{DataCoding, GsmFeatures, MessageState, MessageType, Ton};

use super::receipt;
use crate::provider::{FromCarrier, Receipt};

/// What a deliver_sm brings, or `None` if it can mean nothing to us (no id in a receipt, a sender that
/// is no phone number).
pub(crate) fn read(deliver: &DeliverSm, now: UnixMillis) -> Option<FromCarrier> {
    let mut receipted: Option<&str> = None;
    let mut state: Option<MessageState> = None;
    let mut payload: &[u8] = deliver.short_message();
    for tlv in deliver.tlvs() {
        match tlv.value() {
            Some(TlvValue::ReceiptedMessageId(id)) => receipted = Some(id.as_str()),
            Some(TlvValue::MessageState(value)) => state = Some(*value),
            Some(TlvValue::MessagePayload(value)) if payload.is_empty() => payload = &value.value,
            _ => {}
        }
    }
    let is_receipt = match deliver.esm_class.message_type {
        MessageType::ShortMessageContainsMCDeliveryReceipt
        | MessageType::ShortMessageContainsIntermediateDeliveryNotification => true,
        _ => receipted.is_some() && state.is_some(),
    };
    if is_receipt {
        return read_receipt(payload, receipted, state, now);
    }
    let from = deliver.source_addr.as_str();
    let from = Phone::from_digits(from.strip_prefix('+').unwrap_or(from).parse().ok()?)?;
    Some(FromCarrier::Reply {
        provider_message_id: receipted.unwrap_or_default().to_owned(),
        from,
        to: address(deliver.dest_addr_ton, deliver.destination_addr.as_str()),
        text: text(deliver, payload),
    })
}

fn read_receipt(
    payload: &[u8],
    receipted: Option<&str>,
    state: Option<MessageState>,
    now: UnixMillis,
) -> Option<FromCarrier> {
    let said = receipt::parse(&String::from_utf8_lossy(payload));
    let provider_message_id = receipted.map(str::to_owned).or_else(|| said.id.clone())?;
    let outcome = match (state, &said.state) {
        (Some(state), _) => receipt::outcome_of_state(state),
        (None, Some(name)) => receipt::outcome_of_name(name),
        (None, None) => Outcome::HandedOver,
    };
    let mut read = Receipt::new(provider_message_id, outcome, receipt::code(&said), now);
    if outcome == Outcome::Undelivered {
        let name = said.state.as_deref().unwrap_or_default();
        read.fault = Some(receipt::fault(state, name));
    }
    Some(FromCarrier::Receipt(read))
}

/// The same form in which we write senders: E.164 with a plus.
fn address(ton: Ton, digits: &str) -> String {
    if ton == Ton::International && !digits.starts_with('+') {
        format!("+{digits}")
    } else {
        digits.to_owned()
    }
}

fn text(deliver: &DeliverSm, payload: &[u8]) -> String {
    let has_header = matches!(
        deliver.esm_class.gsm_features,
        GsmFeatures::UdhiIndicator | GsmFeatures::SetUdhiAndReplyPath
    );
    let body = match payload.first() {
        Some(length) if has_header => payload.get(usize::from(*length) + 1..).unwrap_or_default(),
        _ => payload,
    };
    match deliver.data_coding {
        DataCoding::McSpecific => segments::decode_gsm7(body),
        DataCoding::Ucs2 => segments::decode_ucs2(body),
        _ => body.iter().map(|byte| char::from(*byte)).collect(),
    }
}

#[cfg(test)]
mod tests {
    use rusmpp::types::{COctetString, OctetString};
    use rusmpp::values::EsmClass;

    use super::*;

    fn deliver(from: &str, coding: DataCoding, payload: &[u8], esm_class: u8) -> DeliverSm {
        DeliverSm::builder()
            .source_addr(COctetString::from_string(from.to_owned()).unwrap())
            .dest_addr_ton(Ton::International)
            .destination_addr(COctetString::from_string("15005550006".to_owned()).unwrap())
            .esm_class(EsmClass::from(esm_class))
            .data_coding(coding)
            .short_message(OctetString::from_slice(payload).unwrap())
            .build()
    }

    fn reply(deliver: &DeliverSm) -> Option<(String, String)> {
        match read(deliver, UnixMillis(0))? {
            FromCarrier::Reply { from, text, to, .. } => {
                assert_eq!(to, "+15005550006");
                Some((from.to_string(), text))
            }
            FromCarrier::Receipt(_) => None,
        }
    }

    #[test]
    fn replies_are_read_in_every_coding_with_and_without_plus() {
        for (from, coding, payload, text) in [
            (
                "15005551000",
                DataCoding::McSpecific,
                b"ST\x00P".as_slice(),
                "ST@P",
            ),
            ("+15005551000", DataCoding::Ucs2, b"\x04\x16\x00!", "Ж!"),
            ("15005551000", DataCoding::Latin1, b"gr\xFC\xDFe", "grüße"),
        ] {
            let expected = Some(("+15005551000".to_owned(), text.to_owned()));
            assert_eq!(reply(&deliver(from, coding, payload, 0)), expected);
        }
    }

    #[test]
    fn a_concatenation_header_is_no_text() {
        let part = deliver(
            "15005551000",
            DataCoding::McSpecific,
            b"\x05\x00\x03\x01\x02\x01hi",
            0x40,
        );
        assert_eq!(reply(&part).unwrap().1, "hi");
        let broken = deliver("15005551000", DataCoding::McSpecific, b"\xF0hi", 0x40);
        assert_eq!(reply(&broken).unwrap().1, "");
    }

    #[test]
    fn what_is_no_phone_and_what_names_no_text_means_nothing() {
        assert_eq!(
            read(
                &deliver("Bank", DataCoding::McSpecific, b"hi", 0),
                UnixMillis(0)
            ),
            None
        );
        assert_eq!(
            read(
                &deliver("1", DataCoding::McSpecific, b"stat:DELIVRD", 4),
                UnixMillis(0)
            ),
            None
        );
    }

    #[test]
    fn the_parameters_win_over_the_text_of_a_receipt() {
        let mut pdu = deliver(
            "15005551000",
            DataCoding::McSpecific,
            b"id:1 stat:ENROUTE err:000",
            4,
        );
        pdu.push_tlv(
            rusmpp::tlvs::MessageDeliveryRequestTlvValue::ReceiptedMessageId(
                COctetString::from_string("2".to_owned()).unwrap(),
            ),
        );
        pdu.push_tlv(rusmpp::tlvs::MessageDeliveryRequestTlvValue::MessageState(
            MessageState::Delivered,
        ));
        let expected = Receipt::new(
            "2".into(),
            Outcome::Delivered,
            "ENROUTE".into(),
            UnixMillis(5),
        );
        assert_eq!(
            read(&pdu, UnixMillis(5)),
            Some(FromCarrier::Receipt(expected))
        );
    }
}
