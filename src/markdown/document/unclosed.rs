//! A link at the end of a text that goes on: shown before it is closed, its target would widen and break what it stands in.
//!
//! What is held back is short, so that it is not missed. Whether to hold it back at all is decided in `tail`.

/// Bytes of the longest text of a link that is held back.
const TEXT: usize = 64;

/// Bytes of the longest target that is.
const TARGET: usize = 400;

/// Where the link begins with which the last line of a text may end.
pub(super) fn link_start(line: &str) -> Option<usize> {
    let reach = TEXT + TARGET + "![](".len();
    let from = line.ceil_char_boundary(line.len().saturating_sub(reach));
    let end = line.get(from..)?;
    let open = end.rfind('[')?;
    let before = end.get(..open)?;
    if before.ends_with('\\') || !may_be_link(end.get(open + 1..)?) {
        return None;
    }
    Some(from + open - usize::from(before.ends_with('!')))
}

/// Whether this may be the rest of a link after its first bracket, without its end.
fn may_be_link(rest: &str) -> bool {
    let (text, after) = rest.split_once(']').unwrap_or((rest, ""));
    if text.len() > TEXT || text.contains(['`', '$', '|', '<']) {
        return false;
    }
    let Some(target) = after.strip_prefix('(') else {
        return after.is_empty();
    };
    let opened = target.matches('(').count();
    let is_open = target.matches(')').count() <= opened;
    let has_title = target.contains(['"', '\'']);
    is_open && target.len() <= TARGET && (has_title || !target.contains([' ', '|']))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_is_held_back_while_it_may_become_one() {
        for (shown, held) in [
            ("see ", "["),
            ("see ", "[te"),
            ("see ", "[text]"),
            ("see ", "[text](https://a.b/c"),
            ("see ", "![text](a(b)c"),
            ("| a | ", "[text](a \"b c"),
        ] {
            assert_eq!(link_start(&format!("{shown}{held}")), Some(shown.len()));
        }
        for line in [
            "",
            "text",
            "[text](a)",
            "[text] and",
            "\\[x",
            "`a[0`",
            "on [0, 1) | b",
            "[a](b c",
        ] {
            assert_eq!(link_start(line), None, "{line:?}");
        }
    }

    #[test]
    fn nothing_long_is_held_back() {
        assert_eq!(link_start(&format!("[{}", "a ".repeat(TEXT))), None);
        assert_eq!(link_start(&format!("[a]({}", "b".repeat(TARGET + 1))), None);
    }
}
