//! The prompt of `ask`: the argument, what standard input holds, and the files that were named.
//!
//! Standard input is read only when it is piped or asked for.

use std::{
    fs::File,
    io::{self, IsTerminal, Read},
    path::Path,
};

use super::super::{Exit, args, fail};
use crate::{
    chat::{Attached, Draft},
    config::Size,
    text::bytes as bytes_of,
};

/// Puts the prompt together, each part of so many bytes at most.
pub(super) fn read(args: &args::Ask, most: Size) -> anyhow::Result<Draft> {
    let asked_for = args.prompt.as_deref() == Some("-");
    let piped = if asked_for || is_piped() {
        text_of(&mut io::stdin().lock(), "standard input", most)?
    } else {
        String::new()
    };
    let given = args.prompt.as_deref().filter(|p| *p != "-").unwrap_or("");
    let attached = args.files.iter().map(|path| attached(path, most));
    let draft = Draft {
        text: join(&[given.to_owned(), piped]),
        attached: attached.collect::<Result<_, _>>()?,
    };
    if draft.is_blank() {
        return fail(
            Exit::Usage,
            "nothing to ask: give a prompt, pipe one in, or name a file with -f",
        );
    }
    Ok(draft)
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

fn attached(path: &Path, most: Size) -> anyhow::Result<Attached> {
    let name = path.display().to_string();
    let mut file = match File::open(path) {
        Ok(file) => file,
        Err(error) => return fail(Exit::Usage, format!("cannot read {name}: {error}")),
    };
    let text = text_of(&mut file, &name, most)?;
    Ok(Attached::new(&name, &text))
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
}
