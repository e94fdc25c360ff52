//! Markdown without end, block by block, for size tests and for texts of a given kind.
//! Same seed, same text; what a chosen prompt is answered with is the business of `answer`.

use std::fmt::Write as _;

use super::random::Rng;
use super::scenario::TextKind;

/// Writes one block after the other.
#[derive(Clone, Debug)]
pub(crate) struct Generator {
    kind: TextKind,
    rng: Rng,
    blocks: u64,
}

const NOUNS: &[&str] = &[
    "queue",
    "scheduler",
    "cache",
    "wafer",
    "decoder",
    "buffer",
    "router",
    "ledger",
    "index",
    "socket",
    "window",
    "batch",
    "kernel",
    "replica",
    "cursor",
    "journal",
    "token",
    "stream",
    "reader",
    "worker",
    "shard",
    "probe",
    "budget",
    "lattice",
];
const ADJECTIVES: &[&str] = &[
    "small", "quiet", "ordered", "shared", "bounded", "lazy", "early", "stale", "warm", "narrow",
    "patient", "exact", "idle", "nearby", "plain", "steady",
];
const VERBS: &[&str] = &[
    "fills", "drains", "follows", "guards", "reads", "delays", "splits", "joins", "measures",
    "forgets", "repeats", "settles",
];
const CLAUSES: &[&str] = &[
    "so nothing has to wait twice",
    "which keeps the tail short",
    "even when the load doubles",
    "because a copy is cheaper than a lock",
    "until the last reader has gone",
    "and the median hides it",
    "as long as the order is kept",
    "before anyone asks for it",
];
const EMOJI: &[&str] = &[
    "🙂",
    "🚀",
    "👩‍💻",
    "👨‍👩‍👧‍👦",
    "🏳️‍🌈",
    "🇨🇭",
    "👍🏽",
    "❤️",
    "☕",
    "🧪",
    "高速",
    "ウェハー",
    "추론",
    "né",
    "e\u{301}",
    "Ⅷ",
    "日本語",
];
const CHINESE: &[&str] = &[
    "缓存",
    "队列",
    "令牌",
    "窗口",
    "调度器",
    "保持",
    "读取",
    "合并",
    "很快",
    "从不等待",
    "因为",
    "所以",
];
const JAPANESE: &[&str] = &[
    "ウェハー",
    "トークン",
    "は",
    "を",
    "読む",
    "速い",
    "待たない",
    "順序",
    "キュー",
    "小さな",
    "そして",
    "窓",
];
const KOREAN: &[&str] = &[
    "추론은",
    "토큰을",
    "빠르게",
    "읽는다",
    "순서가",
    "유지된다",
    "작은",
    "창문",
    "대기열이",
    "비어",
    "있다",
    "다시",
];
const LANGUAGES: &[&str] = &[
    "rust",
    "python",
    "typescript",
    "go",
    "sql",
    "bash",
    "json",
    "toml",
    "c",
    "yaml",
    "haskell",
    "diff",
];

impl Generator {
    pub(crate) fn new(kind: TextKind, seed: u64) -> Self {
        Self {
            kind,
            rng: Rng::new(seed),
            blocks: 0,
        }
    }

    /// Adds the next block to `out`, at least one character.
    pub(crate) fn block(&mut self, out: &mut String) {
        let number = self.blocks;
        self.blocks += 1;
        match self.kind {
            TextKind::Mixed => self.mixed(number, out),
            TextKind::Prose => self.paragraph(5, out),
            TextKind::Code => self.code_line(number, out),
            TextKind::Table => self.table_row(number, out),
            TextKind::List => self.item(number, out),
            TextKind::Emoji => self.emoji(out),
            TextKind::Cjk => self.cjk(number, out),
            TextKind::OneParagraph => self.words(out),
            TextKind::OneLine => self.line(out),
            TextKind::Nested => self.nested(out),
            TextKind::Blocks => self.code_block(out),
            TextKind::Hostile => self.hostile(number, out),
        }
    }

    fn mixed(&mut self, number: u64, out: &mut String) {
        match number % 9 {
            0 => {
                let level = if number == 0 { "#" } else { "##" };
                let title = self.phrase();
                write(
                    out,
                    format_args!("{level} {}. The {title}\n\n", number / 9 + 1),
                );
            }
            2 => (1..=4).for_each(|n| self.item(n, out)),
            3 | 6 => self.code_block(out),
            4 => self.table(out),
            7 => self.tasks(out),
            8 => {
                let said = self.sentence();
                write(
                    out,
                    format_args!("> {said}\n> — the {}'s notebook\n\n", self.rng.word(NOUNS)),
                );
            }
            _ => self.paragraph(3, out),
        }
        if matches!(number % 9, 2) {
            out.push('\n');
        }
    }

    fn phrase(&mut self) -> String {
        format!("{} {}", self.rng.word(ADJECTIVES), self.rng.word(NOUNS))
    }

    fn sentence(&mut self) -> String {
        let (subject, verb, object) = (self.phrase(), self.rng.word(VERBS), self.phrase());
        match self.rng.below(6) {
            0 => format!(
                "The {subject} {verb} the **{object}**, {}.",
                self.rng.word(CLAUSES)
            ),
            1 => format!(
                "When the {subject} {verb} `{}`, the {object} waits.",
                self.name()
            ),
            2 => format!("A {subject} {verb} each {object} in $O(n \\log n)$."),
            3 => format!("Note that *the {subject}* {verb} the {object}."),
            _ => format!(
                "The {subject} {verb} the {object}, {}.",
                self.rng.word(CLAUSES)
            ),
        }
    }

    fn name(&mut self) -> String {
        format!("{}_{}", self.rng.word(NOUNS), self.rng.word(VERBS))
    }

    fn paragraph(&mut self, sentences: u64, out: &mut String) {
        for _ in 0..sentences {
            out.push_str(&self.sentence());
            out.push(' ');
        }
        out.pop();
        out.push_str("\n\n");
    }

    fn words(&mut self, out: &mut String) {
        out.push_str(&self.sentence());
        out.push(' ');
    }

    fn line(&mut self, out: &mut String) {
        out.push_str(self.rng.word(NOUNS));
    }

    fn item(&mut self, number: u64, out: &mut String) {
        let text = self.sentence();
        if number % 5 == 4 {
            write(out, format_args!("   - {text}\n"));
        } else {
            write(out, format_args!("{}. {text}\n", number + 1));
        }
    }

    fn tasks(&mut self, out: &mut String) {
        for n in 0..3 {
            let mark = if n == 0 { "x" } else { " " };
            let text = self.sentence();
            write(out, format_args!("- [{mark}] {text}\n"));
        }
        out.push('\n');
    }

    fn table(&mut self, out: &mut String) {
        for row in 0..6 {
            self.table_row(row, out);
        }
        out.push('\n');
    }

    fn table_row(&mut self, row: u64, out: &mut String) {
        if row == 0 {
            out.push_str("| Part | Task | p50 ms | p95 ms |\n|:-----|:----:|-------:|-------:|\n");
        }
        let (part, task) = (self.phrase(), self.rng.word(VERBS));
        let (low, more) = (self.rng.between(1, 90), self.rng.between(1, 400));
        write(
            out,
            format_args!(
                "| {part} | {task} | {low}.{} | {} |\n",
                row % 10,
                low + more
            ),
        );
    }

    fn code_block(&mut self, out: &mut String) {
        let language = self.rng.word(LANGUAGES);
        write(out, format_args!("```{language}\n"));
        for _ in 0..self.rng.between(3, 9) {
            self.statement(language, out);
        }
        out.push_str("```\n\n");
    }

    fn code_line(&mut self, number: u64, out: &mut String) {
        if number == 0 {
            out.push_str("```rust\n");
        }
        self.statement("rust", out);
    }

    fn statement(&mut self, language: &str, out: &mut String) {
        let (name, other, number) = (self.name(), self.name(), self.rng.between(1, 4_096));
        let line = match (language, self.rng.below(3)) {
            ("rust", 0) => format!(
                "    let {name} = {other}.iter().map(|x| x * {number}).sum::<u64>(); // {}",
                self.rng.word(NOUNS)
            ),
            ("rust", 1) => {
                format!("    if {name} > {number} {{ return Err(Error::Full(\"{other}\")); }}")
            }
            ("rust", _) => {
                format!("    match {name} {{ Some(n) => n + {number}, None => {other}() }};")
            }
            ("python", 0) => format!("{name} = [x ** 2 for x in range({number}) if x % 3]"),
            ("python", _) => {
                format!("def {name}({other}: int = {number}) -> str: return f\"{{{other}}}\"")
            }
            ("typescript", _) => format!(
                "const {name} = async (n: number): Promise<string> => `${{{other}(n)}}-{number}`;"
            ),
            ("go", _) => format!("\t{name}, err := {other}(ctx, {number})"),
            ("sql", _) => {
                format!("SELECT {name}, count(*) FROM {other} WHERE id > {number} GROUP BY 1;")
            }
            ("bash", _) => format!("{name}=\"$({other} --limit {number} | sort -u)\""),
            ("json", _) => format!("{{ \"{name}\": {number}, \"{other}\": [true, null, \"x\"] }}"),
            ("toml", _) => format!("{name} = {{ {other} = {number} }}"),
            ("yaml", _) => format!("{name}:\n  - {other}: {number}"),
            ("c", _) => {
                format!("    for (size_t i = 0; i < {number}; i++) {name}[i] = {other}(i);")
            }
            ("haskell", _) => format!("{name} = foldr ({other} . (+ {number})) 0"),
            (_, 0) => format!("-    {name} = {number}"),
            _ => format!("+    {name} = {other}"),
        };
        out.push_str(&line);
        out.push('\n');
    }

    fn emoji(&mut self, out: &mut String) {
        for _ in 0..self.rng.between(8, 20) {
            let words = if self.rng.one_in(2) { NOUNS } else { EMOJI };
            out.push_str(self.rng.word(words));
            out.push(' ');
        }
        out.push_str("\n\n");
    }

    fn cjk(&mut self, number: u64, out: &mut String) {
        let (words, gap, stop) = match number % 3 {
            0 => (CHINESE, "", "。"),
            1 => (JAPANESE, "", "。"),
            _ => (KOREAN, " ", ". "),
        };
        for _ in 0..self.rng.between(3, 6) {
            for place in 0..self.rng.between(6, 14) {
                out.push_str(if place > 0 { gap } else { "" });
                out.push_str(self.rng.word(words));
            }
            out.push_str(stop);
        }
        out.truncate(out.trim_end().len());
        out.push_str("\n\n");
    }

    fn nested(&mut self, out: &mut String) {
        for depth in 0..self.rng.between(2, 7) {
            let indent = usize::try_from(depth * 2).unwrap_or(0);
            let text = self.sentence();
            write(out, format_args!("{:indent$}- {text}\n", ""));
        }
        let (quoted, deeper) = (self.sentence(), self.sentence());
        write(
            out,
            format_args!("\n> {quoted}\n>\n> > {deeper}\n> >\n> > 1. one\n> > 2. two\n\n"),
        );
    }

    fn hostile(&mut self, number: u64, out: &mut String) {
        match number % 12 {
            0 => out.push_str("\u{1b}[2J\u{1b}[H\u{1b}]0;owned\u{7}\u{1b}[31mred\u{1b}[?1049l\n\n"),
            1 => out.push_str("\u{9b}31m \u{0} \u{8}\u{8}\u{8} \r over\u{7f}\u{85}\n\n"),
            2 => out.push_str("left \u{202e}thgir\u{202c} \u{2066}in\u{2069} zero\u{200b}\u{200d}\u{feff}width \u{e0041}\u{e0042}\n\n"),
            3 => write(out, format_args!("Z{} tower\n\n", "\u{301}\u{30a}\u{323}".repeat(40))),
            4 => write(out, format_args!("{}deep\n\n", "> ".repeat(60))),
            5 => write(out, format_args!("{}\n\n", "[".repeat(300))),
            6 => write(out, format_args!("{}a\n\n", "*_".repeat(200))),
            7 => write(out, format_args!("|{}\n|{}\n\n", " x |".repeat(200), "-|".repeat(200))),
            8 => out.push_str("<script>alert(1)</script> ![x](http://127.0.0.1:9/x.png) [click](javascript:alert(1))\n\n"),
            9 => write(out, format_args!("```rust\n{}\n```\n\n", "(".repeat(2_000))),
            10 => write(out, format_args!("عربي עברית हिन्दी {} \u{1f3f3}\u{fe0f}\u{200d}\u{1f308}\n\n", "שלום ".repeat(20))),
            _ => self.paragraph(2, out),
        }
    }
}

/// Writing to a string cannot fail.
fn write(out: &mut String, text: std::fmt::Arguments<'_>) {
    let _ = out.write_fmt(text);
}

#[cfg(test)]
mod tests {
    use super::*;

    const KINDS: [TextKind; 12] = [
        TextKind::Mixed,
        TextKind::Prose,
        TextKind::Code,
        TextKind::Table,
        TextKind::List,
        TextKind::Emoji,
        TextKind::Cjk,
        TextKind::OneParagraph,
        TextKind::OneLine,
        TextKind::Nested,
        TextKind::Blocks,
        TextKind::Hostile,
    ];

    fn blocks(kind: TextKind, seed: u64) -> String {
        let (mut generator, mut out) = (Generator::new(kind, seed), String::new());
        (0..60).for_each(|_| generator.block(&mut out));
        out
    }

    #[test]
    fn every_kind_grows_and_repeats_itself_for_the_same_seed_only() {
        for kind in KINDS {
            assert_eq!(blocks(kind, 1), blocks(kind, 1));
            assert!(blocks(kind, 1).len() > 200, "{kind:?}");
            assert_ne!(blocks(kind, 1), blocks(kind, 2), "{kind:?}");
        }
    }

    #[test]
    fn kinds_are_what_they_say() {
        assert!(!blocks(TextKind::OneParagraph, 1).contains('\n'));
        assert!(!blocks(TextKind::OneLine, 1).contains([' ', '\n']));
        assert_eq!(blocks(TextKind::Code, 1).matches("```").count(), 1);
        assert!(blocks(TextKind::Hostile, 1).contains('\u{1b}'));
        let cjk = blocks(TextKind::Cjk, 1);
        assert!(cjk.lines().step_by(6).all(|line| !line.contains(' ')));
        assert!(!cjk.contains(|c: char| c.is_ascii_alphanumeric()));
        let mixed = blocks(TextKind::Mixed, 1);
        for mark in ["## ", "| Part", "- [x]", "> ", "```", "1. "] {
            assert!(mixed.contains(mark), "{mark}");
        }
    }
}
