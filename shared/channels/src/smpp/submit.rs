//! A text as submit_sm PDUs.

use std::time::Duration;

use bytes::BytesMut;
use contract::chunk::Encoding;
use contract::segments;
use rusmpp::CommandStatus;
use rusmpp::pdus::SubmitSm;
use rusmpp::tlvs::MessageSubmissionRequestTlvValue;
use rusmpp::types::{AnyOctetString, COctetString, EmptyOrFullCOctetString, OctetString};
use rusmpp::values::{
    DataCoding, EsmClass, GsmFeatures, MessagePayload, Npi, RegisteredDelivery, Ton,
};

use super::config::{LongMessages, Receipts};
use super::wire;
use crate::provider::Submission;

const RECEIPT_WANTED: u8 = 1;
/// The longer of the two concatenation headers.
const HEADER: usize = 7;
/// What message_payload holds, and the codec takes.
const LONGEST_PAYLOAD: usize = 64 * 1024 - 1;

/// One submit_sm's worth of a text.
#[derive(Debug)]
pub(super) enum Part {
    /// The text fits into one segment; it is encoded when it is written.
    Whole,
    /// A part with its concatenation header before it.
    Cut {
        payload: Vec<u8>,
        encoding: Encoding,
        last: bool,
        /// Numbers the text among those of several parts.
        text: u64,
        receipt_wanted: bool,
    },
    /// A long text that the carrier cuts.
    Payload {
        payload: Vec<u8>,
        encoding: Encoding,
    },
}

impl Part {
    pub(super) const fn is_last(&self) -> bool {
        match self {
            Self::Whole | Self::Payload { .. } => true,
            Self::Cut { last, .. } => *last,
        }
    }

    /// The number of the text it is a part of, and whether it is the last one; `None` of a text in one.
    pub(super) const fn of_text(&self) -> Option<(u64, bool)> {
        match self {
            Self::Whole | Self::Payload { .. } => None,
            Self::Cut { text, last, .. } => Some((*text, *last)),
        }
    }

    const fn receipt_wanted(&self) -> bool {
        match self {
            Self::Whole | Self::Payload { .. } => true,
            Self::Cut { receipt_wanted, .. } => *receipt_wanted,
        }
    }
}

/// How long texts are cut on one account.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Cutting {
    pub(super) long_messages: LongMessages,
    pub(super) receipts: Receipts,
}

/// Cuts a text into parts, or says by a code why it cannot be carried.
///
/// `number` counts the texts of several parts; its low bits are their reference.
pub(super) fn parts(
    text: &Submission,
    cutting: Cutting,
    number: &mut u64,
) -> Result<Vec<Part>, &'static str> {
    if text.from.is_empty()
        || text.from.len() > 20
        || !text.from.bytes().all(|byte| (0x20..0x7F).contains(&byte))
    {
        return Err("SENDER_FORMAT");
    }
    if segments::measure(&text.body).segments == 1 {
        return Ok(vec![Part::Whole]);
    }
    let (encoding, payloads) = segments::split(&text.body);
    if cutting.long_messages == LongMessages::Payload {
        let payload = payloads.concat();
        if payload.len() > LONGEST_PAYLOAD {
            return Err("TEXT_TOO_LONG");
        }
        return Ok(vec![Part::Payload { payload, encoding }]);
    }
    let count = u8::try_from(payloads.len()).map_err(|_| "TEXT_TOO_LONG")?;
    *number += 1;
    let [.., high, low] = number.to_be_bytes();
    let cut = |(part, bytes): (u8, Vec<u8>)| {
        let mut payload = Vec::with_capacity(HEADER + bytes.len());
        match cutting.long_messages {
            LongMessages::Udh16 => payload.extend_from_slice(&[6, 8, 4, high, low, count, part]),
            _ => payload.extend_from_slice(&[5, 0, 3, low, count, part]),
        }
        payload.extend_from_slice(&bytes);
        let last = part == count;
        Part::Cut {
            payload,
            encoding,
            last,
            text: *number,
            receipt_wanted: last || cutting.receipts == Receipts::EveryPart,
        }
    };
    Ok((1..=count).zip(payloads).map(cut).collect())
}

/// Appends the submit_sm of one part.
pub(super) fn put(out: &mut BytesMut, sequence: u32, text: &Submission, part: &Part) {
    let (encoding, payload, esm_class) = match part {
        Part::Whole => {
            let (encoding, mut payloads) = segments::split(&text.body);
            (
                encoding,
                payloads.pop().unwrap_or_default(),
                EsmClass::default(),
            )
        }
        Part::Payload { payload, encoding } => (*encoding, payload.clone(), EsmClass::default()),
        Part::Cut {
            payload, encoding, ..
        } => (
            *encoding,
            payload.clone(),
            EsmClass {
                gsm_features: GsmFeatures::UdhiIndicator,
                ..EsmClass::default()
            },
        ),
    };
    let (from_ton, from_npi, from) = sender(&text.from);
    let mut submit = SubmitSm::builder()
        .source_addr_ton(from_ton)
        .source_addr_npi(from_npi)
        .source_addr(octets(from))
        .dest_addr_ton(Ton::International)
        .dest_addr_npi(Npi::Isdn)
        .destination_addr(octets(&text.to.digits().to_string()))
        .esm_class(esm_class)
        .registered_delivery(RegisteredDelivery::from(
            u8::from(part.receipt_wanted()) * RECEIPT_WANTED,
        ))
        .data_coding(match encoding {
            Encoding::Gsm7 => DataCoding::McSpecific,
            Encoding::Ucs2 => DataCoding::Ucs2,
        });
    submit = match part {
        Part::Payload { .. } => {
            let payload = MessagePayload::new(AnyOctetString::from_vec(payload));
            submit.push_tlv(MessageSubmissionRequestTlvValue::MessagePayload(payload))
        }
        _ => submit.short_message(OctetString::from_vec(payload).unwrap_or_default()),
    };
    if let Some(period) = text.valid_for.map(relative_time) {
        submit = submit.validity_period(
            EmptyOrFullCOctetString::from_string(period)
                .unwrap_or_else(|_| EmptyOrFullCOctetString::empty()),
        );
    }
    wire::put(out, CommandStatus::EsmeRok, sequence, submit.build());
}

/// An address field; [`parts`] has checked that it fits.
fn octets(text: &str) -> COctetString<1, 21> {
    COctetString::from_string(text.to_owned()).unwrap_or_else(|_| COctetString::empty())
}

fn sender(from: &str) -> (Ton, Npi, &str) {
    let digits = from.strip_prefix('+').unwrap_or(from);
    if !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        (Ton::Alphanumeric, Npi::Unknown, from)
    } else if digits.len() == from.len() && digits.len() < 7 {
        // a short code is known to its own network only
        (Ton::NetworkSpecific, Npi::Isdn, digits)
    } else {
        (Ton::International, Npi::Isdn, digits)
    }
}

/// SMPP's relative time, `YYMMDDhhmmsstnnR`; 30-day months, and at most 99 years.
fn relative_time(span: Duration) -> String {
    let seconds = span.as_secs().max(1);
    let (minutes, hours, days) = (seconds / 60, seconds / 3600, seconds / 86_400);
    format!(
        "{:02}{:02}{:02}{:02}{:02}{:02}000R",
        (days / 360).min(99),
        days % 360 / 30,
        days % 30,
        hours % 24,
        minutes % 60,
        seconds % 60
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_validity_becomes_a_relative_time() {
        assert_eq!(
            relative_time(Duration::from_secs(4 * 3600)),
            "000000040000000R"
        );
        assert_eq!(
            relative_time(Duration::from_secs(2 * 86_400 + 61)),
            "000002000101000R"
        );
        assert_eq!(relative_time(Duration::ZERO), "000000000001000R");
    }

    #[test]
    fn senders_carry_their_kind_of_number() {
        assert_eq!(
            sender("+15005550006"),
            (Ton::International, Npi::Isdn, "15005550006")
        );
        assert_eq!(sender("12345"), (Ton::NetworkSpecific, Npi::Isdn, "12345"));
        assert_eq!(
            sender("Shop 24"),
            (Ton::Alphanumeric, Npi::Unknown, "Shop 24")
        );
    }
}
