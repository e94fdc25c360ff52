//! How else a secret is written: with the escapes of JSON or of an address, in base64, or cut short with dots in it.

use std::{fmt::Write as _, ops::Range};

/// Of a secret that is cut short, so many characters tell it.
const LEAST: usize = 4;
/// Without any sign that it was cut short, a piece of so many characters tells it, if there is a digit in it,
const PIECE: usize = 8;
/// or of so many.
const LONG: usize = 12;

/// `secret` as JSON writes it, where that is needed.
pub(super) fn json(secret: &str) -> String {
    secret.replace('\\', "\\\\").replace('"', "\\\"")
}

/// Other spellings of `secret`; some are as it is itself.
pub(super) fn others(secret: &str) -> [String; 5] {
    let base64 = base64(secret.as_bytes());
    [
        json(secret).replace('/', "\\/"),
        percent(secret, |out, byte| write!(out, "%{byte:02X}")),
        percent(secret, |out, byte| write!(out, "%{byte:02x}")),
        base64.replace('+', "-").replace('/', "_"),
        base64,
    ]
}

fn percent(secret: &str, escape: impl Fn(&mut String, u8) -> std::fmt::Result) -> String {
    let mut out = String::new();
    for byte in secret.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            out.push(char::from(byte));
        } else {
            // Writing to memory works.
            let _ = escape(&mut out, byte);
        }
    }
    out
}

/// Without the end, which depends on whether something follows.
fn base64(bytes: &[u8]) -> String {
    let mut out = String::new();
    for group in bytes.chunks_exact(3) {
        let bits = group
            .iter()
            .fold(0_u32, |bits, &b| bits << 8 | u32::from(b));
        out.extend([18, 12, 6, 0].map(|shift| digit(bits >> shift & 63)));
    }
    out
}

fn digit(six_bits: u32) -> char {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let digit = usize::try_from(six_bits).ok().and_then(|at| DIGITS.get(at));
    digit.map_or('=', |&digit| char::from(digit))
}

/// Where `text` has one of `secrets` cut short, as in `csk-ab…yz`, `csk-ab***` or `****wxyz`.
pub(super) fn cut_short(text: &str, secrets: &[&str]) -> Vec<Range<usize>> {
    let mut places = Vec::new();
    for mark in marks(text) {
        let before = text.get(..mark.start).unwrap_or_default();
        let after = text.get(mark.end..).unwrap_or_default();
        for secret in secrets {
            let ends = secret.char_indices().map(|(at, _)| at).rev();
            let front = ends.filter(|&at| secret.get(..at).is_some_and(|s| before.ends_with(s)));
            let front = front.max().unwrap_or_default();
            let mut starts = secret.char_indices().map(|(at, _)| at).skip(1);
            let back = starts.find_map(|at| secret.get(at..).filter(|s| after.starts_with(s)));
            let back = back.map_or(0, str::len);
            if front >= LEAST || back >= LEAST {
                let start = mark.start.saturating_sub(front);
                places.push(start..mark.end.saturating_add(back));
            }
        }
    }
    places
}

/// Where pieces of `secrets` stand in `text` that are no words: such as have digits, or are long.
pub(super) fn pieces(text: &str, secrets: &[&str]) -> Vec<Range<usize>> {
    let bytes = text.as_bytes();
    let mut places = Vec::new();
    for secret in secrets.iter().map(|secret| secret.as_bytes()) {
        // A key may have thousands of characters: only where a byte stands in it is it compared.
        let mut tails: Vec<Vec<&[u8]>> = vec![Vec::new(); 256];
        for at in 0..secret.len() {
            let (tail, first) = (secret.get(at..), secret.get(at));
            if let Some(tails) = first.and_then(|&b| tails.get_mut(usize::from(b))) {
                tails.extend(tail);
            }
        }
        let mut at = 0;
        while let Some(rest) = bytes.get(at..).filter(|rest| rest.len() >= PIECE) {
            let alike = rest.first().and_then(|&b| tails.get(usize::from(b)));
            let length = alike.map_or(0, |tails| longest(rest, tails));
            let piece = rest.get(..length).unwrap_or_default();
            let is_no_word = length >= LONG || piece.iter().any(u8::is_ascii_digit);
            let is_piece = length >= PIECE && is_no_word;
            let end = at.saturating_add(length);
            if is_piece && text.is_char_boundary(at) && text.is_char_boundary(end) {
                places.push(at..end);
                at = end;
            } else {
                at = at.saturating_add(1);
            }
        }
    }
    places
}

/// Bytes of the longest beginning of `text` that one of `tails` begins with.
fn longest(text: &[u8], tails: &[&[u8]]) -> usize {
    let lengths = tails
        .iter()
        .map(|tail| tail.iter().zip(text).take_while(|(a, b)| a == b).count());
    lengths.max().unwrap_or_default()
}

/// Where something was left out of `text`: at dots or asterisks, two at least.
fn marks(text: &str) -> Vec<Range<usize>> {
    let mut marks: Vec<(Range<usize>, char)> = Vec::new();
    for (at, c) in text.char_indices() {
        let place = at..at.saturating_add(c.len_utf8());
        match marks.last_mut() {
            Some((last, _)) if is_mark(c) && last.end == at => last.end = place.end,
            _ if is_mark(c) => marks.push((place, c)),
            _ => {}
        }
    }
    marks.retain(|(place, c)| place.len() > 1 || *c == '*');
    marks.into_iter().map(|(place, _)| place).collect()
}

fn is_mark(c: char) -> bool {
    matches!(c, '.' | '*' | '…' | '•' | '⋯')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spellings_are_those_of_others() {
        let key = "a/b+c=\"d\\é";
        assert_eq!(json(key), "a/b+c=\\\"d\\\\é");
        assert_eq!(
            others(key),
            [
                "a\\/b+c=\\\"d\\\\é",
                "a%2Fb%2Bc%3D%22d%5C%C3%A9",
                "a%2fb%2bc%3d%22d%5c%c3%a9",
                "YS9iK2M9ImRc",
                "YS9iK2M9ImRc",
            ]
        );
        assert_eq!(base64(b"\xfb\xff\xfeM"), "+//+");
    }

    #[test]
    fn what_is_left_of_a_secret_around_dots_is_found() {
        let key = "csk-thjxjqi3ehogfqrc";
        let check = |text: &str, found: &str| {
            let places = cut_short(text, &[key]);
            let places: Vec<_> = places.iter().filter_map(|p| text.get(p.clone())).collect();
            let expected: Vec<_> = Some(found).filter(|f| !f.is_empty()).into_iter().collect();
            assert_eq!(places, expected, "{text}");
        };
        check(
            "provided: csk-thjxjqi3...ehogfqrc.",
            "csk-thjxjqi3...ehogfqrc",
        );
        check("(csk-thj***rc)", "csk-thj***rc");
        check("no csk-th… here", "csk-th…");
        check("`****fqrc` is", "****fqrc");
        check("csk-*", "csk-*");
        check("••••••••qrc", "");
        check("csk. Dots... and **bold** c...", "");
        check("csk-thjx. The", "");
        check("", "");
    }
}
