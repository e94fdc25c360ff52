//! LaTeX is shown as it was written, line by line, and prices are not taken for it.

use super::*;

/// The texts of one role.
fn texts(source: &str, role: Role) -> Vec<String> {
    let document = whole(source);
    let lines = document.blocks().iter().flat_map(|block| &block.lines);
    let pieces: Vec<_> = lines.flat_map(|line| line.text.pieces()).collect();
    pieces
        .into_iter()
        .filter(|piece| piece.style.role == role)
        .map(|piece| piece.text.to_owned())
        .collect()
}

/// All letter by letter is what it is at once.
#[track_caller]
fn check_grown(source: &str) {
    let cuts = [(1, true)];
    assert_eq!(streamed(source, &cuts).blocks(), whole(source).blocks());
}

#[test]
fn lines_that_begin_with_an_ampersand_stay() {
    let lines = "f(x) &= a \\\\\n&= b \\\\\n&lt; *foo* _x_\n&copy; \\{ \\}";
    for (open, close) in [
        ("$$\n", "\n$$"),
        ("\\[\n", "\n\\]"),
        ("$$\\begin{aligned} ", "\\end{aligned}$$"),
        ("\\begin{align}\n", "\n\\end{align}"),
    ] {
        let math = format!("{open}{lines}{close}");
        check(&format!("{math}\n"), &format!("{math}\n"));
        check_grown(&math);
    }
    check("a \\(x\n&= y\\) b\n", "a \\(x &= y\\) b\n");
    check("# Of $a_1 &lt; *b*$\n", "Of $a_1 &lt; *b*$\n");
    check(
        "| $|x|_1$ | b |\n|-|-|\n| $&a_1 < *b* \\\\$ | \\(&x\\) |\n",
        "| $|x|_1$ | b | |-|-| | $&a_1 < *b* \\\\$\n| \\(&x\\) |\n",
    );
}

#[test]
fn latex_in_quotes_and_items_has_no_marks_of_these() {
    check(
        "> $$\n> a\n> &= b\n> - c\n> $$\n> so\n",
        "▎ $$\n▎ a\n▎ &= b\n▎ - c\n▎ $$\n▎ so\n",
    );
    check("- $$\n  - x\n  $$\n- y\n", "• $$\n  - x\n  $$\n• y\n");
    check("> a $x\n> y$ b\n", "▎ a $x y$ b\n");
    check("- $$\n- $$$\n- text\n", "• $$\n• $$$\n• text\n");
    for source in [
        "> $$\n> a\n> > b\n> $$\n",
        "- $$\n  - x\n  $$\n- y\n",
        "- $$\n- $$$\n",
    ] {
        check_grown(source);
    }
}

#[test]
fn prices_are_no_latex() {
    for source in [
        "Cost is $5 and **$6** now.",
        "Plans: **$10**/mo, **$20**/mo, *$30*.",
        "From $5 to **ten** and $6.",
        "Run `$HOME` and $PATH and **bold** $X.",
        "It costs $5 in `$HOME` or **$A** or **$B**.",
        "| a | b |\n|-|-|\n|$a|$b|\n",
        "- costs $a\n- b$\n",
        "[a](x/$foo) and [b](y/$bar)",
        "\\$a$ and $ b$",
    ] {
        assert_eq!(texts(source, Role::Math), [] as [&str; 0], "{source}");
    }
    let bold = "Cost is $5 and **$6** now, **$10**/mo, **$20**/mo";
    check(bold, "Cost is $5 and $6 now, $10/mo, $20/mo\n");
    let mixed = "price $5 and $6 each, $x_i \\cdot y_i$ *em* $a*b*c$, $X^{**}$ and $`a`$";
    let maths = ["$x_i \\cdot y_i$", "$a*b*c$", "$X^{**}$", "$`a`$"];
    assert_eq!(texts(mixed, Role::Math), maths);
    assert_eq!(texts("so **it is:**$x$.", Role::Math), ["$x$"]);
    check(
        "so **it is:**$x$ and \\(y\\).",
        "so it is:$x$ and \\(y\\).\n",
    );
}

#[test]
fn code_with_marks_of_latex_stays_code() {
    let source = "`\\(` and `\\)`, `$a` and `$b`, ``a`$b``, `a $x\ny$`";
    let code = ["\\(", "\\)", "$a", "$b", "a`$b", "a $x y$"];
    assert_eq!(texts(source, Role::InlineCode), code);
}

#[test]
fn a_display_stands_in_lines_of_its_own() {
    let source = "Solve it:\n$$\nx = 1 \\\\\ny\n$$\nand then:\n\\[\nz = 3\n\\]\nTherefore z.\n\n1. Compute\n   $$\n   a^2\n   $$\n2. $$a$$ is\n   so\n\nas\n\\begin{align}\na &= b \\\\\n&= c\n\\end{align}\nand\n\\begin{equation} x_1 \\end{equation}\nhold\n";
    check(
        source,
        "
Solve it:
$$
x = 1 \\\\
y
$$
and then:
\\[
z = 3
\\]
Therefore z.

 1. Compute
    $$
    a^2
    $$
 2. $$a$$ is so

as
\\begin{align}
a &= b \\\\
&= c
\\end{align}
and
\\begin{equation} x_1 \\end{equation}
hold
",
    );
    check_grown(source);
}
