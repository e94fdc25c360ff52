//! The code of a text, to be copied and saved: exactly what stands between the fences, wherever in the text that is.
//!
//! Drawing code is `fence`'s and `render`'s.

use std::ops::Range;

use pulldown_cmark::{CodeBlockKind, Event, Parser, Tag, TagEnd};

use super::{document, fence::language_word, split::OPTIONS};

/// A code block of a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CodeBlock {
    /// The first word after the opening fence; empty if there is none.
    pub language: Box<str>,
    /// The code, tabs included.
    pub code: String,
    /// Where in the text the block stands, its fences included.
    pub source: Range<usize>,
}

/// The code blocks of a text that is safe already, in order; those in lists and quotes, and one that is still open, too.
///
/// ```
/// # use waferdeck::markdown::code_blocks;
/// let found = code_blocks("1. Run\n\n   ```sh\n   ls |\n     wc\n   ```\n");
/// assert_eq!((&*found[0].language, found[0].code.as_str()), ("sh", "ls |\n  wc\n"));
/// ```
pub fn code_blocks(source: &str) -> Vec<CodeBlock> {
    let mut found = Vec::new();
    let mut open: Option<CodeBlock> = None;
    for (event, range) in Parser::new_ext(source, OPTIONS).into_offset_iter() {
        match (event, &mut open) {
            (Event::Start(Tag::CodeBlock(kind)), _) => {
                open = Some(CodeBlock {
                    language: match kind {
                        CodeBlockKind::Fenced(info) => language_word(&info).as_ref().into(),
                        CodeBlockKind::Indented => "".into(),
                    },
                    code: String::new(),
                    source: range,
                });
            }
            (Event::Text(text), Some(block)) => block.code.push_str(&text),
            (Event::End(TagEnd::CodeBlock), _) => found.extend(open.take()),
            _ => {}
        }
    }
    found
}

/// The code blocks of a text that reach into its last `bytes`, and maybe some before them.
pub fn last_code_blocks(source: &str, bytes: usize) -> Vec<CodeBlock> {
    let begin = match source.len().checked_sub(bytes) {
        Some(cut) => document::beginning(source, cut),
        None => 0,
    };
    let mut found = code_blocks(source.get(begin..).unwrap_or_default());
    for block in &mut found {
        block.source = block.source.start + begin..block.source.end + begin;
    }
    found
}

/// Languages whose files have a name of their own.
const NAMES: &[(&str, &[&str])] = &[
    ("Dockerfile", &["dockerfile", "docker"]),
    ("Makefile", &["makefile", "make"]),
];

/// How files of other languages end; what is not here ends in `txt`.
const EXTENSIONS: &[(&str, &[&str])] = &[
    ("sh", &["bash", "sh", "shell", "zsh", "console"]),
    ("c", &["c"]),
    ("cpp", &["cpp", "c++", "cc"]),
    ("cs", &["csharp", "cs", "c#"]),
    ("css", &["css"]),
    ("csv", &["csv"]),
    ("diff", &["diff", "patch"]),
    ("dart", &["dart"]),
    ("ex", &["elixir"]),
    ("go", &["go", "golang"]),
    ("hs", &["haskell"]),
    ("html", &["html"]),
    ("java", &["java"]),
    ("js", &["javascript", "js", "node"]),
    ("json", &["json", "jsonc"]),
    ("jsonl", &["jsonl"]),
    ("jsx", &["jsx"]),
    ("jl", &["julia"]),
    ("kt", &["kotlin"]),
    ("lua", &["lua"]),
    ("md", &["markdown", "md"]),
    ("nix", &["nix"]),
    ("php", &["php"]),
    ("pl", &["perl"]),
    ("ps1", &["powershell"]),
    ("py", &["python", "py", "python3"]),
    ("r", &["r"]),
    ("rb", &["ruby", "rb"]),
    ("rs", &["rust", "rs"]),
    ("scala", &["scala"]),
    ("sql", &["sql"]),
    ("svg", &["svg"]),
    ("swift", &["swift"]),
    ("tex", &["latex", "tex"]),
    ("toml", &["toml"]),
    ("ts", &["typescript", "ts"]),
    ("tsx", &["tsx"]),
    ("xml", &["xml"]),
    ("yaml", &["yaml", "yml"]),
    ("zig", &["zig"]),
];

/// A name for a file with code of `language`.
pub fn file_name(language: &str) -> String {
    let language = language.to_ascii_lowercase();
    let in_table = |table: &[(&'static str, &[&str])]| {
        let found = table.iter().find(|(_, l)| l.contains(&language.as_str()));
        found.map(|(name, _)| *name)
    };
    match in_table(NAMES) {
        Some(name) => name.to_owned(),
        None => format!("code.{}", in_table(EXTENSIONS).unwrap_or("txt")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn code_comes_out_as_it_was_written() {
        let check = |source: &str, expected: &[(&str, &str)]| {
            let found = code_blocks(source);
            let found: Vec<_> = found
                .iter()
                .map(|b| (&*b.language, b.code.as_str()))
                .collect();
            assert_eq!(found, expected, "of {source:?}");
        };
        check("no `code` block", &[]);
        check(
            "a\n\n~~~~rust,ignore\n~~~\n\tx &amp; *y*\n\n~~~~\nb",
            &[("rust", "~~~\n\tx &amp; *y*\n\n")],
        );
        check("```\nstill open\nhal", &[("", "still open\nhal")]);
        check("> ```py\n> a\n>\n>  b\n> ```\n", &[("py", "a\n\n b\n")]);
        check("  ```\n  a\n    b\n  ```\n", &[("", "a\n  b\n")]);
        check(
            "text\n\n    indented\n      more\n",
            &[("", "indented\n  more\n")],
        );
        check(
            "```a\n1\n```\n- b\n  ```b\n  2\n  ```\n",
            &[("a", "1\n"), ("b", "2\n")],
        );
    }

    #[test]
    fn the_last_blocks_of_a_text_are_those_of_the_whole() {
        let one = "text\n\n```a\nfirst\n\nsecond\n```\n\n- item\n\n  ```\n  in it\n  ```\n\n1. ```\n   x\n   ```\n\n";
        let source = format!("{one}{}", "é word\n\n".repeat(150)).repeat(4);
        let all = code_blocks(&source);
        assert_eq!(all.len(), 12);
        for bytes in (0..source.len() + 9).step_by(31) {
            let last = last_code_blocks(&source, bytes);
            let cut = source.len().saturating_sub(bytes);
            let needed = all.iter().filter(|block| block.source.end > cut).count();
            assert!(last.len() >= needed && all.ends_with(&last), "{bytes}");
        }
    }

    #[test]
    fn a_language_has_its_usual_file() {
        let check = |language, expected: &str| assert_eq!(file_name(language), expected);
        check("Rust", "code.rs");
        check("c++", "code.cpp");
        check("make", "Makefile");
        check("", "code.txt");
        check("no-such", "code.txt");
    }
}
