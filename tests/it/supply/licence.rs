//! Reads licence expressions of SPDX, also with the `/` of old manifests.
//!
//! Which licences are allowed is said by the caller.

/// Whether a licence that `is_allowed` takes can be chosen; `None` for what is no expression.
pub(super) fn holds(expression: &str, is_allowed: &dyn Fn(&str) -> bool) -> Option<bool> {
    let spaced = expression
        .replace('(', " ( ")
        .replace(')', " ) ")
        .replace('/', " OR ");
    let words: Vec<&str> = spaced.split_whitespace().collect();
    let (holds, rest) = any(&words, is_allowed)?;
    rest.is_empty().then_some(holds)
}

type Read<'a, 'b> = Option<(bool, &'a [&'b str])>;

/// `A OR B`, which binds less than `AND`.
fn any<'a, 'b>(words: &'a [&'b str], is_allowed: &dyn Fn(&str) -> bool) -> Read<'a, 'b> {
    let (mut holds, mut rest) = all(words, is_allowed)?;
    while let ["OR", after @ ..] = rest {
        let (other, after) = all(after, is_allowed)?;
        (holds, rest) = (holds | other, after);
    }
    Some((holds, rest))
}

fn all<'a, 'b>(words: &'a [&'b str], is_allowed: &dyn Fn(&str) -> bool) -> Read<'a, 'b> {
    let (mut holds, mut rest) = one(words, is_allowed)?;
    while let ["AND", after @ ..] = rest {
        let (other, after) = one(after, is_allowed)?;
        (holds, rest) = (holds & other, after);
    }
    Some((holds, rest))
}

fn one<'a, 'b>(words: &'a [&'b str], is_allowed: &dyn Fn(&str) -> bool) -> Read<'a, 'b> {
    match words {
        ["(", inner @ ..] => match any(inner, is_allowed)? {
            (holds, [")", rest @ ..]) => Some((holds, rest)),
            _ => None,
        },
        [")" | "OR" | "AND" | "WITH", ..] | [] => None,
        [licence, "WITH", exception, rest @ ..] => {
            Some((is_allowed(&format!("{licence} WITH {exception}")), rest))
        }
        [licence, rest @ ..] => Some((is_allowed(licence), rest)),
    }
}

#[test]
fn expressions() {
    let mit = |licence: &str| ["MIT", "Apache-2.0 WITH LLVM-exception"].contains(&licence);
    for (expression, expected) in [
        ("MIT", Some(true)),
        ("GPL-3.0", Some(false)),
        ("GPL-3.0 OR MIT", Some(true)),
        ("GPL-3.0/MIT", Some(true)),
        ("GPL-3.0 AND MIT", Some(false)),
        ("MIT OR GPL-3.0 AND ISC", Some(true)),
        ("(MIT OR GPL-3.0) AND ISC", Some(false)),
        ("Apache-2.0", Some(false)),
        ("Apache-2.0 WITH LLVM-exception", Some(true)),
        ("", None),
        ("MIT ISC", None),
        ("(MIT", None),
        ("MIT OR", None),
    ] {
        assert_eq!(holds(expression, &mit), expected, "{expression}");
    }
}
