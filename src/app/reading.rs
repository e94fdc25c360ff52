//! The reading throttle: how much of the answer that is being read has been released to be shown, at a reader's pace.
//! Text is kept and measured as it comes; only what is drawn waits.

use std::time::Duration;

use super::Model;
use crate::{
    chat::{Answer, AnswerId, ReadingPart, ReadingPosition, Turn},
    metrics::{Channel, LiveRate},
    text::SafeText,
};

/// Bytes that stand for a token, as in every estimate.
const BYTES_PER_TOKEN: u64 = 4;
/// How often more is released while text waits.
const STEP: Duration = Duration::from_millis(50);

/// The answer that is being read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reading {
    answer: AnswerId,
    /// Which of its texts is being released. With the first of the answer itself all reasoning is: it folds then.
    channel: Channel,
    /// Bytes of that text, at the end of a character.
    released: usize,
    /// Time up to here has brought what it could.
    spent: Duration,
    /// The reader wants it all at once.
    is_over: bool,
}

impl Reading {
    /// What is there now is on the screen already.
    fn begin(answer: &Answer, now: Duration) -> Self {
        let channel = channel(answer);
        Self {
            answer: answer.id,
            channel,
            released: text(answer, channel).len(),
            spent: now,
            is_over: false,
        }
    }

    /// Bytes of a text of `answer` that may be shown.
    pub fn released(reading: Option<&Self>, answer: &Answer, of: Channel) -> usize {
        let all = text(answer, of).len();
        match reading {
            Some(reading) if reading.answer == answer.id && !reading.is_over => {
                match (reading.channel, of) {
                    (Channel::Content, Channel::Reasoning) => all,
                    (Channel::Reasoning, Channel::Content) => 0,
                    (Channel::Reasoning, _) if !answer.content.is_empty() => all,
                    _ => reading.released.min(all),
                }
            }
            _ => all,
        }
    }

    /// What `speed` tokens a second have released by `now`; `None` when the answer has ended and all of it is shown.
    fn advanced(mut self, answer: &Answer, speed: u32, now: Duration) -> Option<Self> {
        let channel = channel(answer);
        if self.channel != channel {
            (self.channel, self.released) = (channel, 0);
        }
        let text = text(answer, channel);
        let rate = u128::from(speed) * u128::from(BYTES_PER_TOKEN);
        let earned = now.saturating_sub(self.spent).as_micros() * rate / 1_000_000;
        let wanted = usize::try_from(earned).unwrap_or(usize::MAX);
        let end = text.floor_char_boundary(self.released.saturating_add(wanted));
        if end == text.len() || self.is_over {
            // Time in which nothing waited is not saved up.
            (self.released, self.spent) = (text.len(), now);
        } else if end > self.released {
            let used = ((end - self.released) as u128 * 1_000_000).div_ceil(rate.max(1));
            self.spent += Duration::from_micros(u64::try_from(used).unwrap_or(u64::MAX));
            self.released = end;
        }
        (answer.is_live() || self.released < text.len()).then_some(self)
    }
}

fn channel(answer: &Answer) -> Channel {
    if answer.content.is_empty() {
        Channel::Reasoning
    } else {
        Channel::Content
    }
}

fn text(answer: &Answer, channel: Channel) -> &str {
    match channel {
        Channel::Content => &answer.content,
        Channel::Reasoning => &answer.reasoning,
    }
}

impl Model {
    /// Bytes of a text of an answer that may be shown: all of it, unless it is being read at a reader's pace.
    pub fn released(&self, answer: &Answer, of: Channel) -> usize {
        Reading::released(self.reading.as_ref(), answer, of)
    }

    /// How much of an answer has come and is not shown yet, in tokens.
    pub fn waiting_to_be_read(&self, answer: &Answer) -> u64 {
        let waits = |of| text(answer, of).len() - self.released(answer, of);
        let bytes = waits(Channel::Content) + waits(Channel::Reasoning);
        LiveRate::tokens_in(u64::try_from(bytes).unwrap_or(u64::MAX))
    }

    /// Releases what the time has brought, in the answer that the focused pane shows. What streams elsewhere is shown
    /// as it comes.
    pub(super) fn read_on(&mut self) {
        let Some(speed) = self.settings.reading_speed else {
            return;
        };
        let now = self.now.mono;
        self.reading = self.last_answer(self.pane()).and_then(|answer| {
            match self.reading.filter(|r| r.answer == answer.id) {
                Some(reading) => reading.advanced(answer, speed, now),
                None => answer.is_live().then(|| Reading::begin(answer, now)),
            }
        });
    }

    /// Shows everything at once, and what still comes of the answer as it comes.
    pub(super) fn stop_reading(&mut self) {
        if let Some(reading) = &mut self.reading {
            reading.is_over = true;
        }
    }

    /// Shows everything at once if a place to which the reader is taken is not shown yet.
    pub(super) fn show_place(&mut self, at: ReadingPosition) {
        let turn = self.focused_conversation().and_then(|c| c.turn(at.turn));
        let answer = turn.and_then(Turn::shown_answer);
        let of = match at.part {
            ReadingPart::Reasoning => Channel::Reasoning,
            ReadingPart::Answer => Channel::Content,
            ReadingPart::Prompt | ReadingPart::Thinking | ReadingPart::Footer => return,
        };
        let is_shown = answer.is_none_or(|answer| {
            let (all, released) = (text(answer, of), self.released(answer, of));
            // Places are those of the text made safe, which may be longer or shorter.
            released == all.len()
                || at.byte
                    < SafeText::new(all.get(..released).unwrap_or_default())
                        .as_str()
                        .len()
        });
        if !is_shown {
            self.stop_reading();
        }
    }

    /// When more is released, if text waits.
    pub(super) fn next_reading(&self) -> Option<Duration> {
        let reading = self.reading.filter(|r| !r.is_over)?;
        let answer = self.last_answer(self.pane())?;
        let waits = reading.answer == answer.id && self.waiting_to_be_read(answer) > 0;
        waits.then(|| self.now.mono.saturating_add(STEP))
    }
}
