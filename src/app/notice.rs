//! Notices: sentences that go away by themselves, or with what they are about.
//!
//! How long is decided here; where they stand on the screen is the view's business.

use std::time::Duration;

use super::Model;

/// How serious a notice is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tone {
    /// Worth knowing.
    Info,
    /// Worth doing something about.
    Warning,
    /// Something failed.
    Error,
}

/// A sentence that goes away by itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notice {
    /// How serious it is.
    pub tone: Tone,
    /// The sentence.
    pub text: String,
    /// When it goes, on the monotonic clock.
    pub until: Duration,
    /// It is about answers that stream, and goes with the last of them.
    pub while_streaming: bool,
    /// What it is about, where a later sentence on the same matter takes its place.
    pub topic: Option<&'static str>,
}

impl Model {
    /// Shows a sentence for a while; the same sentence twice is shown once, longer.
    pub fn notify(&mut self, tone: Tone, text: impl Into<String>) {
        let text = text.into();
        // Long sentences need longer to read: 25 bytes a second on top of what the eye needs to find them.
        let reading = Duration::from_millis(4_000 + 40 * text.len() as u64);
        self.notices.retain(|n| n.text != text);
        self.notices.push(Notice {
            tone,
            text,
            until: self.now.mono.saturating_add(reading),
            while_streaming: false,
            topic: None,
        });
    }

    /// Shows a sentence in place of the one before on the same topic: a switch that is thrown twice says only how it
    /// stands.
    pub fn notify_of(&mut self, topic: &'static str, text: impl Into<String>) {
        self.notify_about(topic, Tone::Info, text);
    }

    /// [`Model::notify_of`] for what is more than worth knowing.
    pub fn notify_about(&mut self, topic: &'static str, tone: Tone, text: impl Into<String>) {
        self.notices.retain(|n| n.topic != Some(topic));
        self.notify(tone, text);
        if let Some(notice) = self.notices.last_mut() {
            notice.topic = Some(topic);
        }
    }

    /// A prompt was sent or queued: what was said of why it could not be, and of what it edits, holds no more.
    pub(super) fn forget_hints(&mut self) {
        let is_hint =
            |n: &Notice| matches!(n.topic, Some("targets" | "editing" | "quota" | "attached"));
        self.notices.retain(|n| !is_hint(n) && !n.while_streaming);
    }

    /// Shows a sentence that is true only while answers stream.
    pub fn notify_while_streaming(&mut self, text: &str) {
        self.notify(Tone::Info, text);
        if let Some(notice) = self.notices.last_mut() {
            notice.while_streaming = true;
        }
    }
}
