//! The examples of the CommonMark specification: each shows the text that its HTML has, and streams to the same rows.
//!
//! The examples are data of others: `tests/data/markdown/README.md` says whose.

use serde::Deserialize;
use waferdeck::markdown::{Role, Row};
use waferdeck::text::SafeText;

use super::picture::assert_drawn;
use super::support::{full_width, rows, streamed, whole};

#[derive(Deserialize)]
struct Example {
    #[serde(rename = "example")]
    number: u32,
    section: String,
    markdown: String,
    html: String,
}

fn examples() -> Vec<Example> {
    let data = include_str!("../../data/markdown/commonmark.json");
    serde_json::from_str(data).expect("the examples")
}

/// Examples that show more than the standard says. A backslash before a bracket begins LaTeX for models, and stays; and
/// HTML is shown as it was written, also what a program would have done.
const SHOWN_AS_WRITTEN: [u32; 4] = [12, 14, 182, 565];

#[test]
fn examples_lose_no_text() {
    let mut complaints = Vec::new();
    for Example {
        number,
        section,
        markdown,
        html,
    } in examples()
    {
        let document = whole(&markdown);
        let rows = rows(&document, 200, full_width(200));
        assert_drawn(&rows, 200);
        let [shown, expected] = [shown(&rows), text_of_html(&html)].map(|text| words(&text));
        if SHOWN_AS_WRITTEN.contains(&number) {
            let lost = expected.iter().filter(|word| {
                let word = word.replace('\\', "");
                !shown
                    .iter()
                    .any(|shown| shown.replace('\\', "").contains(&word))
            });
            assert_eq!(lost.count(), 0, "example {number}: {shown:?}");
        } else if shown != expected {
            complaints.push(format!(
                "{number} ({section}) {markdown:?}\n  expected {expected:?}\n  shown    {shown:?}"
            ));
        }
    }
    assert!(
        complaints.is_empty(),
        "{} differ:\n{}",
        complaints.len(),
        complaints.join("\n")
    );
}

#[test]
fn examples_stream_to_the_same_rows() {
    for Example {
        number, markdown, ..
    } in examples()
    {
        let whole = whole(&markdown);
        for length in [1, 2, 5] {
            let streamed = streamed(&markdown, &[(length, true), (length, false)]);
            assert!(
                streamed.blocks() == whole.blocks(),
                "example {number} by {length}"
            );
            let [streamed, whole] = [&streamed, &whole].map(|d| rows(d, 30, full_width(30)));
            assert_eq!(streamed, whole, "example {number} by {length}");
        }
    }
}

/// The text of the rows without our own marks; HTML, which is shown as it was written, without its tags.
fn shown(rows: &[Row]) -> String {
    let mut text = String::new();
    let mut html = String::new();
    for row in rows {
        for span in &row.spans {
            match span.style.role {
                Role::ListMarker
                | Role::QuoteBar
                | Role::LinkTarget
                | Role::CodeLabel
                | Role::CodeEdge
                | Role::Dim
                | Role::Rule => {}
                Role::Html => html += &span.text,
                _ => {
                    text += &text_of_html(&std::mem::take(&mut html));
                    text += &span.text;
                }
            }
        }
        if html.is_empty() {
            text.push(' ');
        } else {
            html.push(' ');
        }
    }
    text + &text_of_html(&html)
}

/// The text of HTML: no tags, but what an image says instead of itself; entities as what they stand for.
fn text_of_html(html: &str) -> String {
    let mut text = String::new();
    let mut rest = html;
    while let Some((before, _)) = rest.split_once('<') {
        text += before;
        rest = rest.split_at(before.len()).1;
        let ends = [
            ("<!--", "-->"),
            ("<?", "?>"),
            ("<![CDATA[", "]]>"),
            ("<", ">"),
        ];
        let (_, end) = ends
            .iter()
            .find(|(start, _)| rest.starts_with(start))
            .expect("the last");
        let length = rest.find(end).map_or(rest.len(), |at| at + end.len());
        let (tag, after) = rest.split_at(length);
        let alt = tag
            .strip_prefix("<img ")
            .and_then(|tag| tag.split_once("alt=\""));
        text += alt
            .and_then(|(_, alt)| Some(alt.split_once('"')?.0))
            .unwrap_or_default();
        rest = after;
    }
    text += rest;
    let entities = [
        ("&lt;", "<"),
        ("&gt;", ">"),
        ("&quot;", "\""),
        ("&amp;", "&"),
    ];
    entities
        .iter()
        .fold(text, |text, (entity, meant)| text.replace(entity, meant))
}

fn words(text: &str) -> Vec<String> {
    let safe = SafeText::new(text);
    safe.as_str().split_whitespace().map(String::from).collect()
}
