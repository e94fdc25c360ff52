//! Names of panes for narrow columns: as much as fits, and always what tells one pane from the others.
//!
//! A name is what the pane's title says: the model, and what it is asked with.

use crate::{app::Model, text, ui::pane::label};

/// What a pane asks with, and where it begins to differ from what other panes ask with.
pub(super) struct Name {
    pub(super) text: String,
    /// Bytes that begin another name, too.
    shared: usize,
}

impl Name {
    /// As much as fits into `columns`, with what tells it apart.
    pub(super) fn cut(&self, columns: usize) -> String {
        let end_cut = text::truncate(&self.text, columns);
        let is_told_apart = |head: &str| head.len() > self.shared;
        if end_cut.strip_suffix('…').is_none_or(is_told_apart) {
            return end_cut.into_owned();
        }
        // The word that differs is kept whole: the last digit of 20 is that of 10.
        let (head, _) = self.text.split_at_checked(self.shared).unwrap_or_default();
        let word = head.trim_end_matches(char::is_alphanumeric).len();
        let own = self.text.get(word..).unwrap_or_default();
        let own = text::truncate(own, columns.saturating_sub(1));
        let head = columns.saturating_sub(text::width(&own) + 1);
        let (head, _) = text::take_columns(&self.text, head);
        format!("{head}…{own}")
    }
}

/// The names of all panes, in their order.
pub(super) fn names(model: &Model) -> Vec<Name> {
    let texts = model.panes.iter().map(|pane| {
        let label = label(model, pane);
        text::SafeText::line(&label).into_string()
    });
    told_apart(texts.collect())
}

fn told_apart(texts: Vec<String>) -> Vec<Name> {
    // In sorted order the name that shares most with another stands next to it.
    let mut sorted: Vec<&str> = texts.iter().map(String::as_str).collect();
    sorted.sort_unstable();
    sorted.dedup();
    let shared: Vec<usize> = texts
        .iter()
        .map(|name| {
            let place = sorted.binary_search(&name.as_str()).unwrap_or_default();
            let before = place.checked_sub(1).and_then(|i| sorted.get(i));
            let neighbours = before.into_iter().chain(sorted.get(place + 1));
            neighbours.map(|n| shared_bytes(name, n)).max().unwrap_or(0)
        })
        .collect();
    texts
        .into_iter()
        .zip(shared)
        .map(|(text, shared)| Name { text, shared })
        .collect()
}

/// Bytes of the characters that `a` and `b` begin with alike.
fn shared_bytes(a: &str, b: &str) -> usize {
    let pairs = a.chars().zip(b.chars());
    let alike = pairs.take_while(|(x, y)| x == y);
    alike.map(|(x, _)| x.len_utf8()).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cut(names: &[&str], columns: usize) -> Vec<String> {
        let texts = names.iter().map(|&n| n.to_owned()).collect();
        let names = told_apart(texts);
        names.iter().map(|name| name.cut(columns)).collect()
    }

    #[test]
    fn names_keep_what_tells_them_apart() {
        let models = ["gpt-oss-120b", "gpt-oss-20b", "qwen-3-235b"];
        assert_eq!(cut(&models, 12), models);
        assert_eq!(cut(&models, 9), ["gpt-…120b", "gpt-o…20b", "qwen-3-2…"]);
        assert_eq!(cut(&models, 4), ["…12…", "…20b", "qwe…"]);
        let efforts = ["gpt-oss-120b · low", "gpt-oss-120b · high", "gpt-oss-120b"];
        assert_eq!(
            cut(&efforts, 10),
            ["gpt-os…low", "gpt-o…high", "gpt-o…120b"]
        );
        // A number is kept whole: the last digit of 10 is that of 0.
        let numbered = ["a-long-name-0", "a-long-name-1", "a-long-name-10"];
        assert_eq!(cut(&numbered, 8), ["a-long…0", "a-long…1", "a-lon…10"]);
        assert_eq!(cut(&["same-model", "same-model"], 6), ["same-…"; 2]);
        assert_eq!(
            cut(&["模型-一百二十", "模型-二十"], 9),
            ["模型-一…", "模型-二十"]
        );
    }
}
