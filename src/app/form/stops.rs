//! Stop texts on one line: a comma between them, a backslash before what would mean something else.
//!
//! Blanks around a comma are for the eye; one that belongs to a text is written `\s`.

use std::fmt::Write as _;

use crate::text::SafeText;

/// The texts as one line that [`split`] reads back.
pub(super) fn join(stops: &[String]) -> String {
    let texts: Vec<_> = stops.iter().map(|s| escape(s)).collect();
    texts.join(", ")
}

fn escape(stop: &str) -> String {
    let mut text = String::new();
    let last = stop.chars().count().saturating_sub(1);
    for (i, c) in stop.chars().enumerate() {
        match c {
            '\n' => text.push_str(r"\n"),
            '\t' => text.push_str(r"\t"),
            '\\' => text.push_str(r"\\"),
            ',' => text.push_str(r"\,"),
            ' ' if i == 0 || i == last => text.push_str(r"\s"),
            // What cannot be seen could not be edited either.
            c if c != ' '
                && (c.is_whitespace()
                    || SafeText::line(&c.to_string()).as_str() != c.to_string()) =>
            {
                let _ = write!(text, "\\u{{{:x}}}", u32::from(c));
            }
            c => text.push(c),
        }
    }
    text
}

/// The texts of a line; empty ones between commas are none.
pub(super) fn split(line: &str) -> Result<Vec<String>, String> {
    let mut stops = Vec::new();
    let mut raw = String::new();
    let mut chars = line.chars();
    loop {
        match chars.next() {
            Some('\\') => {
                raw.push('\\');
                raw.extend(chars.next());
            }
            Some(c) if c != ',' => raw.push(c),
            end => {
                let text = unescape(raw.trim())?;
                if !text.is_empty() {
                    stops.push(text);
                }
                raw.clear();
                if end.is_none() {
                    return Ok(stops);
                }
            }
        }
    }
}

fn unescape(raw: &str) -> Result<String, String> {
    let mut text = String::new();
    let mut chars = raw.chars();
    while let Some(c) = chars.next() {
        if c != '\\' {
            text.push(c);
            continue;
        }
        text.push(match chars.next() {
            Some('n') => '\n',
            Some('t') => '\t',
            Some('s') => ' ',
            Some(c @ ('\\' | ',')) => c,
            Some('u') => {
                let digits: String = chars.by_ref().take_while(|&c| c != '}').collect();
                let code = digits.strip_prefix('{');
                code.and_then(|hex| u32::from_str_radix(hex, 16).ok())
                    .and_then(char::from_u32)
                    .ok_or(r"expected a character such as \u{2028}")?
            }
            _ => return Err(r"expected n, t, s, u, a comma or a \ after \".to_owned()),
        });
    }
    Ok(text)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn commas_part_and_backslashes_escape() {
        let check = |line: &str, expected: &[&str]| {
            assert_eq!(split(line).unwrap(), expected, "{line}");
        };
        check("", &[]);
        check("END", &["END"]);
        check(r"\n\n, a b ,\s,", &["\n\n", "a b", " "]);
        check(r"x\, y, \\n", &["x, y", r"\n"]);
        check(r"\u{2028}", &["\u{2028}"]);
        for line in [r"\", r"\q", r"\u{}", r"\u{d800}", r"\u2028"] {
            assert!(split(line).is_err(), "{line}");
        }
    }

    proptest! {
        #[test]
        fn any_texts_come_back(stops in proptest::collection::vec("(?s).{1,12}", 0..5)) {
            let line = join(&stops);
            let shown = SafeText::new(&line).into_string();
            prop_assert_eq!(&shown, &line);
            prop_assert_eq!(split(&line), Ok(stops));
        }
    }
}
