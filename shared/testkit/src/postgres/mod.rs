//! A throw-away PostgreSQL cluster, one for each test process, gone when the process is.

mod cluster;
mod leftovers;
mod tools;

use tokio::sync::OnceCell;

pub use cluster::Cluster;

/// The cluster of this process, started by whoever asks first.
pub async fn shared() -> &'static Cluster {
    static CLUSTER: OnceCell<Cluster> = OnceCell::const_new();
    CLUSTER
        .get_or_init(|| async { Cluster::start().await.unwrap() })
        .await
}
