//! What is known of the terminal's background, from the environment or from its own reply.
//!
//! Asking the terminal is `runtime`'s; what follows for the theme is `app`'s.

/// The terminal's background.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Background {
    /// Light text is readable on it.
    Dark,
    /// Dark text is readable on it.
    Light,
}

impl Background {
    /// Reads `COLORFGBG`: numbers among the terminal's sixteen colours, the last one that of the background.
    pub fn from_colors(value: &str) -> Option<Self> {
        match value.rsplit(';').next()?.trim().parse::<u8>().ok()? {
            0..=6 | 8 => Some(Self::Dark),
            7 | 9..=15 => Some(Self::Light),
            _ => None,
        }
    }

    /// Reads the colour in a terminal's reply: `rgb:1e1e/1e1e/1e1e`, with one to four digits for each part.
    pub fn from_reply(colour: &str) -> Option<Self> {
        let parts = colour
            .strip_prefix("rgba:")
            .or_else(|| colour.strip_prefix("rgb:"))?;
        let mut shares = parts.split('/').map(share);
        let [red, green, blue] = [shares.next()??, shares.next()??, shares.next()??];
        // What the eye takes for lightness (ITU-R BT.709).
        let light = 0.2126 * red + 0.7152 * green + 0.0722 * blue;
        Some(if light > 0.5 { Self::Light } else { Self::Dark })
    }
}

/// Hexadecimal digits as a share of the largest number of so many digits.
fn share(digits: &str) -> Option<f64> {
    let is_hex = (1..=4).contains(&digits.len()) && digits.bytes().all(|b| b.is_ascii_hexdigit());
    let value = u32::from_str_radix(digits, 16).ok().filter(|_| is_hex)?;
    let largest = 16_u32.pow(u32::try_from(digits.len()).ok()?) - 1;
    Some(f64::from(value) / f64::from(largest))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_environment_names_colours_by_number() {
        for (value, expected) in [
            ("15;0", Some(Background::Dark)),
            ("0;15", Some(Background::Light)),
            ("12;8", Some(Background::Dark)),
            ("0;default;7", Some(Background::Light)),
            ("0;default", None),
            ("0;16", None),
            ("", None),
        ] {
            assert_eq!(Background::from_colors(value), expected, "{value}");
        }
    }

    #[test]
    fn replies_have_one_to_four_digits() {
        for (colour, expected) in [
            ("rgb:1e1e/1e1e/1e1e", Some(Background::Dark)),
            ("rgb:fd/f6/e3", Some(Background::Light)),
            ("rgb:f/f/f", Some(Background::Light)),
            ("rgba:0000/0000/0000/ffff", Some(Background::Dark)),
            ("rgb:0000/ffff/0000", Some(Background::Light)),
            ("rgb:0000/0000/ffff", Some(Background::Dark)),
            ("rgb:1e1e/1e1e", None),
            ("rgb:+1/0/0", None),
            ("rgb:12345/0/0", None),
            ("red", None),
        ] {
            assert_eq!(Background::from_reply(colour), expected, "{colour}");
        }
    }
}
