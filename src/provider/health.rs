//! Looks at the way to an endpoint one step at a time: key, name, connection, certificate, first reply.
//! Facts alone, each wait bounded; whether they are good or bad is the caller's to say.

mod certificate;
mod reply;

use std::net::SocketAddr;
use std::time::Duration;

use reqwest::Url;
use tokio::net::{TcpStream, lookup_host};
use tokio::task::JoinSet;
use tokio::time::timeout;

use super::error::Error;
use super::transport::{no_connection, root};
use super::{Provider, client};

pub use super::client::Between;
pub use certificate::{Agreed, Certificate, Handshake};
pub use reply::FirstReply;

/// Where SOCKS proxies listen unless they say otherwise.
const SOCKS_PORT: u16 = 1080;

/// How long an address may be tried before the next one is tried beside it: RFC 8305, section 5, "Connection Attempt
/// Delay".
const HEAD_START: Duration = Duration::from_millis(250);

/// Where a connection of an endpoint goes first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Way {
    /// The host that is connected to: the server, or the proxy before it.
    pub host: String,
    /// Its port; 0 where the address of the proxy is none.
    pub port: u16,
    /// The proxy in between.
    pub proxy: Option<Between>,
}

impl Way {
    /// Host and port.
    pub fn place(&self) -> String {
        format!("{}:{}", self.host, self.port)
    }

    /// `what` of the host that is connected to, and that it is the proxy.
    fn named(&self, what: &str) -> String {
        match &self.proxy {
            Some(_) => format!("the proxy {what}"),
            None => what.to_owned(),
        }
    }

    /// The host could not be reached: the proxy's trouble where there is one, and not the server's.
    fn broken(&self, message: String, cause: std::io::Error) -> Error {
        match &self.proxy {
            Some(proxy) => proxy.trouble(message, true),
            None => Error::Network {
                message,
                stale: false,
                cause: Box::new(cause),
            },
        }
    }
}

/// How the key of a profile was had.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum KeyFound {
    /// None is needed.
    Unneeded,
    /// The first source gave it.
    First,
    /// The one after it gave it.
    Next {
        /// Why the first did not.
        why: String,
    },
}

impl Provider {
    /// Where its connections go first.
    pub fn way(&self) -> Way {
        let endpoint = self.endpoint();
        let proxy = client::proxy(endpoint);
        let direct = Way {
            host: endpoint.base.host().to_owned(),
            port: endpoint.base.port(),
            proxy: None,
        };
        let Some((url, between)) = proxy.zip(client::between(endpoint)) else {
            return direct;
        };
        let Ok(parsed) = Url::parse(&url) else {
            return Way {
                host: between.place.clone(),
                port: 0,
                proxy: Some(between),
            };
        };
        let port = parsed.port_or_known_default().unwrap_or(SOCKS_PORT);
        Way {
            host: parsed.host_str().unwrap_or_default().to_owned(),
            port,
            proxy: Some(between),
        }
    }

    /// Reads the key and keeps it for what follows; also what goes wrong, so that a program is not run again for it.
    pub async fn read_key(&self) -> Result<KeyFound, Error> {
        let key = self.inner.key_ahead().await?;
        Ok(key.map_or(KeyFound::Unneeded, |key| match key.passed_over {
            Some(why) => KeyFound::Next { why },
            None => KeyFound::First,
        }))
    }

    /// The addresses of the host.
    pub async fn resolve(&self, way: &Way) -> Result<Vec<SocketAddr>, Error> {
        if let (0, Some(proxy)) = (way.port, &way.proxy) {
            let message = format!("the proxy {} is no host with a port", proxy.place);
            return Err(proxy.trouble(message, false));
        }
        let place = way.place();
        let found = timeout(self.patience(), lookup_host(&place)).await;
        let host = way.named(&way.host);
        let unknown = format!("cannot find {host} (DNS)");
        let addresses: Vec<_> = match found {
            Ok(Ok(addresses)) => addresses.collect(),
            Ok(Err(error)) => return Err(way.broken(unknown, error)),
            Err(_) => {
                return Err(self.late(
                    way.proxy.as_ref(),
                    &format!("no answer from DNS about {host}"),
                ));
            }
        };
        if addresses.is_empty() {
            return Err(way.broken(unknown, std::io::ErrorKind::NotFound.into()));
        }
        Ok(addresses)
    }

    /// Connects to the address that takes a connection first, and says which one that was.
    pub async fn connect(
        &self,
        way: &Way,
        addresses: &[SocketAddr],
    ) -> Result<(TcpStream, SocketAddr), Error> {
        let place = way.named(&way.place());
        let connecting = async {
            first_of(addresses).await.map_err(|error| {
                let message = no_connection(&place, Some(error.kind()), &root(&error));
                way.broken(message, error)
            })
        };
        timeout(self.patience(), connecting)
            .await
            .unwrap_or_else(|_| {
                Err(self.late(way.proxy.as_ref(), &format!("no connection to {place}")))
            })
    }

    /// How long a step may take.
    fn patience(&self) -> Duration {
        self.endpoint().timeouts.connect
    }

    fn late(&self, proxy: Option<&Between>, what: &str) -> Error {
        let message = format!("{what} within {} s", self.patience().as_secs_f32());
        match proxy {
            Some(proxy) => proxy.trouble(message, true),
            None => Error::Timeout {
                message,
                again: true,
            },
        }
    }
}

/// Tries the addresses in turn, each a little after the one before it: one that swallows packets, as IPv6 does on many
/// networks, must not hide another that takes connections.
async fn first_of(addresses: &[SocketAddr]) -> std::io::Result<(TcpStream, SocketAddr)> {
    let mut left = addresses.iter().copied();
    let mut tries = JoinSet::new();
    let mut refused = std::io::Error::from(std::io::ErrorKind::NotFound);
    loop {
        if let Some(address) = left.next() {
            tries.spawn(async move { (TcpStream::connect(address).await, address) });
        }
        let next = match left.len() {
            0 => tries.join_next().await,
            _ => match timeout(HEAD_START, tries.join_next()).await {
                Ok(next) => next,
                Err(_) => continue,
            },
        };
        match next {
            Some(Ok((Ok(stream), address))) => return Ok((stream, address)),
            Some(Ok((Err(error), _))) => refused = error,
            Some(Err(_)) => {}
            None => return Err(refused),
        }
    }
}
