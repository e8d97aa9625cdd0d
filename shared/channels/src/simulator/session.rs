//! One connection to the simulated carrier.

use std::io;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use ahash::AHashMap;
use bytes::{Buf, BytesMut};
use rusmpp::pdus::{BindReceiverResp, BindTransceiverResp, BindTransmitterResp};
use rusmpp::{Command, CommandId, CommandStatus, Pdu};
use tokio::net::TcpStream;

use super::bringing::PATIENCE;
use super::core::Delivery;
use super::entry::{Entry, Event};
use super::serve::Shared;
use crate::smpp::wire::{self, Frames};

/// Receipts and replies sent and not yet answered, at most.
pub(super) const WINDOW: usize = 10_000;
pub(super) const GATHER: usize = 128 * 1024;

/// The connection is to be broken.
pub(super) struct Break;

pub(super) struct Session {
    pub(super) stream: TcpStream,
    pub(super) shared: Arc<Shared>,
    pub(super) frames: Frames,
    pub(super) out: BytesMut,
    pub(super) bound: bool,
    pub(super) blocked: bool,
    pub(super) sequence: u32,
    pub(super) brought: AHashMap<u32, (Instant, Delivery)>,
    /// Minute and its text, for receipts.
    pub(super) stamp: (u64, String),
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
                self.put(CommandStatus::EsmeRok, sequence, Pdu::EnquireLinkResp);
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

    pub(super) fn write(&mut self) -> Result<(), Break> {
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

    pub(super) fn put(&mut self, status: CommandStatus, sequence: u32, pdu: impl Into<Pdu>) {
        wire::put(&mut self.out, status, sequence, pdu);
    }
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "microseconds fit for 580,000 years"
)]
pub(super) fn micros() -> u64 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |since| since.as_micros() as u64)
}
