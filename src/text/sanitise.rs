//! The filter that every foreign character passes on its way to the screen, in pieces of any size.
//!
//! Whether a character stays is decided from the characters before it alone, so a stream needs no look-ahead. Only a
//! carriage return is held back until its successor is known.

use std::fmt::Write as _;

/// Tag letters of the flags that are emoji sequences (England, Scotland, Wales); all other tags are hidden text.
const FLAGS: [&str; 3] = ["gbeng", "gbsct", "gbwls"];

const ZERO_WIDTH_SPACE: char = '\u{200b}';
const ZERO_WIDTH_NON_JOINER: char = '\u{200c}';
const ZERO_WIDTH_JOINER: char = '\u{200d}';
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
    /// A carriage return that may turn out to be half of a CRLF.
    held_return: bool,
}

impl Sanitiser {
    /// Appends the safe form of `raw` to `out`.
    pub fn push(&mut self, raw: &str, out: &mut String) {
        let mut rest = raw;
        while let Some(next) = rest.chars().next() {
            if self.held_return {
                self.held_return = false;
                if next != '\n' {
                    self.write('␍', out);
                }
            }
            if let Some((clean, after)) = rest.split_at_checked(clean_ascii(rest.as_bytes()))
                && let Some(last) = clean.chars().next_back()
            {
                out.push_str(clean);
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
        if self.held_return {
            self.write('␍', out);
        }
        *self = Self::default();
    }

    fn character(&mut self, c: char, out: &mut String) {
        if c == '\r' {
            self.held_return = true;
        } else if self.may_stay(c) {
            self.write(c, out);
        } else {
            self.replace(c, out);
        }
    }

    fn write(&mut self, c: char, out: &mut String) {
        out.push(c);
        self.last = Some(c);
        match (&mut self.flag, c) {
            (_, BLACK_FLAG) => self.flag = Some(String::new()),
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
            // Writing to a string cannot fail.
            let _ = write!(out, "⟨U+{code:04X}");
            self.write('⟩', out);
        }
    }

    fn may_stay(&self, c: char) -> bool {
        let after = |test: fn(char) -> bool| self.last.is_some_and(test);
        match c {
            '\n' | '\t' => true,
            ZERO_WIDTH_SPACE => after(is_unspaced_script),
            ZERO_WIDTH_NON_JOINER => after(is_joining_script),
            ZERO_WIDTH_JOINER => {
                after(|l| is_joining_script(l) || is_pictograph(l) || l == '\u{fe0f}')
            }
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

/// Length of the printable ASCII (with LF and TAB) at the start of `bytes`.
fn clean_ascii(bytes: &[u8]) -> usize {
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

fn tag_letter(c: char) -> Option<char> {
    u32::from(c)
        .checked_sub(0xe0000)
        .and_then(|code| u8::try_from(code).ok())
        .filter(u8::is_ascii_graphic)
        .map(char::from)
}

/// Controls, bidi controls, and characters that show nothing: Unicode's default ignorables and other formats.
/// Noncharacters too: no two terminals agree on their width.
fn is_hidden(c: char) -> bool {
    c.is_control()
        || u32::from(c) & 0xfffe == 0xfffe
        || matches!(c,
            '\u{ad}'
            | '\u{61c}'
            | '\u{115f}'..='\u{1160}'
            | '\u{17b4}'..='\u{17b5}'
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
