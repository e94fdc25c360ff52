//! The filter that every foreign character passes on its way to the screen, in pieces of any size.
//!
//! Whether a character stays is decided from the characters before it alone, so a stream needs no look-ahead. Only a
//! carriage return and the joiner of an emoji are held back until their successor is known.

use unicode_segmentation::UnicodeSegmentation;

/// Tag letters of the flags that are emoji sequences (England, Scotland, Wales); all other tags are hidden text.
const FLAGS: [&str; 3] = ["gbeng", "gbsct", "gbwls"];

const ZERO_WIDTH_SPACE: char = '\u{200b}';
const ZERO_WIDTH_NON_JOINER: char = '\u{200c}';
const ZERO_WIDTH_JOINER: char = '\u{200d}';
/// Has the character before it drawn as an emoji.
const EMOJI_STYLE: char = '\u{fe0f}';
const BLACK_FLAG: char = '\u{1f3f4}';
const CANCEL_TAG: char = '\u{e007f}';

/// Replaces whatever could drive a terminal or hide in it, chunk by chunk.
///
/// C0 becomes its picture (`␛`), C1, bidi controls, tags and invisible characters become `⟨U+XXXX⟩`, CRLF becomes LF.
/// Joiners, variation selectors and tags stay where a script or an emoji needs them. Any split of the input gives
/// the same output, and output fed in again comes out unchanged.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sanitiser {
    /// The last character written, which decides what may follow.
    last: Option<char>,
    /// Tag letters written since a black flag.
    flag: Option<String>,
    /// The last character that no variation selector followed, for those that one did.
    base: Option<char>,
    /// What awaits its successor.
    held: Option<Held>,
}

/// What is neither kept nor replaced before the next character is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Held {
    /// It may turn out to be half of a CRLF.
    Return,
    /// It joins two pictures, or nothing: terminals then tie whatever comes next to the picture.
    Joiner,
}

impl Sanitiser {
    /// Appends the safe form of `raw` to `out`.
    pub fn push(&mut self, raw: &str, out: &mut String) {
        let mut rest = raw;
        while let Some(next) = rest.chars().next() {
            self.release(Some(next), out);
            if !next.is_control()
                && let Some((plain, after)) = rest.split_at_checked(plain(rest))
                && let Some(last) = plain.chars().next_back()
            {
                out.push_str(plain);
                self.last = Some(last);
                self.flag = None;
                rest = after;
            } else {
                self.character(next, out);
                rest = rest.get(next.len_utf8()..).unwrap_or_default();
            }
        }
    }

    /// Appends what was held back; nothing more will come.
    pub fn finish(&mut self, out: &mut String) {
        self.release(None, out);
        *self = Self::default();
    }

    /// Whether a joiner is held back until it is known what it joins.
    pub fn holds_joiner(&self) -> bool {
        self.held == Some(Held::Joiner)
    }

    /// Decides about what was held back.
    fn release(&mut self, next: Option<char>, out: &mut String) {
        match self.held.take() {
            Some(Held::Return) if next != Some('\n') => self.write('␍', out),
            Some(Held::Joiner) if next.is_some_and(|next| self.joins(next)) => {
                self.write(ZERO_WIDTH_JOINER, out);
            }
            Some(Held::Joiner) => self.replace(ZERO_WIDTH_JOINER, out),
            Some(Held::Return) | None => {}
        }
    }

    /// Whether a joiner between the last character and `next` makes one picture of them.
    fn joins(&self, next: char) -> bool {
        let last = match self.last {
            Some(EMOJI_STYLE) => self.base,
            // What has a colour of skin is a person.
            Some('\u{1f3fb}'..='\u{1f3ff}') => Some('\u{1f464}'),
            last => last,
        };
        let joined = last.map(|last| format!("{last}{ZERO_WIDTH_JOINER}{next}"));
        is_pictograph(next) && joined.is_some_and(|joined| joined.graphemes(true).nth(1).is_none())
    }

    fn character(&mut self, c: char, out: &mut String) {
        match c {
            '\r' => self.held = Some(Held::Return),
            ZERO_WIDTH_JOINER
                if self
                    .last
                    .is_some_and(|l| is_pictograph(l) || l == EMOJI_STYLE) =>
            {
                self.held = Some(Held::Joiner);
            }
            '\n' | '\t' => self.write(c, out),
            _ if !c.is_ascii_control() && self.may_stay(c) => self.write(c, out),
            _ => self.replace(c, out),
        }
    }

    fn write(&mut self, c: char, out: &mut String) {
        out.push(c);
        if c == EMOJI_STYLE {
            self.base = self.last;
        }
        self.last = Some(c);
        match (&mut self.flag, c) {
            (_, BLACK_FLAG) => self.flag = Some(String::new()),
            (None, _) => {}
            (Some(letters), _) if let Some(letter) = tag_letter(c) => letters.push(letter),
            _ => self.flag = None,
        }
    }

    fn replace(&mut self, c: char, out: &mut String) {
        let code = u32::from(c);
        let picture = match code {
            0..0x20 => char::from_u32(code.saturating_add(0x2400)),
            0x7f => Some('␡'),
            _ => None,
        };
        if let Some(picture) = picture {
            self.write(picture, out);
        } else {
            out.push_str("⟨U+");
            let digits = [20, 16, 12, 8, 4, 0].map(|shift| code.checked_shr(shift).unwrap_or(0));
            let leading = digits.iter().take(2).take_while(|&&d| d == 0).count();
            for digit in digits.iter().skip(leading) {
                out.extend(char::from_digit(digit % 16, 16).map(|c| c.to_ascii_uppercase()));
            }
            self.write('⟩', out);
        }
    }

    fn may_stay(&self, c: char) -> bool {
        let after = |test: fn(char) -> bool| self.last.is_some_and(test);
        match c {
            ZERO_WIDTH_SPACE => after(is_unspaced_script),
            ZERO_WIDTH_NON_JOINER | ZERO_WIDTH_JOINER => after(is_joining_script),
            '\u{fe0e}' | '\u{fe0f}' => {
                after(|l| is_pictograph(l) || matches!(l, '#' | '*' | '0'..='9'))
            }
            '\u{fe00}'..='\u{fe0d}' => after(has_variants),
            '\u{e0100}'..='\u{e01ef}' => after(is_ideograph),
            '\u{180b}'..='\u{180f}' => {
                after(|l| matches!(l, '\u{1800}'..='\u{180a}' | '\u{1810}'..='\u{18af}'))
            }
            // The grapheme joiner orders points in Biblical Hebrew.
            '\u{34f}' => after(|l| matches!(l, '\u{591}'..='\u{5ff}')),
            '\u{e0020}'..='\u{e007f}' => self.continues_flag(c),
            _ => !is_hidden(c),
        }
    }

    fn continues_flag(&self, c: char) -> bool {
        let Some(letters) = &self.flag else {
            return false;
        };
        if c == CANCEL_TAG {
            return FLAGS.contains(&letters.as_str());
        }
        tag_letter(c).is_some_and(|letter| {
            FLAGS
                .iter()
                .filter_map(|flag| flag.strip_prefix(letters.as_str()))
                .any(|rest| rest.starts_with(letter))
        })
    }
}

/// Length of what is certain to stay at the start of `text`, whatever comes before it.
fn plain(text: &str) -> usize {
    let mut length = 0_usize;
    loop {
        let rest = text.get(length..).unwrap_or_default();
        let ascii = clean_ascii(rest.as_bytes());
        let letters = rest.get(ascii..).unwrap_or_default().chars();
        let letters = letters.take_while(|&c| is_plain(c)).map(char::len_utf8);
        let letters = letters.fold(0, usize::saturating_add);
        length = length.saturating_add(ascii).saturating_add(letters);
        if letters == 0 {
            return length;
        }
    }
}

/// Length of the printable ASCII (with LF and TAB) at the start of `bytes`.
fn clean_ascii(bytes: &[u8]) -> usize {
    // Between the words of other scripts there is a blank and no more.
    if bytes.get(1).is_none_or(|&b| !is_clean(b)) {
        return usize::from(bytes.first().is_some_and(|&b| is_clean(b)));
    }
    // Whole blocks without an early exit: the compiler turns the inner loop into vector instructions.
    let blocks = bytes
        .chunks_exact(64)
        .take_while(|block| block.iter().fold(true, |clean, &b| clean & is_clean(b)))
        .count()
        .saturating_mul(64);
    let rest = bytes.get(blocks..).unwrap_or_default();
    blocks.saturating_add(rest.iter().take_while(|&&b| is_clean(b)).count())
}

fn is_clean(byte: u8) -> bool {
    matches!(byte, b' '..=b'~' | b'\n' | b'\t')
}

/// Characters beyond ASCII that stay after any other, and after which nothing stays that would not elsewhere but for
/// being the last one: all but those that [`Sanitiser::may_stay`] looks twice at, and the flag that letters may follow.
fn is_plain(c: char) -> bool {
    matches!(c,
        '\u{a0}'..='\u{ac}'
        | '\u{ae}'..='\u{34e}'
        | '\u{350}'..='\u{61b}'
        | '\u{61d}'..='\u{115e}'
        | '\u{1161}'..='\u{17b3}'
        | '\u{17b6}'..='\u{17d7}'
        | '\u{17d9}'..='\u{180a}'
        | '\u{1810}'..='\u{200a}'
        | '\u{2010}'..='\u{2027}'
        | '\u{202f}'..='\u{205f}'
        | '\u{2070}'..='\u{3163}'
        | '\u{3165}'..='\u{fdcf}'
        | '\u{fdf0}'..='\u{fdff}'
        | '\u{fe10}'..='\u{fefe}'
        | '\u{ff00}'..='\u{ff9f}'
        | '\u{ffa1}'..='\u{ffef}'
        | '\u{1f000}'..='\u{1f3f3}'
        | '\u{1f3f5}'..='\u{1faff}'
        | '\u{20000}'..='\u{2fffd}')
}

fn tag_letter(c: char) -> Option<char> {
    u32::from(c)
        .checked_sub(0xe0000)
        .and_then(|code| u8::try_from(code).ok())
        .filter(u8::is_ascii_graphic)
        .map(char::from)
}

/// Controls, bidi controls, and characters that show nothing: Unicode's default ignorables and other formats.
/// Noncharacters and the one sign of three columns (Khmer, out of use) too: no two terminals agree on their width.
pub fn is_hidden(c: char) -> bool {
    c.is_control()
        || u32::from(c) & 0xfffe == 0xfffe
        || matches!(c,
            '\u{ad}'
            | '\u{61c}'
            | '\u{115f}'..='\u{1160}'
            | '\u{17b4}'..='\u{17b5}'
            | '\u{17d8}'
            | '\u{200b}'..='\u{200f}'
            | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}'
            | '\u{3164}'
            | '\u{fdd0}'..='\u{fdef}'
            | '\u{feff}'
            | '\u{ffa0}'
            | '\u{fff0}'..='\u{fffb}'
            | '\u{13430}'..='\u{1343f}'
            | '\u{1bca0}'..='\u{1bca3}'
            | '\u{1d173}'..='\u{1d17a}'
            | '\u{e0000}'..='\u{e0fff}')
}

/// Scripts written without spaces, where a zero-width space marks the end of a word.
fn is_unspaced_script(c: char) -> bool {
    matches!(c, '\u{e00}'..='\u{eff}' | '\u{1000}'..='\u{109f}' | '\u{1780}'..='\u{17ff}' | '\u{1950}'..='\u{19df}' | '\u{1a20}'..='\u{1aaf}' | '\u{a9e0}'..='\u{a9ff}' | '\u{aa60}'..='\u{aadf}')
}

/// Scripts whose letters change shape by joining: Arabic and its neighbours, the Indic family, Mongolian, Adlam.
fn is_joining_script(c: char) -> bool {
    matches!(c, '\u{600}'..='\u{dff}' | '\u{f00}'..='\u{109f}' | '\u{1780}'..='\u{17ff}' | '\u{1807}'..='\u{180a}' | '\u{1820}'..='\u{18af}' | '\u{1a20}'..='\u{1aaf}' | '\u{1b00}'..='\u{1bff}' | '\u{a800}'..='\u{a82f}' | '\u{a840}'..='\u{a8ff}' | '\u{a980}'..='\u{a9df}' | '\u{aa00}'..='\u{aadf}' | '\u{abc0}'..='\u{abff}' | '\u{fb50}'..='\u{fdff}' | '\u{fe70}'..='\u{fefc}' | '\u{10a00}'..='\u{10a5f}' | '\u{11000}'..='\u{11fff}' | '\u{1e900}'..='\u{1e95f}')
}

/// Characters that may be drawn as emoji, apart from the digits of keycaps.
fn is_pictograph(c: char) -> bool {
    matches!(c, '©' | '®' | '‼' | '⁉' | '™' | 'ℹ' | '\u{2190}'..='\u{21ff}' | '\u{2300}'..='\u{23ff}' | 'Ⓜ' | '\u{25a0}'..='\u{27bf}' | '\u{2900}'..='\u{297f}' | '\u{2b00}'..='\u{2bff}' | '〰' | '〽' | '㊗' | '㊙' | '\u{1f000}'..='\u{1faff}')
}

fn is_ideograph(c: char) -> bool {
    matches!(c, '\u{3400}'..='\u{9fff}' | '\u{f900}'..='\u{faff}' | '\u{20000}'..='\u{323af}')
}

/// Characters with standardised variants: operators, ideographs and their punctuation, Myanmar, Phags-pa.
fn has_variants(c: char) -> bool {
    is_ideograph(c)
        || matches!(c, '\u{2205}'..='\u{22ff}' | '\u{2a00}'..='\u{2aff}' | '\u{3000}'..='\u{303f}' | '\u{ff01}'..='\u{ff60}' | '\u{1000}'..='\u{109f}' | '\u{aa60}'..='\u{aa7f}' | '\u{a840}'..='\u{a87f}')
}

#[cfg(test)]
mod tests {
    use proptest::{prelude::*, sample::select};

    use super::*;

    /// Without looking along what is plain.
    fn one_by_one(raw: &str) -> String {
        let (mut sanitiser, mut out) = (Sanitiser::default(), String::new());
        for c in raw.chars() {
            sanitiser.release(Some(c), &mut out);
            sanitiser.character(c, &mut out);
        }
        sanitiser.finish(&mut out);
        out
    }

    fn at_once(raw: &str) -> String {
        let (mut sanitiser, mut out) = (Sanitiser::default(), String::new());
        sanitiser.push(raw, &mut out);
        sanitiser.finish(&mut out);
        out
    }

    #[test]
    fn what_is_plain_stays() {
        let sanitiser = Sanitiser::default();
        for c in ('\u{80}'..=char::MAX).filter(|&c| is_plain(c)) {
            assert!(sanitiser.may_stay(c) && !is_hidden(c), "{c:?}");
            assert!(c != BLACK_FLAG && tag_letter(c).is_none(), "{c:?}");
        }
    }

    proptest! {
        #[test]
        fn a_run_is_made_safe_as_its_characters_are(
            pieces in prop::collection::vec(
                prop_oneof![
                    any::<char>().prop_map(String::from),
                    "[a-z \n]{0,80}",
                    select(vec![
                        "\r", "\r\n", "\u{1b}", "🏴", "\u{e0067}\u{e0062}", "\u{e007f}", "\u{200d}", "\u{200b}", "\u{fe0f}",
                        "\u{34f}", "\u{5d0}", "字", "\u{e0100}", "👩", "\u{1f3fd}", "ن", "\u{200c}", "é", "ก",
                    ])
                    .prop_map(String::from),
                ],
                0..40,
            ),
        ) {
            let raw = pieces.concat();
            prop_assert_eq!(at_once(&raw), one_by_one(&raw));
        }
    }
}
