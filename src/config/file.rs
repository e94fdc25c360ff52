//! A TOML file that a person wrote: read with a cap, parsed with places kept, complaints with an excerpt.
//!
//! What the values mean is left to those who ask for it.

use std::{
    borrow::Cow,
    fs::{self, File},
    io::{self, Read},
    ops::Range,
    path::{Path, PathBuf},
};

use toml::{Spanned, de::DeTable};

use super::{
    error::{Error, Excerpt, Fault, Place, printable},
    nearest::nearest,
};
use crate::text::SafeText;

/// Nothing that a person writes by hand is larger; a file given by somebody else may be.
const MAX_BYTES: u64 = 1024 * 1024;

/// Reads a regular file of at most 1 MiB of UTF-8; `None` if there is no such file. A link is followed, since
/// people keep their settings elsewhere.
pub(super) fn read(path: &Path) -> Result<Option<String>, Error> {
    let refuse = |reason: &str| Error::Unreadable {
        path: path.to_owned(),
        reason: reason.to_owned(),
        cause: None,
    };
    let failed = |cause: io::Error| Error::Unreadable {
        path: path.to_owned(),
        reason: cause.to_string(),
        cause: Some(cause),
    };
    // Looked at before it is opened: opening a FIFO would block.
    let kind = match fs::metadata(path) {
        Ok(metadata) => metadata,
        Err(e)
            if matches!(
                e.kind(),
                io::ErrorKind::NotFound | io::ErrorKind::NotADirectory
            ) =>
        {
            return Ok(None);
        }
        Err(e) => return Err(failed(e)),
    };
    if !kind.is_file() {
        return Err(refuse("is not a regular file"));
    }
    let mut bytes = Vec::new();
    File::open(path)
        .and_then(|file| file.take(MAX_BYTES + 1).read_to_end(&mut bytes))
        .map_err(failed)?;
    if bytes.len() as u64 > MAX_BYTES {
        return Err(refuse("is larger than 1 MiB"));
    }
    String::from_utf8(bytes).map(Some).map_err(|e| {
        let valid = e.as_bytes().get(..e.utf8_error().valid_up_to());
        let line = 1 + valid.map_or(0, |v| v.split(|&b| b == b'\n').count() - 1);
        refuse(&format!("is not UTF-8 (line {line})"))
    })
}

/// Reads like [`read`] a file that is listed by its name: there is a link then, if nothing else, and one that leads to
/// nothing is an error.
pub(super) fn read_listed(path: &Path) -> Result<Option<String>, Error> {
    match read(path)? {
        None if path.is_symlink() => Err(Error::Unreadable {
            path: path.to_owned(),
            reason: "is a link to nothing".to_owned(),
            cause: None,
        }),
        text => Ok(text),
    }
}

/// The text of a TOML file and where it came from.
pub(super) struct Source {
    pub(super) path: PathBuf,
    text: Cow<'static, str>,
    /// Where its lines start.
    lines: Vec<usize>,
}

impl Source {
    /// Reads `path`; `None` if there is no such file.
    pub(super) fn read(path: &Path) -> Result<Option<Self>, Error> {
        Ok(read(path)?.map(|text| Self::new(path.to_owned(), Cow::Owned(text))))
    }

    /// Reads `path` like [`read_listed`].
    pub(super) fn read_listed(path: &Path) -> Result<Option<Self>, Error> {
        Ok(read_listed(path)?.map(|text| Self::new(path.to_owned(), Cow::Owned(text))))
    }

    /// A text that is compiled in; `name` stands for its path in messages.
    pub(super) fn embedded(name: &str, text: &'static str) -> Self {
        Self::new(PathBuf::from(name), Cow::Borrowed(text))
    }

    fn new(path: PathBuf, text: Cow<'static, str>) -> Self {
        let ends = text.match_indices('\n').map(|(end, _)| end + 1);
        let lines = std::iter::once(0).chain(ends).collect();
        Self { path, text, lines }
    }

    /// All of it.
    pub(super) fn text(&self) -> &str {
        &self.text
    }

    /// Its top-level table.
    pub(super) fn parse(&self) -> Result<DeTable<'_>, Error> {
        DeTable::parse(&self.text)
            .map(Spanned::into_inner)
            .map_err(|e| {
                let span = e.span().unwrap_or(0..0);
                self.fault(span, e.message())
            })
    }

    /// The position of a span's first character.
    pub(super) fn place(&self, span: &Range<usize>) -> Place {
        let (line_start, line) = self.line_at(span.start);
        let column = line.get(..span.start.saturating_sub(line_start));
        Place {
            file: self.path.clone(),
            line: self.lines.partition_point(|start| *start <= line_start),
            column: column.unwrap_or(line).chars().count() + 1,
        }
    }

    /// An error about `span`.
    pub(super) fn fault(&self, span: Range<usize>, message: impl Into<String>) -> Error {
        let (line_start, line) = self.line_at(span.start);
        let is_secret = is_among_headers(self.text.get(..line_start).unwrap_or_default());
        Error::Fault(Box::new(Fault {
            place: self.place(&span),
            message: printable(SafeText::line(&message.into()).as_str()),
            excerpt: Excerpt::new(line, span.start.saturating_sub(line_start), is_secret),
        }))
    }

    /// The line that holds byte `at`, without its end, and where it starts.
    fn line_at(&self, at: usize) -> (usize, &str) {
        let at = self.text.floor_char_boundary(at);
        let next = self.lines.partition_point(|start| *start <= at);
        let start_of = |line: usize| self.lines.get(line).copied();
        let start = start_of(next.saturating_sub(1)).unwrap_or_default();
        let end = start_of(next).map_or(self.text.len(), |next| next - 1);
        let line = self.text.get(start..end).unwrap_or_default();
        (start, line.strip_suffix('\r').unwrap_or(line))
    }
}

/// True if the line behind `before` stands in a table of headers, whose values may be secrets under any name.
fn is_among_headers(before: &str) -> bool {
    let mut heads = before.lines().rev().map(str::trim_start);
    let table = heads.find(|line| line.starts_with('['));
    let inline = before
        .rsplit_once("headers")
        .map_or("", |(_, behind)| behind);
    table.is_some_and(|head| head.contains("headers"))
        || (inline.contains('{') && !inline.contains('}'))
}

/// "unknown X, did you mean Y?" with the name as the file spells it, made safe.
pub(super) fn unknown<'a>(
    what: &str,
    name: &str,
    known: impl IntoIterator<Item = &'a str>,
) -> String {
    let shown = SafeText::line(name);
    match nearest(name, known) {
        Some(near) => format!("unknown {what} {shown}; did you mean {near}?"),
        None => format!("unknown {what} {shown}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(text: &'static str, at: usize) -> (usize, usize) {
        let place = Source::embedded("t", text).place(&(at..at));
        (place.line, place.column)
    }

    #[test]
    fn places_count_lines_and_characters_from_one() {
        assert_eq!(place("", 0), (1, 1));
        assert_eq!(place("a\nbc", 3), (2, 2));
        assert_eq!(place("a\r\nbc", 3), (2, 1));
        assert_eq!(place("é = 1", 3), (1, 3));
        assert_eq!(place("a", 99), (1, 2));
    }

    #[test]
    fn only_a_regular_file_of_moderate_size_is_read() {
        let dir = tempfile::tempdir().unwrap();
        assert!(read(&dir.path().join("absent")).unwrap().is_none());
        assert!(
            read(dir.path())
                .unwrap_err()
                .to_string()
                .ends_with("is not a regular file")
        );

        let big = dir.path().join("big");
        fs::write(&big, vec![b'#'; 1024 * 1024 + 1]).unwrap();
        assert!(
            read(&big)
                .unwrap_err()
                .to_string()
                .ends_with("is larger than 1 MiB")
        );
        fs::write(&big, vec![b'#'; 1024 * 1024]).unwrap();
        assert!(read(&big).unwrap().is_some());

        fs::write(&big, b"a\nb\n\xff").unwrap();
        assert!(
            read(&big)
                .unwrap_err()
                .to_string()
                .ends_with("is not UTF-8 (line 3)")
        );
    }

    #[cfg(unix)]
    #[test]
    fn a_fifo_is_refused_without_waiting_and_a_link_is_followed() {
        let dir = tempfile::tempdir().unwrap();
        let fifo = dir.path().join("fifo");
        rustix::fs::mknodat(
            rustix::fs::CWD,
            &fifo,
            rustix::fs::FileType::Fifo,
            rustix::fs::Mode::RUSR,
            0,
        )
        .unwrap();
        assert!(read(&fifo).is_err());

        let (real, link) = (dir.path().join("real"), dir.path().join("link"));
        fs::write(&real, "a = 1").unwrap();
        std::os::unix::fs::symlink(&real, &link).unwrap();
        assert_eq!(read(&link).unwrap().as_deref(), Some("a = 1"));
        fs::remove_file(&real).unwrap();
        assert!(read(&link).unwrap().is_none());
        let error = read_listed(&link).unwrap_err().to_string();
        assert!(error.ends_with("link: is a link to nothing"), "{error}");
        assert!(read_listed(&real).unwrap().is_none());
    }
}
