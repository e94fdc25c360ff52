//! JSON with a line for each field, its order and its numbers as they were sent; also where it was cut or is none.

/// Deeper levels are not moved in any further.
const DEEPEST: usize = 16;

/// The lines of `json`.
pub(super) fn lines(json: &str) -> Vec<String> {
    let mut out = Lines::default();
    let (mut in_string, mut escaped) = (false, false);
    let mut before = ' ';
    for c in json.chars() {
        if in_string {
            out.line.push(c);
            in_string = escaped || c != '"';
            escaped = !escaped && c == '\\';
            continue;
        }
        match c {
            '"' => {
                in_string = true;
                out.open(before);
                out.line.push(c);
            }
            '}' | ']' => {
                out.depth = out.depth.saturating_sub(1);
                if !matches!((before, c), ('{', '}') | ('[', ']')) {
                    out.next();
                }
                out.line.push(c);
            }
            ',' => {
                out.line.push(c);
                out.next();
            }
            ':' => out.line.push_str(": "),
            c if c.is_ascii_whitespace() => continue,
            c => {
                out.open(before);
                out.line.push(c);
                if matches!(c, '{' | '[') {
                    out.depth += 1;
                }
            }
        }
        before = c;
    }
    out.finish()
}

#[derive(Default)]
struct Lines {
    done: Vec<String>,
    line: String,
    depth: usize,
}

impl Lines {
    /// Something begins; behind a bracket that is on a line of its own.
    fn open(&mut self, before: char) {
        if matches!(before, '{' | '[') {
            self.next();
        }
    }

    fn next(&mut self) {
        let indent = "  ".repeat(self.depth.min(DEEPEST));
        let line = std::mem::replace(&mut self.line, indent);
        if !line.trim().is_empty() {
            self.done.push(line);
        }
    }

    fn finish(mut self) -> Vec<String> {
        self.next();
        self.done
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_get_lines_and_strings_stay_whole() {
        let json = r#"{"b":1.50,"a":[],"m":[{"x":"{\"y\\\":[1, 2]}"},{}],"t":true}"#;
        let expected = [
            "{",
            "  \"b\": 1.50,",
            "  \"a\": [],",
            "  \"m\": [",
            "    {",
            r#"      "x": "{\"y\\\":[1, 2]}""#,
            "    },",
            "    {}",
            "  ],",
            "  \"t\": true",
            "}",
        ];
        assert_eq!(lines(json), expected);
        let again: serde_json::Value = serde_json::from_str(&lines(json).concat()).unwrap();
        assert_eq!(
            again,
            serde_json::from_str::<serde_json::Value>(json).unwrap()
        );
    }

    #[test]
    fn what_is_cut_or_no_json_is_shown_as_it_is() {
        assert_eq!(lines(r#"{"a":"b"#), ["{", "  \"a\": \"b"]);
        assert_eq!(lines("]]}"), ["]", "]", "}"]);
        assert_eq!(lines(""), [""; 0]);
        let deep = lines(&"[".repeat(10_000));
        assert!(deep.iter().all(|line| line.len() <= 2 * DEEPEST + 1));
    }
}
