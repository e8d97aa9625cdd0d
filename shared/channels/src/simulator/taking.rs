//! What a connection to the simulated carrier takes: binds and texts.

use std::sync::Arc;
use std::time::Instant;

use rusmpp::pdus::{SubmitSm, SubmitSmResp};
use rusmpp::types::COctetString;
use rusmpp::values::{InterfaceVersion, MCDeliveryReceipt};
use rusmpp::{CommandStatus, Pdu};

use super::core::{Arrived, Taken};
use super::entry::{Entry, Event};
use super::session::{Break, Session};
use super::wording;

impl Session {
    pub(super) fn on_bind(
        &mut self,
        password: &str,
        version: InterfaceVersion,
        sequence: u32,
        response: impl Into<Pdu>,
        t: u64,
    ) -> Result<(), Break> {
        let status = {
            let mut core = self.shared.core();
            if core.options.refuse_bind || version != InterfaceVersion::Smpp3_4 {
                CommandStatus::EsmeRbindfail
            } else if core
                .options
                .password
                .as_deref()
                .is_some_and(|wanted| wanted != password)
            {
                CommandStatus::EsmeRinvpaswd
            } else if self.bound {
                CommandStatus::EsmeRalybnd
            } else {
                core.bound += 1;
                CommandStatus::EsmeRok
            }
        };
        let state = if status == CommandStatus::EsmeRok {
            "OK"
        } else {
            "REFUSED"
        };
        self.shared.log.add(&Entry {
            t,
            e: Event::Bind,
            state: state.into(),
            ..Entry::default()
        });
        self.put(status, sequence, response);
        if status == CommandStatus::EsmeRok {
            self.bound = true;
            return Ok(());
        }
        let _ = self.write();
        Err(Break)
    }

    pub(super) fn on_submit(
        &mut self,
        submit: &SubmitSm,
        sequence: u32,
        t: u64,
        now: Instant,
    ) -> Result<(), Break> {
        if !self.bound {
            self.put(
                CommandStatus::EsmeRinvbndsts,
                sequence,
                SubmitSmResp::default(),
            );
            return Ok(());
        }
        let to = submit.destination_addr.as_str().trim_start_matches('+');
        let (from, (text, place)) = (wording::sender(submit), wording::read(submit));
        let wanted = submit.registered_delivery.mc_delivery_receipt()
            != MCDeliveryReceipt::NoMcDeliveryReceiptRequested;
        let shared = Arc::clone(&self.shared);
        let mut core = shared.core();
        let taken = match to.parse() {
            Ok(to) => core.submit(
                &Arrived {
                    to,
                    from: &from,
                    text: &text,
                    place,
                    receipt_wanted: wanted,
                    looks_first: false,
                },
                now,
            ),
            Err(_) => Taken::InvalidNumber,
        };
        let (status, state) = match taken {
            Taken::Id(_) | Taken::Silent(_) => (CommandStatus::EsmeRok, ""),
            Taken::Throttled => (CommandStatus::EsmeRthrottled, "ESME_RTHROTTLED"),
            Taken::QueueFull => (CommandStatus::EsmeRmsgqful, "ESME_RMSGQFUL"),
            Taken::InvalidNumber => (CommandStatus::EsmeRinvdstadr, "ESME_RINVDSTADR"),
            Taken::Unroutable | Taken::GeoBlocked | Taken::Blocked => {
                (CommandStatus::EsmeRsubmitfail, "ESME_RSUBMITFAIL")
            }
        };
        let id = match taken {
            Taken::Id(id) | Taken::Silent(id) => format!("{id:016x}"),
            _ => String::new(),
        };
        shared.log.add(&Entry {
            t,
            e: if id.is_empty() {
                Event::Reject
            } else {
                Event::Submit
            },
            id: id.as_str().into(),
            from: from.into(),
            to: format!("+{to}").into(),
            text: Some(text.into()),
            reference: place.map(|p| p.reference),
            part: place.map(|p| p.part),
            parts: place.map(|p| p.parts),
            state: state.into(),
            ..Entry::default()
        });
        let reached =
            |limit: Option<u32>| limit.is_some_and(|limit| core.submits >= u64::from(limit));
        if !core.dropped && reached(core.options.drop_connection_after) {
            core.dropped = true;
            shared.log.add(&Entry {
                t,
                e: Event::Drop,
                ..Entry::default()
            });
            return Err(Break);
        }
        let garble = !core.garbled && reached(core.options.garbage_after);
        core.garbled |= garble;
        drop(core);
        if garble {
            self.out
                .extend_from_slice(b"HTTP/1.1 400 Bad Request\r\n\r\n");
            return Ok(());
        }
        if matches!(taken, Taken::Silent(_)) {
            return Ok(());
        }
        let id = COctetString::from_string(id).unwrap_or_default();
        self.put(status, sequence, SubmitSmResp::new(id, Vec::new()));
        Ok(())
    }
}
