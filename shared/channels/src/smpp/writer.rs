//! The way out of one connection: many PDUs to a write, and nothing lingers unwritten.

use std::io;
use std::time::{Duration, Instant};

use bytes::{Buf, BytesMut};
use rusmpp::pdus::DeliverSmResp;
use rusmpp::{CommandStatus, Pdu};

use super::book::Book;
use super::socket::Socket;
use super::window::{Outstanding, Window};
use super::{submit, wire};

/// Bytes gathered before one write.
const GATHER: usize = 64 * 1024;
/// From looking at deadlines to writing, at most. Whoever settles our open permits waits longer on top of
/// their life.
const STALE: Duration = Duration::from_millis(100);

pub(super) struct Writer {
    /// Answers, probes and farewells; they leave before texts.
    control: BytesMut,
    out: BytesMut,
    /// The texts in `out`: sequence number and where they begin.
    fresh: Vec<(u32, u64)>,
    sequence: u32,
    /// Bytes the socket took in this connection's life.
    pub(super) written: u64,
    /// The socket takes no more for now.
    pub(super) blocked: bool,
}

impl Writer {
    pub(super) fn new() -> Self {
        Self {
            control: BytesMut::new(),
            out: BytesMut::with_capacity(2 * GATHER),
            fresh: Vec::new(),
            // the bind took 1
            sequence: 1,
            written: 0,
            blocked: false,
        }
    }

    pub(super) fn answer(&mut self, sequence: u32, taken: bool) {
        let status = if taken {
            CommandStatus::EsmeRok
        } else {
            CommandStatus::EsmeRxTAppn
        };
        wire::put(
            &mut self.control,
            status,
            sequence,
            DeliverSmResp::default(),
        );
    }

    pub(super) fn respond(&mut self, status: CommandStatus, sequence: u32, pdu: Pdu) {
        wire::put(&mut self.control, status, sequence, pdu);
    }

    pub(super) fn request(&mut self, pdu: Pdu) {
        let sequence = self.next_sequence();
        wire::put(&mut self.control, CommandStatus::EsmeRok, sequence, pdu);
    }

    /// Writes all that may leave now.
    pub(super) fn pump(
        &mut self,
        stream: &mut Socket,
        book: &mut Book,
        window: &mut Window,
        texts: bool,
    ) -> io::Result<()> {
        while !self.blocked {
            match stream.flush() {
                Ok(()) => {}
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    self.blocked = true;
                    return Ok(());
                }
                Err(error) => return Err(error),
            }
            if self.out.is_empty() {
                self.fresh.clear();
                self.out.unsplit(self.control.split());
                if texts {
                    let looked = Instant::now();
                    self.gather(book, window);
                    // Frozen meanwhile: the permits may have run out since their deadlines were looked at.
                    if looked.elapsed() > STALE {
                        self.take_back(book, window);
                    }
                }
            }
            if self.out.is_empty() {
                return Ok(());
            }
            match stream.try_write(&self.out) {
                Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
                Ok(count) => {
                    self.written += count as u64;
                    self.out.advance(count);
                }
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => self.blocked = true,
                Err(error) => return Err(error),
            }
            if !self.out.is_empty() {
                self.take_back(book, window);
            }
        }
        Ok(())
    }

    fn gather(&mut self, book: &mut Book, window: &mut Window) {
        let now = Instant::now();
        let allowed = book.throttle.allowed(now);
        while window.len() < allowed && self.out.len() < GATHER {
            let Some(job) = book.next_job(now) else {
                break;
            };
            let begins = self.written + self.out.len() as u64;
            let sequence = self.next_sequence();
            if let Some(text) = book.batches.wanted(&job) {
                submit::put(&mut self.out, sequence, text, &job.part);
            }
            self.fresh.push((sequence, begins));
            window.insert(
                sequence,
                Outstanding {
                    job,
                    begins,
                    at: now,
                },
            );
        }
        book.submits.increment(self.fresh.len() as u64);
    }

    /// The socket did not take everything. Texts of which not one byte has left go back to the queue,
    /// so that none of them leaves after its deadline.
    fn take_back(&mut self, book: &mut Book, window: &mut Window) {
        let first = self
            .fresh
            .partition_point(|(_, begins)| *begins < self.written);
        let Some((_, begins)) = self.fresh.get(first) else {
            return;
        };
        self.out
            .truncate(usize::try_from(begins - self.written).unwrap_or(0));
        for (sequence, _) in self.fresh.drain(first..).rev() {
            if let Some(outstanding) = window.remove(sequence) {
                book.queue.push_front(outstanding.job);
            }
        }
    }

    const fn next_sequence(&mut self) -> u32 {
        self.sequence = if self.sequence >= 0x7FFF_FFFF {
            1
        } else {
            self.sequence + 1
        };
        self.sequence
    }
}
