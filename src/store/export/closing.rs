//! Closes what a piece of Markdown leaves open, so that it cannot swallow what follows in the document.
//!
//! At top level only a code fence (CommonMark 4.5) and some HTML blocks (4.6, kinds 1 to 5) last beyond a blank line
//! and a heading; in a list or a quote they end with it.

/// What lasts until its end is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Open {
    Fence { mark: char, length: usize },
    Html(&'static str),
}

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
pub(super) fn closed(text: &str) -> String {
    let mut open = None;
    for line in text.lines() {
        open = after(open, line);
    }
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
