//! TELEMETRY: whether figures can be served and exported, where that was asked for.
//!
//! Nothing is exported; a receiver is only asked whether it is there.

use std::{net::SocketAddr, path::Path, time::Duration};

use tokio::{
    net::TcpListener,
    time::{Instant, timeout},
};

use super::check::Check;
use crate::{
    cli::telemetry::variable,
    config::Config,
    provider,
    telemetry::otlp::{Settings, Target},
};

const LISTEN: &str = "telemetry.listen";
const EXPORT: &str = "telemetry.otlp";
/// A receiver that takes longer would hold up every export.
const PATIENCE: Duration = Duration::from_secs(10);

/// Looks at what was asked for.
pub(super) async fn look(config: &Config, env_file: Option<&Path>, offline: bool) -> Vec<Check> {
    let settings = Settings::read(&|name| variable(name, env_file));
    let mut checks = vec![match config.telemetry.metrics_listen {
        Some(address) => listen(address.address()).await,
        None => Check::good(LISTEN, "off (--metrics-listen, telemetry.metrics_listen)"),
    }];
    for complaint in &settings.complaints {
        let remedy = "correct the variable, or unset it; figures are not exported before";
        checks.push(Check::warning(EXPORT, complaint, remedy));
    }
    let targets = [("metrics", &settings.metrics), ("spans", &settings.traces)];
    for (what, target) in targets {
        if let Some(target) = target {
            checks.push(receiver(what, target, offline).await);
        }
    }
    if !settings.is_on() && settings.complaints.is_empty() {
        checks.push(Check::good(EXPORT, "off (OTEL_EXPORTER_OTLP_ENDPOINT)"));
    }
    checks
}

async fn listen(address: SocketAddr) -> Check {
    match TcpListener::bind(address).await {
        Ok(_) => Check::good(LISTEN, format!("{address} is free")),
        Err(error) => Check::failed(
            LISTEN,
            format!("cannot listen at {address}: {error}"),
            "another waferdeck may serve its figures there; --metrics-listen takes another port",
        ),
    }
}

async fn receiver(what: &str, target: &Target, offline: bool) -> Check {
    let place = target.place();
    if offline && !target.is_on_this_machine() {
        return Check::unchecked(EXPORT, format!("{what} to {place}: --offline"));
    }
    let began = Instant::now();
    let asking = async {
        let client = provider::plain_client(&target.url, target.holds_secret())
            .map_err(|e| e.failure().message)?;
        let reply = client.get(target.url.clone()).send().await;
        reply
            .map(|r| r.status())
            .map_err(|e| cause(&e.without_url()))
    };
    let asked = timeout(PATIENCE, asking).await;
    let outcome =
        asked.unwrap_or_else(|_| Err(format!("no reply within {} s", PATIENCE.as_secs())));
    match outcome {
        Ok(_) => Check::good(EXPORT, format!("{what}: a server answers at {place}")),
        Err(why) => Check::failed(
            EXPORT,
            format!("{what} cannot be exported to {place}: {why}"),
            "start the collector, or correct the OTEL_EXPORTER_OTLP_* variables",
        ),
    }
    .took(began.elapsed())
}

/// The innermost reason.
fn cause(error: &reqwest::Error) -> String {
    let first: &dyn std::error::Error = error;
    let all = std::iter::successors(Some(first), |e| e.source());
    all.last().map_or_else(String::new, ToString::to_string)
}

#[cfg(test)]
mod tests {
    use super::super::check::{Status, expect};
    use super::*;

    fn target(port: u16) -> Target {
        let get = |name: &str| {
            (name == "OTEL_EXPORTER_OTLP_ENDPOINT")
                .then(|| format!("http://user:s3cret@127.0.0.1:{port}"))
        };
        Settings::read(&get).metrics.unwrap()
    }

    #[tokio::test]
    async fn a_port_in_use_and_a_receiver_that_is_not_there_are_crosses() {
        let taken = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = taken.local_addr().unwrap();
        expect(&listen(address).await, Status::Failed, &["another port"]);
        drop(taken);
        expect(&listen(address).await, Status::Good, &["is free"]);
        let cross = receiver("metrics", &target(address.port()), true).await;
        expect(&cross, Status::Failed, &["start the collector"]);
        assert!(!format!("{cross:?}").contains("s3cret"));
    }

    #[tokio::test]
    async fn any_answer_tells_that_a_receiver_is_there() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        tokio::spawn(async move {
            use tokio::io::{AsyncReadExt, AsyncWriteExt};
            let (mut socket, _) = listener.accept().await.unwrap();
            let mut request = [0; 4096];
            let _ = socket.read(&mut request).await;
            let reply = b"HTTP/1.1 405 Method Not Allowed\r\ncontent-length: 0\r\n\r\n";
            let _ = socket.write_all(reply).await;
        });
        expect(
            &receiver("spans", &target(port), false).await,
            Status::Good,
            &["answers"],
        );
    }
}
