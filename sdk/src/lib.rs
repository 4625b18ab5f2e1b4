//! SDK for the digi.me (World Data Exchange) platform.
