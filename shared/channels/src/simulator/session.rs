//! One connection to the simulated carrier.

use std::io;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use ahash::AHashMap;
use bytes::{Buf, BytesMut};
use rusmpp::pdus::{
    BindReceiverResp, BindTransceiverResp, BindTransmitterResp, SubmitSm, SubmitSmResp,
};
use rusmpp::types::COctetString;
use rusmpp::values::{InterfaceVersion, MCDeliveryReceipt};
use rusmpp::{Command, CommandId, CommandStatus, Pdu};
use tokio::net::TcpStream;

use super::core::{Arrived, Delivery, Taken, What};
use super::entry::{Entry, Event};
use super::serve::Shared;
use super::wording;
use crate::smpp::wire::{self, Frames};

/// Receipts and replies sent and not yet answered, at most.
const WINDOW: usize = 10_000;
const GATHER: usize = 128 * 1024;
/// Pause before something that was not taken is brought again.
const BRING_AGAIN: Duration = Duration::from_millis(200);
/// An answer that takes longer does not come.
const PATIENCE: Duration = Duration::from_secs(20);

/// The connection is to be broken.
struct Break;

struct Session {
    stream: TcpStream,
    shared: Arc<Shared>,
    frames: Frames,
    out: BytesMut,
    bound: bool,
    blocked: bool,
    sequence: u32,
    brought: AHashMap<u32, (Instant, Delivery)>,
    /// Minute and its text, for receipts.
    stamp: (u64, String),
}

pub(super) async fn serve(stream: TcpStream, shared: Arc<Shared>) {
    let _ = stream.set_nodelay(true);
    let mut session = Session {
        stream,
        shared,
        frames: Frames::new(),
        out: BytesMut::with_capacity(2 * GATHER),
        bound: false,
        blocked: false,
        sequence: 0,
        brought: AHashMap::new(),
        stamp: (0, String::new()),
    };
    let _ = session.run().await;
    session.end();
}

impl Session {
    async fn run(&mut self) -> Result<(), Break> {
        let mut next_look = Instant::now() + PATIENCE;
        loop {
            let now = Instant::now();
            if now >= next_look {
                next_look = now + Duration::from_secs(1);
                self.give_up_waiting(now);
            }
            let due = self.bring(now);
            self.write()?;
            let more = self.bound && self.out.is_empty() && self.brought.len() < WINDOW;
            let due = due.unwrap_or(next_look).min(next_look);
            // a timer for each receipt would cost more than the receipt
            let due = due.max(now + Duration::from_millis(1));
            tokio::select! {
                biased;
                () = self.shared.stop.cancelled() => return Err(Break),
                ready = self.stream.readable() => {
                    ready.map_err(|_| Break)?;
                    for _ in 0..8 {
                        if !self.read()? {
                            break;
                        }
                    }
                }
                ready = self.stream.writable(), if self.blocked => {
                    ready.map_err(|_| Break)?;
                    self.blocked = false;
                }
                () = self.shared.wake.notified(), if more => {}
                () = tokio::time::sleep_until(due.into()) => {}
            }
        }
    }

    fn read(&mut self) -> Result<bool, Break> {
        match self.stream.try_read_buf(self.frames.space()) {
            Ok(0) => return Err(Break),
            Ok(_) => {}
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(false),
            Err(_) => return Err(Break),
        }
        let (t, now) = (micros(), Instant::now());
        loop {
            match self.frames.next() {
                Ok(Some(command)) => self.on_pdu(&command, t, now)?,
                Ok(None) => return Ok(true),
                Err(_) => return Err(Break),
            }
        }
    }

    fn on_pdu(&mut self, command: &Command, t: u64, now: Instant) -> Result<(), Break> {
        let sequence = command.sequence_number();
        match (command.id(), command.pdu()) {
            (_, Some(Pdu::SubmitSm(submit))) => self.on_submit(submit, sequence, t, now)?,
            (CommandId::DeliverSmResp, _) => self.on_answer(sequence, command.status(), t, now),
            (_, Some(Pdu::BindTransceiver(bind))) => {
                let response = BindTransceiverResp::new(bind.system_id.clone(), None);
                self.on_bind(
                    bind.password.as_str(),
                    bind.interface_version,
                    sequence,
                    response,
                    t,
                )?;
            }
            (_, Some(Pdu::BindTransmitter(bind))) => {
                let response = BindTransmitterResp::new(bind.system_id.clone(), None);
                self.on_bind(
                    bind.password.as_str(),
                    bind.interface_version,
                    sequence,
                    response,
                    t,
                )?;
            }
            (_, Some(Pdu::BindReceiver(bind))) => {
                let response = BindReceiverResp::new(bind.system_id.clone(), None);
                self.on_bind(
                    bind.password.as_str(),
                    bind.interface_version,
                    sequence,
                    response,
                    t,
                )?;
            }
            (CommandId::EnquireLink, _) => {
                self.put(CommandStatus::EsmeRok, sequence, Pdu::EnquireLinkResp)
            }
            (CommandId::EnquireLinkResp | CommandId::GenericNack | CommandId::UnbindResp, _) => {}
            (CommandId::Unbind, _) => {
                self.shared.log.add(&Entry {
                    t,
                    e: Event::Unbind,
                    ..Entry::default()
                });
                self.put(CommandStatus::EsmeRok, sequence, Pdu::UnbindResp);
                let _ = self.write();
                return Err(Break);
            }
            _ => self.put(CommandStatus::EsmeRinvcmdid, sequence, Pdu::GenericNack),
        }
        Ok(())
    }

    fn on_bind(
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

    fn on_submit(
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
                },
                now,
            ),
            Err(_) => Taken::InvalidNumber,
        };
        let (status, state) = match taken {
            Taken::Id(_) => (CommandStatus::EsmeRok, ""),
            Taken::Throttled => (CommandStatus::EsmeRthrottled, "ESME_RTHROTTLED"),
            Taken::QueueFull => (CommandStatus::EsmeRmsgqful, "ESME_RMSGQFUL"),
            Taken::InvalidNumber => (CommandStatus::EsmeRinvdstadr, "ESME_RINVDSTADR"),
            Taken::Unroutable => (CommandStatus::EsmeRsubmitfail, "ESME_RSUBMITFAIL"),
        };
        let id = match taken {
            Taken::Id(id) => format!("{id:016x}"),
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
        let id = COctetString::from_string(id).unwrap_or_default();
        self.put(status, sequence, SubmitSmResp::new(id, Vec::new()));
        Ok(())
    }

    fn on_answer(&mut self, sequence: u32, status: CommandStatus, t: u64, now: Instant) {
        let Some((_, delivery)) = self.brought.remove(&sequence) else {
            return;
        };
        let mut core = self.shared.core();
        if status != CommandStatus::EsmeRok {
            core.bring_again(delivery, BRING_AGAIN, now);
            return;
        }
        let (event, id) = match delivery.what {
            What::Receipt { id, .. } => {
                core.receipts_answered += 1;
                (Event::ReceiptOk, format!("{id:016x}"))
            }
            What::Reply { id, .. } => {
                core.replies_answered += 1;
                (Event::ReplyOk, format!("r{id:016x}"))
            }
        };
        let from = format!("+{}", delivery.person).into();
        self.shared.log.add(&Entry {
            t,
            e: event,
            id: id.into(),
            from,
            ..Entry::default()
        });
    }

    /// Brings what is ready as far as the window goes, and says when more is due.
    fn bring(&mut self, now: Instant) -> Option<Instant> {
        if !self.bound || self.blocked {
            return None;
        }
        let shared = Arc::clone(&self.shared);
        let mut core = shared.core();
        let next = core.ripen(now);
        if core.ready.is_empty() {
            return next;
        }
        let t = micros();
        self.refresh_stamp(t);
        while self.brought.len() < WINDOW && self.out.len() < GATHER {
            let Some(delivery) = core.ready.pop_front() else {
                break;
            };
            self.sequence = if self.sequence >= 0x7FFF_FFFF {
                1
            } else {
                self.sequence + 1
            };
            wording::put(&mut self.out, self.sequence, &delivery, &self.stamp.1);
            let mut entry = Entry {
                t,
                from: format!("+{}", delivery.person).into(),
                to: (&*delivery.ours).into(),
                again: delivery.again,
                ..Entry::default()
            };
            match &delivery.what {
                What::Receipt { id, state, dup } => {
                    core.receipts_sent += u64::from(!delivery.again);
                    (entry.e, entry.id, entry.dup) =
                        (Event::Receipt, format!("{id:016x}").into(), *dup);
                    entry.state = state.name().into();
                }
                What::Reply { id, text } => {
                    core.replies_sent += u64::from(!delivery.again);
                    (entry.e, entry.id) = (Event::Reply, format!("r{id:016x}").into());
                    entry.text = Some((&**text).into());
                }
            }
            shared.log.add(&entry);
            drop(entry);
            self.brought.insert(self.sequence, (now, delivery));
        }
        next
    }

    fn write(&mut self) -> Result<(), Break> {
        while !self.out.is_empty() && !self.blocked {
            match self.stream.try_write(&self.out) {
                Ok(0) => return Err(Break),
                Ok(count) => self.out.advance(count),
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => self.blocked = true,
                Err(_) => return Err(Break),
            }
        }
        Ok(())
    }

    fn give_up_waiting(&mut self, now: Instant) {
        let mut core = self.shared.core();
        for (_, (_, delivery)) in self.brought.extract_if(|_, (at, _)| now - *at > PATIENCE) {
            core.bring_again(delivery, Duration::ZERO, now);
        }
    }

    fn put(&mut self, status: CommandStatus, sequence: u32, pdu: impl Into<Pdu>) {
        wire::put(&mut self.out, status, sequence, pdu);
    }

    fn refresh_stamp(&mut self, t: u64) {
        let minute = t / 60_000_000;
        if self.stamp.0 != minute {
            let at = chrono::DateTime::from_timestamp_micros(t.cast_signed()).unwrap_or_default();
            self.stamp = (minute, at.format("%y%m%d%H%M").to_string());
        }
    }

    /// What was brought here and not answered goes to the next session.
    fn end(mut self) {
        let mut core = self.shared.core();
        if self.bound {
            core.bound -= 1;
        }
        let now = Instant::now();
        for (_, (_, delivery)) in self.brought.drain() {
            core.bring_again(delivery, Duration::ZERO, now);
        }
        drop(core);
        self.shared.wake.notify_one();
    }
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "microseconds fit for 580,000 years"
)]
fn micros() -> u64 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |since| since.as_micros() as u64)
}
