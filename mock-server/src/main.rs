//! `digime-mock`.

fn main() {}
