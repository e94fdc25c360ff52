//! Words that a grammar leaves plain although they are more: newer keywords, names of types by how they are written.
//!
//! Only plain parts of a line are looked through; what a grammar does know stays as it says.

use std::ops::Range;

use crate::markdown::block::CodeRole;

/// What a word is, if it is more than plain.
pub(super) type Words = fn(&str) -> Option<CodeRole>;

/// Words of the language with this name, if its grammar leaves some of them plain.
pub(super) fn of(language: &str) -> Option<Words> {
    match language {
        "Rust" => Some(rust),
        "SQL" => Some(sql),
        "Swift" => Some(swift),
        _ => None,
    }
}

/// `text` in parts of one role. What is plain between two words stays one part.
pub(super) fn split<'a>(text: &'a str, words: Words, mut part: impl FnMut(&'a str, CodeRole)) {
    let is_inside = |c: char| c.is_alphanumeric() || c == '_';
    let mut tell = |range: Range<usize>, role| part(text.get(range).unwrap_or_default(), role);
    let (mut plain, mut at) = (0, 0);
    while let Some(rest) = text.get(at..).filter(|rest| !rest.is_empty()) {
        let start = at + rest.find(is_inside).unwrap_or(rest.len());
        let rest = text.get(start..).unwrap_or_default();
        at = start + rest.find(|c| !is_inside(c)).unwrap_or(rest.len());
        if let Some(role) = words(text.get(start..at).unwrap_or_default()) {
            tell(plain..start, CodeRole::Plain);
            tell(start..at, role);
            plain = at;
        }
    }
    tell(plain..text.len(), CodeRole::Plain);
}

/// Whether an operator is written as a word.
pub(super) fn is_word(operator: &str) -> bool {
    let operator = operator.trim_ascii();
    !operator.is_empty() && operator.bytes().all(|byte| byte.is_ascii_alphabetic())
}

fn rust(word: &str) -> Option<CodeRole> {
    match word {
        "async" | "await" | "dyn" => Some(CodeRole::Keyword),
        _ => by_capitals(word),
    }
}

fn swift(word: &str) -> Option<CodeRole> {
    match word {
        "actor" | "any" | "async" | "await" | "nonisolated" | "rethrows" | "some" | "throws" => {
            Some(CodeRole::Keyword)
        }
        _ => by_capitals(word),
    }
}

fn sql(word: &str) -> Option<CodeRole> {
    const KEYWORDS: [&str; 21] = [
        "analyze",
        "cascade",
        "conflict",
        "do",
        "explain",
        "fetch",
        "filter",
        "if",
        "ilike",
        "lateral",
        "materialized",
        "nothing",
        "nulls",
        "offset",
        "on",
        "over",
        "partition",
        "recursive",
        "returning",
        "temporary",
        "within",
    ];
    const FUNCTIONS: [&str; 14] = [
        "array_agg",
        "coalesce",
        "dense_rank",
        "first_value",
        "greatest",
        "json_agg",
        "lag",
        "last_value",
        "lead",
        "least",
        "nullif",
        "rank",
        "row_number",
        "string_agg",
    ];
    const TYPES: [&str; 5] = ["bytea", "interval", "json", "jsonb", "uuid"];
    let is_in = |list: &[&str]| list.iter().any(|one| one.eq_ignore_ascii_case(word));
    [
        (&KEYWORDS[..], CodeRole::Keyword),
        (&FUNCTIONS[..], CodeRole::Function),
        (&TYPES[..], CodeRole::Type),
    ]
    .into_iter()
    .find_map(|(list, role)| is_in(list).then_some(role))
}

/// `CamelCase` and a single capital name types, `CAPITALS` named values.
fn by_capitals(word: &str) -> Option<CodeRole> {
    if !word.starts_with(|c: char| c.is_ascii_uppercase()) {
        return None;
    }
    let is_camel = word.len() == 1 || word.bytes().any(|byte| byte.is_ascii_lowercase());
    Some(if is_camel {
        CodeRole::Type
    } else {
        CodeRole::Constant
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn roles(language: &str, text: &str) -> Vec<(String, CodeRole)> {
        let mut parts = Vec::new();
        let words = of(language).expect("a language with words");
        split(text, words, |part, role| {
            if role != CodeRole::Plain {
                parts.push((part.to_owned(), role));
            }
        });
        parts
    }

    #[test]
    fn words_are_told_from_what_surrounds_them() {
        use CodeRole as R;
        let check = |language, text, expected: &[(&str, CodeRole)]| {
            let expected: Vec<_> = expected
                .iter()
                .map(|(t, r)| ((*t).to_owned(), *r))
                .collect();
            assert_eq!(roles(language, text), expected, "{text}");
        };
        check("Rust", " async ", &[("async", R::Keyword)]);
        check("Rust", "asynchronous x_async", &[]);
        check(
            "Rust",
            "dyn Error",
            &[("dyn", R::Keyword), ("Error", R::Type)],
        );
        check(
            "Rust",
            "T MAX_LEN HashMap x",
            &[
                ("T", R::Type),
                ("MAX_LEN", R::Constant),
                ("HashMap", R::Type),
            ],
        );
        check("SQL", " orders o ON ", &[("ON", R::Keyword)]);
        check("SQL", " on_hand, Über", &[]);
        assert_eq!(of("Python").map(|_| ()), None);
    }

    #[test]
    fn no_byte_gets_lost() {
        for text in ["", " ", "a", "ä ö_ü, (Bär)", "日本語 async。", "x\u{301} y"] {
            let mut whole = String::new();
            split(text, rust, |part, _| whole.push_str(part));
            assert_eq!(whole, text);
        }
    }
}
