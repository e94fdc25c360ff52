//! Code to roles: syntect's scopes, line by line, with a state that can be saved between lines.
//!
//! What would take too long stays plain: long lines, logs, unknown languages. Colours are the theme's business.

mod words;

use std::borrow::Cow;
use std::collections::HashMap;
use std::rc::Rc;
use std::sync::{Arc, LazyLock, OnceLock};

use syntect::parsing::{ClearAmount, ParseState, Scope, ScopeStackOp, SyntaxSet};

use super::block::CodeRole;
use words::Words;

/// Bytes of the longest line that is highlighted. Some grammars need seconds for one of 5 KB, 0.12 s at 512.
const LINE_LIMIT: usize = 512;

/// The longest run of blanks in a highlighted line: several grammars are quadratic in it.
const BLANK_RUN_LIMIT: usize = 48;

/// The same for grammars that need longer: those of style sheets 4 s for 256 bytes of `a-a-a-` and minutes for 512,
/// `SystemVerilog` 0.15 s for 256 of `[section]`, the others 0.1 s for 512 of backticks or hyphens.
pub(super) const SHORT_LINE_LIMITS: [(&str, usize); 8] = [
    ("Command Help", 256),
    ("Less", 96),
    ("Markdown", 256),
    ("MultiMarkdown", 256),
    ("SCSS", 96),
    ("Sass", 96),
    ("SystemVerilog", 128),
    ("Typst", 256),
];

/// Grammars that never come to an end on some lines, and what keeps those lines from them.
pub(super) const ENDLESS: [(&str, Detour); 3] = [
    ("JavaScript", Detour::CloseComments),
    ("Scala", Detour::NoStrayAts),
    ("Svelte", Detour::CloseComments),
];

/// Grammars that take seconds for ordinary lines, and names for text without a grammar.
const PLAIN: [&str; 7] = ["", "log", "plain", "plaintext", "syslog", "text", "txt"];

/// Tags that people write and the grammars do not know.
const ALIASES: [(&str, &str); 12] = [
    ("golang", "go"),
    ("rustlang", "rs"),
    ("shell", "bash"),
    ("console", "bash"),
    ("python3", "py"),
    ("csharp", "cs"),
    ("jsonc", "json"),
    ("jsonl", "json"),
    ("node", "js"),
    ("objective-c", "m"),
    ("patch", "diff"),
    ("docker", "dockerfile"),
];

/// Scope prefixes and what they mean, by their first part; the first that matches decides, without a match the
/// surrounding role stays.
static ROLES: LazyLock<HashMap<u16, Vec<(Scope, CodeRole)>>> = LazyLock::new(|| {
    use CodeRole as R;
    let mut roles = HashMap::<u16, Vec<_>>::new();
    for (selector, role) in [
        ("punctuation.definition.comment", R::Comment),
        ("comment", R::Comment),
        ("punctuation.definition.string", R::String),
        ("meta.mapping.key.json", R::Attribute),
        ("entity.name.tag.yaml", R::Attribute),
        ("entity.name.tag.toml", R::Attribute),
        ("constant.other.database-name.sql", R::Variable),
        ("constant.other.table-name.sql", R::Variable),
        ("variable.language.star.sql", R::Operator),
        ("keyword.operator.assignment.alias.sql", R::Keyword),
        ("keyword.operator.logical.sql", R::Keyword),
        ("keyword.other.unit", R::Number),
        ("string", R::String),
        ("constant.character.escape", R::Constant),
        ("constant.numeric", R::Number),
        ("constant", R::Constant),
        ("support.constant", R::Constant),
        ("keyword.operator.word", R::Keyword),
        ("keyword.operator.logical.python", R::Keyword),
        ("keyword.operator", R::Operator),
        ("punctuation.definition.keyword", R::Keyword),
        ("punctuation.definition.inserted", R::Inserted),
        ("punctuation.definition.deleted", R::Deleted),
        ("punctuation.definition.range", R::Attribute),
        ("punctuation.definition.numeric", R::Number),
        ("punctuation.separator.decimal", R::Number),
        ("punctuation.definition.annotation", R::Attribute),
        ("punctuation.definition.variable", R::Variable),
        ("punctuation.definition.heading", R::Tag),
        ("punctuation", R::Punctuation),
        ("keyword", R::Keyword),
        ("storage.type.go", R::Type),
        ("storage.type.sql", R::Type),
        ("storage.type.buildin", R::Type),
        ("storage", R::Keyword),
        ("entity.name.function", R::Function),
        ("entity.type.function", R::Function),
        ("support.function", R::Function),
        ("support.macro", R::Function),
        ("variable.function", R::Function),
        ("entity.name.tag", R::Tag),
        ("entity.name.section", R::Tag),
        ("markup.heading", R::Tag),
        ("entity.other.attribute-name", R::Attribute),
        ("variable.annotation", R::Attribute),
        ("entity.name", R::Type),
        ("entity.other.inherited-class", R::Type),
        ("support.type.property-name", R::Attribute),
        ("support.type", R::Type),
        ("support.class", R::Type),
        ("variable.language", R::Constant),
        ("variable.parameter", R::Variable),
        ("variable.other.readwrite.shell", R::Variable),
        ("meta.diff.range", R::Attribute),
        ("markup.inserted", R::Inserted),
        ("markup.deleted", R::Deleted),
        ("markup.raw", R::String),
        ("meta.interpolation", R::Plain),
        ("meta.template.expression", R::Plain),
        ("meta.embedded", R::Plain),
        ("source", R::Plain),
    ] {
        if let Ok(prefix) = Scope::new(selector) {
            roles
                .entry(prefix.atom_at(0))
                .or_default()
                .push((prefix, role));
        }
    }
    roles
});

/// The grammars, loaded when first needed. Clones share them.
#[derive(Clone, Debug, Default)]
pub struct Highlighter(Arc<OnceLock<SyntaxSet>>);

impl Highlighter {
    /// Nothing is loaded yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Loads the grammars and compiles those of `languages`. Takes up to tens of milliseconds each: call it off the
    /// thread that draws.
    pub fn warm(&self, languages: &[&str]) {
        for language in languages {
            let mut highlighting = self.begin(language);
            self.line(&mut highlighting, "fn f(x) { return \"a\" + 1; } // x");
        }
    }

    /// A code block before its first line.
    pub fn begin(&self, language: &str) -> Highlighting {
        let name = language.to_ascii_lowercase();
        let name = ALIASES
            .iter()
            .find(|(alias, _)| *alias == name)
            .map_or(name.as_str(), |(_, name)| name);
        if PLAIN.contains(&name) {
            return Highlighting(None);
        }
        let syntax = self.syntaxes().find_syntax_by_token(name);
        Highlighting(syntax.map(|syntax| {
            let parse = ParseState::new(syntax);
            State {
                first: Rc::new(parse.clone()),
                parse,
                words: words::of(&syntax.name),
                roles: Vec::new(),
                cleared: Vec::new(),
                is_stale: false,
                line_limit: SHORT_LINE_LIMITS
                    .iter()
                    .find(|(name, _)| *name == syntax.name)
                    .map_or(LINE_LIMIT, |(_, limit)| *limit),
                detour: ENDLESS
                    .iter()
                    .find(|(name, _)| *name == syntax.name)
                    .map(|(_, detour)| *detour),
            }
        }))
    }

    /// The next line in roles, which cover all of it but its line break; `highlighting` moves on. The grammars want the
    /// line break: a line that comes without it is copied.
    pub fn line(&self, highlighting: &mut Highlighting, written: &str) -> LineRoles {
        let line = written.strip_suffix('\n').unwrap_or(written);
        let ops = highlighting.0.as_mut().and_then(|state| {
            if is_slow(line, state.line_limit) {
                state.is_stale = true;
                return None;
            }
            if state.is_stale && line.trim().is_empty() {
                state.restart();
            }
            let other = state.detour.and_then(|detour| detour.around(line));
            let whole = if let Some(other) = other {
                Cow::Owned(other + "\n")
            } else if line.len() < written.len() {
                Cow::Borrowed(written)
            } else {
                Cow::Owned(format!("{line}\n"))
            };
            let parsed = state.parse.parse_line(&whole, self.syntaxes());
            // A grammar that fails stays plain to the end of the block.
            parsed.ok().map(|ops| (state, ops))
        });
        let mut roles = Roles::default();
        match ops {
            None => roles.push(line, CodeRole::Plain),
            Some((state, ops)) => {
                let mut at = 0;
                for (offset, op) in ops {
                    let end = offset.min(line.len());
                    state.add(line.get(at..end).unwrap_or_default(), &mut roles);
                    at = end.max(at);
                    state.apply(&op);
                }
                state.add(line.get(at..).unwrap_or_default(), &mut roles);
            }
        }
        roles.0.into()
    }

    fn syntaxes(&self) -> &SyntaxSet {
        self.0.get_or_init(two_face::syntax::extra_newlines)
    }
}

/// A code block that is highlighted line after line. It stays on the thread that made it, because the saved state of its
/// grammar does (Oniguruma's captures); what comes of it may go anywhere.
#[derive(Clone, Debug)]
pub struct Highlighting(Option<State>);

impl Highlighting {
    /// Whether its lines have no other role than the plain one.
    pub fn is_plain(&self) -> bool {
        self.0.is_none()
    }
}

/// So many bytes of a line of code with one role.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RoleRun {
    /// Bytes.
    pub len: u32,
    /// What they are.
    pub role: CodeRole,
}

/// The roles of a line of code.
pub type LineRoles = Box<[RoleRun]>;

/// Where a grammar stands between two lines.
#[derive(Clone, Debug)]
struct State {
    first: Rc<ParseState>,
    parse: ParseState,
    /// Words that the grammar leaves plain.
    words: Option<Words>,
    /// The role of each scope that is open, what surrounds it included.
    roles: Vec<CodeRole>,
    cleared: Vec<Vec<CodeRole>>,
    /// A line was left out, so the state may be wrong until something ends.
    is_stale: bool,
    /// Bytes of the longest line that is highlighted.
    line_limit: usize,
    detour: Option<Detour>,
}

impl State {
    fn restart(&mut self) {
        self.parse = ParseState::clone(&self.first);
        self.roles.clear();
        self.cleared.clear();
        self.is_stale = false;
    }

    fn role(&self) -> CodeRole {
        self.roles.last().copied().unwrap_or_default()
    }

    /// Adds a part of a line with the role of the scopes that are open, but for what the grammar does not tell apart.
    fn add(&self, text: &str, roles: &mut Roles) {
        match (self.role(), self.words) {
            (CodeRole::Operator, _) if words::is_word(text) => roles.push(text, CodeRole::Keyword),
            (CodeRole::Plain, Some(words)) => {
                words::split(text, words, |part, role| roles.push(part, role));
            }
            (role, _) => roles.push(text, role),
        }
    }

    fn apply(&mut self, op: &ScopeStackOp) {
        match op {
            ScopeStackOp::Push(scope) => self.roles.push(self.role_inside(*scope)),
            ScopeStackOp::Pop(count) => {
                let left = self.roles.len().saturating_sub(*count);
                self.roles.truncate(left);
            }
            ScopeStackOp::Clear(amount) => {
                let count = match amount {
                    ClearAmount::TopN(count) => (*count).min(self.roles.len()),
                    ClearAmount::All => self.roles.len(),
                };
                let kept = self.roles.len() - count;
                self.cleared.push(self.roles.split_off(kept));
            }
            ScopeStackOp::Restore => self.roles.extend(self.cleared.pop().unwrap_or_default()),
            ScopeStackOp::Noop => {}
        }
    }

    fn role_inside(&self, scope: Scope) -> CodeRole {
        let around = self.role();
        let own = ROLES
            .get(&scope.atom_at(0))
            .and_then(|roles| roles.iter().find(|(prefix, _)| prefix.is_prefix_of(scope)))
            .map(|(_, role)| *role);
        match (around, own) {
            (_, None) => around,
            // The quotes and text of a key in JSON are the key, and so is the `on` of YAML that could be a value.
            (CodeRole::Attribute, Some(CodeRole::String | CodeRole::Constant)) => {
                CodeRole::Attribute
            }
            (_, Some(role)) => role,
        }
    }
}

/// Roles being collected.
#[derive(Default)]
struct Roles(Vec<RoleRun>);

impl Roles {
    fn push(&mut self, text: &str, role: CodeRole) {
        let len = u32::try_from(text.len()).unwrap_or(u32::MAX);
        match self.0.last_mut() {
            _ if len == 0 => {}
            // Blanks look the same in every role: without a run of their own they save a third of the memory.
            Some(last) if last.role == role || text.trim_ascii().is_empty() => {
                last.len = last.len.saturating_add(len);
            }
            _ => self.0.push(RoleRun { len, role }),
        }
    }
}

fn is_slow(line: &str, limit: usize) -> bool {
    line.len() > limit
        || line
            .split(|c: char| !c.is_whitespace())
            .any(|blanks| blanks.len() > BLANK_RUN_LIMIT)
}

/// What a grammar is given instead of a line that it would never come to the end of: one of the same length.
#[derive(Clone, Copy, Debug)]
pub(super) enum Detour {
    /// It goes round after an expression, blanks and `/*`.
    CloseComments,
    /// It goes round in a type that ends with `@` and what no annotation begins with.
    NoStrayAts,
}

impl Detour {
    fn around(self, line: &str) -> Option<String> {
        match self {
            Self::CloseComments => line.contains("/*").then(|| close_comments(line)),
            Self::NoStrayAts => line.contains('@').then(|| without_stray_ats(line)),
        }
    }
}

/// A line of the same length in which each `/*` comes before the blanks that stood before it. Blanks show no colour, and
/// for the grammar they are part of the comment.
fn close_comments(line: &str) -> String {
    let mut out = String::with_capacity(line.len() + 1);
    let mut rest = line;
    while let Some((before, after)) = rest.split_once("/*") {
        let text = before.trim_end();
        let blanks = before.get(text.len()..).unwrap_or_default();
        out.push_str(text);
        out.push_str("/*");
        out.push_str(blanks);
        rest = after;
    }
    out.push_str(rest);
    out
}

/// A line of the same length in which each `@` stands before what an annotation or a pattern begins with.
fn without_stray_ats(line: &str) -> String {
    let begins = |c: char| c.is_alphabetic() || c.is_whitespace() || matches!(c, '_' | '`' | '(');
    let mut out = String::with_capacity(line.len() + 1);
    let mut rest = line.chars().peekable();
    while let Some(c) = rest.next() {
        let is_stray = c == '@' && rest.peek().is_some_and(|&next| !begins(next));
        out.push(if is_stray { ' ' } else { c });
    }
    out
}
