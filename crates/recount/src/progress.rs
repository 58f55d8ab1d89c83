//! A progress bar on the error stream, for work that lasts and is watched.

use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

/// A bar over `total` steps that appears when `is_watched` and only when the work lasts.
pub(crate) fn bar(total: usize, what: &'static str, is_watched: bool) -> ProgressBar {
    if !is_watched || total < 200 {
        return ProgressBar::hidden();
    }
    let bar = ProgressBar::with_draw_target(Some(total as u64), ProgressDrawTarget::stderr_with_hz(10));
    // The template is a constant of ours: were it wrong, the default would be shown.
    let style = ProgressStyle::with_template("{msg} {bar:30} {pos}/{len} {eta}");
    bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
    bar.set_message(what);
    bar.enable_steady_tick(Duration::from_millis(250));
    bar
}
