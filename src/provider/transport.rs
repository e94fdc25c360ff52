//! Names what broke below HTTP: walks the causes that the HTTP client reports and says it with host, port and phase.
//! What a server says with a status is `refusal`'s.

use std::error::Error as StdError;
use std::io;
use std::time::Duration;

use hyper_util::client::legacy;
use jiff::Timestamp;
use rustls::CertificateError;
use rustls::pki_types::UnixTime;

use super::client::Between;
use super::error::Error;
use super::reply::headers_too_large;
use crate::text::SafeText;

/// How far an attempt had come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Phase {
    /// No reply yet.
    Reply,
    /// The body of a reply.
    Body,
}

/// Where an attempt went.
#[derive(Clone, Debug)]
pub(super) struct Place {
    /// Host and port of the server.
    pub(super) server: String,
    /// The proxy in between.
    pub(super) proxy: Option<Between>,
    /// The server is spoken to through TLS, so that a proxy has to open a way to it.
    pub(super) is_tls: bool,
    /// How long a connection may take.
    pub(super) connect: Duration,
}

impl Place {
    /// Says what `error` means here. `stale`: it happened on a connection that was kept from earlier.
    pub(super) fn explain(&self, error: reqwest::Error, phase: Phase, stale: bool) -> Error {
        // The address is said in our own words, and an address may hold what is not for logs.
        let error = error.without_url();
        let is_no_tls = phase == Phase::Reply && is_no_tls(&error);
        if let Some(proxy) = self.proxy.as_ref().filter(|_| is_no_tls) {
            return self.answers_itself(proxy);
        }
        if let Some(what) = certificate(&error) {
            return Error::Tls {
                message: format!("{}: {what}", self.server),
                remedy: tls_remedy(&error),
                cause: Box::new(error),
            };
        }
        if let Some(trouble) = self.proxy_trouble(&error) {
            return trouble;
        }
        let http = |is: fn(&hyper::Error) -> bool| {
            causes(&error).any(|e| e.downcast_ref().is_some_and(is))
        };
        if http(hyper::Error::is_parse_too_large) {
            return headers_too_large();
        }
        if http(hyper::Error::is_parse) {
            return Error::malformed(
                format!("{} does not answer in HTTP as it should", self.server),
                "check port and scheme of the base URL",
            );
        }
        let message = self.network_message(&error, phase);
        Error::Network {
            message,
            stale: stale && phase == Phase::Reply,
            cause: Box::new(error),
        }
    }

    /// The host without its port.
    pub(super) fn host(&self) -> &str {
        let server = &self.server;
        server.rsplit_once(':').map_or(server.as_str(), |(h, _)| h)
    }

    /// The connection did not survive that the machine slept.
    pub(super) fn overslept(&self) -> Error {
        Error::Slept {
            server: self.server.clone(),
        }
    }

    fn network_message(&self, error: &reqwest::Error, phase: Phase) -> String {
        let server = &self.server;
        if error.is_dns() {
            return format!("cannot find {} (DNS)", self.host());
        }
        let kind = io_kind(error);
        if error.is_connect() {
            return no_connection(server, kind, &root(error));
        }
        let during = match phase {
            Phase::Reply => "before it replied",
            Phase::Body => "in the middle of the answer",
        };
        match kind {
            Some(io::ErrorKind::ConnectionReset | io::ErrorKind::BrokenPipe) => {
                format!("{server} reset the connection {during}")
            }
            Some(kind) if kind != io::ErrorKind::UnexpectedEof => {
                format!("the connection to {server} broke {during}: {}", root(error))
            }
            _ => format!("{server} closed the connection {during}"),
        }
    }

    fn proxy_trouble(&self, error: &reqwest::Error) -> Option<Error> {
        let between = self.proxy.as_ref()?;
        let proxy = &between.place;
        let trouble = |message| between.trouble(message, false);
        // The type of these errors is not public; their words are all there is.
        let tunnel = causes(error)
            .map(ToString::to_string)
            .find(|text| text.starts_with("tunnel error") || text.starts_with("SOCKS error"));
        let is_absent = |text: &String| text.contains("failed to create underlying connection");
        match tunnel {
            Some(_) if broke_off(error) => {
                Some(between.trouble(format!("the proxy {proxy} broke off the connection"), true))
            }
            Some(text) if text.contains("authorization required") => Some(trouble(format!(
                "the proxy {proxy} wants a user name and password (407)"
            ))),
            Some(text) if !is_absent(&text) => Some(trouble(format!(
                "the proxy {proxy} does not let us through to {}",
                self.server
            ))),
            None if !error.is_connect() => None,
            _ if error.is_timeout() => Some(trouble(format!("the proxy {proxy} stays silent"))),
            None if self.is_tls => Some(self.answers_itself(between)),
            _ => {
                let message = format!("no connection to the proxy {proxy}: {}", root(error));
                Some(between.trouble(message, true))
            }
        }
    }

    /// The proxy said that the way is open, and what comes through it is not from the server.
    fn answers_itself(&self, proxy: &Between) -> Error {
        let message = format!(
            "behind the proxy {} nobody speaks TLS for {}: a login page may be in the way",
            proxy.place, self.server
        );
        proxy.trouble(message, false)
    }
}

/// Says why there is no connection.
pub(super) fn no_connection(server: &str, kind: Option<io::ErrorKind>, root: &str) -> String {
    match kind {
        Some(io::ErrorKind::ConnectionRefused) => format!("{server} refuses the connection"),
        Some(io::ErrorKind::HostUnreachable | io::ErrorKind::NetworkUnreachable) => {
            format!("{server} is unreachable")
        }
        Some(io::ErrorKind::ConnectionReset | io::ErrorKind::UnexpectedEof) => {
            format!("{server} broke off while connecting")
        }
        _ => format!("no connection to {server}: {root}"),
    }
}

/// The connection that a failed request had used, as its local address.
pub(super) fn connection_of(error: &reqwest::Error) -> Option<std::net::SocketAddr> {
    let connected = causes(error)
        .find_map(|e| e.downcast_ref::<legacy::Error>())?
        .connect_info()?;
    let mut extras = hyper::http::Extensions::new();
    connected.get_extras(&mut extras);
    Some(extras.get::<legacy::connect::HttpInfo>()?.local_addr())
}

fn causes<'a>(
    error: &'a (dyn StdError + 'static),
) -> impl Iterator<Item = &'a (dyn StdError + 'static)> {
    std::iter::successors(Some(error), |&e| {
        // An I/O error that wraps another names it as content, not as its cause.
        match e.downcast_ref::<io::Error>().and_then(io::Error::get_ref) {
            Some(inner) => Some(inner as &(dyn StdError + 'static)),
            None => e.source(),
        }
    })
}

/// True where the other side ended a connection in the midst of what it had to say.
fn broke_off(error: &(dyn StdError + 'static)) -> bool {
    use io::ErrorKind::{BrokenPipe, ConnectionReset, UnexpectedEof};
    let kind = io_kind(error);
    kind.is_some_and(|kind| matches!(kind, BrokenPipe | ConnectionReset | UnexpectedEof))
}

fn io_kind(error: &(dyn StdError + 'static)) -> Option<io::ErrorKind> {
    causes(error)
        .filter_map(|e| e.downcast_ref::<io::Error>())
        .map(io::Error::kind)
        .find(|kind| *kind != io::ErrorKind::Other)
}

/// The innermost cause, in its own words.
pub(super) fn root(error: &(dyn StdError + 'static)) -> String {
    let text = causes(error).last().map(ToString::to_string);
    SafeText::line(&text.unwrap_or_default()).into_string()
}

/// True where something came that is no TLS.
fn is_no_tls(error: &(dyn StdError + 'static)) -> bool {
    causes(error)
        .filter_map(|e| e.downcast_ref())
        .any(|tls| matches!(tls, rustls::Error::InvalidMessage(_)))
}

/// What TLS found wrong, in words.
pub(super) fn certificate(error: &(dyn StdError + 'static)) -> Option<String> {
    let tls = causes(error).find_map(|e| e.downcast_ref::<rustls::Error>())?;
    let certificate = match tls {
        rustls::Error::InvalidCertificate(certificate) => certificate,
        rustls::Error::InvalidMessage(_) => return Some("what it sends is no TLS".to_owned()),
        other => {
            let other = other.to_string();
            return Some(format!(
                "the TLS handshake failed: {}",
                SafeText::line(&other)
            ));
        }
    };
    Some(match certificate {
        CertificateError::Expired => "its certificate has expired".to_owned(),
        CertificateError::ExpiredContext { not_after, .. } => {
            format!("its certificate expired on {}", day(*not_after))
        }
        CertificateError::NotValidYet => "its certificate is not valid yet".to_owned(),
        CertificateError::NotValidYetContext { not_before, .. } => {
            format!("its certificate is valid from {} on only", day(*not_before))
        }
        CertificateError::NotValidForName => "its certificate is for another host".to_owned(),
        CertificateError::NotValidForNameContext { presented, .. } => {
            let names: Vec<&str> = presented.iter().map(|name| bare(name)).collect();
            let names = SafeText::line(&names.join(", ")).into_string();
            format!("its certificate is for another host ({names})")
        }
        CertificateError::UnknownIssuer => {
            "its certificate is signed by nobody we trust".to_owned()
        }
        CertificateError::Revoked => "its certificate was revoked".to_owned(),
        CertificateError::Other(other) => format!("its certificate is not valid: {}", flaw(other)),
        other => format!(
            "its certificate is not valid: {}",
            SafeText::line(&other.to_string())
        ),
    })
}

/// What is wrong with a certificate for which TLS has no word of its own: the checker's name of it, as words.
fn flaw(error: &rustls::OtherError) -> String {
    let name = error.0.to_string();
    if is_authority(error) {
        return "it is an authority's own and not a server's".to_owned();
    }
    let mut words = String::new();
    for c in SafeText::line(&name).as_str().chars() {
        if c.is_ascii_uppercase() && !words.is_empty() {
            words.push(' ');
        }
        words.push(c.to_ascii_lowercase());
    }
    words
}

/// True where an authority's certificate stands in the place of a server's.
fn is_authority(error: &rustls::OtherError) -> bool {
    error.0.to_string() == "CaUsedAsEndEntity"
}

/// What may help where TLS failed.
pub(super) fn tls_remedy(error: &(dyn StdError + 'static)) -> &'static str {
    let mut tls = causes(error).filter_map(|e| e.downcast_ref::<rustls::Error>());
    match tls.next() {
        Some(rustls::Error::InvalidMessage(_)) => {
            "a server without encryption has a base_url that begins with http://; else check the port"
        }
        Some(rustls::Error::AlertReceived(_) | rustls::Error::PeerIncompatible(_)) => {
            "the server has to speak TLS 1.2 or 1.3 for this host name: ask who runs it, or check host and port"
        }
        Some(rustls::Error::InvalidCertificate(CertificateError::Other(other)))
            if is_authority(other) =>
        {
            "the server needs a certificate that is no authority's (basicConstraints CA:FALSE); the authority's own \
             goes into ca_file or SSL_CERT_FILE"
        }
        _ => {
            "check the clock and the host name; a private authority goes into ca_file or SSL_CERT_FILE"
        }
    }
}

/// A name of a certificate without what says of which type it is: `DnsName("a.example")`, `IpAddress(10.0.0.1)`.
fn bare(name: &str) -> &str {
    let inner = name.split_once('(').map_or(name, |(_, inner)| inner);
    inner.trim_end_matches(')').trim_matches('"')
}

fn day(time: UnixTime) -> String {
    i64::try_from(time.as_secs())
        .ok()
        .and_then(|s| Timestamp::from_second(s).ok())
        .map_or_else(
            || "an unknown day".to_owned(),
            |t| t.strftime("%F").to_string(),
        )
}
