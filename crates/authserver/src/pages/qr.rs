//! A QR code as one path of an inline SVG: no image request, no style, nothing a content policy minds.

use std::fmt::Write;

use fast_qr::{ECL, QRBuilder};

/// The code: a square of `size` modules, the quiet zone included.
pub(crate) struct Qr {
    /// Width and height.
    pub(crate) size: usize,
    /// The dark modules.
    pub(crate) path: String,
}

/// ISO/IEC 18004 section 9.1: four modules of light on every side.
const QUIET: usize = 4;

/// Draws a text; `None` when it is too long.
pub(crate) fn draw(text: &str) -> Option<Qr> {
    let code = QRBuilder::new(text).ecl(ECL::M).build().ok()?;
    let mut path = String::new();
    for (y, row) in code.data.chunks(code.size).take(code.size).enumerate() {
        for (x, module) in row.iter().enumerate() {
            if module.value() {
                let _ = write!(path, "M{} {}h1v1h-1z", x + QUIET, y + QUIET);
            }
        }
    }
    Some(Qr { size: code.size + 2 * QUIET, path })
}
