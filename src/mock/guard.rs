//! Who may talk to the mock: programs of this machine, under a loopback name, and no web page.
//! A page's request carries `Origin`, and one that was led here by a foreign name carries it in `Host`.

use std::net::IpAddr;

use axum::extract::Request;
use axum::http::header;
use axum::http::uri::Authority;

use super::reject::Refusal;

/// Refuses any `Origin` and any host that is not loopback.
pub(crate) fn check(request: &Request) -> Result<(), Refusal> {
    let headers = request.headers();
    let from_header = headers
        .get(header::HOST)
        .map(|h| h.to_str().unwrap_or_default());
    // HTTP/2 puts the host into the request's own address.
    let host = from_header.or_else(|| request.uri().authority().map(Authority::as_str));
    if headers.contains_key(header::ORIGIN) || !host.is_some_and(is_loopback) {
        return Err(Refusal::foreign());
    }
    Ok(())
}

fn is_loopback(host: &str) -> bool {
    let Ok(authority) = host.parse::<Authority>() else {
        return false;
    };
    let name = authority
        .host()
        .trim_start_matches('[')
        .trim_end_matches(']');
    name.eq_ignore_ascii_case("localhost")
        || name.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_loopback_names_pass() {
        for host in [
            "127.0.0.1:80",
            "localhost:9",
            "[::1]:80",
            "127.8.8.8",
            "LOCALHOST",
        ] {
            assert!(is_loopback(host), "{host}");
        }
        for host in [
            "example.com",
            "127.0.0.1.example.com:80",
            "localhost.example.com",
            "10.0.0.1:80",
            "",
            "a b",
        ] {
            assert!(!is_loopback(host), "{host}");
        }
    }
}
