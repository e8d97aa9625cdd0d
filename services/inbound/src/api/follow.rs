//! `GET /l/{token}`: a short link is followed. The only address that people without a key call.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use chassis::http::Problem;
use contract::inbound::LinkClicked;
use contract::renderer::{LinkResolved, ResolveLink};
use contract::{ClickId, TenantId};

use crate::app::App;
use crate::clicker;
use crate::db::clicks::{self, Click};

/// Characters of a user agent that are kept.
const AGENT_CHARS: usize = 300;
const PURPOSES: [&str; 4] = ["sec-purpose", "purpose", "x-purpose", "x-moz"];

/// Leads to the address that the template's author wrote, and to no other.
#[utoipa::path(get, path = "/l/{token}", tag = "clicks", params(("token" = String, Path)),
    responses((status = 302, description = "to the target"), (status = 404), (status = 410, description = "link.expired")))]
pub async fn handle(
    State(app): State<Arc<App>>,
    Path(token): Path<String>,
    method: Method,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let unknown = || Problem::not_found("link");
    let question = ResolveLink {
        host: host(&headers).ok_or_else(unknown)?,
        token,
    };
    // The link itself says whose it is.
    let found = app.bus.ask(TenantId::from_raw(0), &question).await?;
    let found = found.ok_or_else(unknown)?;
    if app.clock.millis() >= found.expires_at {
        return Err(Problem::new(
            StatusCode::GONE,
            "link.expired",
            "this link leads nowhere any more",
        ));
    }
    let location = location(&found.target).ok_or_else(unknown)?;
    let click = Click {
        id: ClickId::at(app.clock.now()),
        mode: found.mode,
        campaign: found.campaign,
        message: found.message,
        link: found.link,
        target: found.target.clone(),
        method: method.to_string(),
        user_agent: text_of(&headers, &["user-agent"]),
        purpose: text_of(&headers, &PURPOSES),
        at: app.clock.millis(),
    };
    // Whoever taps a link wants to get there, whatever becomes of our count.
    if let Err(error) = record(&app, &found, click).await {
        tracing::warn!(error = format!("{error:#}"), "a click was not recorded");
    }
    metrics::counter!("inbound_clicks_total").increment(1);
    let headers = [
        (header::LOCATION, location),
        (
            header::CACHE_CONTROL,
            HeaderValue::from_static("private, no-store"),
        ),
        (
            header::REFERRER_POLICY,
            HeaderValue::from_static("no-referrer"),
        ),
    ];
    Ok((StatusCode::FOUND, headers, [("x-robots-tag", "noindex")]).into_response())
}

async fn record(app: &App, found: &LinkResolved, click: Click) -> anyhow::Result<()> {
    let (engine, bus, tenant) = (app.db.engine(), app.bus.clone(), found.tenant);
    let by = clicker::judge(&click.method, &click.user_agent, &click.purpose);
    app.db
        .write(move |tx| {
            Box::pin(async move {
                clicks::insert(tx, engine, tenant, &click).await?;
                let event = LinkClicked {
                    click: click.id,
                    message: click.message,
                    campaign: click.campaign,
                    link: click.link,
                    by: by.as_str().to_string(),
                    at: click.at,
                };
                bus.say(tx, tenant, &event).await?;
                Ok(())
            })
        })
        .await
}

/// The host that was asked, in lower case and without its port.
fn host(headers: &HeaderMap) -> Option<String> {
    let named = headers.get(header::HOST)?.to_str().ok()?;
    let name = match named.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => name,
        _ => named,
    };
    Some(name.trim_end_matches('.').to_ascii_lowercase())
}

/// The target as a header. It was checked when the template was saved; this holds even if that were wrong.
fn location(target: &str) -> Option<HeaderValue> {
    let lower = target.get(..8)?.to_ascii_lowercase();
    let of_web = lower.starts_with("https://") || lower.starts_with("http://");
    let clean = target.bytes().all(|byte| byte.is_ascii_graphic());
    if !of_web || !clean {
        return None;
    }
    HeaderValue::from_str(target).ok()
}

fn text_of(headers: &HeaderMap, names: &[&str]) -> String {
    let values = names.iter().filter_map(|name| headers.get(*name));
    let texts: Vec<String> = values
        .map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned())
        .collect();
    let whole = texts.join(" ");
    whole
        .chars()
        .filter(|c| !c.is_control())
        .take(AGENT_CHARS)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_addresses_of_the_web_are_led_to() {
        assert!(location("https://example.com/x?y=%20").is_some());
        assert!(location("HTTP://example.com").is_some());
        for bad in [
            "javascript:alert(1)",
            "//example.com",
            "https://a\r\nb",
            "/x",
            "",
            "é",
        ] {
            assert_eq!(location(bad), None, "{bad}");
        }
    }

    #[test]
    fn a_host_is_named_without_its_port() {
        let of = |named: &'static str| {
            let mut headers = HeaderMap::new();
            headers.insert(header::HOST, HeaderValue::from_static(named));
            host(&headers)
        };
        assert_eq!(of("Go.Example.com:8080").as_deref(), Some("go.example.com"));
        assert_eq!(of("go.example.com.").as_deref(), Some("go.example.com"));
    }
}
