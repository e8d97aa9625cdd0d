//! `hailmast smsc`: the simulated carrier as a process of its own, commanded over standard input.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;

use channels::simulator::{Delay, Smsc, SmscOptions, TwilioApi, TwilioOptions};
use clap::Args;
use tokio::io::BufReader;

/// Commands on standard input: `reply FROM TO TEXT`, `refuse`, `accept`, `stats`, `stop`; answers are JSON lines.
#[derive(Args)]
pub struct Options {
    /// Address to listen on; port 0 picks a free one.
    #[arg(long, default_value = "127.0.0.1:2775")]
    listen: SocketAddr,
    /// JSON lines of everything that passed.
    #[arg(long)]
    log: Option<PathBuf>,
    /// Receipts come this many milliseconds after the submit: MIN-MAX.
    #[arg(long, default_value = "20-70")]
    receipt_delay_ms: String,
    /// Share of texts that cannot be delivered.
    #[arg(long, default_value_t = 2.0)]
    failed_percent: f64,
    /// Share of recipients who answer something.
    #[arg(long, default_value_t = 0.0)]
    reply_percent: f64,
    /// Share of recipients who answer STOP.
    #[arg(long, default_value_t = 0.0)]
    stop_percent: f64,
    /// Closes the connection once, after this many submits.
    #[arg(long)]
    drop_connection_after: Option<u32>,
    /// Sends bytes that are not SMPP once, after this many submits.
    #[arg(long)]
    garbage_after: Option<u32>,
    /// Refuses every bind until the command `accept`.
    #[arg(long)]
    refuse_bind: bool,
    /// Share of receipts that come twice.
    #[arg(long, default_value_t = 0.0)]
    duplicate_receipt_percent: f64,
    /// Refuses every n-th submit as throttled.
    #[arg(long)]
    throttle_every: Option<u32>,
    /// Speaks Twilio's messaging API instead of SMPP, with an account of zeros (AC and 32 of them).
    #[arg(long)]
    twilio: bool,
    /// The account's auth token.
    #[arg(long, default_value = "token")]
    auth_token: String,
    /// Where texts of people are brought to, such as http://127.0.0.1:8080/v1/webhooks/tw.
    #[arg(long, default_value = "")]
    inbound_url: String,
    /// Go on when standard input ends.
    #[arg(long)]
    detached: bool,
}

pub async fn run(options: Options) -> anyhow::Result<ExitCode> {
    let carrier = SmscOptions {
        receipt_delay_ms: delay(&options.receipt_delay_ms)?,
        failed_percent: options.failed_percent,
        reply_percent: options.reply_percent,
        stop_percent: options.stop_percent,
        drop_connection_after: options.drop_connection_after,
        garbage_after: options.garbage_after,
        refuse_bind: options.refuse_bind,
        duplicate_receipt_percent: options.duplicate_receipt_percent,
        throttle_every: options.throttle_every,
        log: options.log,
        ..SmscOptions::default()
    };
    if options.twilio {
        let account = TwilioOptions {
            auth_token: options.auth_token,
            inbound_url: options.inbound_url,
            carrier,
            ..TwilioOptions::default()
        };
        return twilio(options.listen, account).await;
    }
    let smsc = Smsc::start(options.listen, carrier)?;
    println!(
        "{}",
        serde_json::json!({ "listening": smsc.address().to_string() })
    );
    let commands = BufReader::new(tokio::io::stdin());
    tokio::select! {
        served = smsc.serve_commands(commands, tokio::io::stdout()) => { served?; }
        signal = chassis::lifecycle::signal() => signal?,
    }
    if options.detached {
        chassis::lifecycle::signal().await?;
    }
    smsc.stop().await;
    Ok(ExitCode::SUCCESS)
}

/// Runs until it is signalled.
async fn twilio(listen: SocketAddr, account: TwilioOptions) -> anyhow::Result<ExitCode> {
    let sid = account.account_sid.clone();
    let api = TwilioApi::start(listen, account)?;
    println!(
        "{}",
        serde_json::json!({ "listening": api.address().to_string(), "account_sid": sid })
    );
    chassis::lifecycle::signal().await?;
    api.stop().await;
    Ok(ExitCode::SUCCESS)
}

fn delay(text: &str) -> anyhow::Result<Delay> {
    let parsed = text
        .split_once('-')
        .and_then(|(min, max)| Some((min.parse().ok()?, max.parse().ok()?)));
    let Some((min, max)) = parsed.filter(|(min, max): &(u32, u32)| min <= max) else {
        anyhow::bail!(
            "--receipt-delay-ms takes MIN-MAX in milliseconds, such as 20-70; it was {text}"
        );
    };
    Ok(Delay { min, max })
}
