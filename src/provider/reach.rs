//! How far a connection came that was not made in time. The client does not tell, so a short look is taken once more.

use std::time::Duration;

use tokio::net::{TcpStream, lookup_host};
use tokio::time::timeout;

use super::error::Error;
use super::transport::{Phase, Place};

/// Each step of the look has so long: what works at all takes a fraction of it, and somebody waits for the words.
const LOOK: Duration = Duration::from_millis(250);

/// The step at which a connection stood.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    /// Nobody has said which address the name has.
    Name,
    /// The name has none.
    NoName,
    /// The address has not answered.
    Tcp,
    /// The server has taken the connection and says nothing on it.
    Tls,
}

impl Place {
    /// Says what `error`, with which no reply began, means here. `stale`: it happened on a connection that was kept from
    /// earlier.
    pub(super) async fn explain_departure(&self, error: reqwest::Error, stale: bool) -> Error {
        // What stands between us and a proxy is told with the proxy.
        if self.proxy.is_none() && error.is_connect() && error.is_timeout() {
            return Error::Timeout {
                message: self.not_reached(self.stage().await),
                again: true,
            };
        }
        self.explain(error, Phase::Reply, stale)
    }

    async fn stage(&self) -> Stage {
        let addresses: Vec<_> = match timeout(LOOK, lookup_host(&self.server)).await {
            Ok(Ok(addresses)) => addresses.collect(),
            Ok(Err(_)) => return Stage::NoName,
            Err(_) => return Stage::Name,
        };
        match timeout(LOOK, TcpStream::connect(&*addresses)).await {
            Ok(Ok(_)) if self.is_tls => Stage::Tls,
            _ => Stage::Tcp,
        }
    }

    fn not_reached(&self, stage: Stage) -> String {
        let (server, within) = (&self.server, self.connect.as_secs_f32());
        match stage {
            Stage::Name => format!(
                "cannot find {} (DNS): no answer within {within} s",
                self.host()
            ),
            Stage::NoName => format!("cannot find {} (DNS)", self.host()),
            Stage::Tcp => format!("no connection to {server} within {within} s (TCP)"),
            Stage::Tls => {
                format!("{server} is there and says nothing: no TLS within {within} s")
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use tokio::net::TcpListener;

    use super::*;

    fn place(server: String, is_tls: bool) -> Place {
        Place {
            server,
            proxy: None,
            is_tls,
            connect: Duration::from_secs(3),
        }
    }

    #[tokio::test]
    async fn each_step_is_told_apart() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let here = listener.local_addr().unwrap().to_string();
        assert_eq!(place(here.clone(), true).stage().await, Stage::Tls);
        assert_eq!(place(here.clone(), false).stage().await, Stage::Tcp);
        drop(listener);
        assert_eq!(place(here, true).stage().await, Stage::Tcp);
        let far = place("far.test:443".to_owned(), true);
        for (stage, words) in [
            (
                Stage::Name,
                "cannot find far.test (DNS): no answer within 3 s",
            ),
            (Stage::NoName, "cannot find far.test (DNS)"),
        ] {
            assert_eq!(far.not_reached(stage), words);
        }
    }
}
