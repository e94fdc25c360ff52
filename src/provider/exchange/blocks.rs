//! Where events end in bytes that come in pieces: at a blank line. Nothing is decoded and nothing left out.
//! Lines that end in CR alone are not told apart; whoever reads events for their meaning is `sse`.

use memchr::memchr_iter;

/// Finds the ends of events.
#[derive(Clone, Debug, Default)]
pub(super) struct Blocks {
    /// The line that has not ended holds something.
    in_line: bool,
    /// So does the event that has not ended.
    in_block: bool,
}

impl Blocks {
    /// Calls `end` with the place behind each event that these bytes complete.
    pub(super) fn push(&mut self, bytes: &[u8], mut end: impl FnMut(usize)) {
        let mut from = 0;
        for at in memchr_iter(b'\n', bytes) {
            let line = bytes.get(from..at).unwrap_or_default();
            from = at + 1;
            if self.in_line || !is_blank(line) {
                self.in_block = true;
            } else if std::mem::take(&mut self.in_block) {
                end(from);
            }
            self.in_line = false;
        }
        self.in_line |= !is_blank(bytes.get(from..).unwrap_or_default());
    }

    /// True where no event has begun.
    pub(super) fn is_between(&self) -> bool {
        !self.in_line && !self.in_block
    }
}

fn is_blank(line: &[u8]) -> bool {
    line.iter().all(|&b| b == b'\r')
}

/// Cuts a stream into its events, each with the blank line that ends it.
#[derive(Debug, Default)]
pub struct Splitter {
    blocks: Blocks,
    held: Vec<u8>,
}

impl Splitter {
    /// Takes the next bytes and hands on each event that they complete.
    pub fn push(&mut self, bytes: &[u8], mut sink: impl FnMut(&[u8])) {
        let (blocks, held) = (&mut self.blocks, &mut self.held);
        let mut from = 0;
        blocks.push(bytes, |end| {
            let part = bytes.get(from..end).unwrap_or_default();
            from = end;
            if held.is_empty() {
                sink(part);
            } else {
                held.extend_from_slice(part);
                sink(held);
                held.clear();
            }
        });
        held.extend_from_slice(bytes.get(from..).unwrap_or_default());
    }

    /// Bytes of the event that has not ended.
    pub fn held(&self) -> usize {
        self.held.len()
    }

    /// Takes them out: they stand alone, and what follows does as well.
    pub fn rest(&mut self) -> Vec<u8> {
        std::mem::take(&mut self.held)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn split(pieces: &[&[u8]]) -> (Vec<String>, String) {
        let mut splitter = Splitter::default();
        let mut events = Vec::new();
        for piece in pieces {
            splitter.push(piece, |e| {
                events.push(String::from_utf8_lossy(e).into_owned());
            });
        }
        let rest = String::from_utf8_lossy(&splitter.rest()).into_owned();
        (events, rest)
    }

    #[test]
    fn events_end_at_blank_lines() {
        let (events, rest) = split(&[b"\n: a\n\ndata: b\r\ndata: c\r\n\r\n\ndata", b": d"]);
        assert_eq!(events, ["\n: a\n\n", "data: b\r\ndata: c\r\n\r\n"]);
        assert_eq!(rest, "\ndata: d");
    }

    proptest! {
        #[test]
        fn cuts_change_nothing_and_nothing_is_lost(
            text in "[ab\r\n]{0,40}",
            cuts in prop::collection::vec(0_usize..40, 0..6),
        ) {
            let bytes = text.as_bytes();
            let mut at: Vec<_> = cuts.into_iter().map(|c| c.min(bytes.len())).collect();
            at.extend([0, bytes.len()]);
            at.sort_unstable();
            let pieces: Vec<_> = at.windows(2).map(|w| &bytes[w[0]..w[1]]).collect();
            let (events, rest) = split(&pieces);
            prop_assert_eq!(split(&[bytes]), (events.clone(), rest.clone()));
            prop_assert_eq!(events.concat() + &rest, text);
        }
    }
}
