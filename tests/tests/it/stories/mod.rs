//! Black-box stories: the built binary, driven only from outside, judged by the carrier's own log.

mod campaign_blast;
mod graceful_shutdown;
mod jetstream_dir_lost;
mod restart_mid_campaign;
mod stop_mid_campaign;
mod world;
