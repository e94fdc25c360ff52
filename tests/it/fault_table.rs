//! The table of faults names tests that are there, for every fault of the list.
//!
//! What a test proves is the business of the test.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::Path,
};

/// The letters of the faults and how many there are of each.
const FAULTS: [(char, usize); 10] = [
    ('N', 13),
    ('H', 9),
    ('S', 12),
    ('T', 9),
    ('K', 6),
    ('D', 10),
    ('C', 3),
    ('G', 6),
    ('U', 3),
    ('F', 5),
];

#[test]
fn every_fault_has_tests_that_are_there() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut written = BTreeSet::new();
    for folder in ["src", "tests"] {
        functions_below(&root.join(folder), &mut written);
    }
    let table = fs::read_to_string(root.join("tests/faults.md")).expect("the table");
    let rows = rows(&table);
    let mut gaps = Vec::new();
    for (letter, count) in FAULTS {
        for id in (1..=count).map(|number| format!("{letter}{number}")) {
            let tests = rows.get(&id).map(Vec::as_slice).unwrap_or_default();
            if tests.is_empty() {
                gaps.push(format!("{id}: no test"));
            }
            let missing = tests.iter().filter(|test| !written.contains(*test));
            gaps.extend(missing.map(|test| format!("{id}: there is no {test}")));
        }
    }
    assert!(gaps.is_empty(), "{gaps:#?}");
    let count: usize = FAULTS.iter().map(|(_, count)| count).sum();
    assert_eq!(rows.len(), count);
}

/// The names of the tests in the last column, by the id in the first.
fn rows(table: &str) -> BTreeMap<String, Vec<String>> {
    let cells = |line: &str| -> Vec<String> {
        line.trim_matches('|')
            .split('|')
            .map(|cell| cell.trim().to_owned())
            .collect()
    };
    let is_id = |id: &str| id.len() <= 3 && id.ends_with(|c: char| c.is_ascii_digit());
    let rows = table
        .lines()
        .filter(|line| line.starts_with('|'))
        .map(cells);
    rows.filter_map(|row| match row.as_slice() {
        [id, _, _, tests] if is_id(id) => {
            let names = tests
                .split('`')
                .map(str::trim)
                .filter(|name| !name.is_empty());
            Some((id.clone(), names.map(str::to_owned).collect()))
        }
        _ => None,
    })
    .collect()
}

/// Adds the names of all functions in the files of `folder` that stand below a mark of a test or in a macro of one.
fn functions_below(folder: &Path, names: &mut BTreeSet<String>) {
    for entry in fs::read_dir(folder).expect("a folder of sources") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            functions_below(&path, names);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let source = fs::read_to_string(&path).expect("a source");
            let mut is_test = false;
            for line in source.lines().map(str::trim_start) {
                if line.starts_with("#[test]") || line.starts_with("#[tokio::test") {
                    is_test = true;
                } else if is_test && let Some(name) = name_of(line) {
                    names.insert(name.to_owned());
                    is_test = false;
                }
            }
        }
    }
}

/// The name of the function that begins on `line`.
fn name_of(line: &str) -> Option<&str> {
    let rest = line
        .strip_prefix("async ")
        .unwrap_or(line)
        .strip_prefix("fn ")?;
    rest.split('(').next()
}
