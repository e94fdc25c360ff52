//! The pieces that texts are made of. Each stands for a trick; add the smallest form of a new one.
//!
//! How they are put together is the parent's.

/// Bytes that are no text, or nearly.
#[rustfmt::skip]
pub(super) const BYTES: &[&[u8]] = &[
    b"\xff", b"\xfe\xff", b"\xc0\x80", b"\xed\xa0\x80", b"\xf0\x9f", b"\xf4\x90\x80\x80", b"\xe2\x80", b"\x80\xae",
    b"\x1b[2J", b"\x1b]0;x\x07", b"\x9b31m", b"\xc2\x9b", b"\r", b"\r\r\n", b"\n", b"\x00", b"\xef\xbf\xbe",
    b"\xef\xbb\xbf", b"\xf3\xa0\x81\x81", b"```\n", b"| ", b"\xe2\x80\xae",
];

/// Markdown that changes what stands around it.
#[rustfmt::skip]
pub(super) const MARKDOWN: &[&str] = &[
    // Fences: open, closed, nested, indented, of odd lengths.
    "```", "```\n", "````", "```rust\n", "```py title\n", "~~~", "~~~~ js", "   ```", "    ```", "\t```", "``` `",
    "~~~ `", "> ```", "- ```rs\n  fn f() {\n  ```", "1. ~~~\n   x\n   ~~~", "> - ```sh\n>   ls", "```\n```",
    "```{.x #y}", "```a&#27;b", "```\u{301}", "let x = \"a\"; // b", "\tx = 'y' # z", "/* open", "\"\"\"",
    // Tables with odd pipes.
    "| a | b |\n|---|--:|\n| 1 | 2 |\n", "|---|", "|:-:|:-|", "| 1 | 2 | 3 |", "|", "||", "|||||||", "a | b",
    "--|--", "\\|", "| `a|b` | c |", "| a |\n|---|\n| x\n| y | z |\n", "|a|b|\n|-|-|\n|<br>|**x|\n", "-|-\n",
    // Quotes and lists, deep and lazy.
    ">", "> quote\n", ">> deeper", "> > > ", "lazy", "> [!NOTE]\n> x\n", "> [!nope]\n", "-", "- item\n", "* other",
    "+", "  - nested", "    - deep", "      - deeper", "1.", "1. one\n", "7) seven", "123456789. x",
    "0000000001. x", "1986. year", "- [ ] open\n", "- [x] done\n", "- - - a", "* * *", "- 1. - b", "   1. x",
    " - z", "  continued", "-\n\n  late", "- > - > ",
    // Headings and rules.
    "# heading", "#", "#tag", "####### seven", "## a ##", "===", "---", "text\n===", "text\n---\n", "***", "___",
    "- - -",
    // HTML.
    "<div>", "</div>", "<!--", "-->", "<b>x</b>", "<br>", "<br/>", "<?php", "?>", "<![CDATA[", "]]>", "<script>",
    "</script>", "<pre>", "<a href='", "<!X", "<http://a.b>", "<x@y.z>", "<", "<a ", "</",
    // Links, definitions, footnotes.
    "[a]: /url", "[a]", "[a][a]", "[b](http://x.y/z)", "[b](<x y> 't')", "![i](p.png)", "![", "[", "]", "](", "[[",
    "[a]:", "[a]:\n/late", "\"title", "[^1]", "[^1]: note", "[^1]:\n    body", "[^", "[x](javascript:a)",
    "[u](https://good@evil.com)", "[r](http://a/\u{202e}gpj)", "www.a.b", "https://a.b/c",
    // Entities, escapes, breaks, tabs, mathematics.
    "&amp;", "&#27;[31m", "&#x202e;", "&zwj;", "&zwnj;", "&shy;", "&nbsp;", "&#0;", "&#xd800;", "&Tab;",
    "&NewLine;", "&#13;", "&", "&#", "\\", "\\\n", "a  \n", "\\*", "\\`", "\t", "\t- tab", "  \tmixed",
    "    indented\n", "$", "$$", "$a$", "$$\nx^2\n$$", "$`a`$", "\\(x\\)",
    // Marks of emphasis and code that never close.
    "*", "**", "***a", "_", "__a", "*a_b*c_", "**a*", "~", "~~", "~~gone~~", "`", "``", "`a", "`` ` ``", "*_*_*_",
    "[*`", "a*b*c",
    // Blocks of words.
    "", "", "text", "more *text* and `code`", "word word word word word word word word word", "a-b",
    "日本語のとても長い文章です", "https://example.com/a/very/long/path/that/does/not/fit/into/forty/columns?of=a&pane",
    "0123456789abcdef0123456789abcdef0123456789",
];

/// Unicode of every kind, in its smallest forms.
#[rustfmt::skip]
pub(in super::super) const UNICODE: &[&str] = &[
    // Emoji: joined, coloured, flags, keycaps, by selector.
    "👩‍👩‍👧‍👦", "👩🏽‍💻", "❤️‍🔥", "🏳️‍🌈", "🇩🇪", "🇩", "🏴\u{e0067}\u{e0062}\u{e0065}\u{e006e}\u{e0067}\u{e007f}",
    "🏴\u{e0067}", "1️⃣", "#\u{20e3}", "☎️", "☎\u{fe0e}", "©", "🦀", "\u{1f3fd}", "👩\u{200d}", "\u{200d}👩",
    "\u{fe0f}", "\u{20e3}", "🫱🏻‍🫲🏿", "\u{1f1e6}\u{200d}",
    // Combining marks and towers.
    "e\u{301}", "\u{301}",
    "\u{300}\u{301}\u{302}\u{303}\u{304}\u{305}\u{306}\u{307}\u{308}\u{309}\u{30a}\u{30b}\u{30c}\u{30d}\u{30e}\u{30f}\u{310}",
    "o\u{488}", "\u{a0}\u{301}", "\u{34f}", "\u{1ab0}", "\u{20dd}",
    // Right to left, and what turns the order.
    "שלום", "שָׁלוֹם", "السلام عليكم", "لا", "لله", "می‌خواهم", "\u{202e}", "\u{202a}", "\u{202c}", "\u{2066}",
    "\u{2067}", "\u{2069}", "\u{200e}", "\u{200f}", "\u{61c}", "\u{600}1", "\u{6dd}1", "\u{fdfd}", "ل\u{200d}ا",
    "ب\u{200c}ب",
    // What shows nothing.
    "\u{200b}", "\u{200c}", "\u{200d}", "\u{2060}", "\u{feff}", "\u{ad}", "\u{3164}", "\u{ffa0}", "\u{115f}",
    "\u{1160}", "\u{180e}", "\u{17b4}", "\u{2028}", "\u{2029}", "\u{2061}", "\u{206a}", "\u{fff9}", "\u{fffc}",
    "\u{1d173}", "\u{13430}", "\u{1bca0}",
    // Tags and selectors.
    "\u{e0001}", "\u{e0041}", "\u{e007f}", "\u{e0020}", "\u{fe00}", "\u{fe0e}", "\u{e0100}", "葛\u{e0100}",
    "≨\u{fe00}", "\u{180b}", "ᠠ\u{180b}",
    // East Asian: jamo, wide, half-width with marks, ideographic blanks.
    "한국어", "\u{1112}\u{1161}\u{11ab}", "\u{1112}", "\u{1161}", "\u{11ab}", "\u{a960}\u{d7b0}\u{d7cb}", "日本語", "ｶﾞ",
    "ﾊﾟ", "\u{ff9e}", "\u{3099}", "か\u{3099}", "\u{3000}", "Ａ", "ﬁ", "〰️", "㊗️", "\u{302a}",
    // Indic and South-East Asian: conjuncts, joiners, vowels on both sides.
    "क्ष", "क्‍ष", "क्‌ष", "नि", "ക്ഷ", "க்ஷ", "শ্রী", "क्क्क्क्क्क", "ကြ", "က္က", "ខ្មែរ", "ភាសា\u{200b}ខ្មែរ",
    "ไทย", "กำ", "ำ", "བོད", "ᬓ᭄ᬓ", "\u{94d}", "\u{93f}", "\u{d4e}", "\u{1b44}", "\u{11131}\u{11133}", "𑄌\u{11127}",
    // Where no character is, or not one that anybody agreed on.
    "\u{e000}", "\u{f8ff}", "\u{10fffd}", "\u{378}", "\u{e0080}", "\u{fffe}", "\u{ffff}", "\u{1ffff}", "\u{10ffff}",
    "\u{fdd0}", "\u{fffd}", "\u{2fe0}", "\u{1fa7f}",
    // Controls and the sequences that they begin.
    "\0", "\u{1}", "\u{7}", "\u{8}", "\u{b}", "\u{c}", "\u{e}", "\u{7f}", "\u{80}", "\u{85}", "\u{90}", "\u{9b}",
    "\u{9c}", "\u{9d}", "\u{1b}", "\u{1b}[31m", "\u{1b}[2J", "\u{1b}]0;t\u{7}", "\u{1b}]8;;http://a\u{1b}\\",
    "\u{1b}]52;c;QQ==\u{7}", "\u{1b}P1$r\u{1b}\\", "\u{1b}_G\u{1b}\\", "\u{1b}c", "\u{9b}6n",
    // Returns and blanks.
    "\r", "\r\n", "\r\r\n", "\n\r", "over\rwritten", "\u{a0}", "\u{2003}", "\u{200a}", "\u{202f}", "\u{205f}",
    "\u{1680}", "\u{2800}", "\t",
];

/// Starts and units of texts without an end.
#[rustfmt::skip]
pub(super) const SHAPES: &[(&str, &str)] = &[
    ("", "word and word "), ("", "lines of a paragraph\n"), ("", "A paragraph with *some* words.\n\n"),
    ("", "漢字だけの段落"), ("", "0123456789"), ("", "x"), ("", "\n"), ("", "👩‍👩‍👧‍👦"),
    ("", "e\u{301}"), ("a", "\u{301}"), ("", "\u{200b}"), ("", "\r"), ("", "\u{1b}[31m"), ("", "क्"), ("", "*"),
    ("", "_a "), ("", "**a "), ("", "*a _b "), ("", "a**b"), ("", "["), ("", "]("), ("", "[a]("), ("", "![["),
    ("", "[a]: b\n"), ("", "[a][b] "), ("", "[^1]: x\n"), ("", "[^a] "), ("", "`"), ("", "` `` "), ("", "`a "),
    ("", "<"), ("", "<a "), ("", "<!--"), ("", "<?"), ("", "<![CDATA["), ("", "</"), ("", "&"), ("", "&amp;"),
    ("", "$"), ("", "$a "), ("", "$$ a "), ("", "~~a "), ("", "\\"), ("", "\\\n"), ("", "a  \n"), ("", ">"),
    ("", "> "), ("", "> a\n"), ("", "> a\n\n"), ("", "- "), ("", "- a\n"), ("", "- a\n\n"), ("", "1. a\n"),
    ("", "* - + "), ("- ", "an item without an end "), ("- a\n", "\n  more\n"),
    ("", "- a\n  ```py\n  x = 1\n  ```\n"), ("- ```py\n", "  x = 1\n"), ("> ```py\n", "> x = 1\n"),
    ("```py\n", "x = f(1)\n"), ("```\n", "\n"), ("", "```\n"), ("", "```\n\n"),
    ("", "~~~ `\n"), ("", "    indented\n"), ("<div>\n", "html\n"), ("<!--\n", "html\n\n"),
    ("| a | b |\n|---|---|\n", "| 1 | 2 |\n"), ("| a | b |\n|---|---|\n| ", "word "), ("", "| a "), ("", "|"),
    ("", "|\n"), ("", "| a | b |\n|---|---|\n| 1 | 2 |\n\n"), ("", "a | b\n-|-\n"), ("", "# h\n"), ("# ", "word "),
    ("- a\n  > - b\n  >\n  >   ```\n", "  >   x\n"), ("<script>\n", "x < y && z\n"), ("\\[\n", "x + y \\\\\n"),
    ("", "\\(x_1\\) "), ("", "|x"), ("", "1\u{fe0f}\u{20e3}\n"), ("", "-->\n"), ("", "***a\n"), ("", "\u{202e}"),
    ("", "    \\[\n# y\n"), ("", "- \\[\n- y\n"), ("", "#"), ("", "---\n"), ("", "a\n===\n"), ("", "a\n---\n"), ("", "1"), ("", "=\n"),
];

/// The same, of definitions, which show nothing.
#[rustfmt::skip]
pub(super) const DEFINITIONS: &[(&str, &str)] = &[
    ("", "[a]: /x\n"), ("", "[a]: /x\n\n"), ("", "[a]:\n/x\n"), ("", "[a]:\n[b]:\n"), ("", "[a]: /x\n'title'\n"),
    ("", "[a]: /x '\n[b]\n[c]\n[d]\n[e]\n[f]\n[g]\n[h]\n'\n"), ("text\n\n", "[a]: /x\n"), ("- a\n\n", "[a]: /x\n"),
    ("```\n```\n", "[a]: /x\n"), ("", "> [a]: /x\n"), ("- a\n\n", "  [a]: /x\n"), ("[^1]: a\n\n", "    [a]: /x\n"),
    ("[a]: /", "x"), ("[a]: <", "x "), ("[a]: /x '", "title\n"), ("", "[a]: /x 'title\n"), ("[a", "b "),
];

/// The same, of a single line: a blank one, and code.
pub(super) const LONG_LINES: &[(&str, &str)] =
    &[("", " "), ("", "\t"), ("```py\n", "x"), ("```py\n", "'")];
