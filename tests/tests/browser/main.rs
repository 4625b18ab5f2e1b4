//! The pages in a real browser: headless Chromium, driven through WebDriver. Where it or its driver is missing,
//! each test says so and counts as skipped.

#![allow(clippy::disallowed_methods, clippy::expect_used, clippy::panic, clippy::unwrap_used)]

mod accessible;
mod browser;
mod callbacks;
mod chromedriver;
mod consent;
mod console;
mod harness;
mod pages;
mod visit;
mod webdriver;
