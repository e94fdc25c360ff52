//! Takes keys out of the bodies of replies as they were sent: also one that events bring in pieces, a text of JSON each.
//! Nothing waits: what may be a key is hidden once a few characters of it are there.

use std::borrow::Cow;
use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::ops::Range;

use memchr::{memchr, memchr3};

use crate::text::{Secrets, Strand, without};

/// Names of fields whose texts are followed.
const MOST_LANES: usize = 64;
/// An event that is no JSON begins so, too.
const DATA: &str = "data:";

/// Stands before the body of one reply, part by part.
pub struct Veil {
    secrets: Secrets,
    /// The body as it is.
    raw: Strand,
    /// The texts of fields of one name follow each other.
    lanes: HashMap<u64, Strand>,
}

impl Veil {
    /// For the body of a reply, which may begin within a key as an answer that goes on does.
    pub fn new(secrets: &Secrets) -> Self {
        Self {
            secrets: secrets.clone(),
            raw: Strand::cut(),
            lanes: HashMap::new(),
        }
    }

    /// Something is left out here: what comes next may begin within a key.
    pub fn cut(&mut self) {
        self.raw = Strand::cut();
        self.lanes.clear();
    }

    /// The next event of a stream, or part of another body, without keys.
    pub fn hide<'a>(&mut self, raw: &'a str) -> Cow<'a, str> {
        if self.secrets.is_empty() {
            return Cow::Borrowed(raw);
        }
        let mut hidden = self.raw.take(raw, &self.secrets);
        hidden.extend(self.secrets.parts(raw));
        let mut has_text = false;
        for (name, value) in values(raw) {
            has_text = true;
            self.follow(name, &value, &mut hidden);
        }
        if let Some(line) = raw.strip_prefix(DATA).filter(|_| !has_text) {
            let start = raw.len() - line.trim_start().len();
            self.follow("", &Value::plain(line.trim(), start), &mut hidden);
        }
        without(raw, hidden)
    }

    fn follow(&mut self, name: &str, value: &Value<'_>, hidden: &mut Vec<Range<usize>>) {
        let mut hasher = DefaultHasher::new();
        name.hash(&mut hasher);
        let name = hasher.finish();
        if self.lanes.len() >= MOST_LANES && !self.lanes.contains_key(&name) {
            self.lanes.clear();
        }
        let strand = self.lanes.entry(name).or_insert_with(Strand::cut);
        let places = strand.take(&value.text, &self.secrets);
        hidden.extend(places.into_iter().map(|place| value.raw(&place)));
    }
}

/// A text of JSON.
struct Value<'a> {
    text: Cow<'a, str>,
    /// Where it begins in the raw text.
    start: usize,
    /// Where each of its bytes stands there, and its end, if that is not plain.
    places: Vec<usize>,
}

impl<'a> Value<'a> {
    fn plain(text: &'a str, start: usize) -> Self {
        Self {
            text: Cow::Borrowed(text),
            start,
            places: Vec::new(),
        }
    }

    /// `raw` without its escapes.
    fn of(raw: &'a str, start: usize) -> Self {
        if memchr(b'\\', raw.as_bytes()).is_none() {
            return Self::plain(raw, start);
        }
        let (mut text, mut places, mut at) = (String::new(), Vec::new(), 0);
        while let Some((c, bytes)) = raw.get(at..).and_then(character) {
            text.push(c);
            places.resize(text.len(), start + at);
            at += bytes;
        }
        places.push(start + at);
        Self {
            text: Cow::Owned(text),
            start,
            places,
        }
    }

    fn raw(&self, place: &Range<usize>) -> Range<usize> {
        let raw = |at: usize| self.places.get(at).copied().unwrap_or(self.start + at);
        raw(place.start)..raw(place.end)
    }
}

/// The first character of a text in JSON, and how many bytes it takes there.
fn character(raw: &str) -> Option<(char, usize)> {
    let mut chars = raw.chars();
    let first = chars.next()?;
    if first != '\\' {
        return Some((first, first.len_utf8()));
    }
    let escape = chars.next().unwrap_or('\\');
    let c = match escape {
        'n' => '\n',
        't' => '\t',
        'r' => '\r',
        'b' => '\u{8}',
        'f' => '\u{c}',
        'u' => {
            let unit = |at: usize| u16::from_str_radix(raw.get(at..at + 4)?, 16).ok();
            let low = raw.get(6..8).filter(|next| *next == "\\u").and(unit(8));
            let (Some(high), low) = (unit(2), low.unwrap_or_default()) else {
                return Some((char::REPLACEMENT_CHARACTER, 2));
            };
            let c = char::decode_utf16([high, low]).next()?;
            let c = c.unwrap_or(char::REPLACEMENT_CHARACTER);
            return Some((c, if c.len_utf16() == 2 { 12 } else { 6 }));
        }
        other => other,
    };
    let bytes = first.len_utf8() + raw.get(1..)?.chars().next().map_or(0, char::len_utf8);
    Some((c, bytes))
}

/// The texts in JSON, each with the name that stands before it; also where it is cut or is none.
fn values(raw: &str) -> impl Iterator<Item = (&str, Value<'_>)> {
    let (mut at, mut name) = (0, "");
    std::iter::from_fn(move || {
        loop {
            let start = at + memchr(b'"', raw.as_bytes().get(at..)?)? + 1;
            let end = end_of(raw, start);
            at = end + 1;
            let text = raw.get(start..end).unwrap_or_default();
            let next = raw.get(at..).unwrap_or_default().trim_start();
            if next.starts_with(':') {
                name = text;
            } else {
                return Some((name, Value::of(text, start)));
            }
        }
    })
}

/// Where the text ends that begins at `start`: a line ends it as well.
fn end_of(raw: &str, start: usize) -> usize {
    let mut at = start;
    while let Some(found) = memchr3(
        b'"',
        b'\\',
        b'\n',
        raw.as_bytes().get(at..).unwrap_or_default(),
    ) {
        at += found;
        if raw.as_bytes().get(at) != Some(&b'\\') {
            return at;
        }
        at += 2;
    }
    raw.len()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const KEY: &str = "csk-canary/0123456789";

    fn veil() -> Veil {
        let secrets = Secrets::default();
        secrets.learn(&KEY.into());
        Veil::new(&secrets)
    }

    fn event(field: &str, text: &str) -> String {
        format!("data: {{\"id\":\"c\",\"delta\":{{\"{field}\":\"{text}\"}}}}\n\n")
    }

    #[test]
    fn a_key_in_pieces_of_one_field_is_hidden_in_each_event() {
        let mut veil = veil();
        let told = [
            ("content", "is csk-", "is csk-"),
            ("reasoning", "hm csk-canary", "hm [key hidden]"),
            ("content", "canary", "[key hidden]"),
            ("content", r"\/01234", "[key hidden]"),
            ("content", "56789, and", "[key hidden], and"),
            ("reasoning", " birds", " birds"),
            ("content", "csk-canary day", "csk-canary day"),
            ("content", "", ""),
        ];
        for (field, text, shown) in told {
            assert_eq!(
                veil.hide(&event(field, text)),
                event(field, shown),
                "{text}"
            );
        }
        veil.cut();
        let cut = event("content", "nary/0123456789 x");
        assert_eq!(veil.hide(&cut), event("content", "[key hidden] x"));
        let raw = "data: csk-canary/\n\n";
        assert_eq!(veil.hide(raw), "data: [key hidden]\n\n");
        assert_eq!(veil.hide("data: 0123456789\n\n"), "data: [key hidden]\n\n");
    }

    #[test]
    fn escapes_hide_no_key_and_stay_where_none_is() {
        for spelt in [
            KEY.to_owned(),
            KEY.replace('/', "\\/"),
            KEY.replace('/', "\\u002F"),
            KEY.replace('c', "\\u0063"),
        ] {
            let body = format!("{{\"a\\n\": [1, \"\\ud83d\\ude00 \\\"{spelt}\\\" \\u00e9\\ud800\"");
            let shown = body.replace(&spelt, "[key hidden]");
            assert_eq!(veil().hide(&body), shown);
        }
        for odd in [
            "\"\\",
            "\"\\u12",
            "\"\\é",
            "a\"b\n\"\\ud83d\\u",
            "\":\"",
            "",
        ] {
            assert_eq!(veil().hide(odd), odd);
        }
    }

    #[test]
    fn what_is_left_of_a_key_that_is_cut_short_is_hidden() {
        let body = r#"{"message":"wrong key csk-canary...6789"}"#;
        let shown = r#"{"message":"wrong key [key hidden]"}"#;
        assert_eq!(veil().hide(body), shown);
    }

    #[test]
    fn a_key_between_parts_of_a_body_is_hidden() {
        let mut veil = veil();
        let (front, back) = KEY.split_at(12);
        assert_eq!(veil.hide(&format!("<p>{front}")), "<p>[key hidden]");
        assert_eq!(veil.hide(&format!("{back}</p>")), "[key hidden]</p>");
    }

    proptest! {
        #[test]
        fn any_text_is_read_as_json_reads_it(text in "[ac\"\\\\/\u{7}\n€😀-]{0,40}", spelt in any::<bool>()) {
            let json = serde_json::to_string(&text).unwrap();
            let json = if spelt { json.replace('a', "\\u0061").replace('😀', "\\ud83d\\ude00") } else { json };
            let read: Vec<_> = values(&json).map(|(_, value)| value.text.into_owned()).collect();
            prop_assert_eq!(read, [text]);
        }

        #[test]
        fn no_body_shows_a_key(text in "(csk-|canary|\\\\?/|0123456789|[\"\\\\:\nu0d8é]){0,30}") {
            let mut veil = veil();
            let told = veil.hide(&text).into_owned() + &veil.hide(&text);
            let shown = told.replace("\\/", "/");
            prop_assert!(!shown.contains(KEY), "{told}");
        }

        #[test]
        fn no_cut_shows_much_of_a_key(cuts in prop::collection::vec(1_usize..8, 0..12)) {
            let mut veil = veil();
            let (mut rest, mut shown) = (KEY, String::new());
            for cut in cuts {
                let (piece, after) = rest.split_at(cut.min(rest.len()));
                rest = after;
                let told = veil.hide(&event("content", piece)).into_owned();
                shown += told.split('"').nth(9).unwrap_or_default();
            }
            let kept = shown.replace("[key hidden]", "");
            prop_assert!(kept.len() < 8 && KEY.starts_with(&kept), "{shown}");
        }
    }
}
