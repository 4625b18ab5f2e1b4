//! Pictures of sources, categories and countries, drawn from their names, so that no client ever
//! fetches one from a remote host.

use sha2::{Digest, Sha256};

/// Cells on a side; the platform's sides of 25, 50 and 75 pixels are multiples of it.
const CELLS: usize = 5;
/// The sides of the squares that older clients know, in pixels (protocol reference, objects §5.6).
pub(crate) const SIDES: [u32; 3] = [25, 50, 75];

/// A pattern of coloured cells, the same for the same name, mirrored left to right.
#[derive(Debug)]
pub(crate) struct Icon {
    colour: [u8; 3],
    filled: [[bool; CELLS]; CELLS],
}

const BACKGROUND: [u8; 3] = [0xf4, 0xf6, 0xf8];

impl Icon {
    /// The icon of whatever has this name.
    pub(crate) fn of(name: &str) -> Self {
        let hash = Sha256::digest(name.as_bytes());
        // Halved, so that the pattern stands out from the light background.
        let colour = [hash[0] / 2, hash[1] / 2, hash[2] / 2 + 64];
        let mut filled = [[false; CELLS]; CELLS];
        for (row, cells) in filled.iter_mut().enumerate() {
            for (column, cell) in cells.iter_mut().enumerate() {
                let mirrored = column.min(CELLS - 1 - column);
                *cell = hash[3 + row * CELLS + mirrored] % 2 == 0;
            }
        }
        Self { colour, filled }
    }

    /// As SVG.
    pub(crate) fn svg(&self) -> String {
        let hex = |[r, g, b]: [u8; 3]| format!("#{r:02x}{g:02x}{b:02x}");
        let cells = self.filled.iter().enumerate().flat_map(|(y, cells)| {
            let filled = cells.iter().enumerate().filter(|(_, filled)| **filled);
            filled.map(move |(x, _)| format!("M{x} {y}h1v1h-1z"))
        });
        format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {CELLS} {CELLS}\" shape-rendering=\"crispEdges\">\
             <path fill=\"{}\" d=\"M0 0h{CELLS}v{CELLS}H0z\"/><path fill=\"{}\" d=\"{}\"/></svg>",
            hex(BACKGROUND),
            hex(self.colour),
            cells.collect::<String>(),
        )
    }

    /// As PNG with `side` pixels each way.
    ///
    /// # Errors
    /// The encoder's.
    pub(crate) fn png(&self, side: u32) -> Result<Vec<u8>, png::EncodingError> {
        let cell = |pixel: u32| (pixel as usize * CELLS / side as usize).min(CELLS - 1);
        let pixels = (0..side).flat_map(|y| (0..side).map(move |x| (x, y)));
        let colours =
            pixels.flat_map(|(x, y)| if self.filled[cell(y)][cell(x)] { self.colour } else { BACKGROUND });
        let data: Vec<u8> = colours.collect();
        let mut file = Vec::new();
        let mut encoder = png::Encoder::new(&mut file, side, side);
        encoder.set_color(png::ColorType::Rgb);
        encoder.set_depth(png::BitDepth::Eight);
        encoder.write_header()?.write_image_data(&data)?;
        Ok(file)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_png_has_the_size_and_the_pattern_of_the_svg() {
        let icon = Icon::of("spotify");
        for side in SIDES {
            let file = icon.png(side).unwrap();
            let mut reader = png::Decoder::new(std::io::Cursor::new(&file)).read_info().unwrap();
            assert_eq!((reader.info().width, reader.info().height), (side, side));
            let mut pixels = vec![0; reader.output_buffer_size().unwrap()];
            reader.next_frame(&mut pixels).unwrap();
            let at = |x: u32, y: u32| {
                let start = ((y * side + x) * 3) as usize;
                [pixels[start], pixels[start + 1], pixels[start + 2]]
            };
            for (y, cells) in (0..).zip(icon.filled) {
                for (x, filled) in (0..).zip(cells) {
                    let colour = if filled { icon.colour } else { BACKGROUND };
                    assert_eq!(at(x * side / 5, y * side / 5), colour);
                    assert_eq!(icon.svg().contains(&format!("M{x} {y}h1")), filled);
                }
            }
        }
    }

    #[test]
    fn another_name_has_another_icon() {
        assert_eq!(Icon::of("spotify").svg(), Icon::of("spotify").svg());
        assert_ne!(Icon::of("spotify").svg(), Icon::of("fitbit").svg());
    }
}
