//! The bytes of one connection, in the clear or under TLS, without waiting: what cannot be done at once is
//! `WouldBlock`, so that one task can do everything between two waits.

use std::io::{self, Read, Write};

use bytes::BytesMut;
use rustls::ClientConnection;
use tokio::net::TcpStream;

/// Plaintext of one TLS record at most.
const RECORD: usize = 16 * 1024;

pub(super) enum Socket {
    Plain(TcpStream),
    Tls(Box<Tls>),
}

pub(super) struct Tls {
    tcp: TcpStream,
    session: ClientConnection,
    /// There may be decrypted bytes that nobody has taken, of which the socket knows nothing.
    decrypted: bool,
}

/// The socket as the TLS session wants it: errors instead of waits.
struct AtOnce<'s>(&'s TcpStream);

impl Read for AtOnce<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.0.try_read(buffer)
    }
}

impl Write for AtOnce<'_> {
    fn write(&mut self, buffer: &[u8]) -> io::Result<usize> {
        self.0.try_write(buffer)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Socket {
    /// After the handshake.
    pub(super) fn tls(tcp: TcpStream, session: ClientConnection) -> Self {
        Self::Tls(Box::new(Tls {
            tcp,
            session,
            decrypted: true,
        }))
    }

    fn tcp(&self) -> &TcpStream {
        match self {
            Self::Plain(tcp) => tcp,
            Self::Tls(tls) => &tls.tcp,
        }
    }

    pub(super) async fn readable(&self) -> io::Result<()> {
        match self {
            Self::Tls(tls) if tls.decrypted => Ok(()),
            _ => self.tcp().readable().await,
        }
    }

    pub(super) async fn writable(&self) -> io::Result<()> {
        self.tcp().writable().await
    }

    /// 0 bytes: the other end has closed.
    pub(super) fn try_read_buf(&mut self, buffer: &mut BytesMut) -> io::Result<usize> {
        match self {
            Self::Plain(tcp) => tcp.try_read_buf(buffer),
            Self::Tls(tls) => tls.read(buffer),
        }
    }

    /// Bytes that were taken have left, or leave before any others.
    pub(super) fn try_write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Self::Plain(tcp) => tcp.try_write(bytes),
            Self::Tls(tls) => {
                tls.flush()?;
                let count = tls
                    .session
                    .writer()
                    .write(&bytes[..bytes.len().min(RECORD)])?;
                match tls.flush() {
                    Err(error) if error.kind() != io::ErrorKind::WouldBlock => Err(error),
                    _ => Ok(count),
                }
            }
        }
    }

    /// Writes what was taken and has not left.
    pub(super) fn flush(&mut self) -> io::Result<()> {
        match self {
            Self::Plain(_) => Ok(()),
            Self::Tls(tls) => tls.flush(),
        }
    }
}

impl Tls {
    fn flush(&mut self) -> io::Result<()> {
        while self.session.wants_write() {
            if self.session.write_tls(&mut AtOnce(&self.tcp))? == 0 {
                return Err(io::ErrorKind::WriteZero.into());
            }
        }
        Ok(())
    }

    fn read(&mut self, buffer: &mut BytesMut) -> io::Result<usize> {
        let mut record = [0; RECORD];
        loop {
            match self.session.reader().read(&mut record) {
                Ok(count) => {
                    buffer.extend_from_slice(&record[..count]);
                    self.decrypted = true;
                    return Ok(count);
                }
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                // closed without a farewell
                Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Ok(0),
                Err(error) => return Err(error),
            }
            self.decrypted = false;
            if self.session.read_tls(&mut AtOnce(&self.tcp))? == 0 {
                return Ok(0);
            }
            self.session
                .process_new_packets()
                .map_err(|error| io::Error::new(io::ErrorKind::InvalidData, error))?;
        }
    }
}
