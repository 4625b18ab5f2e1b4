//! How an application looks on the consent pages.

mod colour;
mod logo;

use std::sync::Arc;

pub use colour::{Colour, NoColour};
pub use logo::{Logo, LogoError};

/// How an application looks on the consent pages; as the pages do if nothing is set.
#[derive(Clone, Debug, Default)]
pub struct Branding {
    /// The colour of its buttons and links.
    pub colour: Option<Colour>,
    /// The picture beside its name.
    pub logo: Option<Arc<Logo>>,
}
