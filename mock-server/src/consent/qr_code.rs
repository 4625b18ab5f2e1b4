//! An address as a QR code, for the camera of a phone.

use qrcode::{Color, EcLevel, QrCode};

/// A QR code as a drawing: a square of `size` modules, of which the path fills the dark ones.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Drawing {
    /// Modules on a side, with the quiet zone.
    pub(super) size: usize,
    /// The `d` of an SVG path.
    pub(super) path: String,
}

/// The white border that cameras need, in modules (ISO/IEC 18004).
const QUIET: usize = 4;

/// Draws an address; none if it is longer than a code can hold.
pub(super) fn draw(address: &str) -> Option<Drawing> {
    let code = QrCode::with_error_correction_level(address, EcLevel::L).ok()?;
    let width = code.width();
    let mut path = String::new();
    for (y, row) in code.to_colors().chunks(width).enumerate() {
        for (x, _) in row.iter().enumerate().filter(|(_, color)| **color == Color::Dark) {
            path.push_str(&format!("M{} {}h1v1h-1z", x + QUIET, y + QUIET));
        }
    }
    Some(Drawing { size: width + 2 * QUIET, path })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_drawn_and_one_that_is_too_long_is_not() {
        let drawing = draw("http://127.0.0.1:8080/apps/phone").unwrap();
        assert_eq!((drawing.size - 2 * QUIET - 17) % 4, 0, "no version has {} modules", drawing.size);
        // The upper edge of the first finder pattern: seven dark modules.
        assert!((0..7).all(|x| drawing.path.contains(&format!("M{} {}h", x + QUIET, QUIET))));
        assert_eq!(draw(&"x".repeat(3000)), None);
    }
}
