//! The prompt of `ask`: the argument, what standard input holds, and the files that were named.
//!
//! Standard input is read only when it is piped or asked for.

use std::{
    fs::File,
    io::{self, IsTerminal, Read},
    path::Path,
};

use super::super::{Exit, args, fail};
use crate::{config::Size, text::bytes as bytes_of};

/// Puts the prompt together, each part of so many bytes at most.
pub(super) fn read(args: &args::Ask, most: Size) -> anyhow::Result<String> {
    let asked_for = args.prompt.as_deref() == Some("-");
    let piped = if asked_for || is_piped() {
        text_of(&mut io::stdin().lock(), "standard input", most)?
    } else {
        String::new()
    };
    let given = args.prompt.as_deref().filter(|p| *p != "-").unwrap_or("");
    let mut parts = vec![given.to_owned(), piped];
    for path in &args.files {
        parts.push(attached(path, most)?);
    }
    let prompt = join(&parts);
    if prompt.is_empty() {
        return fail(
            Exit::Usage,
            "nothing to ask: give a prompt, pipe one in, or name a file with -f",
        );
    }
    Ok(prompt)
}

/// Something other than a terminal or nothing at all stands behind standard input.
fn is_piped() -> bool {
    if io::stdin().is_terminal() {
        return false;
    }
    let Ok(stat) = rustix::fs::fstat(io::stdin()) else {
        return false;
    };
    let kind = rustix::fs::FileType::from_raw_mode(stat.st_mode);
    matches!(
        kind,
        rustix::fs::FileType::Fifo
            | rustix::fs::FileType::RegularFile
            | rustix::fs::FileType::Socket
    )
}

fn attached(path: &Path, most: Size) -> anyhow::Result<String> {
    let name = path.display();
    let mut file = match File::open(path) {
        Ok(file) => file,
        Err(error) => return fail(Exit::Usage, format!("cannot read {name}: {error}")),
    };
    let text = text_of(&mut file, &name.to_string(), most)?;
    let fence = fence_for(&text);
    Ok(format!("{name}:\n\n{fence}\n{}\n{fence}", text.trim_end()))
}

/// All of `source`, which is called `name`.
pub(in crate::cli) fn text_of(
    source: &mut dyn Read,
    name: &str,
    most: Size,
) -> anyhow::Result<String> {
    let limit = u64::from(most);
    let mut bytes = Vec::new();
    if let Err(error) = source.take(limit + 1).read_to_end(&mut bytes) {
        return fail(Exit::Usage, format!("cannot read {name}: {error}"));
    }
    if bytes.len() as u64 > limit {
        return fail(
            Exit::Usage,
            format!(
                "{name} is over {} (limits.prompt_bytes)",
                bytes_of(most.bytes())
            ),
        );
    }
    match String::from_utf8(bytes) {
        Ok(text) => Ok(text),
        Err(_) => fail(Exit::Usage, format!("{name} is not UTF-8 text")),
    }
}

/// A fence longer than any in the text.
fn fence_for(text: &str) -> String {
    let longest = text
        .split(|c| c != '`')
        .map(str::len)
        .max()
        .unwrap_or_default();
    "`".repeat(longest.max(2) + 1)
}

fn join(parts: &[String]) -> String {
    let parts: Vec<_> = parts
        .iter()
        .map(|p| p.trim_end())
        .filter(|p| !p.trim().is_empty())
        .collect();
    parts.join("\n\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_are_joined_and_empty_ones_left_out() {
        let parts = [
            "a\n".to_owned(),
            String::new(),
            " \n".to_owned(),
            "b".to_owned(),
        ];
        assert_eq!(join(&parts), "a\n\nb");
    }

    #[test]
    fn a_part_is_as_large_as_is_set() {
        let read = |bytes: usize| text_of(&mut vec![b'x'; bytes].as_slice(), "it", Size::kib(1));
        assert_eq!(read(1 << 10).unwrap().len(), 1 << 10);
        let refused = read((1 << 10) + 1).unwrap_err().to_string();
        assert_eq!(refused, "it is over 1 KiB (limits.prompt_bytes)");
    }

    #[test]
    fn a_fence_is_longer_than_those_inside() {
        assert_eq!(fence_for("plain"), "```");
        assert_eq!(fence_for("a ```` b"), "`````");
    }
}
