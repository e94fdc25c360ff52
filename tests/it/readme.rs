//! The documents tell the truth: pictures and tables are made here, commands are parsed, settings are read.
//!
//! What stands between `<!-- made: NAME -->` and `<!-- end: NAME -->` is made by the program. After a change that
//! is wanted, `README_ACCEPT=1 cargo test --test it readme` writes it anew.

mod picture;
mod shell;

use std::{collections::BTreeSet, fs, path::Path};

use clap::{Arg, CommandFactory, Parser, error::ErrorKind};
use waferdeck::{
    app::{ACTIONS, Action, ActionInfo, Group, SELECT_KEYS, SelectKeys},
    cli::args::Cli,
    config::{self, Config, Context, Overrides},
    metrics::{DEFINITIONS, SYMBOLS},
    mock::{BUILT_IN, MODELS, Scenario},
    telemetry::{INSTRUMENTS, Kind},
};

use crate::architecture::WALLS;

const DOCUMENTS: [&str; 4] = [
    "README.md",
    "ARCHITECTURE.md",
    "CONTRIBUTING.md",
    "CHANGELOG.md",
];

/// Where a binding may hold, in the order of the table's columns.
const AREAS: [Context; 3] = [Context::Composer, Context::Panes, Context::Global];

fn read(path: impl AsRef<Path>) -> String {
    let path = path.as_ref();
    fs::read_to_string(path).unwrap_or_else(|e| panic!("{}: {e}", path.display()))
}

/// The configuration of a machine without settings, keys or a home directory; or with this file.
fn load(file: Option<&Path>) -> config::Loaded {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().to_string_lossy().into_owned();
    let is_folder = |name: &str| name.starts_with("WAFERDECK_") && name.ends_with("_DIR");
    let get = |name: &str| is_folder(name).then(|| path.clone());
    let overrides = Overrides {
        config_file: file.map(Path::to_owned),
        ..Overrides::default()
    };
    config::load(&overrides, &get).unwrap_or_else(|e| panic!("{e}"))
}

/// Holds a made block of a document against what the program makes.
fn check(document: &str, name: &str, made: &str) {
    let text = read(document);
    let (start, end) = (
        format!("<!-- made: {name} -->\n"),
        format!("<!-- end: {name} -->"),
    );
    let (before, rest) = text
        .split_once(&start)
        .unwrap_or_else(|| panic!("{document} has no {start}"));
    let (found, after) = rest
        .split_once(&end)
        .unwrap_or_else(|| panic!("{document} has no {end}"));
    if found == made {
        return;
    }
    if std::env::var_os("README_ACCEPT").is_some() {
        fs::write(document, format!("{before}{start}{made}{end}{after}")).expect("writing");
        return;
    }
    panic!(
        "{document}: {name} is not what the program makes; `README_ACCEPT=1 cargo test --test it readme` writes\n{made}"
    );
}

/// A Markdown table.
fn table<const N: usize>(head: [&str; N], rows: impl IntoIterator<Item = [String; N]>) -> String {
    let line = |cells: &[String]| format!("| {} |\n", cells.join(" | "));
    let head = line(&head.map(str::to_owned));
    let rule = line(&[(); N].map(|()| "---".to_owned()));
    let rows: String = rows.into_iter().map(|row| line(&row)).collect();
    format!("{head}{rule}{rows}")
}

/// One test for all blocks: they are parts of the same files.
#[test]
fn made_blocks_are_what_the_program_makes() {
    let config = load(None).config;
    let picture = format!("```text\n{}```\n", picture::screen(&config));
    check("README.md", "picture", &picture);
    check("README.md", "keys", &keys(&config));
    let models = MODELS.iter().map(|m| [code(m.id), m.about.to_owned()]);
    check(
        "README.md",
        "models",
        &table(["Model", "What it does"], models),
    );
    let scenarios = BUILT_IN.iter().map(|built_in| {
        let scenario = Scenario::from_toml(built_in.source).expect(built_in.name);
        [code(built_in.name), scenario.about.unwrap_or_default()]
    });
    check(
        "README.md",
        "scenarios",
        &table(["Scenario", "What it does"], scenarios),
    );
    let metrics = INSTRUMENTS.iter().map(|instrument| {
        let kind = match instrument.kind {
            Kind::Counter => "counter",
            Kind::Gauge => "gauge",
            Kind::Histogram(_) => "histogram",
        };
        [
            code(&instrument.prometheus()),
            kind.to_owned(),
            instrument.help.to_owned(),
        ]
    });
    check(
        "README.md",
        "metrics",
        &table(["Metric", "Kind", "What it is"], metrics),
    );
    check("README.md", "symbols", &symbols());
    check("README.md", "figures", &figures());
    let walls = WALLS.iter().map(|wall| {
        let list = |names: &[&str]| match names {
            [] => "nothing of ours".to_owned(),
            names => names.join(", "),
        };
        [
            code(wall.module),
            list(wall.may_use),
            wall.because.to_owned(),
        ]
    });
    check(
        "ARCHITECTURE.md",
        "arrows",
        &table(["Module", "May use", "Because"], walls),
    );
}

fn code(text: &str) -> String {
    format!("`{text}`")
}

/// What the formulas are written in, as a sentence.
fn symbols() -> String {
    let symbols = SYMBOLS.map(|(symbol, meaning)| format!("{}: {meaning}", code(symbol)));
    format!("{}.\n", symbols.join("; "))
}

/// Every figure in words.
fn figures() -> String {
    let rows = DEFINITIONS.iter().map(|figure| {
        let formula = match figure.formula {
            "" => String::new(),
            formula => code(formula),
        };
        [
            figure.label.to_owned(),
            figure.unit.to_owned(),
            figure.sentence.to_owned(),
            formula,
            figure.unknown.to_owned(),
        ]
    });
    let head = [
        "Figure",
        "Unit",
        "What it is",
        "Formula",
        "What it cannot know",
    ];
    table(head, rows)
}

/// The keys in the groups of the help; those of the panes by their place are one row.
fn keys(config: &Config) -> String {
    let labels = |context, name: &str| -> Vec<String> {
        let bindings = config.keys.bindings().iter();
        bindings
            .filter(|b| b.context == context && b.action == name)
            .map(|b| code(&b.chord.label()))
            .collect()
    };
    let row = |info: &ActionInfo| {
        let cell = |context| labels(context, info.name).join(" ");
        let [writing, reading, anywhere] = AREAS.map(cell);
        let does = info.does.to_owned();
        [does, writing, reading, anywhere, code(info.name)]
    };
    let selecting = |keys: &SelectKeys| {
        let bound = |action: Action| {
            let name = action.info().name;
            config.keys.keys_for(name, Context::Panes)
        };
        let keys_of = keys.labels(bound);
        let cell = keys_of
            .iter()
            .map(|key| code(key))
            .collect::<Vec<_>>()
            .join(" ");
        [keys.does, "", &cell, "", ""].map(str::to_owned)
    };
    let places = || {
        let cell = |context| {
            let [first, last] = ["pane-1", "pane-9"].map(|name| labels(context, name).concat());
            format!("{first} … {last}")
        };
        let [writing, reading, anywhere] = AREAS.map(cell);
        let does = "go to a pane by its place".to_owned();
        let names = format!("{} … {}", code("pane-1"), code("pane-9"));
        [does, writing, reading, anywhere, names]
    };
    let rows = Group::ALL.into_iter().flat_map(|group| {
        let mut heading = [(); 5].map(|()| String::new());
        heading[0] = format!("**{}**", group.word());
        let of_group = ACTIONS
            .iter()
            .filter(move |info| info.action.group() == group);
        let rows = of_group.filter_map(|info| match info.action {
            Action::GoToPane(1) => Some(places()),
            Action::GoToPane(_) => None,
            _ => Some(row(info)),
        });
        let mut rows: Vec<_> = std::iter::once(heading).chain(rows).collect();
        if group == Group::Reading {
            rows.push(["**selecting**", "", "", "", ""].map(str::to_owned));
            rows.extend(SELECT_KEYS.iter().map(selecting));
        }
        rows
    });
    table(["What", "Writing", "Reading", "Anywhere", "Action"], rows)
}

/// The fenced blocks of a document in one of these languages.
fn fences<'a>(text: &'a str, languages: &[&str]) -> Vec<&'a str> {
    let mut parts = text.split("\n```");
    parts.next();
    parts
        .step_by(2)
        .filter_map(|part| part.split_once('\n'))
        .filter(|(language, _)| languages.contains(language))
        .map(|(_, body)| body)
        .collect()
}

/// What stands in backticks outside of fenced blocks.
fn code_spans(text: &str) -> Vec<&str> {
    let outside = text.split("\n```").step_by(2);
    outside
        .flat_map(|part| part.split('`').skip(1).step_by(2))
        .collect()
}

#[test]
fn every_command_line_parses() {
    let mut parsed = 0;
    for document in DOCUMENTS {
        let text = read(document);
        let mut lines: Vec<&str> = fences(&text, &["sh"])
            .into_iter()
            .flat_map(str::lines)
            .collect();
        let spans = code_spans(&text);
        lines.extend(spans.iter().filter(|span| span.starts_with("waferdeck ")));
        for line in lines {
            for command in shell::waferdeck_commands(line) {
                if let Err(error) = Cli::try_parse_from(&command) {
                    // A command that only groups others is named alone.
                    let is_group =
                        error.kind() == ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand;
                    assert!(is_group, "{document}: {line}\n{error}");
                }
                parsed += 1;
            }
        }
    }
    assert!(parsed > 15, "only {parsed} command lines were found");
}

#[test]
fn every_example_of_settings_is_read_without_a_complaint() {
    let names: Vec<_> = ACTIONS.iter().map(|row| row.name).collect();
    let mut examples = 0;
    for document in DOCUMENTS {
        for example in fences(&read(document), &["toml"]) {
            let folder = tempfile::tempdir().expect("a folder");
            let file = folder.path().join("config.toml");
            fs::write(&file, example).expect("an example");
            let mut loaded = load(Some(&file));
            let odd = loaded.config.keys.check(&names).expect("no clash");
            loaded.warnings.extend(odd);
            assert!(loaded.warnings.is_empty(), "{document}: {loaded:?}");
            examples += 1;
        }
    }
    assert!(examples >= 2, "only {examples} examples were found");
}

#[test]
fn every_file_that_a_document_names_is_there() {
    let tops = ["src/", "tests/", "benches/", "assets/", "themes/", ".ci/"];
    for document in DOCUMENTS {
        for span in code_spans(&read(document)) {
            let is_path = tops.iter().any(|top| span.starts_with(top));
            // A name that is yet to be given.
            let is_pattern = span.contains("NAME");
            assert!(
                !is_path || is_pattern || Path::new(span).exists(),
                "{document} names {span}, which is not there"
            );
        }
    }
}

#[test]
fn every_link_to_a_file_leads_somewhere() {
    for document in DOCUMENTS {
        let text = read(document);
        let targets = text.split("](").skip(1).filter_map(|t| t.split(')').next());
        for target in targets.filter(|t| !t.contains("://")) {
            let file = target.split('#').next().unwrap_or(target);
            assert!(Path::new(file).exists(), "{document} links to {target}");
        }
    }
}

#[test]
fn just_ci_takes_the_same_steps_as_the_script() {
    let script = read(".ci/run");
    let steps: Vec<String> = script
        .lines()
        .filter(|line| !line.contains("step()"))
        .filter_map(|line| {
            let (before, command) = line.split_once("step ")?;
            Some(format!("{before}{command}"))
        })
        .collect();
    let justfile = read("justfile");
    let recipe: Vec<&str> = justfile
        .lines()
        .skip_while(|line| *line != "ci:")
        .skip(1)
        .map_while(|line| line.strip_prefix("    "))
        .collect();
    assert!(!steps.is_empty());
    assert_eq!(recipe, steps);
}

/// Each command and flag is told of, so that none is added in silence.
#[test]
fn every_command_and_flag_is_in_the_readme() {
    let text = read("README.md");
    let mut missing = BTreeSet::new();
    let mut commands = vec![("waferdeck".to_owned(), Cli::command())];
    while let Some((name, command)) = commands.pop() {
        let flags = command.get_arguments().filter_map(Arg::get_long);
        missing.extend(flags.map(|flag| format!("--{flag}")));
        for sub in command.get_subcommands() {
            let name = format!("{name} {}", sub.get_name());
            commands.push((name, sub.clone()));
        }
        // The words of nested commands stand apart in prose.
        missing.insert(name.split(' ').take(2).collect::<Vec<_>>().join(" "));
    }
    missing.retain(|word| !text.contains(word.as_str()));
    assert!(missing.is_empty(), "README.md does not tell of {missing:?}");
}
