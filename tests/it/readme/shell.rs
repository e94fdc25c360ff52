//! Just enough of a shell to find the words of `waferdeck` commands in a line of a document.
//!
//! Quotes, comments, pipes, redirections and assignments; nothing is expanded.

/// The words of each `waferdeck` command of a line; `cargo run … --` counts as one.
pub(super) fn waferdeck_commands(line: &str) -> Vec<Vec<String>> {
    let mut commands = Vec::new();
    for command in commands_of(line) {
        let mut words = command
            .iter()
            .map(String::as_str)
            .skip_while(|word| word.contains('=') && !word.starts_with('-'));
        let arguments: Vec<&str> = match words.next() {
            Some("waferdeck") => words.collect(),
            Some("cargo") if words.next() == Some("run") => {
                words.skip_while(|word| *word != "--").skip(1).collect()
            }
            _ => continue,
        };
        let whole = std::iter::once("waferdeck").chain(arguments);
        commands.push(whole.map(str::to_owned).collect());
    }
    commands
}

/// The commands of a line, each as its words.
fn commands_of(line: &str) -> Vec<Vec<String>> {
    let mut commands = vec![Vec::new()];
    let mut word: Option<String> = None;
    let mut quote = None;
    // What follows a redirection is a file.
    let mut into_file = false;
    for c in line.chars().chain(" ".chars()) {
        match (quote, c) {
            (Some(q), c) if q == c => quote = None,
            (None, '\'' | '"') => {
                quote = Some(c);
                word.get_or_insert_default();
            }
            (None, '#') if word.is_none() => break,
            (None, ' ' | '|' | ';' | '&' | '>' | '<') => {
                if let Some(word) = word.take()
                    && !std::mem::take(&mut into_file)
                    && let Some(command) = commands.last_mut()
                {
                    command.push(word);
                }
                match c {
                    ' ' => {}
                    '>' | '<' => into_file = true,
                    _ => commands.push(Vec::new()),
                }
            }
            (_, c) => word.get_or_insert_default().push(c),
        }
    }
    commands
}

#[test]
fn commands_are_found_among_pipes_quotes_and_comments() {
    let check = |line: &str, expected: &[&[&str]]| {
        assert_eq!(waferdeck_commands(line), expected, "{line}");
    };
    check(
        "git diff | waferdeck ask -s \"Be brief.\" - > out.txt  # a | comment",
        &[&["waferdeck", "ask", "-s", "Be brief.", "-"]],
    );
    check(
        "KEY=x waferdeck ask -m 'a?b=c&d' && waferdeck models",
        &[
            &["waferdeck", "ask", "-m", "a?b=c&d"],
            &["waferdeck", "models"],
        ],
    );
    check("cargo run --release -- --mock", &[&["waferdeck", "--mock"]]);
    check("cargo run --release", &[&["waferdeck"]]);
    check("echo waferdeck ask", &[]);
}
