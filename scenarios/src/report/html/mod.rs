//! The report as one HTML page: no remote assets, no script, and it may be published.

#[cfg(feature = "embedded")]
mod diagram;
mod view;

use askama::Template;

use super::{RenderError, Report};
use view::Page;

/// The report as a page.
///
/// # Errors
/// If the page cannot be written.
pub fn render(report: &Report) -> Result<String, RenderError> {
    Ok(Page::of(report).render()?)
}
