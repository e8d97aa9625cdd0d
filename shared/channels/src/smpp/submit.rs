//! A text as submit_sm PDUs.

use std::time::Duration;

use bytes::BytesMut;
use contract::chunk::Encoding;
use contract::segments;
use rusmpp::CommandStatus;
use rusmpp::pdus::SubmitSm;
use rusmpp::types::{COctetString, EmptyOrFullCOctetString, OctetString};
use rusmpp::values::{DataCoding, EsmClass, GsmFeatures, Npi, RegisteredDelivery, Ton};

use super::wire;
use crate::provider::Submission;

/// Receipts are asked for on the last part only: one text, one receipt.
const RECEIPT_WANTED: u8 = 1;
/// The concatenation header: its length, element 00 of 3 bytes, then reference, parts and part.
const HEADER: usize = 6;

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
    },
}

impl Part {
    pub(super) const fn is_last(&self) -> bool {
        match self {
            Self::Whole => true,
            Self::Cut { last, .. } => *last,
        }
    }
}

/// Cuts a text into parts, or says by a code why it cannot be carried.
pub(super) fn parts(text: &Submission, reference: &mut u8) -> Result<Vec<Part>, &'static str> {
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
    let count = u8::try_from(payloads.len()).map_err(|_| "TEXT_TOO_LONG")?;
    *reference = reference.wrapping_add(1);
    let cut = |(number, bytes): (u8, Vec<u8>)| {
        let mut payload = Vec::with_capacity(HEADER + bytes.len());
        payload.extend_from_slice(&[5, 0, 3, *reference, count, number]);
        payload.extend_from_slice(&bytes);
        Part::Cut {
            payload,
            encoding,
            last: number == count,
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
            u8::from(part.is_last()) * RECEIPT_WANTED,
        ))
        .data_coding(match encoding {
            Encoding::Gsm7 => DataCoding::McSpecific,
            Encoding::Ucs2 => DataCoding::Ucs2,
        })
        .short_message(OctetString::from_vec(payload).unwrap_or_default());
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
