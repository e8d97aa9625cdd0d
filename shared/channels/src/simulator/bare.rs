//! The codec with next to nothing around it: what the SMPP client is measured against. No deadlines, no
//! outcomes, no reconnects; one connection, a window, and every receipt answered.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use anyhow::Context;
use bytes::{Buf, BytesMut};
use rusmpp::pdus::{BindTransceiver, DeliverSmResp, SubmitSm};
use rusmpp::types::{COctetString, OctetString};
use rusmpp::values::{DataCoding, InterfaceVersion, Npi, RegisteredDelivery, Ton};
use rusmpp::{Command, CommandId, CommandStatus};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::smpp::wire::{self, Frames};

/// How long the codec took.
#[derive(Debug, Clone, Copy)]
pub struct Bare {
    /// From the first submit to the last answer.
    pub submits: Duration,
    /// To the last receipt answered.
    pub receipts: Duration,
}

/// Submits `texts` of this body (ASCII, one segment) to ascending numbers, `window` in flight.
pub async fn drive(
    address: SocketAddr,
    body: &str,
    texts: u32,
    window: u32,
    receipts_wanted: bool,
) -> anyhow::Result<Bare> {
    let mut stream = TcpStream::connect(address).await?;
    stream.set_nodelay(true)?;
    let mut frames = Frames::new();
    let mut out = BytesMut::with_capacity(256 * 1024);
    let bind = BindTransceiver::builder()
        .system_id(COctetString::from_string("bare".to_owned()).unwrap_or_default())
        .interface_version(InterfaceVersion::Smpp3_4)
        .build();
    wire::put(&mut out, CommandStatus::EsmeRok, 1, bind);
    let begun = Instant::now();
    let (mut sent, mut answered, mut receipts) = (0, 0, 0);
    let mut submits = Duration::ZERO;
    let mut bound = false;
    let wanted = if receipts_wanted { texts } else { 0 };
    while answered < texts || receipts < wanted {
        while bound && sent < texts && sent - answered < window {
            wire::put(
                &mut out,
                CommandStatus::EsmeRok,
                sent + 2,
                submit(body, sent, receipts_wanted),
            );
            sent += 1;
        }
        while out.has_remaining() {
            stream.write_buf(&mut out).await?;
        }
        let count = stream.read_buf(frames.space()).await?;
        anyhow::ensure!(count > 0, "the carrier closed the connection");
        while let Some(command) = next(&mut frames)? {
            match command.id() {
                CommandId::BindTransceiverResp => bound = true,
                CommandId::SubmitSmResp => {
                    answered += 1;
                    if answered == texts {
                        submits = begun.elapsed();
                    }
                }
                CommandId::DeliverSm => {
                    receipts += 1;
                    let response = DeliverSmResp::default();
                    let sequence = command.sequence_number();
                    wire::put(&mut out, CommandStatus::EsmeRok, sequence, response);
                }
                _ => {}
            }
        }
    }
    while out.has_remaining() {
        stream.write_buf(&mut out).await?;
    }
    Ok(Bare {
        submits,
        receipts: begun.elapsed(),
    })
}

fn next(frames: &mut Frames) -> anyhow::Result<Option<Command>> {
    frames.next().context("the carrier does not speak SMPP")
}

fn submit(body: &str, number: u32, receipt_wanted: bool) -> SubmitSm {
    let to = (12_025_000_000 + u64::from(number)).to_string();
    SubmitSm::builder()
        .source_addr_ton(Ton::International)
        .source_addr_npi(Npi::Isdn)
        .source_addr(COctetString::from_string("15005550006".to_owned()).unwrap_or_default())
        .dest_addr_ton(Ton::International)
        .dest_addr_npi(Npi::Isdn)
        .destination_addr(COctetString::from_string(to).unwrap_or_default())
        .registered_delivery(RegisteredDelivery::from(u8::from(receipt_wanted)))
        .data_coding(DataCoding::McSpecific)
        .short_message(OctetString::from_slice(body.as_bytes()).unwrap_or_default())
        .build()
}
