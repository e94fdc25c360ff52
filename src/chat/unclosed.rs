//! What a piece of Markdown leaves open: closed, it cannot swallow what follows in a document.
//!
//! At top level only a code fence (CommonMark 4.5) and some HTML blocks (4.6, kinds 1 to 5) last beyond a blank line
//! and a heading; in a list or a quote they end with it.

/// What lasts until its end is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Open {
    Fence { mark: char, length: usize },
    Html(&'static str),
}

/// What fences are made of.
const MARKS: [&str; 2] = ["```", "~~~"];
/// Bytes of the longest line that is taken for the opener of code.
const MOST_OPENER: usize = 100;

/// HTML blocks that last until a word: how they begin and that word.
const HTML: [(&str, &str); 8] = [
    ("<!--", "-->"),
    ("<?", "?>"),
    ("<![cdata[", "]]>"),
    ("<!", ">"),
    ("<pre", "</pre>"),
    ("<script", "</script>"),
    ("<style", "</style>"),
    ("<textarea", "</textarea>"),
];

/// `text` without blanks at its end, and with the end of a block that it leaves open.
pub fn closed(text: &str) -> String {
    let open = text.lines().fold(None, after);
    let mut closed = text.trim_end().to_owned();
    match open {
        Some(Open::Fence { mark, length }) => {
            closed.push('\n');
            closed.extend(std::iter::repeat_n(mark, length));
        }
        Some(Open::Html(end)) => {
            closed.push('\n');
            closed.push_str(end);
        }
        None => {}
    }
    closed
}

/// True if `text` ends within fenced code.
pub fn is_in_code(text: &str) -> bool {
    let open = text.lines().fold(None, after);
    matches!(open, Some(Open::Fence { .. }))
}

/// What a text begins with, blank lines aside.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Beginning {
    /// More of it has to come before that can be said.
    Unknown,
    /// A line that opens code in a language, which ends after so many bytes. One without a language may as well close code.
    Code(usize),
    /// Anything else.
    Other,
}

/// What `text` begins with, of which more may come.
pub fn beginning(text: &str) -> Beginning {
    let line = text.trim_start_matches(['\n', '\r']);
    let Some((first, rest)) = line.split_once('\n') else {
        let mark = line.trim_start_matches(' ');
        let may_open = MARKS
            .iter()
            .any(|m| m.starts_with(mark) || mark.starts_with(m));
        return if may_open && text.len() < MOST_OPENER {
            Beginning::Unknown
        } else {
            Beginning::Other
        };
    };
    let has_language = fence(first).is_some_and(|(_, _, info)| !info.trim().is_empty());
    match opening(first) {
        Some(Open::Fence { .. }) if has_language => Beginning::Code(text.len() - rest.len()),
        _ => Beginning::Other,
    }
}

fn after(open: Option<Open>, line: &str) -> Option<Open> {
    match open {
        None => opening(line),
        Some(Open::Fence { mark, length }) => {
            let run = fence(line).filter(|&(m, n, rest)| {
                m == mark && n >= length && rest.trim_matches([' ', '\t']).is_empty()
            });
            run.is_none().then_some(Open::Fence { mark, length })
        }
        Some(Open::Html(end)) => {
            let ends = line.to_ascii_lowercase().contains(end);
            (!ends).then_some(Open::Html(end))
        }
    }
}

fn opening(line: &str) -> Option<Open> {
    if let Some((mark, length, info)) = fence(line) {
        let is_code_span = mark == '`' && info.contains('`');
        return (!is_code_span).then_some(Open::Fence { mark, length });
    }
    let line = unindented(line)?.to_ascii_lowercase();
    let (begin, end) = HTML
        .into_iter()
        .find(|(begin, _)| line.starts_with(begin))?;
    let rest = line.strip_prefix(begin)?;
    (!rest.contains(end)).then_some(Open::Html(end))
}

/// The mark of a fence, how often it stands there, and the rest of the line.
fn fence(line: &str) -> Option<(char, usize, &str)> {
    let line = unindented(line)?;
    let mark = line.chars().next().filter(|c| matches!(c, '`' | '~'))?;
    let rest = line.trim_start_matches(mark);
    let length = line.len() - rest.len();
    (length >= 3).then_some((mark, length, rest))
}

/// The line without its indent, if that is less than a code block's.
fn unindented(line: &str) -> Option<&str> {
    let text = line.trim_start_matches(' ');
    (line.len() - text.len() < 4).then_some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_opener_names_its_language_and_is_whole() {
        for (text, found) in [
            ("", Beginning::Unknown),
            ("\n  `", Beginning::Unknown),
            ("```rust", Beginning::Unknown),
            ("```rust\nfn", Beginning::Code(8)),
            ("\n\n~~~ py\n", Beginning::Code(9)),
            ("```\n", Beginning::Other),
            ("text", Beginning::Other),
            ("`x` and", Beginning::Other),
            ("```x``` y\n", Beginning::Other),
        ] {
            assert_eq!(beginning(text), found, "{text:?}");
        }
        let endless = format!("```{}", "x".repeat(200));
        assert_eq!(beginning(&endless), Beginning::Other);
    }

    #[test]
    fn code_lasts_until_it_is_closed() {
        assert!(is_in_code("a\n```rust\nfn main() {"));
        assert!(is_in_code("```\na\n```\n~~~"));
        assert!(!is_in_code("```\na\n```\nb"));
        assert!(!is_in_code("<!--"));
    }

    fn check(text: &str, expected: &str) {
        assert_eq!(closed(text), expected, "{text:?}");
    }

    #[test]
    fn an_open_fence_is_closed_by_its_own_kind() {
        check("a\n```rust\nfn main() {", "a\n```rust\nfn main() {\n```");
        check("~~~~\n```\n~~~", "~~~~\n```\n~~~\n~~~~");
        check("```\n``` no end", "```\n``` no end\n```");
    }

    #[test]
    fn what_is_closed_stays_as_it_is() {
        check("```\ncode\n```\n\n", "```\ncode\n```");
        check("```\ncode\n````  ", "```\ncode\n````");
        check(
            "``` `` ``` is code in a line",
            "``` `` ``` is code in a line",
        );
        check("    ```\nindented", "    ```\nindented");
    }

    #[test]
    fn open_html_is_closed_too() {
        check("<!-- hidden\n\ntext", "<!-- hidden\n\ntext\n-->");
        check("<script>\nx", "<script>\nx\n</script>");
        check("<!-- a --> b", "<!-- a --> b");
        check("<pre>\n</PRE>", "<pre>\n</PRE>");
    }
}
