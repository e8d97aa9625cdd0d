//! Doors to what reads bytes from strangers, for fuzzing alone.

use bytes::{Bytes, BytesMut};
use contract::UnixMillis;
use rusmpp::pdus::{DeliverSm, SubmitSmResp};
use rusmpp::types::{COctetString, OctetString};
use rusmpp::values::EsmClass;
use rusmpp::{CommandStatus, Pdu};

use crate::custom::CustomWebhook;
use crate::smpp::{read_deliver, receipt_text, wire};
use crate::twilio::{TwilioConfig, TwilioDialect, TwilioWebhook, signature};
use crate::web::{Answer, Body, Dialect, form};
use crate::webhook::Call;

const NOW: UnixMillis = UnixMillis(1);
const TOKEN: &str = "0123456789abcdef";

/// PDUs to begin with.
pub fn sample_pdus() -> Vec<Vec<u8>> {
    let octets = |text: &str| COctetString::from_string(text.to_owned()).unwrap_or_default();
    let text = b"id:1 stat:DELIVRD err:000 text:".to_vec();
    let deliver = DeliverSm::builder()
        .source_addr(octets("15005550006"))
        .destination_addr(octets("15005550100"))
        .esm_class(EsmClass::from(4))
        .short_message(OctetString::from_vec(text).unwrap_or_default())
        .build();
    let id = COctetString::from_string("1a2b".to_owned()).unwrap_or_default();
    let pdus: [Pdu; 4] = [
        deliver.into(),
        SubmitSmResp::new(id, Vec::new()).into(),
        Pdu::EnquireLink,
        Pdu::Unbind,
    ];
    pdus.map(|pdu| {
        let mut out = BytesMut::new();
        wire::put(&mut out, CommandStatus::EsmeRok, 7, pdu);
        out.to_vec()
    })
    .into()
}

/// What a carrier's connection carries.
pub fn pdu(bytes: &[u8]) {
    let mut frames = wire::Frames::new();
    frames.space().extend_from_slice(bytes);
    while let Ok(Some(command)) = frames.next() {
        if let Some(Pdu::DeliverSm(deliver)) = command.pdu() {
            let _ = read_deliver(deliver, NOW);
        }
    }
}

pub fn receipt(bytes: &[u8]) {
    receipt_text(&String::from_utf8_lossy(bytes));
}

/// A body that is signed, so that it is read to its end.
pub fn webhook(bytes: &[u8]) {
    let url = "https://sms.example.com/x?token=0123456789abcdef";
    let signed = signature::sign(TOKEN, url, &form::decode(bytes));
    let call = Call {
        target: "/x?token=0123456789abcdef",
        header: &|_| Some(signed.as_str()),
        body: bytes,
        now: NOW,
    };
    let twilio = TwilioWebhook {
        account_sid: "AC1".to_owned(),
        auth_token: TOKEN.to_owned(),
        previous_auth_token: String::new(),
        public_url: "https://sms.example.com".to_owned(),
        allow_plain_http: false,
    };
    let _ = twilio.read(&call);
    let custom = CustomWebhook {
        token: TOKEN.to_owned(),
        items: "/results".to_owned(),
        id: "/messageId".to_owned(),
        reference: "/ref".to_owned(),
        state: "/status".to_owned(),
        delivered: vec!["DELIVERED".to_owned()],
        code: "/error".to_owned(),
        reply_from: "/sender".to_owned(),
        reply_to: "/receiver".to_owned(),
        reply_text: "/text".to_owned(),
        ..CustomWebhook::default()
    };
    let _ = custom.read(&call);
}

/// An answer of an HTTP provider, with a status made of its first byte.
pub fn answer(bytes: &[u8]) {
    let Ok(dialect) = TwilioDialect::new("tw", &TwilioConfig::default()) else {
        return;
    };
    let status = 200 + u16::from(bytes.first().copied().unwrap_or(0)) * 2;
    let _ = dialect.read(&Answer {
        status,
        retry_after: None,
        body: Body::Whole(Bytes::copy_from_slice(bytes)),
    });
}
