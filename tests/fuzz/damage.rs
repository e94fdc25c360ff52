//! Real bytes that were damaged: bits flipped, parts cut out, doubled, moved, taken from elsewhere, words put in.
//!
//! Part of the library's own tests and of those in `tests/it`. Which bytes and which words is said by the targets.

use proptest::{
    collection::vec,
    prelude::*,
    sample::{Index, select},
};

/// One change of some bytes. Places are shares of what is there, so that a change fits any bytes.
#[derive(Clone, Debug)]
enum Change {
    Flip(Index, u8),
    Cut(Index, usize),
    /// All from here on is gone.
    End(Index),
    Double(Index, usize, usize),
    Move(Index, usize, Index),
    /// A part of another of the bytes.
    Graft(Index, Index, Index, usize),
    Insert(Index, Vec<u8>),
    /// A line is gone, or stands twice.
    Line(Index, bool),
}

/// One of `corpus` with up to `most` changes, whose words are `words`.
pub(crate) fn damaged<'a>(
    corpus: &'a [Vec<u8>],
    words: &'static [&'static [u8]],
    most: usize,
) -> impl Strategy<Value = Vec<u8>> + use<'a> {
    let changes = vec(change(words), 0..=most);
    (any::<Index>(), changes).prop_map(move |(which, changes)| {
        let mut bytes = which.get(corpus).clone();
        for change in &changes {
            apply(&mut bytes, change, corpus);
        }
        bytes
    })
}

/// `bytes` in pieces that end where `cuts` say, some of them empty.
pub(crate) fn pieces<'a>(bytes: &'a [u8], cuts: &[Index]) -> Vec<&'a [u8]> {
    let mut at: Vec<usize> = cuts.iter().map(|c| c.index(bytes.len() + 1)).collect();
    at.extend([0, bytes.len()]);
    at.sort_unstable();
    at.windows(2).map(|w| &bytes[w[0]..w[1]]).collect()
}

fn change(words: &'static [&'static [u8]]) -> impl Strategy<Value = Change> {
    let at = any::<Index>;
    let length = || prop_oneof![3 => 1..12_usize, 1 => 1..400_usize];
    prop_oneof![
        2 => (at(), 0..8_u8).prop_map(|(at, bit)| Change::Flip(at, bit)),
        2 => (at(), length()).prop_map(|(at, length)| Change::Cut(at, length)),
        1 => at().prop_map(Change::End),
        1 => (at(), length(), 1..40_usize).prop_map(|(at, length, times)| Change::Double(at, length, times)),
        1 => (at(), length(), at()).prop_map(|(from, length, to)| Change::Move(from, length, to)),
        1 => (at(), at(), at(), length()).prop_map(|(to, which, from, length)| Change::Graft(to, which, from, length)),
        4 => (at(), select(words)).prop_map(|(at, word)| Change::Insert(at, word.to_vec())),
        1 => (at(), vec(any::<u8>(), 1..6)).prop_map(|(at, bytes)| Change::Insert(at, bytes)),
        2 => (at(), any::<bool>()).prop_map(|(at, is_doubled)| Change::Line(at, is_doubled)),
    ]
}

fn apply(bytes: &mut Vec<u8>, change: &Change, corpus: &[Vec<u8>]) {
    let place = |at: &Index| at.index(bytes.len() + 1);
    let range = |from: usize, length: usize| from..(from + length).min(bytes.len());
    match change {
        Change::Flip(at, bit) => {
            let at = place(at);
            if let Some(byte) = bytes.get_mut(at) {
                *byte ^= 1 << bit;
            }
        }
        Change::Cut(at, length) => {
            let range = range(place(at), *length);
            bytes.drain(range);
        }
        Change::End(at) => bytes.truncate(place(at)),
        Change::Double(at, length, times) => {
            let range = range(place(at), *length);
            let part = bytes[range.clone()].repeat(*times);
            bytes.splice(range.end..range.end, part);
        }
        Change::Move(from, length, to) => {
            let range = range(place(from), *length);
            let part: Vec<u8> = bytes.drain(range).collect();
            let to = to.index(bytes.len() + 1);
            bytes.splice(to..to, part);
        }
        Change::Graft(to, which, from, length) => {
            let other = which.get(corpus);
            let from = from.index(other.len() + 1);
            let part = other[from..(from + length).min(other.len())].to_vec();
            let to = place(to);
            bytes.splice(to..to, part);
        }
        Change::Insert(at, word) => {
            let at = place(at);
            bytes.splice(at..at, word.iter().copied());
        }
        Change::Line(at, is_doubled) => {
            let at = place(at);
            let start = bytes[..at].iter().rposition(|&b| b == b'\n');
            let start = start.map_or(0, |at| at + 1);
            let end = bytes[start..].iter().position(|&b| b == b'\n');
            let end = end.map_or(bytes.len(), |length| start + length + 1);
            if *is_doubled {
                let line = bytes[start..end].to_vec();
                bytes.splice(start..start, line);
            } else {
                bytes.drain(start..end);
            }
        }
    }
}
