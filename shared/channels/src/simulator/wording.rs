//! PDUs that the simulated carrier reads and writes.

use bytes::BytesMut;
use contract::chunk::Encoding;
use contract::segments;
use rusmpp::CommandStatus;
use rusmpp::pdus::{DeliverSm, SubmitSm};
use rusmpp::tlvs::{MessageDeliveryRequestTlvValue as Tlv, TlvValue};
use rusmpp::types::{AnyOctetString, COctetString, OctetString};
use rusmpp::values::{DataCoding, EsmClass, GsmFeatures, MessagePayload, Npi, Ton};

use super::core::{Delivery, What};
use crate::smpp::wire;

const RECEIPT: u8 = 0x04;

/// Reference, number and count of the parts of a long text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) reference: u16,
    pub(super) part: u8,
    pub(super) parts: u8,
}

/// The text of a submit, and where it stands in a longer one.
pub(super) fn read(submit: &SubmitSm) -> (String, Option<Place>) {
    let mut payload: &[u8] = submit.short_message();
    for tlv in submit.tlvs() {
        if let Some(TlvValue::MessagePayload(value)) = tlv.value()
            && payload.is_empty()
        {
            payload = &value.value;
        }
    }
    let (place, body) = if submit.esm_class.gsm_features == GsmFeatures::UdhiIndicator {
        header(payload)
    } else {
        (None, payload)
    };
    let text = match submit.data_coding {
        DataCoding::McSpecific => segments::decode_gsm7(body),
        DataCoding::Ucs2 => segments::decode_ucs2(body),
        _ => body.iter().map(|byte| char::from(*byte)).collect(),
    };
    (text, place)
}

fn header(payload: &[u8]) -> (Option<Place>, &[u8]) {
    match payload {
        [5, 0, 3, reference, parts, part, body @ ..] => (
            Some(Place {
                reference: u16::from(*reference),
                part: *part,
                parts: *parts,
            }),
            body,
        ),
        [6, 8, 4, high, low, parts, part, body @ ..] => {
            let reference = u16::from_be_bytes([*high, *low]);
            (
                Some(Place {
                    reference,
                    part: *part,
                    parts: *parts,
                }),
                body,
            )
        }
        [length, rest @ ..] => (None, rest.get(usize::from(*length)..).unwrap_or_default()),
        [] => (None, payload),
    }
}

/// The sender as we write it everywhere else.
pub(super) fn sender(submit: &SubmitSm) -> String {
    let from = submit.source_addr.as_str();
    if submit.source_addr_ton == Ton::International {
        format!("+{from}")
    } else {
        from.to_owned()
    }
}

/// Appends the deliver_sm for a receipt or a reply. `stamp` is the time as `YYMMDDhhmm`.
pub(super) fn put(out: &mut BytesMut, sequence: u32, delivery: &Delivery, stamp: &str) {
    let (ton, npi, ours) = match delivery.ours.strip_prefix('+') {
        Some(digits) => (Ton::International, Npi::Isdn, digits),
        None => (Ton::Unknown, Npi::Unknown, &*delivery.ours),
    };
    let deliver = DeliverSm::builder()
        .source_addr_ton(Ton::International)
        .source_addr_npi(Npi::Isdn)
        .source_addr(COctetString::from_string(delivery.person.to_string()).unwrap_or_default())
        .dest_addr_ton(ton)
        .dest_addr_npi(npi)
        .destination_addr(COctetString::from_string(ours.to_owned()).unwrap_or_default());
    let deliver = match &delivery.what {
        What::Receipt { id, state, .. } => {
            let text = format!(
                "id:{id:016x} sub:001 dlvrd:001 submit date:{stamp} done date:{stamp} stat:{} err:{:03} text:",
                state.name(),
                state.error()
            );
            deliver
                .esm_class(EsmClass::from(RECEIPT))
                .short_message(OctetString::from_vec(text.into_bytes()).unwrap_or_default())
                .build()
        }
        What::Reply { id, text } => {
            let (encoding, mut parts) = segments::split(text);
            let mut deliver = deliver
                .data_coding(match encoding {
                    Encoding::Gsm7 => DataCoding::McSpecific,
                    Encoding::Ucs2 => DataCoding::Ucs2,
                })
                .build();
            if parts.len() == 1 {
                let payload = parts.pop().unwrap_or_default();
                deliver.set_short_message(OctetString::from_vec(payload).unwrap_or_default());
            } else {
                let payload = AnyOctetString::from_vec(parts.concat());
                deliver.push_tlv(Tlv::MessagePayload(MessagePayload::new(payload)));
            }
            deliver.push_tlv(Tlv::ReceiptedMessageId(
                COctetString::from_string(format!("r{id:016x}")).unwrap_or_default(),
            ));
            deliver
        }
    };
    wire::put(out, CommandStatus::EsmeRok, sequence, deliver);
}
