//! The walls between modules: who may use whom, and what a module never names.
//!
//! Reads the tokens of every file in `src/`, tests left out, and fails with the sentence that explains the wall.

mod scan;

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

use scan::{paths, tokens, without_tests};

/// What a module may use of ours, and what it never names.
pub(crate) struct Wall {
    pub(crate) module: &'static str,
    pub(crate) may_use: &'static [&'static str],
    /// Paths, whole or in part.
    never: &'static [&'static str],
    /// Paths that `never` does not mean.
    except: &'static [&'static str],
    pub(crate) because: &'static str,
}

/// The clocks that we know of. Durations and points in time that are given are fine.
const CLOCKS: [&str; 4] = [
    "Instant::now",
    "SystemTime::now",
    "Timestamp::now",
    "Zoned::now",
];

/// From the bottom up: a module may use only those above it in this list.
pub(crate) const WALLS: [Wall; 16] = [
    Wall {
        module: "text",
        may_use: &[],
        never: &[
            "tokio",
            "reqwest",
            "ratatui",
            "crossterm",
            "std::fs",
            "std::net",
            "anyhow",
        ],
        except: &[],
        because: "text is made safe by functions of text alone, so that they can be tried on any text",
    },
    Wall {
        module: "metrics",
        may_use: &["text"],
        never: &[
            "tokio",
            "reqwest",
            "ratatui",
            "crossterm",
            "std::fs",
            "std::net",
            "anyhow",
        ],
        except: &[],
        because: "figures come from arrivals that others stamped, so that a table of arrivals can prove them",
    },
    Wall {
        module: "chat",
        may_use: &["metrics", "text"],
        never: &[
            "tokio",
            "reqwest",
            "ratatui",
            "crossterm",
            "std::fs",
            "std::net",
            "anyhow",
        ],
        except: &[],
        because: "the words of the product are plain data, and nothing in them can fail",
    },
    Wall {
        module: "bench",
        may_use: &["chat", "metrics", "text"],
        never: &[
            "tokio",
            "reqwest",
            "ratatui",
            "crossterm",
            "std::fs",
            "std::net",
            "anyhow",
        ],
        except: &[],
        because: "a load test's levels, due times and sums are plain data, so that tables can prove them",
    },
    Wall {
        module: "markdown",
        may_use: &["text"],
        never: &[
            "tokio",
            "reqwest",
            "ratatui",
            "crossterm",
            "std::fs",
            "std::net",
            "anyhow",
        ],
        except: &[],
        because: "markdown gives spans with roles; colours, files and threads are others'",
    },
    Wall {
        module: "files",
        may_use: &[],
        never: &["tokio", "reqwest", "ratatui", "crossterm", "anyhow"],
        except: &[],
        because: "how a private file is made is the same for all who make one",
    },
    Wall {
        module: "faults",
        may_use: &[],
        never: &[
            "tokio",
            "reqwest",
            "ratatui",
            "crossterm",
            "std::fs",
            "anyhow",
        ],
        except: &[],
        because: "a fault happens wherever it is asked for, and knows nothing of that place",
    },
    Wall {
        module: "config",
        may_use: &["text", "chat", "files"],
        never: &[
            "tokio",
            "reqwest",
            "ratatui",
            "crossterm",
            "std::net::TcpStream",
            "std::env",
            "anyhow",
        ],
        except: &[],
        because: "settings are data that is checked once; the environment comes in as a parameter",
    },
    Wall {
        module: "provider",
        may_use: &["chat", "metrics", "text"],
        never: &["ratatui", "crossterm", "anyhow"],
        except: &[],
        because: "requests are the same with and without a screen, and take what they need as parameters",
    },
    Wall {
        module: "store",
        may_use: &["chat", "metrics", "text", "faults"],
        never: &["ratatui", "crossterm", "anyhow"],
        except: &[],
        because: "saving is the same with and without a screen, and takes what it needs as parameters",
    },
    Wall {
        module: "telemetry",
        may_use: &["chat", "metrics", "text"],
        never: &["ratatui", "crossterm", "std::fs", "std::env", "anyhow"],
        except: &[],
        because: "what is counted is the same with and without a screen; the environment and the HTTP client come in as parameters",
    },
    Wall {
        module: "mock",
        may_use: &[],
        never: &["reqwest", "ratatui", "crossterm", "anyhow"],
        except: &[],
        because: "the mock writes the wire format from its own text: with the client's types a misspelt field would pass on both sides",
    },
    Wall {
        module: "app",
        may_use: &["chat", "metrics", "markdown", "config", "text"],
        never: &[
            "tokio",
            "reqwest",
            "ratatui",
            "crossterm",
            "std::fs",
            "std::net",
            "std::thread",
            "std::env",
            "anyhow",
        ],
        except: &["ratatui::layout"],
        because: "update decides everything and does nothing: times, ids and results arrive in messages, work leaves as effects",
    },
    Wall {
        module: "ui",
        may_use: &["app", "chat", "metrics", "markdown", "config", "text"],
        never: &[
            "tokio",
            "reqwest",
            "crossterm",
            "std::fs",
            "std::net",
            "std::thread",
            "std::env",
            "anyhow",
        ],
        except: &[],
        because: "drawing reads the model and changes nothing",
    },
    Wall {
        module: "runtime",
        may_use: &[
            "text",
            "metrics",
            "chat",
            "markdown",
            "files",
            "faults",
            "config",
            "provider",
            "store",
            "telemetry",
            "app",
            "ui",
        ],
        never: &[],
        except: &[],
        because: "the mock is started by the commands; while the screen is open it is an address like any other",
    },
    Wall {
        module: "cli",
        may_use: &[
            "text",
            "metrics",
            "chat",
            "bench",
            "markdown",
            "files",
            "config",
            "provider",
            "store",
            "telemetry",
            "mock",
            "app",
            "ui",
            "runtime",
        ],
        never: &[],
        except: &[],
        because: "the commands put everything together",
    },
];
/// Modules in which no clock is read: they are given times.
const TIMELESS: [&str; 9] = [
    "text", "metrics", "chat", "bench", "markdown", "files", "config", "app", "ui",
];

#[test]
fn every_arrow_is_allowed() {
    let mut broken = Vec::new();
    let files = files();
    assert!(
        files.len() > 20,
        "the sources are not where they are looked for"
    );
    for file in files {
        let text = fs::read_to_string(Path::new("src").join(&file)).expect("a source file");
        broken.extend(complaints(&file, &text));
    }
    assert!(broken.is_empty(), "\n{}\n", broken.join("\n"));
}

#[test]
fn every_module_has_its_walls_and_arrows_point_up() {
    let lib = fs::read_to_string("src/lib.rs").expect("src/lib.rs");
    let tokens = without_tests(&tokens(&lib));
    let modules: BTreeSet<&str> = tokens
        .windows(2)
        .filter(|pair| pair[0].text == "mod")
        .map(|pair| pair[1].text.as_str())
        .collect();
    let walled: BTreeSet<&str> = WALLS.iter().map(|wall| wall.module).collect();
    assert_eq!(modules, walled, "src/lib.rs and the table of walls differ");

    for (i, wall) in WALLS.iter().enumerate() {
        for used in wall.may_use {
            let above = WALLS[..i].iter().any(|w| w.module == *used);
            assert!(
                above,
                "{} may use {used}, which is not above it",
                wall.module
            );
        }
    }
}

/// What in `text`, the file at `file` within `src`, goes through a wall.
fn complaints(file: &Path, text: &str) -> Vec<String> {
    let module = module_path(file);
    // The library's root only lists modules, and the binary's may use all of them.
    let Some(wall) = WALLS
        .iter()
        .find(|w| Some(w.module) == module.first().map(String::as_str))
    else {
        return Vec::new();
    };
    let clocks = CLOCKS.iter().filter(|_| TIMELESS.contains(&wall.module));
    let never: Vec<&str> = wall.never.iter().chain(clocks).copied().collect();
    let mut complaints = Vec::new();
    for path in paths(&without_tests(&tokens(text))) {
        let what = match arrow(&path.segments, &module) {
            Some(used) if used == wall.module || wall.may_use.contains(&used) => continue,
            Some(used) if WALLS.iter().any(|w| w.module == used) => format!("uses {used}"),
            _ => {
                let names = |part: &&&str| contains(&path.segments, part);
                if wall.except.iter().any(|part| names(&part)) {
                    continue;
                }
                match never.iter().find(names) {
                    Some(name) => format!("names {name}"),
                    None => continue,
                }
            }
        };
        let (module, because, line) = (wall.module, wall.because, path.line);
        let file = file.display();
        complaints.push(format!("src/{file}:{line}: {module} {what}, but {because}"));
    }
    complaints
}

/// The module at the top of the crate that a path leads to, if it starts at the crate or climbs there.
fn arrow<'a>(path: &'a [String], module: &[String]) -> Option<&'a str> {
    let climbs = path.iter().take_while(|s| *s == "super").count();
    let root = match path.first()?.as_str() {
        "crate" => 1,
        "super" if climbs >= module.len() => climbs,
        _ => return None,
    };
    path.get(root).map(String::as_str)
}

fn contains(path: &[String], part: &str) -> bool {
    let part: Vec<&str> = part.split("::").collect();
    path.windows(part.len()).any(|window| window == part)
}

/// `config/keys/key.rs` is `config`, `keys`, `key`.
fn module_path(file: &Path) -> Vec<String> {
    let names = file.with_extension("");
    names
        .iter()
        .map(|name| name.to_string_lossy().into_owned())
        .collect()
}

/// Every source file within `src`, but for those that hold tests.
fn files() -> Vec<PathBuf> {
    let mut files = Vec::new();
    let mut folders = vec![PathBuf::from("src")];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).expect("a folder of sources") {
            let path = entry.expect("an entry of a folder").path();
            if path.file_stem().is_some_and(|stem| stem == "tests") {
                continue;
            }
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|e| e == "rs") {
                files.push(
                    path.strip_prefix("src")
                        .expect("found below src")
                        .to_owned(),
                );
            }
        }
    }
    files
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(file: &str, text: &str, expected: &[&str]) {
        let complaints = complaints(Path::new(file), text);
        let starts: Vec<&str> = complaints
            .iter()
            .filter_map(|c| Some(c.split_once(", but ")?.0))
            .collect();
        assert_eq!(starts, expected, "{text}");
    }

    #[test]
    fn arrows_are_found_however_they_are_written() {
        check(
            "app/update.rs",
            "use crate::provider::Client;",
            &["src/app/update.rs:1: app uses provider"],
        );
        check(
            "app.rs",
            "use crate::{\n    chat::Turn,\n    store::{self, Writer},\n};",
            &[
                "src/app.rs:3: app uses store",
                "src/app.rs:3: app uses store",
            ],
        );
        check(
            "config/keys/key.rs",
            "fn f() { super::super::super::ui::x() }",
            &["src/config/keys/key.rs:1: config uses ui"],
        );
        check("config/keys/key.rs", "use super::super::ui;", &[]);
        check(
            "mock/server.rs",
            "let x: crate::chat::Turn;",
            &["src/mock/server.rs:1: mock uses chat"],
        );
        check(
            "app.rs",
            "use crate::{chat, config::Key, app::Msg, text};",
            &[],
        );
        check(
            "runtime.rs",
            "use crate::mock;",
            &["src/runtime.rs:1: runtime uses mock"],
        );
        check("cli.rs", "use crate::mock;", &[]);
        check("main.rs", "use waferdeck::cli;", &[]);
    }

    #[test]
    fn names_are_found_however_they_are_written() {
        check(
            "chat.rs",
            "use std::{fmt, fs};",
            &["src/chat.rs:1: chat names std::fs"],
        );
        check(
            "app.rs",
            "let now = std::time::Instant::now();",
            &["src/app.rs:1: app names Instant::now"],
        );
        check(
            "app.rs",
            "use ratatui::{layout::Rect, text::Line};",
            &["src/app.rs:1: app names ratatui"],
        );
        check("ui.rs", "use ratatui::{layout::Rect, text::Line};", &[]);
        check(
            "store/writer.rs",
            "use std::fs; use rustix::fs::flock;",
            &[],
        );
        check(
            "text.rs",
            "fn tokio_like(reqwest: u8) {}",
            &["src/text.rs:1: text names reqwest"],
        );
    }

    #[test]
    fn what_is_not_code_or_only_tests_is_passed_over() {
        check(
            "text.rs",
            "//! crate::app\n/* crate::ui /* nested */ crate::ui */\nconst A: &str = \"crate::ui \\\" tokio\";\n\
             const B: &str = r#\"crate::ui \" tokio\"#; const C: char = '\"'; fn f<'a>(x: &'a str) {}",
            &[],
        );
        check(
            "text.rs",
            "#[cfg(test)]\nmod tests {\n    use crate::ui;\n    fn f() {}\n}\nuse crate::app;",
            &["src/text.rs:6: text uses app"],
        );
        check(
            "text.rs",
            "#[cfg(test)]\nmod tests;\nuse crate::app;",
            &["src/text.rs:3: text uses app"],
        );
        check(
            "text.rs",
            "const Q: char = '\\''; use crate::app;",
            &["src/text.rs:1: text uses app"],
        );
    }
}

#[test]
fn every_module_that_logs_is_a_part_that_the_log_knows() {
    let mut logging = BTreeSet::new();
    for file in files() {
        let text = fs::read_to_string(Path::new("src").join(&file)).expect("a source file");
        if text.contains("tracing::") {
            logging.extend(module_path(&file).into_iter().next());
        }
    }
    let parts = waferdeck::config::LogFilter::PARTS.map(str::to_owned);
    assert_eq!(logging, BTreeSet::from(parts));
}
