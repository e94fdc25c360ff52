//! Makes JSON of what is almost JSON, so that no text is lost because something beside it is odd.
//! Only for what the parser has refused: it reads all of it once more.

/// `json` with what the parser refuses replaced: half a surrogate pair in a string by U+FFFD, and a number that is none
/// (`NaN`, `Infinity`, `1e400`) by one that cannot be either. `None` if there is nothing of that.
pub(super) fn mend(json: &str) -> Option<String> {
    let mut mended = String::with_capacity(json.len());
    let mut found = false;
    let mut rest = json;
    while let Some(at) = rest.find('"') {
        let (between, string) = rest.split_at_checked(at)?;
        found |= mend_numbers(between, &mut mended);
        mended.push('"');
        let string = string.get(1..)?;
        let end = end_of(string);
        let (string, after) = string.split_at_checked(end)?;
        found |= mend_surrogates(string, &mut mended)?;
        rest = after;
        if let Some(after) = rest.strip_prefix('"') {
            mended.push('"');
            rest = after;
        }
    }
    found |= mend_numbers(rest, &mut mended);
    found.then_some(mended)
}

/// Where the string ends that begins with `text`: at the first quotation mark that is not escaped.
fn end_of(text: &str) -> usize {
    let mut is_escaped = false;
    text.bytes()
        .position(|byte| {
            let is_end = byte == b'"' && !is_escaped;
            is_escaped = byte == b'\\' && !is_escaped;
            is_end
        })
        .unwrap_or(text.len())
}

/// Copies what stands between strings; true if it held a number that is none.
fn mend_numbers(text: &str, mended: &mut String) -> bool {
    /// Refused by whoever reads a count or a time, and a number for the parser.
    const ODD: &str = "-1";
    let mut found = false;
    for piece in text.split_inclusive([',', ':', '[', ']', '{', '}']) {
        let word = piece.trim_end_matches([',', ':', '[', ']', '{', '}']);
        let number = word.trim();
        let is_odd = match number.trim_start_matches('-') {
            "NaN" | "Infinity" => true,
            digits if digits.starts_with(|c: char| c.is_ascii_digit()) => {
                number.parse::<f64>().is_ok_and(f64::is_infinite)
            }
            _ => false,
        };
        if is_odd {
            found = true;
            mended.push_str(ODD);
            mended.push_str(piece.strip_prefix(word).unwrap_or_default());
        } else {
            mended.push_str(piece);
        }
    }
    found
}

/// Copies the inside of a string; true if it held half a surrogate pair.
fn mend_surrogates(text: &str, mended: &mut String) -> Option<bool> {
    let mut found = false;
    let mut rest = text;
    while let Some(at) = rest.find('\\') {
        let (before, escape) = rest.split_at_checked(at)?;
        mended.push_str(before);
        let taken = match (unit(escape), escape.get(6..).and_then(unit)) {
            (Some(0xd800..=0xdbff), Some(0xdc00..=0xdfff)) => 12,
            (Some(0xd800..=0xdfff), _) => {
                found = true;
                mended.push_str("\\ufffd");
                rest = escape.get(6..)?;
                continue;
            }
            (Some(_), _) => 6,
            // The escaped character may be a backslash, which then begins no escape of its own.
            (None, _) => 1 + escape.chars().nth(1)?.len_utf8(),
        };
        let (escape, after) = escape.split_at_checked(taken)?;
        mended.push_str(escape);
        rest = after;
    }
    mended.push_str(rest);
    Some(found)
}

/// The code unit of a `\uXXXX` escape at the start of `text`.
fn unit(text: &str) -> Option<u16> {
    u16::from_str_radix(text.strip_prefix("\\u")?.get(..4)?, 16).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_that_are_none_are_replaced_outside_of_strings_alone() {
        let odd = r#"{"a":NaN, "NaN" : -Infinity ,"b":[1e400,-1E999],"c":"NaN:1e400, \" NaN"}"#;
        let mended = r#"{"a":-1, "NaN" :-1,"b":[-1,-1],"c":"NaN:1e400, \" NaN"}"#;
        assert_eq!(mend(odd).as_deref(), Some(mended));
        for fine in [
            r#"{"a":1e300,"b":"x\\"}"#,
            "",
            r#"{"a":nan}"#,
            r#"["\ud83d\ude00"]"#,
        ] {
            assert_eq!(mend(fine), None, "{fine}");
        }
    }

    #[test]
    fn half_pairs_and_odd_numbers_are_mended_together() {
        let odd = r#"{"a":"\ud83d","b":NaN}"#;
        assert_eq!(mend(odd).as_deref(), Some(r#"{"a":"\ufffd","b":-1}"#));
    }
}
