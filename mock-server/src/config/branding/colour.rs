//! The colour of an application on its pages, with the shades of it that stay readable.

use std::fmt;
use std::str::FromStr;

/// A colour, written `#1a73e8`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Colour([u8; 3]);

impl Colour {
    /// The pages' own.
    pub(crate) const STANDARD: Self = Self([0x1f, 0x5f, 0x8b]);
    const WHITE: Self = Self([0xff; 3]);
    const BLACK: Self = Self([0; 3]);
    /// The lightest and the darkest background that stands behind text in it (consent.css).
    const LIGHT_PAGE: Self = Self([0xee, 0xf1, 0xf4]);
    const DARK_CARD: Self = Self([0x25, 0x2b, 0x33]);

    /// The custom properties of a style sheet: the colour behind buttons, the text on it, and the colour as text
    /// on light and on dark pages, each with a contrast of at least 4.5 to 1 (WCAG 2.2, 1.4.3).
    pub(crate) fn style_sheet(self) -> String {
        let on_accent = [Self::WHITE, Self::BLACK].into_iter().find(|it| it.contrast(self) >= 4.5);
        let on_accent = on_accent.unwrap_or(Self::BLACK);
        let on_light = self.until_readable(Self::LIGHT_PAGE, Self::BLACK);
        let on_dark = self.until_readable(Self::DARK_CARD, Self::WHITE);
        format!(
            ":root{{--accent:{self};--on-accent:{on_accent};--accent-text:light-dark({on_light},{on_dark})}}\n"
        )
    }

    /// The nearest mixture with `towards` that can be read on a background.
    fn until_readable(self, background: Self, towards: Self) -> Self {
        let mixtures = (0..=20u16).map(|step| self.mixed(towards, step, 20));
        mixtures.into_iter().find(|it| it.contrast(background) >= 4.5).unwrap_or(towards)
    }

    fn mixed(self, other: Self, part: u16, whole: u16) -> Self {
        let mix = |a: u8, b: u8| (u16::from(a) * (whole - part) + u16::from(b) * part) / whole;
        let mixed = |i: usize| u8::try_from(mix(self.0[i], other.0[i])).unwrap_or(u8::MAX);
        Self([mixed(0), mixed(1), mixed(2)])
    }

    /// The contrast ratio, from 1 to 21 (WCAG 2.2, glossary).
    fn contrast(self, other: Self) -> f64 {
        let (a, b) = (self.luminance(), other.luminance());
        (a.max(b) + 0.05) / (a.min(b) + 0.05)
    }

    fn luminance(self) -> f64 {
        let linear = |channel: u8| {
            let value = f64::from(channel) / 255.0;
            if value <= 0.040_45 { value / 12.92 } else { ((value + 0.055) / 1.055).powf(2.4) }
        };
        let [red, green, blue] = self.0;
        0.2126 * linear(red) + 0.7152 * linear(green) + 0.0722 * linear(blue)
    }

    /// Its six hexadecimal digits.
    pub(crate) fn digits(self) -> String {
        let [red, green, blue] = self.0;
        format!("{red:02x}{green:02x}{blue:02x}")
    }
}

impl fmt::Display for Colour {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "#{}", self.digits())
    }
}

/// Text that is no colour.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("expected a colour of six hexadecimal digits, such as \"#1a73e8\"")]
pub struct NoColour;

impl FromStr for Colour {
    type Err = NoColour;

    fn from_str(text: &str) -> Result<Self, NoColour> {
        let digits = text.strip_prefix('#').unwrap_or(text);
        if digits.len() != 6 || !digits.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return Err(NoColour);
        }
        let channel = |at: usize| u8::from_str_radix(&digits[at..at + 2], 16).map_err(|_| NoColour);
        Ok(Self([channel(0)?, channel(2)?, channel(4)?]))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn colours() -> impl Iterator<Item = Colour> {
        let channel = || (0..=255u8).step_by(15);
        channel().flat_map(move |r| channel().flat_map(move |g| channel().map(move |b| Colour([r, g, b]))))
    }

    #[test]
    fn text_can_be_read_on_and_in_any_colour() {
        for colour in colours().chain([Colour::STANDARD]) {
            let sheet = colour.style_sheet();
            let values: Vec<Colour> =
                sheet.split('#').skip(1).map(|rest| rest[..6].parse().unwrap()).collect();
            let [accent, on_accent, on_light, on_dark] = values[..] else { panic!("{sheet}") };
            assert_eq!(accent, colour);
            assert!(on_accent.contrast(accent) >= 4.5, "{sheet}");
            assert!(on_light.contrast(Colour::LIGHT_PAGE) >= 4.5, "{sheet}");
            assert!(on_dark.contrast(Colour::DARK_CARD) >= 4.5, "{sheet}");
        }
    }

    #[test]
    fn only_six_digits_are_a_colour() {
        assert_eq!("#1A73e8".parse(), Ok(Colour([0x1a, 0x73, 0xe8])));
        for text in ["", "#fff", "red", "#1a73e", "#1a73e8ff", "#é12345", "1a73e8;}"] {
            assert_eq!(text.parse::<Colour>(), Err(NoColour), "{text}");
        }
    }
}
