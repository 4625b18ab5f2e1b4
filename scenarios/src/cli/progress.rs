//! The progress bar, on standard error, should that be a terminal.

use std::sync::Mutex;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::report::console::printable;
use crate::run::{Progress, ProgressListener};

/// A bar that is there while scenarios run.
pub(super) fn bar() -> ProgressListener {
    let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr());
    if let Ok(style) = ProgressStyle::with_template("{bar:30} {pos}/{len} {elapsed} {wide_msg}") {
        bar.set_style(style);
    }
    let furthest = Mutex::new(0);
    ProgressListener::new(move |progress: Progress<'_>| {
        // Tasks tell in any order; a bar that goes back would flicker.
        let mut furthest = furthest.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        *furthest = progress.ended.max(*furthest);
        bar.set_length(progress.all as u64);
        bar.set_position(*furthest as u64);
        bar.set_message(printable(progress.scenario));
        if *furthest == progress.all {
            bar.finish_and_clear();
        }
    })
}
