//! The mock in a process of its own, and what it says about when it wrote the last token.

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use serde::Deserialize;
use tempfile::TempDir;

use crate::plan::Scenario;
use crate::{Outcome, PROGRAM};

/// From the request to the first token.
pub(crate) const TTFT: Duration = Duration::from_millis(300);
/// Ends every answer, in characters that nothing else has, so that the bytes to the terminal can be searched for it.
pub(crate) const MARKER: &str = "◈◇◈◇◈";
/// Bytes of a comment beside the marker: no other write at the end of an answer is as large.
const PADDING: usize = 2_000;

/// Tokens of the answer behind a reasoning.
const CONCLUSION: u64 = 10;

/// A running mock; ends when dropped.
pub(crate) struct Mock {
    process: Child,
    url: String,
    _files: TempDir,
}

/// What the mock noted about an answer.
#[derive(Deserialize)]
pub(crate) struct Stamps {
    /// On the machine's monotonic clock.
    read_us: u64,
    /// Microseconds after it, bytes, and events that begin in them.
    writes: Vec<(u64, usize, usize)>,
}

impl Mock {
    /// Starts one that answers every request like this, one token in an event.
    pub(crate) fn start(scenario: &Scenario) -> Outcome<Self> {
        let files = tempfile::tempdir()?;
        let file = files.path().join("scenario.toml");
        fs::write(&file, scenario_toml(scenario))?;
        let mut process = Command::new(PROGRAM)
            .args(["mock", "--listen", "127.0.0.1:0", "--stamps", "--scenario"])
            .arg(&file)
            .env("WAFERDECK_CONFIG_DIR", files.path())
            .env("WAFERDECK_DATA_DIR", files.path())
            .env("WAFERDECK_STATE_DIR", files.path())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()?;
        let stdout = process.stdout.take().ok_or("the mock has no output")?;
        let mut url = String::new();
        BufReader::new(stdout).read_line(&mut url)?;
        if !url.starts_with("http://") {
            return Err("the mock did not start".into());
        }
        Ok(Self {
            process,
            url: url.trim().to_owned(),
            _files: files,
        })
    }

    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    /// When the mock wrote what of an answer.
    pub(crate) fn stamps(&self, request_id: &str) -> Outcome<Stamps> {
        let host = self.url.trim_start_matches("http://");
        let host = host.split('/').next().unwrap_or(host);
        let mut stream = TcpStream::connect(host)?;
        write!(
            stream,
            "GET /mock/stamps/{request_id} HTTP/1.1\r\nhost: {host}\r\nconnection: close\r\n\r\n"
        )?;
        let mut reply = String::new();
        stream.read_to_string(&mut reply)?;
        let body = reply.split_once("\r\n\r\n").map_or("", |(_, body)| body);
        let told = |error| format!("no stamps of {request_id}: {error}");
        Ok(serde_json::from_str(body).map_err(told)?)
    }
}

impl Stamps {
    /// When the first token was written to the socket, in microseconds of the monotonic clock.
    pub(crate) fn first_token(&self) -> Outcome<u64> {
        self.at(self
            .writes
            .iter()
            .find(|(after, _, _)| TTFT <= Duration::from_micros(*after)))
    }

    /// When the last one was.
    pub(crate) fn last_token(&self) -> Outcome<u64> {
        self.at(self.writes.iter().rfind(|(_, bytes, _)| *bytes > PADDING))
    }

    /// When each event with text was, in microseconds after the reading of the request. The first event has a role alone
    /// and the last one figures.
    pub(crate) fn texts(&self) -> Vec<u64> {
        let writes = self.writes.iter();
        let events: Vec<u64> = writes
            .flat_map(|&(at, _, events)| std::iter::repeat_n(at, events))
            .collect();
        match events.as_slice() {
            [_, texts @ .., _] => texts.to_vec(),
            _ => Vec::new(),
        }
    }

    fn at(&self, write: Option<&(u64, usize, usize)>) -> Outcome<u64> {
        let (after, _, _) = write.ok_or("the token was not written")?;
        Ok(self.read_us + after)
    }
}

impl Drop for Mock {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn scenario_toml(scenario: &Scenario) -> String {
    let (text, deltas) = (scenario.text, scenario.tokens);
    let tokens = if scenario.is_reasoning {
        CONCLUSION.min(deltas)
    } else {
        deltas
    };
    let reasoning = deltas - tokens;
    let speed = scenario
        .rate
        .map_or_else(|| "\"unpaced\"".to_owned(), |r| format!("{r:.1}"));
    let padding = ".".repeat(PADDING);
    let ttft = TTFT.as_millis();
    format!(
        r#"tokens_per_second = {speed}
tokens_per_delta = 1
ttft_ms = {ttft}
tokens = {tokens}
reasoning_tokens = {reasoning}
text = "{text}"
ignore_limit = true

[[wire.insert]]
after_deltas = {deltas}
text = '''
: {padding}
data: {{"choices":[{{"index":0,"delta":{{"content":"\n\n{MARKER}"}}}}]}}

'''
"#
    )
}
