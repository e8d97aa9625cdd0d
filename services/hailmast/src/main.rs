//! The one binary: `up`, `run`, `demo`, `bench`, `doctor` and the rest. The only crate that sees every service.

mod bench;
mod commands;
mod demo;
mod generate;
mod platform;
mod process;
mod registry;
mod table;

/// A line on standard output. A reader that has gone away must not end a process that is to stay.
macro_rules! say {
    ($($line:tt)*) => {{
        use std::io::Write as _;
        let _gone = writeln!(std::io::stdout(), $($line)*);
    }};
}
pub(crate) use say;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// Self-hosted business text messaging.
#[derive(Parser)]
#[command(version, about)]
struct Arguments {
    /// Settings file (TOML); environment variables HAILMAST_<SECTION>__<KEY> win over it.
    #[arg(long, global = true)]
    config: Option<PathBuf>,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Runs the main job once, from a CSV of contacts to delivered texts, against a simulated carrier.
    Demo(demo::Options),
    /// Runs every service with a managed NATS server and SQLite, until it is stopped.
    Up(commands::up::Options),
    /// Runs chosen services against given engines, until it is stopped.
    Run(commands::run::Options),
    /// Runs the simulated carrier as a process of its own.
    Smsc(commands::smsc::Options),
    /// Measures the whole road, with the ceilings of its pieces beside it.
    #[command(subcommand)]
    Bench(bench::Bench),
    /// Says what is wrong with this installation, and how to mend it.
    Doctor(commands::doctor::Options),
    /// Brings the schemas of services up to date, and ends.
    Migrate(commands::migrate::Options),
    /// Lists or replays what could not be processed.
    #[command(subcommand)]
    DeadLetters(commands::dead_letters::Action),
    /// Exports signed evidence of consent, and checks it.
    #[command(subcommand)]
    Evidence(commands::evidence::Action),
    /// Checks the consent ledger.
    #[command(subcommand)]
    Ledger(commands::ledger::Action),
    /// Lists, proves, tries out, activates and rolls back policies.
    #[command(subcommand)]
    Policy(commands::policy::Action),
    /// Says why somebody may be texted or not, gate by gate, and the smallest change that would flip it.
    Explain(commands::explain::Options),
    /// Pauses, drains, purges, moves and resumes what leaves.
    #[command(subcommand)]
    Traffic(commands::traffic::Action),
    /// Shows texts of which nobody can say what became of them, and what is done to find out.
    Unknown(commands::unknown::Options),
    /// Looks at what a campaign would do, and launches it.
    #[command(subcommand)]
    Campaign(commands::campaign::Action),
    /// Checks journeys and plays them.
    #[command(subcommand)]
    Journey(commands::journey::Action),
    /// Lists and imports appointments, and explains their reminders.
    #[command(subcommand)]
    Appointment(commands::appointment::Action),
    /// Prints every setting with its default.
    Config,
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let runtime = match tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
    {
        Ok(runtime) => runtime,
        Err(error) => {
            eprintln!("error: the runtime cannot start: {error}");
            return ExitCode::FAILURE;
        }
    };
    let outcome = runtime.block_on(run(arguments));
    runtime.shutdown_timeout(std::time::Duration::from_secs(2));
    match outcome {
        Ok(code) => code,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

async fn run(arguments: Arguments) -> anyhow::Result<ExitCode> {
    let config = arguments.config.as_deref();
    match arguments.command {
        Command::Demo(options) => demo::run(options, config).await,
        Command::Up(options) => commands::up::run(options, config).await,
        Command::Run(options) => commands::run::run(options, config).await,
        Command::Smsc(options) => commands::smsc::run(options).await,
        Command::Bench(bench) => bench::run(bench, config).await,
        Command::Doctor(options) => commands::doctor::run(options, config).await,
        Command::Migrate(options) => commands::migrate::run(options, config).await,
        Command::DeadLetters(action) => commands::dead_letters::run(action, config).await,
        Command::Evidence(action) => commands::evidence::run(action).await,
        Command::Ledger(action) => commands::ledger::run(action).await,
        Command::Policy(action) => commands::policy::run(action).await,
        Command::Explain(options) => commands::explain::run(options).await,
        Command::Traffic(action) => commands::traffic::run(action).await,
        Command::Unknown(options) => commands::unknown::run(options).await,
        Command::Campaign(action) => commands::campaign::run(action).await,
        Command::Journey(action) => commands::journey::run(&action),
        Command::Appointment(action) => commands::appointment::run(action).await,
        Command::Config => {
            print!("{}", registry::documented_defaults());
            Ok(ExitCode::SUCCESS)
        }
    }
}
