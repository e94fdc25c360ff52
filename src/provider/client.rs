//! Builds the HTTP client: TLS with roots from the system, proxies, headers, and no redirects; knows kept connections.
//! What is sent with it is decided in `call`.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Duration;

use hyper_util::client::proxy::matcher::Matcher;
use reqwest::header::{ACCEPT_ENCODING, HeaderMap, HeaderName, HeaderValue, USER_AGENT};
use reqwest::{Client, Proxy, Url, redirect};
use rustls::crypto::CryptoProvider;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use rustls::{ClientConfig, ConfigBuilder, RootCertStore, WantsVerifier};
use tokio::time::Instant;

use super::endpoint::{Endpoint, place_of};
use super::error::Error;
use super::exchange::{self, Source};
use super::transport::Place;
use crate::chat::Connection;

/// Who asks.
const AGENT: &str = concat!("waferdeck/", env!("CARGO_PKG_VERSION"));
/// An idle connection is kept for so long.
const KEPT: Duration = Duration::from_secs(90);

/// A proxy in the way of requests.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Between {
    /// Host and port, without its password.
    pub place: String,
    /// What to do where it is the trouble: it names the setting that names the proxy.
    pub remedy: String,
}

impl Between {
    /// The proxy did not let us through. `again`: it may in a moment.
    pub(super) fn trouble(&self, message: String, again: bool) -> Error {
        Error::Proxy {
            message,
            remedy: self.remedy.clone(),
            again,
        }
    }
}

/// The client for one endpoint.
pub(super) fn build(endpoint: &Endpoint) -> Result<Client, Error> {
    build_with(endpoint, tls(roots(endpoint)?)?)
}

/// The same with TLS that was made elsewhere.
pub(super) fn build_with(endpoint: &Endpoint, tls: ClientConfig) -> Result<Client, Error> {
    let loopback = endpoint.base.is_loopback();
    if endpoint.base.is_plain_http() && !loopback && !endpoint.allow_http {
        return Err(setup(
            format!("{} is not encrypted", endpoint.base.origin()),
            "use https://, or set allow_http = true in the profile",
        ));
    }
    if endpoint.base.is_plain_http()
        && let Some(proxy) = proxy(endpoint)
        && let Some(secret) = endpoint.secret()
    {
        let message = format!(
            "{} is not encrypted, and the proxy {} would be handed {secret}",
            endpoint.base.origin(),
            place_of(&proxy)
        );
        let around = around(endpoint);
        return Err(setup(message, &format!("use https://, or {around}")));
    }
    let mut builder = Client::builder()
        .user_agent(AGENT)
        .default_headers(headers(endpoint)?)
        .redirect(redirect::Policy::none())
        // What is repeated, and when, is ours to decide and to show.
        .retry(reqwest::retry::never())
        .connect_timeout(endpoint.timeouts.connect)
        .tcp_nodelay(true)
        .pool_idle_timeout(KEPT)
        .http1_max_headers(endpoint.caps.headers)
        .http2_max_header_list_size(endpoint.caps.header_bytes)
        // A kept connection that died while the machine slept is found out before the next request needs it.
        .http2_keep_alive_interval(Duration::from_secs(15))
        .http2_keep_alive_timeout(Duration::from_secs(10))
        .http2_keep_alive_while_idle(true)
        .tls_backend_preconfigured(tls);
    builder = match &endpoint.proxy {
        _ if loopback => builder.no_proxy(),
        Some(proxy) => builder.proxy(Proxy::all(proxy).map_err(|_| {
            setup(
                format!("the proxy {} is no usable address", place_of(proxy)),
                "write it as http://HOST:PORT or socks5h://HOST:PORT",
            )
        })?),
        None => builder,
    };
    builder.build().map_err(|e| cannot_make(&e.without_url()))
}

/// A client for what carries no prompt and no key of a provider: the system's certificates, and no redirects. With a
/// `secret` of somebody else's no proxy may read along.
pub(super) fn plain(address: &Url, is_loopback: bool, secret: bool) -> Result<Client, Error> {
    let proxy = || Matcher::from_env().intercept(&address.as_str().parse().ok()?);
    if secret
        && address.scheme() == "http"
        && !is_loopback
        && let Some(proxy) = proxy()
    {
        let host = address.host_str().unwrap_or_default();
        return Err(setup(
            format!(
                "it is not encrypted, and the proxy {} would be handed what is sent along; \
                 use https://, or name {host} in NO_PROXY",
                place_of(&proxy.uri().to_string())
            ),
            "use https://, or go without the proxy",
        ));
    }
    let needs_roots = address.scheme() == "https" || !is_loopback;
    let roots = if needs_roots {
        system_roots().clone()
    } else {
        RootCertStore::empty()
    };
    let builder = Client::builder()
        .user_agent(AGENT)
        .redirect(redirect::Policy::none())
        .tls_backend_preconfigured(tls(roots)?);
    let builder = if is_loopback {
        builder.no_proxy()
    } else {
        builder
    };
    builder.build().map_err(|e| cannot_make(&e.without_url()))
}

/// Where requests of this endpoint go, for messages.
pub(super) fn place(endpoint: &Endpoint) -> Place {
    Place {
        server: endpoint.base.host_port(),
        proxy: between(endpoint),
        is_tls: !endpoint.base.is_plain_http(),
        connect: endpoint.timeouts.connect,
    }
}

/// The address of the proxy in the way: the endpoint's own, else the environment's as the HTTP client reads it. It may
/// hold a password.
pub(super) fn proxy(endpoint: &Endpoint) -> Option<String> {
    if endpoint.base.is_loopback() {
        return None;
    }
    if let Some(named) = &endpoint.proxy {
        return Some(named.clone());
    }
    let address = endpoint.base.chat_url().as_str().parse().ok()?;
    let proxy = Matcher::from_env().intercept(&address)?;
    Some(proxy.uri().to_string())
}

/// The proxy in the way, for messages.
pub(super) fn between(endpoint: &Endpoint) -> Option<Between> {
    let place = place_of(&proxy(endpoint)?);
    let env = |name: &str| std::env::var(name).ok();
    let setting = match &endpoint.proxy {
        Some(_) => format!("`proxy` in the profile {}", endpoint.profile),
        None => proxy_variable(endpoint.base.is_plain_http(), &env).to_owned(),
    };
    let around = around(endpoint);
    Some(Between {
        place,
        remedy: format!("the proxy is named by {setting}: correct it there, or {around}"),
    })
}

/// How to go without the proxy.
fn around(endpoint: &Endpoint) -> String {
    match &endpoint.proxy {
        Some(_) => "take proxy out of the profile".to_owned(),
        None => format!("name {} in NO_PROXY", endpoint.base.host()),
    }
}

/// The variable that names the proxy, in the order in which the HTTP client asks them: of the two spellings of a name
/// the first that is set counts, and one that is empty leaves the word to the variable for all.
fn proxy_variable(is_plain_http: bool, env: &dyn Fn(&str) -> Option<String>) -> &'static str {
    let own = if is_plain_http {
        ["HTTP_PROXY", "http_proxy"]
    } else {
        ["HTTPS_PROXY", "https_proxy"]
    };
    let all = ["ALL_PROXY", "all_proxy"];
    let first = |names: [&'static str; 2]| {
        let set = names.into_iter().find_map(|name| Some((name, env(name)?)));
        set.filter(|(_, url)| !url.is_empty()).map(|(name, _)| name)
    };
    first(own).or_else(|| first(all)).unwrap_or("the system")
}

/// What the proxy is told to let us through is nobody else's, however it is spelt.
pub(super) fn learn_proxy(endpoint: &Endpoint) {
    /// A shorter password may be a word that answers hold.
    const PASSWORD: usize = 12;
    if endpoint.base.is_loopback() {
        return;
    }
    let named = endpoint.proxy.as_deref();
    let env = |name: &str| std::env::var(name).ok();
    let of_system = || env(proxy_variable(endpoint.base.is_plain_http(), &env));
    let address = named.map(str::to_owned).or_else(of_system);
    if let Some(pair) = address.as_deref().and_then(pair_in) {
        endpoint.secrets.learn(&pair.into());
        let password = pair.split_once(':').map(|(_, password)| password);
        if let Some(password) = password.filter(|p| p.len() >= PASSWORD) {
            endpoint.secrets.learn(&password.into());
        }
    }
    let matcher = named.map_or_else(Matcher::from_env, |url| Matcher::builder().all(url).build());
    let address = endpoint.base.chat_url().as_str().parse().ok();
    let proxy = address.and_then(|address| matcher.intercept(&address));
    let header = proxy.as_ref().and_then(|p| p.basic_auth()?.to_str().ok());
    let words = header.into_iter().flat_map(str::split_whitespace);
    words.for_each(|word| endpoint.secrets.learn(&word.into()));
}

/// User name and password in the address of a proxy, which may be without a scheme.
fn pair_in(address: &str) -> Option<&str> {
    let rest = address.split_once("://").map_or(address, |(_, rest)| rest);
    rest.rsplit_once('@').map(|(pair, _)| pair)
}

/// Who listens to the requests of this endpoint, with what is in all of them.
pub(super) fn taps(endpoint: &Endpoint) -> Result<Source, Error> {
    let mut always = exchange::shown_headers(&headers(endpoint)?, &endpoint.secrets);
    always.push((USER_AGENT.to_string(), AGENT.to_owned()));
    Ok(Source {
        profile: endpoint.profile.as_str().into(),
        always: always.into(),
        secrets: endpoint.secrets.clone(),
        file: endpoint.witness.clone(),
    })
}

fn headers(endpoint: &Endpoint) -> Result<HeaderMap, Error> {
    let mut headers = HeaderMap::new();
    for (name, value) in &endpoint.headers {
        let wrong = || {
            setup(
                format!("the extra header {name:?} cannot be sent"),
                "a header has a name of letters and dashes, and a value on one line",
            )
        };
        let name = HeaderName::from_bytes(name.trim().as_bytes()).map_err(|_| wrong())?;
        let mut value = HeaderValue::from_str(value.trim()).map_err(|_| wrong())?;
        // It may be a key under another name.
        value.set_sensitive(true);
        headers.append(name, value);
    }
    // Token streams gain nothing from compression, and a bomb cannot unpack.
    headers.insert(ACCEPT_ENCODING, HeaderValue::from_static("identity"));
    Ok(headers)
}

pub(super) fn roots(endpoint: &Endpoint) -> Result<RootCertStore, Error> {
    let needs_roots = !endpoint.base.is_plain_http() || endpoint.proxy.is_some();
    let mut roots = if needs_roots {
        system_roots().clone()
    } else {
        RootCertStore::empty()
    };
    if let Some(path) = &endpoint.ca_file {
        add_file(&mut roots, path)?;
    }
    Ok(roots)
}

fn tls(roots: RootCertStore) -> Result<ClientConfig, Error> {
    let mut config = tls_builder()?
        .with_root_certificates(roots)
        .with_no_client_auth();
    config.alpn_protocols = alpn();
    Ok(config)
}

/// TLS up to the question whom to trust.
pub(super) fn tls_builder() -> Result<ConfigBuilder<ClientConfig, WantsVerifier>, Error> {
    ClientConfig::builder_with_provider(crypto())
        .with_safe_default_protocol_versions()
        .map_err(|e| no_tls(&e))
}

pub(super) fn crypto() -> Arc<CryptoProvider> {
    Arc::new(rustls::crypto::ring::default_provider())
}

/// The protocols that are offered, the best one first.
pub(super) fn alpn() -> Vec<Vec<u8>> {
    vec![b"h2".to_vec(), b"http/1.1".to_vec()]
}

pub(super) fn no_tls(error: &dyn std::fmt::Display) -> Error {
    setup(
        format!("TLS cannot be set up: {error}"),
        "a defect of this program: please report it, with its version",
    )
}

/// The system's roots, or those of `SSL_CERT_FILE`; the bundled ones on a machine that has none. Read once: it takes
/// milliseconds.
fn system_roots() -> &'static RootCertStore {
    static ROOTS: OnceLock<RootCertStore> = OnceLock::new();
    ROOTS.get_or_init(|| {
        let mut roots = RootCertStore::empty();
        roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
        if roots.is_empty() {
            roots.add_parsable_certificates(
                webpki_root_certs::TLS_SERVER_ROOT_CERTS.iter().cloned(),
            );
        }
        roots
    })
}

/// Whether `ca_file` can be this file.
pub fn check_ca_file(path: &Path) -> Result<(), Error> {
    add_file(&mut RootCertStore::empty(), path)
}

fn add_file(roots: &mut RootCertStore, path: &Path) -> Result<(), Error> {
    let wrong = |what: String| {
        setup(
            format!("ca_file {}: {what}", path.display()),
            "name a PEM file with CERTIFICATE blocks",
        )
    };
    let certificates = CertificateDer::pem_file_iter(path).map_err(|e| wrong(e.to_string()))?;
    let mut any = false;
    for certificate in certificates {
        let certificate = certificate.map_err(|e| wrong(e.to_string()))?;
        roots.add(certificate).map_err(|e| wrong(e.to_string()))?;
        any = true;
    }
    if any {
        Ok(())
    } else {
        Err(wrong("holds no certificate".to_owned()))
    }
}

fn cannot_make(error: &reqwest::Error) -> Error {
    setup(
        format!("the HTTP client cannot be made: {error}"),
        "check proxy and ca_file",
    )
}

fn setup(message: String, remedy: &str) -> Error {
    Error::Setup {
        message,
        remedy: remedy.to_owned(),
    }
}

/// Connections seen, by their local addresses, each with the moments of its first and its last reply.
#[derive(Debug, Default)]
pub(super) struct Connections(Mutex<HashMap<SocketAddr, (Instant, Instant)>>);

impl Connections {
    /// Whether the connection of a reply was opened by its own request, sent at `sent`. `None` where that cannot be told:
    /// requests that shared a connection from its first moment may each have waited for it.
    pub(super) fn note(&self, local: SocketAddr, sent: Instant) -> Option<Connection> {
        let now = Instant::now();
        let mut seen = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        // What was silent for so long is closed, and its port may serve another.
        seen.retain(|_, (_, last)| now.saturating_duration_since(*last) <= 2 * KEPT);
        match seen.get_mut(&local) {
            None => {
                seen.insert(local, (now, now));
                Some(Connection::New)
            }
            Some((first, last)) => {
                *last = now;
                (*first < sent).then_some(Connection::Reused)
            }
        }
    }

    /// A stream on the connection has just ended.
    pub(super) fn touch(&self, local: SocketAddr) {
        let now = Instant::now();
        let mut seen = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        // A long stream may have been forgotten in the meantime.
        seen.entry(local).or_insert((now, now)).1 = now;
    }

    /// True if a reply has come over the connection before.
    pub(super) fn knows(&self, local: SocketAddr) -> bool {
        let seen = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        seen.contains_key(&local)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn user_name_and_password_of_a_proxy_are_found() {
        for (address, pair) in [
            ("http://me:s3cret@proxy:3128", Some("me:s3cret")),
            ("me:p@ss@proxy:3128", Some("me:p@ss")),
            ("socks5h://proxy", None),
            ("", None),
        ] {
            assert_eq!(pair_in(address), pair, "{address}");
        }
    }

    #[test]
    fn the_variable_that_names_the_proxy_is_the_one_that_the_client_reads() {
        for (is_plain_http, set, expected) in [
            (false, &["https_proxy=p", "ALL_PROXY=p"][..], "https_proxy"),
            (false, &["HTTPS_PROXY=p", "https_proxy=p"], "HTTPS_PROXY"),
            (
                false,
                &["HTTPS_PROXY=", "https_proxy=p", "all_proxy=p"],
                "all_proxy",
            ),
            (true, &["HTTPS_PROXY=p", "HTTP_PROXY=p"], "HTTP_PROXY"),
            (true, &["HTTPS_PROXY=p", "ALL_PROXY=p"], "ALL_PROXY"),
        ] {
            let env = |name: &str| {
                let pairs = set.iter().filter_map(|pair| pair.split_once('='));
                let mut own = pairs.filter(|(key, _)| *key == name);
                own.next().map(|(_, value)| value.to_owned())
            };
            assert_eq!(proxy_variable(is_plain_http, &env), expected, "{set:?}");
        }
    }
}
