//! Serves the figures over HTTP to programs of this machine, and to no web page: ten connections of five seconds.
//!
//! What is served is `exposition`'s.

use std::{convert::Infallible, io, net::IpAddr, net::SocketAddr, sync::Arc, time::Duration};

use axum::{
    body::Body,
    http::{Method, Request, Response, StatusCode, header, uri::Authority},
};
use hyper::{body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::TokioIo;
use tokio::{
    net::{TcpListener, TcpStream},
    sync::Semaphore,
    task::{AbortHandle, JoinSet},
    time::{sleep, timeout},
};

use super::{Format, Telemetry};

/// Connections at a time; further ones wait to be accepted.
const CONNECTIONS: usize = 10;
/// The life of a connection.
const LIFE: Duration = Duration::from_secs(5);
/// Bytes of a request's head.
const HEAD: usize = 16 << 10;
/// Where the figures are.
const PATH: &str = "/metrics";

/// Why the figures are not served.
#[derive(Debug, thiserror::Error)]
pub enum ListenError {
    /// Take a loopback address.
    #[error("metrics are served on loopback only, and {0} is not a loopback address")]
    NotLoopback(SocketAddr),
    /// Take another port, or stop what uses it.
    #[error("metrics cannot be served at {address}: {source}")]
    Taken {
        /// Where.
        address: SocketAddr,
        /// Why not.
        source: io::Error,
    },
}

/// Serves until it is dropped.
#[derive(Debug)]
pub struct Listener {
    address: SocketAddr,
    task: AbortHandle,
}

impl Listener {
    /// Where the figures are.
    pub fn url(&self) -> String {
        format!("http://{}{PATH}", self.address)
    }

    /// Where it listens.
    pub fn addr(&self) -> SocketAddr {
        self.address
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// Binds and serves in the background of the current runtime. Port 0 takes a free one.
pub async fn listen(address: SocketAddr, telemetry: Telemetry) -> Result<Listener, ListenError> {
    if !address.ip().is_loopback() {
        return Err(ListenError::NotLoopback(address));
    }
    let taken = |source| ListenError::Taken { address, source };
    let listener = TcpListener::bind(address).await.map_err(taken)?;
    let address = listener.local_addr().map_err(taken)?;
    let task = tokio::spawn(serve(listener, telemetry)).abort_handle();
    Ok(Listener { address, task })
}

async fn serve(listener: TcpListener, telemetry: Telemetry) {
    let places = Arc::new(Semaphore::new(CONNECTIONS));
    let mut connections = JoinSet::new();
    loop {
        let Ok(place) = Arc::clone(&places).acquire_owned().await else {
            return;
        };
        while connections.try_join_next().is_some() {}
        match listener.accept().await {
            Ok((stream, _)) => {
                let telemetry = telemetry.clone();
                connections.spawn(async move {
                    let _place = place;
                    // Whoever hung up or took too long has had its chance.
                    let _ = timeout(LIFE, connection(stream, telemetry)).await;
                });
            }
            // No descriptors are left, or the client has gone: the next one may do better.
            Err(_) => sleep(Duration::from_millis(50)).await,
        }
    }
}

async fn connection(stream: TcpStream, telemetry: Telemetry) {
    let service = service_fn(move |request| {
        let telemetry = telemetry.clone();
        async move { Ok::<_, Infallible>(respond(&request, telemetry).await) }
    });
    let served = http1::Builder::new()
        .keep_alive(false)
        .max_buf_size(HEAD)
        .serve_connection(TokioIo::new(stream), service);
    // What a client does wrong is answered where it can be, and is nothing to report.
    let _ = served.await;
}

async fn respond(request: &Request<Incoming>, telemetry: Telemetry) -> Response<Body> {
    if is_foreign(request) {
        let text = "only programs of this machine may read this\n";
        return plain(StatusCode::FORBIDDEN, text);
    }
    if request.uri().path() != PATH {
        return plain(StatusCode::NOT_FOUND, "the metrics are at /metrics\n");
    }
    if !matches!(*request.method(), Method::GET | Method::HEAD) {
        return plain(StatusCode::METHOD_NOT_ALLOWED, "only GET and HEAD\n");
    }
    let accept = request.headers().get(header::ACCEPT);
    let accept = accept.and_then(|v| v.to_str().ok()).unwrap_or_default();
    let format = Format::accepted(accept);
    // Away from the thread that stamps what arrives.
    let text = tokio::task::spawn_blocking(move || telemetry.text(format)).await;
    match text {
        Ok(text) => reply(StatusCode::OK, format.content_type(), text),
        Err(_) => plain(StatusCode::INTERNAL_SERVER_ERROR, "a defect of waferdeck\n"),
    }
}

/// A page's request carries `Origin`, and one that was led here by a foreign name carries it in `Host`.
fn is_foreign(request: &Request<Incoming>) -> bool {
    let headers = request.headers();
    let mut hosts = headers.get_all(header::HOST).iter();
    let host = hosts.next().and_then(|h| h.to_str().ok());
    let named = request.uri().authority().map(Authority::as_str);
    headers.contains_key(header::ORIGIN)
        || hosts.next().is_some()
        || !host.is_some_and(is_loopback)
        || !named.is_none_or(is_loopback)
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

fn plain(status: StatusCode, text: &str) -> Response<Body> {
    reply(status, "text/plain; charset=utf-8", text.to_owned())
}

fn reply(status: StatusCode, content_type: &'static str, text: String) -> Response<Body> {
    let mut response = Response::new(Body::from(text));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    let value = header::HeaderValue::from_static(content_type);
    headers.insert(header::CONTENT_TYPE, value);
    response
}
