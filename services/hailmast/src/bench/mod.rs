//! `hailmast bench …`: figures that anyone can repeat, with ratios beside the rates.

mod api;
mod campaign;
mod carrier;
mod ceilings;
mod channel;
mod consent;
mod figures;
mod http;
mod journeys;
mod pace;
mod render;
mod smpp;
mod stop;
mod timers;

use std::path::Path;
use std::process::ExitCode;

use clap::Subcommand;

#[derive(Subcommand)]
pub enum Bench {
    /// The whole road: CSV → contacts → consent → texts → receipts, against a carrier in a second process.
    Campaign(campaign::Options),
    /// Decisions and permits of the consent service, with the wanted figures; exit code 1 where one is missed.
    Consent(consent::Options),
    /// Submit and receipt over SMPP alone, against the bare codec; exit code 1 where a wanted figure is missed.
    Smpp(smpp::Options),
    /// Requests of the HTTP provider over kept connections; exit code 1 where the wanted figure is missed.
    Http(http::Options),
    /// Campaigns at 1 to 1,000 segments a second side by side, and fair shares, by the carrier's log; exit code 1 where
    /// one is missed.
    Pace(pace::Options),
    /// Texts a second of the renderer, with the wanted figure; exit code 1 where it is missed.
    Render(render::RenderOptions),
    /// Events that reach their runs while 100,000 are in flight; exit code 1 where the wanted figure is missed.
    Journeys(journeys::Options),
    /// Single texts over the API, from request to carrier; exit code 1 where the wanted figure is missed.
    Api(api::Options),
    /// STOPs from people of running campaigns, while the process and its nats-server are killed at random.
    Stop(stop::Options),
    /// A million timers, a full minute, kills and rivals, with the wanted figures; exit code 1 where one is missed.
    Timers(timers::Options),
}

pub async fn run(bench: Bench, config: Option<&Path>) -> anyhow::Result<ExitCode> {
    match bench {
        Bench::Campaign(options) => campaign::run(options, config).await,
        Bench::Consent(options) => consent::run(options, config).await,
        Bench::Smpp(options) => smpp::run(options).await,
        Bench::Http(options) => http::run(options).await,
        Bench::Pace(options) => pace::run(options, config).await,
        Bench::Render(options) => render::run(&options),
        Bench::Api(options) => api::run(options, config).await,
        Bench::Journeys(options) => journeys::run(options, config).await,
        Bench::Stop(options) => stop::run(options, config).await,
        Bench::Timers(options) => timers::run(options).await,
    }
}
