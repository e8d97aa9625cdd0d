//! `hailmast evidence verify`: checks an evidence archive offline, without settings or databases; and
//! `hailmast evidence export`, which asks the API for one.

use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Context;
use clap::{Args, Subcommand};
use consent::archive::{self, ArchiveError, MAX_BYTES, Report};
use serde_json::{Map, Value};

use super::server::Server;

#[derive(Subcommand)]
pub enum Action {
    /// Says whether an archive is as it was signed, and by whom.
    Verify {
        file: PathBuf,
        /// The sender's public key (64 hex digits), known from elsewhere than the archive.
        #[arg(long, value_name = "HEX")]
        key: Option<String>,
        #[arg(long)]
        json: bool,
    },
    /// Writes an archive about one person, campaign, run or message.
    Export {
        #[command(flatten)]
        about: About,
        /// Messages permitted at this moment or later (RFC 3339).
        #[arg(long, value_name = "TIME")]
        from: Option<String>,
        /// Messages permitted before this moment.
        #[arg(long, value_name = "TIME")]
        to: Option<String>,
        #[arg(long, value_name = "FILE")]
        out: PathBuf,
        #[command(flatten)]
        server: Server,
    },
}

#[derive(Args)]
#[group(required = true, multiple = false)]
pub struct About {
    /// E.164.
    #[arg(long)]
    phone: Option<String>,
    #[arg(long)]
    contact: Option<String>,
    #[arg(long)]
    campaign: Option<String>,
    #[arg(long)]
    run: Option<String>,
    #[arg(long)]
    message: Option<String>,
}

pub async fn run(action: Action) -> anyhow::Result<ExitCode> {
    match action {
        Action::Verify { file, key, json } => verify(&file, key.as_deref(), json),
        Action::Export {
            about,
            from,
            to,
            out,
            server,
        } => {
            let asked = body(about, from, to);
            export(&server, &asked, &out).await
        }
    }
}

fn body(about: About, from: Option<String>, to: Option<String>) -> Value {
    let fields = [
        ("phone", about.phone),
        ("contact", about.contact),
        ("campaign", about.campaign),
        ("run", about.run),
        ("message", about.message),
        ("from", from),
        ("to", to),
    ];
    let given = fields
        .into_iter()
        .filter_map(|(name, value)| Some((name.to_string(), Value::String(value?))));
    Value::Object(given.collect::<Map<String, Value>>())
}

async fn export(server: &Server, asked: &Value, out: &Path) -> anyhow::Result<ExitCode> {
    let client = server.client().await?;
    let body = serde_json::to_vec(asked)?;
    let path = "/v1/evidence-exports";
    let (status, bytes) = client.bytes("POST", path, "application/json", body).await?;
    anyhow::ensure!(
        status == 200,
        "POST {path} was answered {status}: {}",
        String::from_utf8_lossy(&bytes)
    );
    // What came must be whole before it takes the place of an older file.
    let report = archive::verify(&bytes, None).context("the answer is no archive")?;
    std::fs::write(out, &bytes).with_context(|| format!("write {}", out.display()))?;
    println!(
        "{} entries, {} messages, {} decisions; signed by {}",
        report.entries, report.messages, report.decisions, report.fingerprint
    );
    Ok(ExitCode::SUCCESS)
}

fn verify(file: &Path, key: Option<&str>, json: bool) -> anyhow::Result<ExitCode> {
    let trusted = key.map(archive::public_key).transpose();
    let trusted = trusted.context("--key")?;
    let verdict = archive::verify(&read(file)?, trusted.as_ref());
    if json {
        println!("{}", as_json(&verdict)?);
    } else {
        match &verdict {
            Ok(report) => print!("{}", in_words(report)),
            Err(fault) => println!("NOT VERIFIED: {fault}"),
        }
    }
    Ok(match verdict {
        Ok(_) => ExitCode::SUCCESS,
        Err(_) => ExitCode::FAILURE,
    })
}

/// One byte more than allowed is enough to refuse the rest.
fn read(file: &Path) -> anyhow::Result<Vec<u8>> {
    let name = || format!("read {}", file.display());
    let mut bytes = Vec::new();
    let opened = std::fs::File::open(file).with_context(name)?;
    opened
        .take(MAX_BYTES as u64 + 1)
        .read_to_end(&mut bytes)
        .with_context(name)?;
    Ok(bytes)
}

fn as_json(verdict: &Result<Report, ArchiveError>) -> anyhow::Result<String> {
    let shown = match verdict {
        Ok(report) => serde_json::json!({"verified": true, "report": report}),
        Err(fault) => serde_json::json!({"verified": false, "fault": fault.to_string()}),
    };
    Ok(serde_json::to_string(&shown)?)
}

fn in_words(report: &Report) -> String {
    let signer = if report.trusted {
        "The key is the one you gave: the archive comes from its owner."
    } else {
        "The key came with the archive: it proves that nothing was changed since, not who signed. \
         Give the sender's key with --key."
    };
    format!(
        "VERIFIED\n\
         About:      {subject:?}, account {tenant:?}\n\
         Made:       {made} by {by:?}\n\
         Ledger:     {entries} entries ({erased} with personal data erased, {left_out} earlier ones left out)\n\
         Messages:   {messages}, decided by {decisions} decisions\n\
         Signed by:  {key}\n\
         Fingerprint {fingerprint}\n\
         {signer}\n",
        subject = report.subject,
        tenant = report.tenant,
        made = report.generated_at.format("%Y-%m-%d %H:%M:%S UTC"),
        by = report.generated_by,
        entries = report.entries,
        erased = report.erased,
        left_out = report.left_out,
        messages = report.messages,
        decisions = report.decisions,
        key = report.key,
        fingerprint = report.fingerprint,
    )
}
