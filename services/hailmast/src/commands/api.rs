//! Where the API of a running installation is, for commands that ask it.

use std::net::{SocketAddr, ToSocketAddrs};

use anyhow::Context;
use chassis::http::client::Client;
use clap::Args;

#[derive(Args)]
pub struct Target {
    /// The API's address; HAILMAST_URL if absent.
    #[arg(long, value_name = "URL")]
    url: Option<String>,
    /// An API key; HAILMAST_KEY if absent, where other users of the machine do not see it.
    #[arg(long = "api-key", visible_alias = "key", value_name = "KEY")]
    api_key: Option<String>,
}

impl Target {
    pub fn client(&self) -> anyhow::Result<Client> {
        let given = |option: &Option<String>, name| {
            let from_environment = || std::env::var(name).ok().filter(|value| !value.is_empty());
            option.clone().or_else(from_environment)
        };
        let url = given(&self.url, "HAILMAST_URL");
        let url = url.unwrap_or_else(|| "http://127.0.0.1:8080".to_string());
        let key = given(&self.api_key, "HAILMAST_KEY").context("give --key or set HAILMAST_KEY")?;
        Ok(Client::new(address(&url)?, key))
    }
}

/// `http://host:port`, as the API speaks it itself; TLS ends before it.
fn address(url: &str) -> anyhow::Result<SocketAddr> {
    anyhow::ensure!(
        !url.starts_with("https://"),
        "the address is that of the API itself, which speaks http://"
    );
    let host = url.strip_prefix("http://").unwrap_or(url);
    let host = host.trim_end_matches('/');
    let named = if host
        .rsplit_once(':')
        .is_some_and(|(_, port)| port.parse::<u16>().is_ok())
    {
        host.to_string()
    } else {
        format!("{host}:80")
    };
    let mut found = named
        .to_socket_addrs()
        .with_context(|| format!("{named} is no address"))?;
    found
        .next()
        .with_context(|| format!("{named} is no address"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_read_with_and_without_port_and_scheme() {
        let read = |text| address(text).unwrap().to_string();
        assert_eq!(read("http://127.0.0.1:8080/"), "127.0.0.1:8080");
        assert_eq!(read("127.0.0.1"), "127.0.0.1:80");
        assert!(address("https://127.0.0.1").is_err());
    }
}
