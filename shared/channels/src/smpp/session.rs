//! One bound connection. One task owns the socket; everything is done between two waits.

use std::io;
use std::time::Instant;

use contract::UnixMillis;
use rusmpp::{Command, CommandId, CommandStatus, Pdu};
use tokio::time::{MissedTickBehavior, interval};

use super::batches::PartOutcome;
use super::book::{Book, TICK};
use super::config::Receipts;
use super::incoming;
use super::parts::Folded;
use super::socket::Socket;
use super::status::{self, Meaning};
use super::window::Window;
use super::wire::Frames;
use super::writer::Writer;
use crate::provider::{AnswerToken, FromCarrier, Incoming};

/// How long the carrier may take over our farewell.
const FAREWELL: std::time::Duration = std::time::Duration::from_secs(2);
/// Reads and orders handled before looking at the rest again.
const AT_A_TIME: usize = 8;
/// Receipts trickle in one by one; a short rest after a read lets several come together. None is taken
/// while texts wait for their answers.
const REST: std::time::Duration = std::time::Duration::from_millis(10);

/// How a connection ended.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Ended {
    /// We took leave.
    Closed,
    Lost(&'static str),
}

pub(super) struct Session<'a> {
    stream: Socket,
    frames: Frames,
    book: &'a mut Book,
    link: u64,
    window: Window,
    writer: Writer,
    heard: Instant,
    probed: Option<Instant>,
    farewell: Option<Instant>,
    /// The carrier has answered our farewell.
    parted: bool,
}

impl<'a> Session<'a> {
    pub(super) fn new(stream: Socket, frames: Frames, link: u64, book: &'a mut Book) -> Self {
        Self {
            stream,
            frames,
            book,
            link,
            window: Window::default(),
            writer: Writer::new(),
            heard: Instant::now(),
            probed: None,
            farewell: None,
            parted: false,
        }
    }

    /// Runs until the link is gone. What was written and not answered is then unknown; what was not
    /// written stays in the queue.
    pub(super) async fn run(mut self) -> Ended {
        let ended = match self.serve().await {
            Ok(()) => Ended::Closed,
            Err(why) => {
                // answers may have arrived before the link broke
                while let Ok(true) = self.read() {}
                Ended::Lost(why)
            }
        };
        let (begun, unwritten) = self.window.drain(self.writer.written);
        for outstanding in begun {
            self.book
                .batches
                .settle(outstanding.job, PartOutcome::Unknown);
        }
        for outstanding in unwritten.into_iter().rev() {
            self.book.queue.push_front(outstanding.job);
        }
        self.book.in_window.set(0.0);
        ended
    }

    async fn serve(&mut self) -> Result<(), &'static str> {
        let incoming = self.book.incoming.clone();
        let mut tick = interval(TICK);
        tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
        // PDUs that came in one packet with the answer to our bind
        self.take_frames()?;
        let mut rest: Option<tokio::time::Instant> = None;
        loop {
            self.write_answers();
            let texts = self.farewell.is_none();
            self.writer
                .pump(&mut self.stream, self.book, &mut self.window, texts)
                .map_err(|_| "writing failed")?;
            let holding = !self.book.held.is_empty();
            tokio::select! {
                order = self.book.orders.recv(), if !self.book.dropped => {
                    rest = None;
                    self.book.take(order);
                    for _ in 0..AT_A_TIME * 32 {
                        let Ok(order) = self.book.orders.try_recv() else {
                            break;
                        };
                        self.book.take(Some(order));
                    }
                }
                () = tokio::time::sleep_until(rest.unwrap_or_else(tokio::time::Instant::now)), if rest.is_some() => {
                    rest = None;
                }
                ready = self.stream.readable(), if rest.is_none() => {
                    ready.map_err(|_| "reading failed")?;
                    for _ in 0..AT_A_TIME {
                        if !self.read()? {
                            break;
                        }
                    }
                    if self.window.is_empty() {
                        rest = Some(tokio::time::Instant::now() + REST);
                    }
                }
                ready = self.stream.writable(), if self.writer.blocked => {
                    ready.map_err(|_| "writing failed")?;
                    self.writer.blocked = false;
                }
                permit = incoming.reserve(), if holding => {
                    let held = std::mem::take(&mut self.book.held);
                    match permit {
                        Ok(permit) => permit.send(held),
                        Err(_) => held.into_iter().for_each(|i| self.book.answers.push((i.token, false))),
                    }
                }
                _ = tick.tick() => {
                    if self.on_tick(Instant::now())? {
                        return Ok(());
                    }
                }
            }
        }
    }

    /// True when there may be more to read at once.
    fn read(&mut self) -> Result<bool, &'static str> {
        match self.stream.try_read_buf(self.frames.space()) {
            Ok(0) => Err("the carrier closed the connection"),
            Ok(_) => {
                self.heard = Instant::now();
                self.probed = None;
                self.take_frames()?;
                Ok(true)
            }
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => Ok(false),
            Err(_) => Err("reading failed"),
        }
    }

    fn take_frames(&mut self) -> Result<(), &'static str> {
        let mut arrived = Vec::new();
        let result = loop {
            match self.frames.next() {
                Ok(Some(command)) => {
                    if let Err(why) = self.on_pdu(&command, &mut arrived) {
                        break Err(why);
                    }
                }
                Ok(None) => break Ok(()),
                Err(_) => break Err("the carrier sent garbage"),
            }
        };
        if !arrived.is_empty() {
            for token in self.book.pass_on(arrived) {
                self.writer.answer(token.sequence, false);
            }
        }
        result
    }

    fn on_pdu(
        &mut self,
        command: &Command,
        arrived: &mut Vec<Incoming>,
    ) -> Result<(), &'static str> {
        let sequence = command.sequence_number();
        match (command.id(), command.pdu()) {
            (CommandId::SubmitSmResp, pdu) => {
                let id = match pdu {
                    Some(Pdu::SubmitSmResp(response)) => response.message_id().as_str(),
                    _ => "",
                };
                self.on_submit_answered(sequence, command.status(), id);
            }
            (CommandId::GenericNack, _) => {
                self.on_submit_answered(sequence, CommandStatus::EsmeRinvcmdlen, "");
            }
            (_, Some(Pdu::DeliverSm(deliver))) => match incoming::read(deliver, now()) {
                Some(item) => match self.folded(item) {
                    Some(item) => arrived.push(Incoming {
                        item,
                        token: AnswerToken::new(self.link, sequence),
                    }),
                    None => self.writer.answer(sequence, true),
                },
                None => {
                    self.book.unreadable.increment(1);
                    self.writer.answer(sequence, true);
                }
            },
            (CommandId::EnquireLink, _) => {
                self.writer
                    .respond(CommandStatus::EsmeRok, sequence, Pdu::EnquireLinkResp);
            }
            (CommandId::Unbind, _) => {
                self.writer
                    .respond(CommandStatus::EsmeRok, sequence, Pdu::UnbindResp);
                let _ = self
                    .writer
                    .pump(&mut self.stream, self.book, &mut self.window, false);
                return Err("the carrier unbound");
            }
            (CommandId::UnbindResp, _) => self.parted = self.farewell.is_some(),
            (CommandId::EnquireLinkResp | CommandId::AlertNotification, _) => {}
            _ => {
                let nack = Pdu::GenericNack;
                self.writer
                    .respond(CommandStatus::EsmeRinvcmdid, sequence, nack);
                let _ = self
                    .writer
                    .pump(&mut self.stream, self.book, &mut self.window, false);
                return Err("the carrier sent a command that has no place here");
            }
        }
        Ok(())
    }

    /// What a receipt says of a whole text; `None` while it says nothing.
    fn folded(&mut self, item: FromCarrier) -> Option<FromCarrier> {
        let FromCarrier::Receipt(mut receipt) = item else {
            return Some(item);
        };
        let config = &self.book.config;
        receipt.provider_message_id = config.message_ids.of_receipt(&receipt.provider_message_id);
        let every = config.receipts == Receipts::EveryPart;
        match self.book.parts.fold(receipt, every) {
            Folded::Tell(receipt) => Some(FromCarrier::Receipt(receipt)),
            Folded::Swallow => None,
        }
    }

    fn on_submit_answered(&mut self, sequence: u32, status: CommandStatus, id: &str) {
        // An answer after its timeout finds nothing: the text is unknown by then.
        let Some(outstanding) = self.window.remove(sequence) else {
            return;
        };
        let job = outstanding.job;
        match status::meaning(status) {
            Meaning::Taken => {
                self.book.throttle.taken();
                let id = self.book.config.message_ids.of_answer(id);
                if let Some((text, last)) = job.part.of_text() {
                    self.book.parts.accepted(text, &id, last);
                }
                self.book.batches.settle(job, PartOutcome::Accepted(id));
            }
            Meaning::TooFast => {
                self.book.throttle.too_fast(Instant::now());
                self.book.throw_back(job);
            }
            Meaning::QueueFull => self.book.try_later(job, Instant::now()),
            Meaning::Refused(fault) => {
                self.book
                    .batches
                    .settle(job, PartOutcome::Rejected(fault, status::name(status)));
            }
        }
    }

    fn write_answers(&mut self) {
        for (token, taken) in self.book.answers.drain(..) {
            if token.link == self.link {
                self.writer.answer(token.sequence, taken);
            }
        }
    }

    /// True when we have taken leave.
    fn on_tick(&mut self, now: Instant) -> Result<bool, &'static str> {
        let patience = self.book.config.response_timeout();
        if let Some(limit) = now.checked_sub(patience) {
            for outstanding in self.window.overdue(limit) {
                self.book
                    .batches
                    .settle(outstanding.job, PartOutcome::Unknown);
            }
        }
        self.book.tick(now);
        #[expect(clippy::cast_precision_loss, reason = "a window is small")]
        self.book.in_window.set(self.window.len() as f64);
        match self.probed {
            Some(at) if now - at > patience => return Err("the carrier fell silent"),
            None if now - self.heard > self.book.config.enquire_link() => {
                self.probed = Some(now);
                self.writer.request(Pdu::EnquireLink);
            }
            _ => {}
        }
        if let Some(at) = self.farewell {
            return Ok(self.parted || now - at > FAREWELL);
        }
        if let Some(closing) = &self.book.closing
            && (self.window.is_empty() && self.book.is_idle() || now >= closing.until)
        {
            self.farewell = Some(now);
            self.writer.request(Pdu::Unbind);
        }
        Ok(false)
    }
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "milliseconds fit for 290 million years"
)]
fn now() -> UnixMillis {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    UnixMillis(since.map_or(0, |since| since.as_millis() as i64))
}
