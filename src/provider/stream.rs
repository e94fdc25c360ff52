//! Reads the body of a successful response: stamps each read, watches the clocks, feeds the decoder.
//! What the events amount to is `assembly`'s; whether to try again is `call`'s.
//!
//! A stamp is the time at which a piece was read. That is when it came, but for fast streams, whose pieces are read
//! together: there it is late by at most a hundredth of what is measured, and by 4 ms at most, the first text by half a
//! millisecond (see `rest`).

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use reqwest::Response;
use reqwest::header::CONTENT_TYPE;
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep_until, timeout};

use super::assembly::{Assembly, Sink};
use super::endpoint::{Caps, Timeouts};
use super::error::Error;
use super::exchange::Ear;
use super::reply::compressed;
use super::rest;
use super::slumber::{PATIENCE, Slumber, was_stopped};
use super::sse::Decoder;
use super::transport::{Phase, Place};
use super::wire::is_html;
use crate::chat::StreamEvent;
use crate::text::{Secrets, bytes as bytes_of};

/// How long figures may come after the finish chunk.
const GRACE: Duration = Duration::from_secs(2);
/// After so long without text the bytes that come besides are worth a word, and the next word as long after it.
const SIGN: Duration = Duration::from_secs(1);
/// Reads that are taken after the end mark: nothing should follow it.
const DRAINED_READS: usize = 16;

/// Bytes of the unfinished events of all streams.
static EVENTS: AtomicUsize = AtomicUsize::new(0);
/// Bytes of text of all answers that have not ended.
static TEXTS: AtomicUsize = AtomicUsize::new(0);

/// Where an attempt stands in time.
pub(super) struct Watch {
    pub(super) sent: Instant,
    pub(super) timeouts: Timeouts,
    /// Whom to tell of the bytes.
    ear: Ear,
    /// What is left behind the end mark is being read.
    pub(super) draining: Option<JoinHandle<()>>,
    last_byte: Option<Instant>,
    last_text: Instant,
    /// When it was last said that bytes come without text.
    last_sign: Option<Instant>,
    finished: Option<Instant>,
    /// Of the reply, once it has begun.
    status: Option<u16>,
    /// Until the first text.
    waiting: Option<rest::Waiting>,
    pub(super) slumber: Slumber,
    /// The machine woke then, and nothing has come since.
    woke: Option<Instant>,
    /// No wait is over before, since this program was stopped and has to read first what came.
    not_before: Option<Instant>,
}

/// What has run out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Clock {
    First,
    Idle,
    NoText,
    Grace,
    Slept,
}

impl Watch {
    pub(super) fn new(sent: Instant, timeouts: Timeouts, ear: Ear) -> Self {
        rest::begin(sent);
        Self {
            sent,
            timeouts,
            ear,
            draining: None,
            last_byte: None,
            last_text: sent,
            last_sign: None,
            finished: None,
            status: None,
            waiting: Some(rest::Waiting::begin()),
            slumber: Slumber::new(None),
            woke: None,
            not_before: None,
        }
    }

    /// The next moment at which waiting is over, and why.
    fn deadline(&self) -> (Instant, Clock) {
        let (at, clock) = self.due();
        (self.not_before.map_or(at, |least| least.max(at)), clock)
    }

    fn due(&self) -> (Instant, Clock) {
        if let Some(finished) = self.finished {
            return (finished + GRACE, Clock::Grace);
        }
        let bytes = match self.last_byte {
            Some(last) => (last + self.timeouts.idle, Clock::Idle),
            None => (self.first_reply(), Clock::First),
        };
        let text = (self.last_text + self.timeouts.no_text, Clock::NoText);
        let slept = self.woke.map(|woke| (woke + PATIENCE, Clock::Slept));
        let others = [text].into_iter().chain(slept);
        others.fold(
            bytes,
            |first, other| if other.0 < first.0 { other } else { first },
        )
    }

    /// Whether a read at `now` that brought no text is to be told of.
    fn is_sign(&mut self, now: Instant) -> bool {
        let last = self
            .last_sign
            .map_or(self.last_text, |sign| sign.max(self.last_text));
        let is_due = self.finished.is_none() && now.saturating_duration_since(last) >= SIGN;
        if is_due {
            self.last_sign = Some(now);
        }
        is_due
    }

    fn ran_out(&self, clock: Clock, place: &Place) -> Error {
        let Timeouts {
            first,
            idle,
            no_text,
            ..
        } = self.timeouts;
        let server = &place.server;
        let message = match clock {
            Clock::First => match self.status {
                Some(status) => format!(
                    "{server} replied {status} and then sent nothing within {} s",
                    first.as_secs_f32()
                ),
                None => format!("no reply from {server} within {} s", first.as_secs_f32()),
            },
            Clock::Idle => format!("no data from {server} for {} s", idle.as_secs_f32()),
            Clock::Slept => return place.overslept(),
            Clock::NoText | Clock::Grace => format!(
                "{server} is alive but sent no text for {} s",
                no_text.as_secs_f32()
            ),
        };
        Error::Timeout {
            message,
            again: clock == Clock::First,
        }
    }

    /// Until when a reply has to have begun.
    pub(super) fn first_reply(&self) -> Instant {
        self.sent + self.timeouts.first
    }

    /// What a request without any reply in time is told.
    pub(super) fn no_reply(&self, place: &Place) -> Error {
        self.ran_out(Clock::First, place)
    }
}

/// What the body turns out to be.
enum Form {
    Undecided,
    Events(Decoder),
    Json(Vec<u8>),
}

/// Reads the body to its end. An error says what broke it off; the verdict on the answer is the assembly's.
/// Returns when the end was, where that is earlier than the return.
pub(super) async fn read(
    mut response: Response,
    watch: &mut Watch,
    place: &Place,
    assembly: &mut Assembly,
    sink: &mut Sink<'_>,
) -> Result<Instant, Error> {
    let start = Head::of(&response, &assembly.secrets);
    watch.status = Some(response.status().as_u16());
    let mut form = Form::Undecided;
    let mut held = Held::default();
    let alarm = sleep_until(watch.deadline().0);
    let look = sleep_until(Slumber::due());
    tokio::pin!(alarm, look);
    loop {
        let read = tokio::select! {
            // The alarm first: a flood of comments must not hide it.
            biased;
            () = &mut alarm => None,
            read = response.chunk() => Some(read),
            () = &mut look => {
                look.as_mut().reset(Slumber::due());
                if watch.slumber.look() {
                    watch.woke = Some(Instant::now());
                    alarm.as_mut().reset(watch.deadline().0);
                }
                continue;
            }
        };
        let now = Instant::now();
        let Some(read) = read else {
            // It is set once and read late: moving it for every read would cost more than the reads.
            let (at, clock) = watch.deadline();
            match watch.finished {
                _ if at > now => alarm.as_mut().reset(at),
                _ if was_stopped(at, now) => {
                    watch.not_before = Some(now + PATIENCE);
                    alarm.as_mut().reset(now + PATIENCE);
                }
                Some(finished) => return Ok(finished),
                None => return Err(watch.ran_out(clock, place)),
            }
            continue;
        };
        match read {
            Ok(Some(bytes)) if bytes.is_empty() => {}
            Ok(Some(bytes)) => {
                watch.last_byte = Some(now);
                watch.woke = None;
                rest::note(bytes.len());
                watch.ear.bytes(&bytes);
                let before = assembly.text_bytes();
                let at = now.saturating_duration_since(watch.sent);
                take(&mut form, &bytes, &start, assembly, at, sink)?;
                held.set(&form, assembly)?;
                if before == 0 && assembly.has_text() {
                    rest::begin(now);
                    watch.waiting = None;
                }
                if assembly.text_bytes() > before {
                    watch.last_text = now;
                } else if watch.is_sign(now) {
                    sink(StreamEvent::Alive { at });
                }
                if assembly.is_over() {
                    if assembly.is_finished() {
                        watch.draining = Some(drain(response));
                    }
                    return Ok(now);
                }
                // Text that comes although the answer was to be over puts its end off.
                let is_later = assembly.text_bytes() > before;
                if assembly.is_finished() && (is_later || watch.finished.is_none()) {
                    watch.finished = Some(now);
                }
                // The first byte and the finish chunk may bring it forward; other reads only put it off.
                let (due, _) = watch.deadline();
                if due < alarm.deadline() {
                    alarm.as_mut().reset(due);
                }
            }
            Ok(None) => {
                let at = now.saturating_duration_since(watch.sent);
                finish(form, &start, assembly, at, sink)?;
                return Ok(now);
            }
            Err(error) => return Err(place.explain(error, Phase::Body, false)),
        }
    }
}

/// Reads what is left behind the end mark, apart from the answer: only then can the connection serve another request.
fn drain(mut response: Response) -> JoinHandle<()> {
    tokio::spawn(async move {
        let draining = async {
            for _ in 0..DRAINED_READS {
                if !matches!(response.chunk().await, Ok(Some(_))) {
                    break;
                }
            }
        };
        // A connection that does not end its answer is closed instead.
        let _ = timeout(GRACE, draining).await;
    })
}

fn take(
    form: &mut Form,
    bytes: &[u8],
    head: &Head,
    assembly: &mut Assembly,
    at: Duration,
    sink: &mut Sink<'_>,
) -> Result<(), Error> {
    let mut bytes = bytes;
    if let Form::Undecided = form {
        // White space before the answer means nothing, whichever piece it comes in.
        bytes = bytes.trim_ascii_start();
        // No line of an event stream starts with a brace, and no answer with a tag, whatever the header claims.
        *form = match bytes.first() {
            None => return Ok(()),
            Some(b'{') => Form::Json(Vec::new()),
            // No text begins with it, and all that gzip has packed does.
            Some(0x1f) => return Err(compressed()),
            Some(b'<') => return Err(head.not_a_stream("text/html")),
            Some(_) if is_html(&head.content_type, bytes) => {
                return Err(head.not_a_stream(&head.content_type));
            }
            Some(_) => Form::Events(Decoder::bounded(assembly.caps.event)),
        };
    }
    match form {
        Form::Events(decoder) => decoder
            .push(bytes, |event| assembly.take(event, at, sink))
            .map_err(|e| Error::malformed(e.to_string(), "send again, or ask for less")),
        Form::Json(body) if body.len().saturating_add(bytes.len()) > whole(&assembly.caps) => {
            Err(Error::malformed(
                format!("answer over {}", bytes_of(assembly.caps.answer)),
                "ask for less",
            ))
        }
        Form::Json(body) => {
            body.extend_from_slice(bytes);
            Ok(())
        }
        Form::Undecided => Ok(()),
    }
}

fn finish(
    form: Form,
    head: &Head,
    assembly: &mut Assembly,
    at: Duration,
    sink: &mut Sink<'_>,
) -> Result<(), Error> {
    let is_stream = head.content_type.contains("event-stream");
    let is_answer = match form {
        Form::Json(body) => {
            if !assembly.take_whole(&String::from_utf8_lossy(&body), at, sink) {
                return Err(head.no_json());
            }
            true
        }
        Form::Events(_) if is_stream && !assembly.has_events() => {
            return Err(Error::Truncated {
                message: "the stream ended before a whole event had come".to_owned(),
            });
        }
        Form::Events(_) | Form::Undecided => is_stream || assembly.has_events(),
    };
    assembly.flush(at, sink);
    if is_answer {
        Ok(())
    } else {
        Err(head.not_a_stream(&head.content_type))
    }
}

/// Reads a body that is there already, in pieces, as [`read`] does.
#[cfg(test)]
pub(super) fn read_pieces(
    pieces: &[&[u8]],
    content_type: &str,
    assembly: &mut Assembly,
    sink: &mut Sink<'_>,
) -> Result<(), Error> {
    let mut form = Form::Undecided;
    let head = &Head {
        status: 200,
        content_type: content_type.to_owned(),
    };
    let at = Duration::ZERO;
    for piece in pieces.iter().filter(|piece| !piece.is_empty()) {
        take(&mut form, piece, head, assembly, at, sink)?;
        if assembly.is_over() {
            return Ok(());
        }
    }
    finish(form, head, assembly, at, sink)
}

/// Bytes of an answer as JSON: its text, and room for what surrounds it.
fn whole(caps: &Caps) -> usize {
    caps.answer.saturating_add(caps.event)
}

/// What stands before the body.
struct Head {
    status: u16,
    /// As [`content_type`].
    content_type: String,
}

impl Head {
    fn of(response: &Response, secrets: &Secrets) -> Self {
        Self {
            status: response.status().as_u16(),
            content_type: content_type(response, secrets),
        }
    }

    fn no_json(&self) -> Error {
        Error::Malformed {
            message: "the answer is no JSON that can be read".to_owned(),
            remedy: "send again; if that does not help, check base_url".to_owned(),
            status: Some(self.status),
        }
    }

    fn not_a_stream(&self, content_type: &str) -> Error {
        let what = match content_type {
            "" => "something without a type".to_owned(),
            html if html.contains("html") => "an HTML page".to_owned(),
            other => super::assembly::short(other).unwrap_or_default(),
        };
        Error::Malformed {
            message: format!("not an event stream but {what}"),
            remedy: "a login page or another server may be in the way: check base_url and proxy"
                .to_owned(),
            status: Some(self.status),
        }
    }
}

/// The media type in lower case; empty if there is none.
pub(super) fn content_type(response: &Response, secrets: &Secrets) -> String {
    let said = response.headers().get(CONTENT_TYPE);
    let said = said.and_then(|t| t.to_str().ok()).unwrap_or_default();
    secrets.hide(said).to_ascii_lowercase()
}

/// This stream's shares of what all streams hold.
struct Held {
    events: Share,
    text: Share,
}

impl Default for Held {
    fn default() -> Self {
        Self {
            events: Share::of(&EVENTS),
            text: Share::of(&TEXTS),
        }
    }
}

impl Held {
    fn set(&mut self, form: &Form, assembly: &Assembly) -> Result<(), Error> {
        let unfinished = match form {
            Form::Events(decoder) => decoder.held(),
            Form::Json(body) => body.len(),
            Form::Undecided => 0,
        };
        let what = if self.events.set(unfinished) > assembly.caps.pending {
            "unfinished events of all answers together are too large"
        } else if self.text.set(assembly.text_bytes()) > assembly.caps.texts {
            "the texts of all answers under way together are too large"
        } else {
            return Ok(());
        };
        let remedy = "send fewer requests at the same time";
        Err(Error::malformed(what, remedy))
    }
}

/// A part of a sum, taken back at the end.
struct Share {
    sum: &'static AtomicUsize,
    own: usize,
}

impl Share {
    fn of(sum: &'static AtomicUsize) -> Self {
        Self { sum, own: 0 }
    }

    /// Changes the part; the result is the sum, or nought where nothing changed.
    fn set(&mut self, now: usize) -> usize {
        if now == self.own {
            return 0;
        }
        let before = self.sum.fetch_sub(self.own, Ordering::Relaxed);
        let others = before.saturating_sub(self.own);
        self.sum.fetch_add(now, Ordering::Relaxed);
        self.own = now;
        others.saturating_add(now)
    }
}

impl Drop for Share {
    fn drop(&mut self) {
        self.sum.fetch_sub(self.own, Ordering::Relaxed);
    }
}
