//! Reads Rust as far as the walls need it: tokens, without what only tests see, and the paths among them.
//!
//! Not a parser: it knows comments, strings, braces and `use` groups.

#[derive(Clone, Debug, PartialEq)]
pub(super) struct Token {
    pub(super) text: String,
    line: usize,
}

#[derive(Debug, PartialEq)]
pub(super) struct UsedPath {
    pub(super) segments: Vec<String>,
    pub(super) line: usize,
}

/// Identifiers and signs; comments, strings and characters are passed over.
pub(super) fn tokens(text: &str) -> Vec<Token> {
    let chars: Vec<char> = text.chars().collect();
    let mut tokens = Vec::new();
    let (mut i, mut line) = (0, 1);
    while let Some(&c) = chars.get(i) {
        let start = i;
        i = match c {
            '/' if chars.get(i + 1) == Some(&'/') => until(&chars, i, |rest| rest[0] == '\n'),
            '/' if chars.get(i + 1) == Some(&'*') => after_comment(&chars, i),
            '"' => after_string(&chars, i),
            '\'' => after_quote(&chars, i),
            'r' | 'b' | 'c' if raw_hashes(&chars, i).is_some() => after_raw(&chars, i),
            c if c.is_alphabetic() || c == '_' => until(&chars, i, |rest| {
                !(rest[0].is_alphanumeric() || rest[0] == '_')
            }),
            ':' if chars.get(i + 1) == Some(&':') => i + 2,
            _ => i + 1,
        };
        let whole: String = chars[start..i].iter().collect();
        let is_word = c.is_alphabetic() && !whole.contains('"') || c == '_';
        if is_word || "{}[]();,#*.<$".contains(c) || whole == "::" {
            tokens.push(Token { text: whole, line });
        }
        line += chars[start..i].iter().filter(|&&c| c == '\n').count();
    }
    tokens
}

fn until(chars: &[char], from: usize, end: impl Fn(&[char]) -> bool) -> usize {
    (from..chars.len())
        .find(|&i| end(&chars[i..]))
        .unwrap_or(chars.len())
}

fn after_comment(chars: &[char], from: usize) -> usize {
    let (mut depth, mut i) = (0, from);
    while i < chars.len() {
        match chars[i..] {
            ['/', '*', ..] => (depth, i) = (depth + 1, i + 2),
            ['*', '/', ..] => (depth, i) = (depth - 1, i + 2),
            _ => i += 1,
        }
        if depth == 0 {
            break;
        }
    }
    i
}

fn after_string(chars: &[char], from: usize) -> usize {
    let mut i = from + 1;
    while i < chars.len() && chars[i] != '"' {
        i += if chars[i] == '\\' { 2 } else { 1 };
    }
    (i + 1).min(chars.len())
}

/// A character, or the mark of a lifetime.
fn after_quote(chars: &[char], from: usize) -> usize {
    match chars[from + 1..] {
        ['\\', _, ..] => (until(chars, from + 3, |rest| rest[0] == '\'') + 1).min(chars.len()),
        [_, '\'', ..] => from + 3,
        _ => from + 1,
    }
}

/// How many `#` open the raw string at `from`, if one is there.
fn raw_hashes(chars: &[char], from: usize) -> Option<usize> {
    let is_new = from == 0 || !(chars[from - 1].is_alphanumeric() || chars[from - 1] == '_');
    let r = from + usize::from(chars[from] != 'r');
    let hashes = chars
        .get(r + 1..)?
        .iter()
        .take_while(|&&c| c == '#')
        .count();
    let is_raw = is_new && chars.get(r) == Some(&'r') && chars.get(r + 1 + hashes) == Some(&'"');
    is_raw.then_some(hashes)
}

fn after_raw(chars: &[char], from: usize) -> usize {
    let hashes = raw_hashes(chars, from).unwrap_or_default();
    let open = until(chars, from, |rest| rest[0] == '"');
    let closing: Vec<char> = [vec!['"'], vec!['#'; hashes]].concat();
    (until(chars, open + 1, |rest| rest.starts_with(&closing)) + closing.len()).min(chars.len())
}

/// Leaves out every item below `#[cfg(test)]`: tests may reach further.
pub(super) fn without_tests(tokens: &[Token]) -> Vec<Token> {
    const MARK: [&str; 7] = ["#", "[", "cfg", "(", "test", ")", "]"];
    let mut kept = Vec::new();
    let mut rest = tokens;
    while let Some((token, after)) = rest.split_first() {
        let is_mark = rest.len() >= MARK.len() && rest.iter().zip(MARK).all(|(t, m)| t.text == m);
        if is_mark {
            rest = after_item(&rest[MARK.len()..]);
        } else {
            kept.push(token.clone());
            rest = after;
        }
    }
    kept
}

/// What follows the item at the start: its end is a `;`, or the `}` of its braces.
fn after_item(tokens: &[Token]) -> &[Token] {
    let mut depth = 0_usize;
    for (i, token) in tokens.iter().enumerate() {
        match token.text.as_str() {
            "{" => depth += 1,
            "}" => depth = depth.saturating_sub(1),
            ";" => {}
            _ => continue,
        }
        if depth == 0 {
            return &tokens[i + 1..];
        }
    }
    &[]
}

/// Every path, those of `use` groups one by one.
pub(super) fn paths(tokens: &[Token]) -> Vec<UsedPath> {
    let mut paths = Vec::new();
    let mut i = 0;
    while i < tokens.len() {
        i = path_at(tokens, i, &[], &mut paths);
    }
    paths
}

/// Adds the path or group at `at` below `prefix`; returns what follows it.
fn path_at(tokens: &[Token], at: usize, prefix: &[String], paths: &mut Vec<UsedPath>) -> usize {
    let is_word = |t: &Token| t.text.starts_with(|c: char| c.is_alphabetic() || c == '_');
    let mut segments = prefix.to_vec();
    let mut i = at;
    loop {
        match tokens.get(i) {
            Some(token) if is_word(token) => {
                segments.push(token.text.clone());
                i += 1;
            }
            // A brace begins a group only after `::`.
            Some(token) if token.text == "{" && !segments.is_empty() => {
                i += 1;
                while tokens.get(i).is_some_and(|t| t.text != "}") {
                    i = path_at(tokens, i, &segments, paths);
                }
                return i + 1;
            }
            _ => break,
        }
        if tokens.get(i).is_none_or(|t| t.text != "::") {
            break;
        }
        i += 1;
    }
    if segments.len() > prefix.len() {
        let line = tokens[at].line;
        paths.push(UsedPath { segments, line });
    }
    i.max(at + 1)
}
