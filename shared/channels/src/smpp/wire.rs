//! Bytes to PDUs and back. Every PDU is cut out by its length before the codec sees it, so that a
//! malformed one cannot be read into its neighbour.

use bytes::{Buf, BytesMut};
use rusmpp::tokio_codec::CommandCodec;
use rusmpp::{Command, CommandStatus, Pdu};
use tokio_util::codec::{Decoder, Encoder};

const HEADER: usize = 16;
/// A full message_payload TLV (64 KiB) and room for the rest.
const LONGEST: usize = 68 * 1024;

/// The bytes are not SMPP; nothing after them can be trusted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the peer sent something that is not SMPP 3.4")]
pub(crate) struct Garbage;

/// Bytes read and not yet decoded.
#[derive(Debug)]
pub(crate) struct Frames {
    buffer: BytesMut,
    codec: CommandCodec,
}

impl Frames {
    pub(crate) fn new() -> Self {
        Self {
            buffer: BytesMut::with_capacity(64 * 1024),
            codec: CommandCodec::new().with_max_length(LONGEST),
        }
    }

    /// Where the next read goes.
    pub(crate) fn space(&mut self) -> &mut BytesMut {
        self.buffer.reserve(64 * 1024);
        &mut self.buffer
    }

    /// The next whole PDU, if there is one.
    pub(crate) fn next(&mut self) -> Result<Option<Command>, Garbage> {
        let Some(mut head) = self.buffer.get(..4) else {
            return Ok(None);
        };
        let length = head.get_u32() as usize;
        if !(HEADER..=LONGEST).contains(&length) {
            return Err(Garbage);
        }
        if self.buffer.len() < length {
            return Ok(None);
        }
        let mut frame = self.buffer.split_to(length);
        match self.codec.decode(&mut frame) {
            Ok(Some(command)) => Ok(Some(command)),
            Ok(None) | Err(_) => Err(Garbage),
        }
    }
}

/// Appends a PDU.
pub(crate) fn put(out: &mut BytesMut, status: CommandStatus, sequence: u32, pdu: impl Into<Pdu>) {
    let command = Command::new(status, sequence, pdu);
    // The encoder only ever fails on I/O, and there is none here.
    let _ = CommandCodec::new().encode(&command, out);
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn pdus_come_out_as_they_went_in_however_the_bytes_arrive() {
        let mut out = BytesMut::new();
        put(&mut out, CommandStatus::EsmeRok, 7, Pdu::EnquireLink);
        put(&mut out, CommandStatus::EsmeRok, 8, Pdu::Unbind);
        let mut frames = Frames::new();
        let mut seen = Vec::new();
        for byte in out {
            frames.space().extend_from_slice(&[byte]);
            while let Some(command) = frames.next().unwrap() {
                seen.push(command.sequence_number());
            }
        }
        assert_eq!(seen, [7, 8]);
    }

    #[test]
    fn a_length_nobody_means_is_garbage() {
        for head in [*b"HTTP", [0; 4], [0, 0, 0, 15], [0xFF; 4]] {
            let mut frames = Frames::new();
            frames.space().extend_from_slice(&head);
            assert_eq!(frames.next(), Err(Garbage));
        }
    }

    proptest! {
        #[test]
        fn reading_never_panics(
            id in prop_oneof![0u32..0x20, 0x8000_0000u32..0x8000_0020, any::<u32>()],
            body in proptest::collection::vec(any::<u8>(), 0..200),
        ) {
            let mut frames = Frames::new();
            let space = frames.space();
            space.extend_from_slice(&u32::try_from(HEADER + body.len()).unwrap().to_be_bytes());
            space.extend_from_slice(&id.to_be_bytes());
            space.extend_from_slice(&[0, 0, 0, 0, 0, 0, 0, 1]);
            space.extend_from_slice(&body);
            let _ = frames.next();
        }
    }
}
