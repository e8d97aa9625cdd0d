//! Where requests go: a URL taken apart once, at start.

use hyper::Uri;

/// Scheme, host and port of a URL, and the path below which requests go.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Endpoint {
    pub tls: bool,
    pub host: String,
    pub port: u16,
    /// Path without a slash at its end; empty for none.
    pub path: String,
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EndpointError {
    #[error("{0} is no URL such as https://api.example.com/v2")]
    NotAUrl(String),
    #[error("{0}: only http and https are spoken")]
    Scheme(String),
    #[error("{0}: plain http is for this machine alone; use https, or set allow_plain_http")]
    Plain(String),
}

impl Endpoint {
    /// Plain HTTP carries credentials and texts in the clear, so it is taken for loopback addresses only
    /// unless `allow_plain`.
    pub fn parse(url: &str, allow_plain: bool) -> Result<Self, EndpointError> {
        let bad = || EndpointError::NotAUrl(url.to_owned());
        let uri: Uri = url.parse().map_err(|_| bad())?;
        let tls = match uri.scheme_str() {
            Some("https") => true,
            Some("http") => false,
            Some(_) => return Err(EndpointError::Scheme(url.to_owned())),
            None => return Err(bad()),
        };
        let host = uri.host().filter(|host| !host.is_empty()).ok_or_else(bad)?;
        if uri
            .authority()
            .is_some_and(|authority| authority.as_str().contains('@'))
        {
            return Err(bad());
        }
        let host = host
            .trim_start_matches('[')
            .trim_end_matches(']')
            .to_owned();
        let here = host == "localhost"
            || host
                .parse::<std::net::IpAddr>()
                .is_ok_and(|address| address.is_loopback());
        if !tls && !here && !allow_plain {
            return Err(EndpointError::Plain(url.to_owned()));
        }
        let port = uri.port_u16().unwrap_or(if tls { 443 } else { 80 });
        let path = uri.path().trim_end_matches('/').to_owned();
        Ok(Self {
            tls,
            host,
            port,
            path,
        })
    }

    /// What the Host header says: the port only where it is not the scheme's own.
    pub fn authority(&self) -> String {
        let host = if self.host.contains(':') {
            format!("[{}]", self.host)
        } else {
            self.host.clone()
        };
        if self.port == if self.tls { 443 } else { 80 } {
            host
        } else {
            format!("{host}:{}", self.port)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_is_taken_apart() {
        let endpoint = Endpoint::parse("https://api.example.com/v2/", false).unwrap();
        assert_eq!(
            (endpoint.tls, endpoint.port, endpoint.path.as_str()),
            (true, 443, "/v2")
        );
        assert_eq!(endpoint.authority(), "api.example.com");
        let local = Endpoint::parse("http://127.0.0.1:4010", false).unwrap();
        assert_eq!(
            (local.tls, local.authority().as_str(), local.path.as_str()),
            (false, "127.0.0.1:4010", "")
        );
    }

    #[test]
    fn credentials_never_travel_in_the_clear_by_accident() {
        let url = "http://api.example.com";
        assert_eq!(
            Endpoint::parse(url, false),
            Err(EndpointError::Plain(url.into()))
        );
        assert!(Endpoint::parse(url, true).is_ok());
    }

    #[test]
    fn what_is_no_url_is_said_so() {
        for bad in [
            "",
            "api.example.com",
            "ftp://x/",
            "https://",
            "https://u:p@x/",
        ] {
            assert!(Endpoint::parse(bad, true).is_err(), "{bad}");
        }
    }
}
