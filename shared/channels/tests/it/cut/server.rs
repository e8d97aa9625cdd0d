//! A server that serves, and cuts one connection at one byte.

use std::io;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, Ordering};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// Where a connection is cut: behind so many bytes that the server has read, or written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cut {
    Read(usize),
    Written(usize),
}

/// How it is cut.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    /// At once: a reset.
    Reset,
    /// In order: no more is written, and what comes is read and forgotten.
    Closed,
    /// Not at all, and nothing comes any more.
    Silent,
}

/// One side of a protocol: eats whole requests off the front of `seen` and appends the answers.
pub type Serve<'s> = &'s mut (dyn FnMut(&mut Vec<u8>) -> Vec<u8> + Send);

pub async fn listen() -> (TcpListener, SocketAddr) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    (listener, address)
}

/// The first connection is cut, all others are served.
pub struct Cutter {
    pub cut: Cut,
    pub end: End,
    done: AtomicBool,
}

impl Cutter {
    pub const fn new(cut: Cut, end: End) -> Self {
        Self {
            cut,
            end,
            done: AtomicBool::new(false),
        }
    }

    /// The fault has happened.
    pub fn is_done(&self) -> bool {
        self.done.load(Ordering::Acquire)
    }

    /// Serves one connection until either side ends it.
    pub async fn connection(&self, mut stream: TcpStream, serve: Serve<'_>) -> io::Result<()> {
        stream.set_nodelay(true)?;
        let (mut read_left, mut write_left) = match self.cut {
            Cut::Read(count) => (count, usize::MAX),
            Cut::Written(count) => (usize::MAX, count),
        };
        let mut seen = Vec::new();
        let mut bytes = [0; 4096];
        loop {
            if self.is_done() {
                (read_left, write_left) = (usize::MAX, usize::MAX);
            }
            if read_left == 0 {
                return self.end(stream).await;
            }
            let most = read_left.min(bytes.len());
            let count = stream.read(&mut bytes[..most]).await?;
            if count == 0 {
                return Ok(());
            }
            read_left = read_left.saturating_sub(count);
            seen.extend_from_slice(&bytes[..count]);
            let answer = serve(&mut seen);
            // A request that ends where the connection is cut was taken, and its answer is not written.
            let answer = if read_left == 0 {
                &[]
            } else {
                answer.as_slice()
            };
            if answer.len() >= write_left {
                stream.write_all(&answer[..write_left]).await?;
                return self.end(stream).await;
            }
            stream.write_all(answer).await?;
            write_left = write_left.saturating_sub(answer.len());
        }
    }

    async fn end(&self, mut stream: TcpStream) -> io::Result<()> {
        self.done.store(true, Ordering::Release);
        match self.end {
            End::Reset => stream.set_zero_linger(),
            End::Closed => {
                stream.shutdown().await?;
                let mut rest = [0; 4096];
                while stream.read(&mut rest).await? > 0 {}
                Ok(())
            }
            End::Silent => {
                let mut rest = [0; 4096];
                while stream.read(&mut rest).await? > 0 {}
                Ok(())
            }
        }
    }
}
