//! Reads the standard variables: who receives what, with which headers, how often.
//!
//! The environment is a parameter. Headers may be keys: they are held as sensitive and never shown.

use std::{fmt, time::Duration};

use reqwest::{
    Url,
    header::{HeaderMap, HeaderName, HeaderValue},
};

use super::super::{Resource, subject::safe};

/// The receiver of a machine that names none.
const DEFAULT: &str = "http://localhost:4318";
/// The one protocol that is spoken.
const PROTOCOL: &str = "http/json";
/// Between two exports.
const INTERVAL: Duration = Duration::from_mins(1);
/// For one export.
const TIMEOUT: Duration = Duration::from_secs(10);
/// No interval is shorter: an export that is due all the time would be all that is done.
const SHORTEST: Duration = Duration::from_millis(100);
/// Attributes of the resource, at most.
const MOST_ATTRIBUTES: usize = 64;

/// What goes where.
#[derive(Debug, Default)]
pub struct Settings {
    /// Who receives metrics.
    pub metrics: Option<Target>,
    /// Who receives spans.
    pub traces: Option<Target>,
    /// Between two exports.
    pub interval: Duration,
    /// What all figures share.
    pub resource: Resource,
    /// What is not done as it was asked, a sentence each.
    pub complaints: Vec<String>,
}

/// A receiver of one signal.
#[derive(Clone)]
pub struct Target {
    /// Where to post.
    pub url: Url,
    /// What to send along.
    pub(super) headers: HeaderMap,
    /// How long an export may take.
    pub(super) timeout: Duration,
    /// The variable that named it.
    pub(super) variable: String,
}

impl Target {
    /// True if what is sent may hold a key.
    pub fn holds_secret(&self) -> bool {
        let url = &self.url;
        !self.headers.is_empty() || !url.username().is_empty() || url.password().is_some()
    }

    /// Host and port: paths, users and queries of receivers may hold keys.
    pub fn place(&self) -> String {
        let port = self.url.port_or_known_default().unwrap_or_default();
        safe(&format!(
            "{}:{port}",
            self.url.host_str().unwrap_or_default()
        ))
    }

    /// True if nothing that is sent there leaves this machine.
    pub fn is_on_this_machine(&self) -> bool {
        let host = self.url.host_str().unwrap_or_default();
        let address = host.trim_matches(['[', ']']).parse::<std::net::IpAddr>();
        host == "localhost" || address.is_ok_and(|a| a.is_loopback())
    }
}

impl fmt::Debug for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Target").field(&self.place()).finish()
    }
}

impl Settings {
    /// What the variables say; `get` reads one.
    pub fn read(get: &dyn Fn(&str) -> Option<String>) -> Self {
        let get = |name: &str| {
            get(name)
                .map(|v| v.trim().to_owned())
                .filter(|v| !v.is_empty())
        };
        let is_off = get("OTEL_SDK_DISABLED").is_some_and(|v| v.eq_ignore_ascii_case("true"));
        let mut complaints = Vec::new();
        let mut target = |signal: &Signal| match target(&get, signal) {
            _ if is_off => None,
            Ok(target) => target,
            Err(complaint) => {
                if !complaints.contains(&complaint) {
                    complaints.push(complaint);
                }
                None
            }
        };
        Self {
            metrics: target(&METRICS),
            traces: target(&TRACES),
            interval: millis(get("OTEL_METRIC_EXPORT_INTERVAL"))
                .unwrap_or(INTERVAL)
                .max(SHORTEST),
            resource: resource(&get),
            complaints,
        }
    }

    /// True if something is to be exported.
    pub fn is_on(&self) -> bool {
        self.metrics.is_some() || self.traces.is_some()
    }
}

/// What can be exported.
struct Signal {
    /// In the names of variables.
    name: &'static str,
    /// The variable that chooses exporters for it.
    exporter: &'static str,
    /// Below the receiver's base address.
    path: &'static str,
}

const METRICS: Signal = Signal {
    name: "METRICS",
    exporter: "OTEL_METRICS_EXPORTER",
    path: "v1/metrics",
};
const TRACES: Signal = Signal {
    name: "TRACES",
    exporter: "OTEL_TRACES_EXPORTER",
    path: "v1/traces",
};

/// The receiver of a signal, or why it gets nothing though it was asked for.
fn target(get: &dyn Fn(&str) -> Option<String>, signal: &Signal) -> Result<Option<Target>, String> {
    // The signal's own variable wins over the one for all.
    let find = |what: &str| {
        let own = format!("OTEL_EXPORTER_OTLP_{}_{what}", signal.name);
        let shared = format!("OTEL_EXPORTER_OTLP_{what}");
        let found = |name: String| get(&name).map(|value| (name, value));
        found(own).or_else(|| found(shared))
    };
    let chosen = get(signal.exporter);
    let wants = |word: &str| word.trim().eq_ignore_ascii_case("otlp");
    match (&chosen, find("ENDPOINT")) {
        (Some(words), _) if !words.split(',').any(wants) => return Ok(None),
        (None, None) => return Ok(None),
        _ => {}
    }
    if let Some((variable, protocol)) = find("PROTOCOL")
        && protocol != PROTOCOL
    {
        let protocol = safe(&protocol);
        return Err(format!(
            "{variable} asks for {protocol}, and waferdeck exports telemetry as {PROTOCOL} alone: nothing is exported"
        ));
    }
    let (variable, address) =
        find("ENDPOINT").unwrap_or_else(|| (signal.exporter.to_owned(), DEFAULT.to_owned()));
    let wrong = || format!("{variable} is no http:// or https:// address: nothing is exported");
    let mut url = Url::parse(&address).map_err(|_| wrong())?;
    if !matches!(url.scheme(), "http" | "https") || url.host_str().is_none() {
        return Err(wrong());
    }
    // The signal's own address is taken as it is.
    if !variable.contains(signal.name) || variable == signal.exporter {
        let base = url.path().trim_end_matches('/').to_owned();
        url.set_path(&format!("{base}/{}", signal.path));
    }
    let headers = match find("HEADERS") {
        Some((variable, text)) => headers(&text).ok_or_else(|| {
            format!("{variable} is no list of NAME=VALUE headers: nothing is exported")
        })?,
        None => HeaderMap::new(),
    };
    Ok(Some(Target {
        url,
        headers,
        timeout: millis(find("TIMEOUT").map(|(_, v)| v)).unwrap_or(TIMEOUT),
        variable,
    }))
}

/// Milliseconds, from 1 on.
fn millis(text: Option<String>) -> Option<Duration> {
    let millis: u64 = text?.parse().ok()?;
    (millis > 0).then(|| Duration::from_millis(millis))
}

/// `a=b,c=d` with encoded values.
fn pairs(text: &str) -> Option<Vec<(String, String)>> {
    let pairs = text.split(',').map(str::trim).filter(|p| !p.is_empty());
    pairs
        .map(|pair| {
            let (name, value) = pair.split_once('=')?;
            let (name, value) = (decoded(name.trim())?, decoded(value.trim())?);
            (!name.is_empty()).then_some((name, value))
        })
        .collect()
}

/// Text whose odd bytes stand as `%` and two digits.
fn decoded(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        if byte == b'%' {
            let digit = |b: u8| char::from(b).to_digit(16);
            let (high, low) = (digit(rest.next()?)?, digit(rest.next()?)?);
            bytes.push(u8::try_from(high * 16 + low).ok()?);
        } else {
            bytes.push(byte);
        }
    }
    String::from_utf8(bytes).ok()
}

fn headers(text: &str) -> Option<HeaderMap> {
    let mut headers = HeaderMap::new();
    for (name, value) in pairs(text)? {
        let name = HeaderName::from_bytes(name.as_bytes()).ok()?;
        let mut value = HeaderValue::from_str(&value).ok()?;
        value.set_sensitive(true);
        headers.append(name, value);
    }
    Some(headers)
}

fn resource(get: &dyn Fn(&str) -> Option<String>) -> Resource {
    let listed = get("OTEL_RESOURCE_ATTRIBUTES").and_then(|text| pairs(&text));
    let listed = listed.unwrap_or_default().into_iter().take(MOST_ATTRIBUTES);
    let named = get("OTEL_SERVICE_NAME").map(|name| ("service.name".to_owned(), name));
    let all = listed.chain(named);
    Resource::new(all.map(|(name, value)| (safe(&name), safe(&value))))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(variables: &[(&str, &str)]) -> Settings {
        Settings::read(&|name| {
            let found = variables.iter().find(|(known, _)| *known == name);
            found.map(|(_, value)| (*value).to_owned())
        })
    }

    /// Where metrics and spans go.
    fn urls(variables: &[(&str, &str)]) -> [Option<String>; 2] {
        let settings = read(variables);
        [settings.metrics, settings.traces].map(|t| t.map(|t| t.url.to_string()))
    }

    #[test]
    fn nothing_is_exported_unless_a_variable_asks_for_it() {
        let none = [None, None];
        assert_eq!(urls(&[]), none);
        assert_eq!(urls(&[("OTEL_SERVICE_NAME", "x")]), none);
        assert_eq!(urls(&[("OTEL_EXPORTER_OTLP_ENDPOINT", " ")]), none);
        let endpoint = ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://h:4318");
        assert_eq!(urls(&[endpoint, ("OTEL_SDK_DISABLED", "TRUE")]), none);
        let off = [
            endpoint,
            ("OTEL_METRICS_EXPORTER", "none"),
            ("OTEL_TRACES_EXPORTER", "console"),
        ];
        assert_eq!(urls(&off), none);
    }

    #[test]
    fn a_signals_own_address_is_taken_as_it_is_and_the_shared_one_gets_a_path() {
        let some = |text: &str| Some(text.to_owned());
        assert_eq!(
            urls(&[("OTEL_EXPORTER_OTLP_ENDPOINT", "https://h/base/")]),
            [
                some("https://h/base/v1/metrics"),
                some("https://h/base/v1/traces")
            ]
        );
        assert_eq!(
            urls(&[("OTEL_EXPORTER_OTLP_METRICS_ENDPOINT", "http://m:1/")]),
            [some("http://m:1/"), None]
        );
        assert_eq!(
            urls(&[("OTEL_METRICS_EXPORTER", "otlp")]),
            [some("http://localhost:4318/v1/metrics"), None]
        );
    }

    #[test]
    fn what_cannot_be_done_is_said_once_and_quotes_no_secret() {
        let endpoint = ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://u:secret@h:4317");
        for (variables, expected) in [
            (
                [endpoint, ("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc")],
                "OTEL_EXPORTER_OTLP_PROTOCOL asks for grpc",
            ),
            (
                [endpoint, ("OTEL_EXPORTER_OTLP_HEADERS", "secret")],
                "OTEL_EXPORTER_OTLP_HEADERS is no list",
            ),
            (
                [
                    ("OTEL_EXPORTER_OTLP_ENDPOINT", "h:4318/secret"),
                    ("X", "secret"),
                ],
                "OTEL_EXPORTER_OTLP_ENDPOINT is no http",
            ),
        ] {
            let settings = read(&variables);
            assert!(!settings.is_on());
            let [complaint] = &settings.complaints[..] else {
                panic!("{settings:?}");
            };
            assert!(complaint.starts_with(expected), "{complaint}");
            assert!(!format!("{settings:?}").contains("secret"), "{settings:?}");
        }
    }

    #[test]
    fn headers_and_attributes_are_decoded_and_headers_stay_secret() {
        let settings = read(&[
            ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://h/secret"),
            ("OTEL_EXPORTER_OTLP_HEADERS", "x-key=a%20secret, b=c=d"),
            ("OTEL_EXPORTER_OTLP_METRICS_TIMEOUT", "250"),
            ("OTEL_METRIC_EXPORT_INTERVAL", "5000"),
            ("OTEL_RESOURCE_ATTRIBUTES", "team=a%2Cb,service.name=x"),
            ("OTEL_SERVICE_NAME", "deck"),
        ]);
        assert_eq!(settings.interval, Duration::from_secs(5));
        let target = settings.metrics.as_ref().unwrap();
        assert_eq!(target.headers.get("x-key").unwrap(), "a secret");
        assert_eq!(target.headers.get("b").unwrap(), "c=d");
        assert_eq!(target.timeout, Duration::from_millis(250));
        assert!(!format!("{settings:?}").contains("secret"), "{settings:?}");
        let attributes = settings.resource.attributes();
        let has = |n: &str, v: &str| attributes.contains(&(n.to_owned(), v.to_owned()));
        assert!(has("team", "a,b") && has("service.name", "deck"));
    }
}
