//! Stands before PostgreSQL, takes the answers to commits away, and lets nobody through for a while.

use std::io;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

/// The end of a COMMIT in the simple query protocol, and of the server's word that it is done.
const COMMIT: &[u8] = b"COMMIT\0";

/// What becomes of a COMMIT whose connection is cut. Its client cannot tell one from the other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cut {
    /// The server has committed, and its answer is lost.
    Behind,
    /// The server never hears of it.
    Before,
}

#[derive(Debug, Default)]
struct Plan {
    next: Mutex<Option<Cut>>,
    /// Cut one COMMIT in so many, by turns before and behind it; 0: none.
    every: AtomicUsize,
    seen: AtomicUsize,
    made: AtomicUsize,
}

impl Plan {
    fn take(&self) -> Option<Cut> {
        if let Some(next) = self.next.lock().unwrap().take() {
            return Some(next);
        }
        let seen = self.seen.fetch_add(1, Ordering::AcqRel) + 1;
        let every = self.every.load(Ordering::Acquire);
        if every == 0 || !seen.is_multiple_of(every) {
            return None;
        }
        let turns = [Cut::Behind, Cut::Before];
        Some(turns[seen / every % 2])
    }
}

/// A database of its own, behind a proxy.
pub struct Proxy {
    /// For `database.url`.
    pub url: String,
    plan: Arc<Plan>,
    gone: watch::Sender<bool>,
}

impl Proxy {
    pub async fn start() -> Self {
        let cluster = testkit::postgres::shared().await;
        let url = cluster.url(&cluster.create_database().await.unwrap());
        let server = url.split(['@', '/']).nth(3).unwrap().to_string();
        let server: SocketAddr = server.parse().unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let own = listener.local_addr().unwrap().to_string();
        let plan = Arc::new(Plan::default());
        let plans = plan.clone();
        let (gone, is_gone) = watch::channel(false);
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let (plan, mut is_gone) = (plans.clone(), is_gone.clone());
                tokio::spawn(async move {
                    if *is_gone.borrow() {
                        return;
                    }
                    if let Ok(server) = TcpStream::connect(server).await {
                        tokio::select! {
                            _ = relay(client, server, &plan) => {}
                            _ = is_gone.wait_for(|gone| *gone) => {}
                        }
                    }
                });
            }
        });
        Self {
            url: url.replace(&server.to_string(), &own),
            plan,
            gone,
        }
    }

    /// Breaks every connection, and every new one at once; or takes them again.
    pub fn be_gone(&self, gone: bool) {
        self.gone.send_replace(gone);
    }

    /// Cuts the connection of the next COMMIT.
    pub fn cut_next(&self, cut: Cut) {
        *self.plan.next.lock().unwrap() = Some(cut);
    }

    pub fn cut_every(&self, every: usize) {
        self.plan.every.store(every, Ordering::Release);
    }

    /// Connections cut so far.
    pub fn made(&self) -> usize {
        self.plan.made.load(Ordering::Acquire)
    }
}

async fn relay(mut client: TcpStream, mut server: TcpStream, plan: &Plan) -> io::Result<()> {
    client.set_nodelay(true)?;
    server.set_nodelay(true)?;
    let (mut up, mut down) = (vec![0; 64 * 1024], vec![0; 64 * 1024]);
    let has_commit = |bytes: &[u8]| bytes.windows(COMMIT.len()).any(|part| part == COMMIT);
    let mut cut = None;
    loop {
        tokio::select! {
            count = client.read(&mut up) => {
                let bytes = &up[..count?];
                if bytes.is_empty() {
                    return Ok(());
                }
                if has_commit(bytes) {
                    cut = plan.take();
                }
                if cut == Some(Cut::Before) {
                    plan.made.fetch_add(1, Ordering::AcqRel);
                    return Ok(());
                }
                server.write_all(bytes).await?;
            }
            count = server.read(&mut down) => {
                let bytes = &down[..count?];
                if bytes.is_empty() {
                    return Ok(());
                }
                match cut {
                    Some(_) if has_commit(bytes) => {
                        plan.made.fetch_add(1, Ordering::AcqRel);
                        return Ok(());
                    }
                    Some(_) => {}
                    None => client.write_all(bytes).await?,
                }
            }
        }
    }
}
