//! The simulated carrier behind Twilio's messaging API, for tests, the bench and trying things out.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use ahash::AHashMap;
use anyhow::Context;
use contract::Phone;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::net::{TcpListener, TcpStream};
use tokio_util::task::TaskTracker;

use super::options::SmscOptions;
use super::serve::{Shared, SmscStats};
use super::twilio_answers::{self, Mischief};
use super::twilio_calls;
use super::twilio_list::Texts;

/// Whose API it is.
#[derive(Debug, Clone)]
pub struct TwilioOptions {
    pub account_sid: String,
    pub auth_token: String,
    /// Texts of people are brought here; empty: nowhere.
    pub inbound_url: String,
    /// The sender behind every messaging service.
    pub service_number: String,
    pub carrier: SmscOptions,
}

impl Default for TwilioOptions {
    fn default() -> Self {
        Self {
            account_sid: "AC00000000000000000000000000000000".into(),
            auth_token: "token".into(),
            inbound_url: String::new(),
            service_number: "+15005550006".into(),
            carrier: SmscOptions::default(),
        }
    }
}

pub(super) struct Api {
    pub(super) shared: Arc<Shared>,
    pub(super) options: Mutex<TwilioOptions>,
    /// Where the status of a text is to be told, by its id.
    pub(super) callbacks: Mutex<AHashMap<u64, Arc<str>>>,
    pub(super) mischief: Mutex<Mischief>,
    texts: Mutex<Texts>,
}

impl Api {
    pub(super) fn options(&self) -> MutexGuard<'_, TwilioOptions> {
        self.options.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn callbacks(&self) -> MutexGuard<'_, AHashMap<u64, Arc<str>>> {
        self.callbacks
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    /// What was taken, for those who ask.
    pub(super) fn texts(&self) -> MutexGuard<'_, Texts> {
        self.texts.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn mischief(&self) -> Mischief {
        *self.mischief.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A running simulated Twilio. Runs until [`TwilioApi::stop`].
pub struct TwilioApi {
    address: SocketAddr,
    api: Arc<Api>,
    tasks: TaskTracker,
}

impl TwilioApi {
    /// Listens at once (port 0 takes a free one); must be called within a tokio runtime.
    pub fn start(listen: SocketAddr, options: TwilioOptions) -> anyhow::Result<Self> {
        let listener = std::net::TcpListener::bind(listen)
            .with_context(|| format!("the simulated Twilio cannot listen on {listen}"))?;
        listener.set_nonblocking(true)?;
        let address = listener.local_addr()?;
        let listener = TcpListener::from_std(listener)?;
        let api = Arc::new(Api {
            shared: Arc::new(Shared::new(options.carrier.clone())?),
            options: Mutex::new(options),
            callbacks: Mutex::default(),
            mischief: Mutex::new(Mischief::None),
            texts: Mutex::default(),
        });
        let tasks = TaskTracker::new();
        tasks.spawn(accept(listener, Arc::clone(&api), tasks.clone()));
        tasks.spawn(twilio_calls::run(Arc::clone(&api)));
        Ok(Self {
            address,
            api,
            tasks,
        })
    }

    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// How it answers submits from now on.
    pub fn misbehave(&self, mischief: Mischief) {
        *self
            .api
            .mischief
            .lock()
            .unwrap_or_else(PoisonError::into_inner) = mischief;
    }

    /// Where texts of people are brought from now on.
    pub fn bring_replies_to(&self, url: &str) {
        self.api.options().inbound_url = url.to_owned();
    }

    /// How far its clock is ahead of this machine's, from now on.
    pub fn set_clock_ahead(&self, ms: i64) {
        self.api.texts().ahead_ms = ms;
    }

    /// Changes how the carrier behaves from now on; the log stays where it is.
    pub fn change(&self, change: impl FnOnce(&mut SmscOptions)) {
        change(&mut self.api.shared.core().options);
    }

    /// Somebody texts `to`.
    pub fn send_reply(&self, from: Phone, to: &str, text: &str) {
        self.api.shared.core().reply(from.digits(), to, text);
        self.api.shared.wake.notify_one();
    }

    pub fn stats(&self) -> SmscStats {
        SmscStats::of(&self.api.shared.core())
    }

    /// Breaks all connections and writes the log to its end.
    pub async fn stop(self) {
        self.api.shared.stop.cancel();
        self.tasks.close();
        self.tasks.wait().await;
        if let Some(api) = Arc::into_inner(self.api) {
            Shared::close(api.shared).await;
        }
    }
}

async fn accept(listener: TcpListener, api: Arc<Api>, tasks: TaskTracker) {
    loop {
        tokio::select! {
            () = api.shared.stop.cancelled() => return,
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) => {
                    tasks.spawn(serve(stream, Arc::clone(&api)));
                }
                Err(error) => {
                    tracing::warn!(%error, "the simulated Twilio cannot accept");
                    tokio::time::sleep(std::time::Duration::from_millis(50)).await;
                }
            }
        }
    }
}

async fn serve(stream: TcpStream, api: Arc<Api>) {
    let _ = stream.set_nodelay(true);
    let stop = api.shared.stop.clone();
    let service = service_fn(move |request| {
        let api = Arc::clone(&api);
        async move { twilio_answers::answer(&api, request).await }
    });
    let connection = http1::Builder::new().serve_connection(TokioIo::new(stream), service);
    tokio::select! {
        _ = connection => {}
        () = stop.cancelled() => {}
    }
}
