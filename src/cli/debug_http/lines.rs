//! The lines of `--debug-http`: what was heard as JSON objects, streams cut into their events, keys hidden, in bounded
//! space.
//! When they are written is decided by the thread that writes.

use std::{
    collections::HashMap,
    fmt::Write as _,
    io::{self, Write},
};

use serde::{Serialize, Serializer, ser::SerializeMap};

use crate::{
    chat::{Header, Timestamp},
    provider::{Line, Said, Splitter, Veil},
    text::{self, Secrets},
};

/// An event or body that is longer is written in parts.
const MOST_HELD: usize = 1 << 20;
/// The last line has room for itself.
const LAST_LINE: u64 = 1 << 10;
const ABOUT: &str = "requests and replies as they were sent and received, with prompts and answers; keys are hidden";

/// Something that was said, on its way to the file.
pub(super) struct Heard {
    at: Timestamp,
    key: Key,
    millis: f64,
    what: What,
}

/// Whose words they are.
#[derive(Clone, PartialEq, Eq, Hash)]
struct Key {
    id: String,
    profile: String,
    attempt: u32,
}

/// What was said.
pub(super) enum What {
    Nothing,
    Request {
        method: String,
        url: String,
        headers: Vec<Header>,
        body: Vec<u8>,
    },
    Head {
        version: String,
        status: u16,
        server_id: Option<String>,
        headers: Vec<Header>,
    },
    Bytes(Vec<u8>),
    End(String),
}

impl What {
    pub(super) fn of(said: Said<'_>) -> Self {
        match said {
            Said::Request {
                method,
                url,
                headers,
                body,
            } => Self::Request {
                method: method.to_owned(),
                url: url.to_owned(),
                headers: headers.to_vec(),
                body: body.to_vec(),
            },
            Said::Head {
                version,
                status,
                server_id,
                headers,
            } => Self::Head {
                version: version.to_owned(),
                status,
                server_id: server_id.map(str::to_owned),
                headers: headers.to_vec(),
            },
            Said::Bytes(bytes) => Self::Bytes(bytes.to_vec()),
            Said::End(how) => Self::End(how.to_owned()),
        }
    }
}

impl Heard {
    pub(super) fn new(of: &Line<'_>, what: What, at: Timestamp) -> Self {
        let key = Key {
            id: of.id.to_owned(),
            profile: of.profile.to_owned(),
            attempt: of.attempt,
        };
        Self {
            at,
            key,
            millis: (of.at.as_secs_f64() * 1e6).round() / 1e3,
            what,
        }
    }

    /// It says nothing, and wakes whoever waits for more.
    pub(super) fn nothing() -> Self {
        Self {
            at: Timestamp(0),
            key: Key {
                id: String::new(),
                profile: String::new(),
                attempt: 0,
            },
            millis: 0.0,
            what: What::Nothing,
        }
    }

    /// What of it can be large.
    pub(super) fn bytes(&self) -> usize {
        match &self.what {
            What::Request { body, .. } => body.len(),
            What::Bytes(bytes) => bytes.len(),
            _ => 0,
        }
    }
}

/// A line of the file.
#[derive(Serialize)]
struct Record<'a> {
    at: String,
    #[serde(flatten)]
    of: Option<Of<'a>>,
    #[serde(flatten)]
    kind: Kind<'a>,
}

#[derive(Clone, Copy, Serialize)]
struct Of<'a> {
    id: &'a str,
    profile: &'a str,
    attempt: u32,
    /// Since the attempt was sent.
    ms: f64,
}

#[derive(Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
enum Kind<'a> {
    About {
        about: &'a str,
        version: &'a str,
    },
    Request {
        method: &'a str,
        url: &'a str,
        #[serde(serialize_with = "as_object")]
        headers: &'a [Header],
        bytes: usize,
        body: Body<'a>,
    },
    Response {
        http: &'a str,
        status: u16,
        server_id: Option<&'a str>,
        #[serde(serialize_with = "as_object")]
        headers: &'a [Header],
    },
    /// An event of a stream.
    Event {
        bytes: usize,
        raw: &'a str,
    },
    /// Part of a body that is no stream, or bytes that ended no event.
    Body {
        bytes: usize,
        raw: &'a str,
    },
    End {
        how: &'a str,
    },
    Lost {
        records: u64,
    },
    Full {
        about: &'a str,
    },
}

/// JSON where it is some, so that a program can look into it.
#[derive(Serialize)]
#[serde(untagged)]
enum Body<'a> {
    Json(Box<serde_json::value::RawValue>),
    Text(&'a str),
}

impl<'a> Body<'a> {
    fn of(text: &'a str) -> Self {
        // Raw, so that fields keep their order and numbers their digits.
        match serde_json::value::RawValue::from_string(text.to_owned()) {
            Ok(json) if !text.contains(['\n', '\r']) => Self::Json(json),
            _ => Self::Text(text),
        }
    }
}

/// As an object; a header that came twice stands there twice.
fn as_object<S: Serializer>(headers: &[Header], serializer: S) -> Result<S::Ok, S::Error> {
    let mut map = serializer.serialize_map(Some(headers.len()))?;
    for (name, value) in headers {
        map.serialize_entry(name, value)?;
    }
    map.end()
}

/// A reply whose body is being read.
struct Reply {
    splitter: Splitter,
    veil: Veil,
    is_stream: bool,
}

/// Writes lines until there are too many.
pub(super) struct Lines<W: Write> {
    out: W,
    bytes: u64,
    most: u64,
    is_full: bool,
    secrets: Secrets,
    replies: HashMap<Key, Reply>,
}

impl<W: Write> Lines<W> {
    /// Behind so many bytes, up to `most`.
    pub(super) fn new(out: W, bytes: u64, most: u64, secrets: Secrets) -> Self {
        Self {
            out,
            bytes,
            most,
            is_full: false,
            secrets,
            replies: HashMap::new(),
        }
    }

    /// Nothing more is written.
    pub(super) fn is_full(&self) -> bool {
        self.is_full
    }

    /// What the file is, before anything else.
    pub(super) fn about(&mut self, at: Timestamp) -> io::Result<()> {
        let kind = Kind::About {
            about: ABOUT,
            version: env!("CARGO_PKG_VERSION"),
        };
        self.line(at, None, kind)
    }

    /// So much could not be kept until it was written.
    pub(super) fn lost(&mut self, records: u64, at: Timestamp) -> io::Result<()> {
        for reply in self.replies.values_mut() {
            reply.veil.cut();
        }
        self.line(at, None, Kind::Lost { records })
    }

    pub(super) fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }

    /// Writes what was said.
    pub(super) fn take(&mut self, heard: Heard) -> io::Result<()> {
        let Heard {
            at,
            key,
            millis,
            what,
        } = heard;
        let of = Of {
            id: &key.id,
            profile: &key.profile,
            attempt: key.attempt,
            ms: millis,
        };
        match what {
            What::Nothing => Ok(()),
            What::Request {
                method,
                url,
                headers,
                body,
            } => {
                let text = String::from_utf8_lossy(&body);
                let kind = Kind::Request {
                    method: &method,
                    url: &url,
                    headers: &headers,
                    bytes: body.len(),
                    body: Body::of(&text),
                };
                self.line(at, Some(of), kind)
            }
            What::Head {
                version,
                status,
                server_id,
                headers,
            } => {
                let mut types = headers.iter().filter(|(name, _)| name == "content-type");
                let reply = Reply {
                    splitter: Splitter::default(),
                    veil: Veil::new(&self.secrets),
                    is_stream: types.any(|(_, value)| value.contains("event-stream")),
                };
                self.replies.insert(key.clone(), reply);
                let kind = Kind::Response {
                    http: &version,
                    status,
                    server_id: server_id.as_deref(),
                    headers: &headers,
                };
                self.line(at, Some(of), kind)
            }
            What::Bytes(bytes) => self.body(at, of, &key, &bytes),
            What::End(how) => {
                if let Some(mut reply) = self.replies.remove(&key) {
                    let rest = reply.splitter.rest();
                    self.part(at, of, &mut reply.veil, &rest, false)?;
                }
                self.line(at, Some(of), Kind::End { how: &how })
            }
        }
    }

    fn body(&mut self, at: Timestamp, of: Of<'_>, key: &Key, bytes: &[u8]) -> io::Result<()> {
        // Taken out while its parts are written.
        let Some(mut reply) = self.replies.remove(key) else {
            return Ok(());
        };
        let mut parts = Vec::new();
        reply
            .splitter
            .push(bytes, |event| parts.push(event.to_vec()));
        let rest = (reply.splitter.held() > MOST_HELD).then(|| reply.splitter.rest());
        let veil = &mut reply.veil;
        for part in parts {
            self.part(at, of, veil, &part, reply.is_stream)?;
        }
        if let Some(rest) = rest {
            self.part(at, of, veil, &rest, false)?;
        }
        self.replies.insert(key.clone(), reply);
        Ok(())
    }

    fn part(
        &mut self,
        at: Timestamp,
        of: Of<'_>,
        veil: &mut Veil,
        bytes: &[u8],
        is_event: bool,
    ) -> io::Result<()> {
        if bytes.is_empty() {
            return Ok(());
        }
        let text = String::from_utf8_lossy(bytes);
        let bytes = bytes.len();
        let raw = &*veil.hide(&text);
        let kind = if is_event {
            Kind::Event { bytes, raw }
        } else {
            Kind::Body { bytes, raw }
        };
        self.line(at, Some(of), kind)
    }

    fn line(&mut self, at: Timestamp, of: Option<Of<'_>>, kind: Kind<'_>) -> io::Result<()> {
        if self.is_full {
            return Ok(());
        }
        let line = self.written(at, of, kind)?;
        if self.bytes + line.len() as u64 + LAST_LINE > self.most {
            self.is_full = true;
            let about = format!(
                "the file holds {} MiB, the most it may: nothing more is written",
                self.most >> 20
            );
            let last = self.written(at, None, Kind::Full { about: &about })?;
            return self.out.write_all(last.as_bytes());
        }
        self.bytes += line.len() as u64;
        self.out.write_all(line.as_bytes())
    }

    fn written(&self, at: Timestamp, of: Option<Of<'_>>, kind: Kind<'_>) -> io::Result<String> {
        let millis = i64::try_from(at.0).unwrap_or(i64::MAX);
        let at = jiff::Timestamp::from_millisecond(millis).unwrap_or_default();
        let at = at.to_string();
        let json = serde_json::to_string(&Record { at, of, kind })?;
        Ok(escaped(&self.secrets.hide(&json)) + "\n")
    }
}

/// The same JSON without characters that drive a terminal or hide in it, so that it can be looked at in one.
fn escaped(json: &str) -> String {
    if json.bytes().all(|b| matches!(b, b' '..=b'~')) {
        return json.to_owned();
    }
    let mut out = String::with_capacity(json.len());
    for c in json.chars() {
        if text::is_hidden(c) {
            for unit in c.encode_utf16(&mut [0; 2]) {
                let _ = write!(out, "\\u{unit:04x}");
            }
        } else {
            out.push(c);
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use serde_json::Value;

    use super::*;

    const KEY: &str = "csk-canary-0123456789abcdef";

    /// The lines of a conversation that begins with a request, within `most` bytes.
    fn told(said: &[Said<'_>], most: u64) -> Vec<String> {
        let secrets = Secrets::default();
        secrets.learn(&KEY.into());
        let mut out = Vec::new();
        let mut lines = Lines::new(&mut out, 0, most, secrets);
        lines.about(Timestamp(0)).unwrap();
        for (ms, said) in (0..).zip(said) {
            let line = Line {
                id: "0badcafe",
                profile: "test",
                attempt: 1,
                at: Duration::from_micros(ms * 1_500),
            };
            let heard = Heard::new(&line, What::of(*said), Timestamp(1_795_000_000_000 + ms));
            lines.take(heard).unwrap();
        }
        drop(lines);
        let text = String::from_utf8(out).unwrap();
        assert!(!text.contains("canary"), "{text}");
        assert!(text.len() as u64 <= most);
        text.lines().map(str::to_owned).collect()
    }

    fn head(kind: &str) -> Vec<Header> {
        vec![("content-type".to_owned(), kind.to_owned())]
    }

    #[test]
    fn a_conversation_is_a_line_for_each_event() {
        let (stream, none) = (head("text/event-stream"), Vec::new());
        let echo = format!("data: b\u{9b}2J {KEY}\n\ndata: [DO");
        let lines = told(
            &[
                Said::Request {
                    method: "POST",
                    url: "http://h/v1/chat/completions",
                    headers: &none,
                    body: br#"{"z":1.0,"a":"x"}"#,
                },
                Said::Head {
                    version: "HTTP/1.1",
                    status: 200,
                    server_id: Some("srv"),
                    headers: &stream,
                },
                Said::Bytes(b"data: a\n\nda"),
                Said::Bytes(echo.trim_start_matches("da").as_bytes()),
                Said::End("complete"),
            ],
            1 << 20,
        );
        assert!(lines[0].contains("prompts and answers"), "{}", lines[0]);
        let start = |ms: &str, second: &str| {
            format!(
                r#"{{"at":"2026-11-18T11:06:40{second}Z","id":"0badcafe","profile":"test","attempt":1,"ms":{ms},"kind":"#
            )
        };
        let expected = [
            start("0.0", "")
                + r#""request","method":"POST","url":"http://h/v1/chat/completions","headers":{},"bytes":17,"body":{"z":1.0,"a":"x"}}"#,
            start("1.5", ".001")
                + r#""response","http":"HTTP/1.1","status":200,"server_id":"srv","headers":{"content-type":"text/event-stream"}}"#,
            start("3.0", ".002") + r#""event","bytes":9,"raw":"data: a\n\n"}"#,
            start("4.5", ".003")
                + r#""event","bytes":41,"raw":"data: b\u009b2J [key hidden]\n\n"}"#,
            start("6.0", ".004") + r#""body","bytes":9,"raw":"data: [DO"}"#,
            start("6.0", ".004") + r#""end","how":"complete"}"#,
        ];
        assert_eq!(lines[1..], expected);
        for line in lines {
            assert!(serde_json::from_str::<Value>(&line).is_ok(), "{line}");
        }
    }

    #[test]
    fn what_hides_in_a_terminal_shows_and_can_be_read_back() {
        for (text, shown) in [
            ("a\u{ad}b", r#""a\u00adb""#),
            ("\u{e0041}\u{202e}", r#""\udb40\udc41\u202e""#),
            ("名 é 👋", r#""名 é 👋""#),
        ] {
            let json = escaped(&serde_json::to_string(text).unwrap());
            assert_eq!(json, shown);
            assert_eq!(serde_json::from_str::<String>(&json).unwrap(), text);
        }
    }

    #[test]
    fn other_bodies_come_in_parts_that_are_bounded() {
        let html = head("text/html");
        let page = "<p>".repeat(500_000);
        let said = Said::Head {
            version: "HTTP/2",
            status: 502,
            server_id: None,
            headers: &html,
        };
        let lines = told(
            &[
                said,
                Said::Bytes(page.as_bytes()),
                Said::Bytes(b"end"),
                Said::End("failed: x"),
            ],
            8 << 20,
        );
        let kinds: Vec<String> = lines
            .iter()
            .map(|l| {
                serde_json::from_str::<Value>(l).unwrap()["kind"]
                    .as_str()
                    .unwrap()
                    .to_owned()
            })
            .collect();
        assert_eq!(kinds, ["about", "response", "body", "body", "end"]);
    }

    #[test]
    fn a_key_where_a_long_body_is_cut_is_hidden() {
        let html = head("text/html");
        let said = Said::Head {
            version: "HTTP/2",
            status: 502,
            server_id: None,
            headers: &html,
        };
        let (front, back) = KEY.split_at(16);
        let page = "x".repeat(MOST_HELD) + front;
        let said = [
            said,
            Said::Bytes(page.as_bytes()),
            Said::Bytes(back.as_bytes()),
            Said::End("x"),
        ];
        let lines = told(&said, 8 << 20);
        assert!(lines[2].ends_with("x[key hidden]\"}"));
        assert!(lines[3].contains(r#""raw":"[key hidden]""#), "{}", lines[3]);
    }

    #[test]
    fn a_key_in_pieces_an_event_each_is_hidden() {
        let event = |text: &str| format!("data: {{\"content\":\"{text}\"}}\n\n");
        let (front, back) = KEY.split_at(16);
        let pieces = [event(front), event(back)];
        for kind in ["text/event-stream", "text/plain"] {
            let headers = head(kind);
            let said = Said::Head {
                version: "HTTP/2",
                status: 200,
                server_id: None,
                headers: &headers,
            };
            let [front, back] = pieces.each_ref().map(|p| Said::Bytes(p.as_bytes()));
            let lines = told(&[said, front, back, Said::End("complete")], 8 << 20);
            let hidden = r#""raw":"data: {\"content\":\"[key hidden]\"}\n\n"}"#;
            assert!(lines[2].ends_with(hidden), "{}", lines[2]);
            assert!(lines[3].ends_with(hidden), "{}", lines[3]);
        }
    }

    #[test]
    fn a_full_file_says_so_in_its_last_line() {
        let none = Vec::new();
        let said = Said::Request {
            method: "GET",
            url: "http://h/v1/models",
            headers: &none,
            body: b"",
        };
        let lines = told(&[said; 100], 4_000);
        assert!(lines.len() < 20);
        assert!(
            lines.last().unwrap().contains(r#""kind":"full""#),
            "{lines:?}"
        );
        assert_eq!(lines.iter().filter(|l| l.contains("\"full\"")).count(), 1);
    }
}
