//! A digi.me-compatible mock server.
