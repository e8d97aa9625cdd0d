//! `hailmast evidence verify`: checks an evidence archive offline, without settings or databases.

use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Context;
use clap::Subcommand;
use consent::archive::{self, ArchiveError, MAX_BYTES, Report};

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
}

pub fn run(action: Action) -> anyhow::Result<ExitCode> {
    let Action::Verify { file, key, json } = action;
    let trusted = key.as_deref().map(archive::public_key).transpose();
    let trusted = trusted.context("--key")?;
    let verdict = archive::verify(&read(&file)?, trusted.as_ref());
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
