//! Runs the inputs of `corpus/`, and some mutations of each, the same ones each time: what `cargo test` does of
//! fuzzing. Three crates include this file into their tests, because they share no code otherwise.

use std::fs;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

/// How many mutations of each input, if `FUZZ_MUTATIONS` does not say.
const MUTATIONS: usize = 4;
/// What parsers treat unlike other bytes.
const SPECIAL: &[u8] = b"\0\n\r \"$%&',-./0:;=?[\\]_{|}~\x7f\x80\xc3\xff";

/// The name of a target, and what it runs.
pub(crate) type Target<'a> = (&'a str, fn(&[u8]));

/// Runs the targets; `FUZZ_TARGET` names one of them.
pub(crate) fn replay(targets: &[Target<'_>]) {
    let fuzz = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fuzz");
    let setting = |name| std::env::var(name).ok();
    let mutations = setting("FUZZ_MUTATIONS").map_or(MUTATIONS, |number| number.parse().unwrap());
    let only = setting("FUZZ_TARGET");
    for (name, target) in targets.iter().filter(|(name, _)| only.as_ref().is_none_or(|only| only == name)) {
        assert!(fuzz.join(format!("fuzz_targets/{name}.rs")).is_file(), "{name} is not fuzzed");
        let folder = fs::read_dir(fuzz.join("corpus").join(name)).unwrap();
        let mut paths: Vec<_> = folder.map(|entry| entry.unwrap().path()).collect();
        paths.sort();
        assert!(!paths.is_empty(), "{name} has no inputs");
        let inputs: Vec<_> = paths.iter().map(|path| fs::read(path).unwrap()).collect();
        let mut random = Random(0x9e37_79b9_7f4a_7c15);
        for (path, input) in paths.iter().zip(&inputs) {
            run(*target, input, &path.display().to_string());
            for _ in 0..mutations {
                let other = &inputs[random.below(inputs.len())];
                let mutated = random.mutated(input, other);
                run(*target, &mutated, &format!("a mutation of {}", path.display()));
            }
        }
    }
}

fn run(target: fn(&[u8]), input: &[u8], what: &str) {
    if let Err(panic) = catch_unwind(AssertUnwindSafe(|| target(input))) {
        let found = std::env::temp_dir().join(format!("fuzz-finding-{}", std::process::id()));
        fs::write(&found, input).unwrap();
        println!("{what} finds something; it is in {}", found.display());
        std::panic::resume_unwind(panic);
    }
}

/// Xorshift.
struct Random(u64);

impl Random {
    fn below(&mut self, end: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 >> 33).unwrap() % end.max(1)
    }

    /// The input with one to four changes.
    fn mutated(&mut self, input: &[u8], other: &[u8]) -> Vec<u8> {
        let mut bytes = input.to_vec();
        for _ in 0..=self.below(4) {
            let at = self.below(bytes.len() + 1);
            let end = at + self.below(bytes.len() - at + 1).min(32);
            let special = SPECIAL[self.below(SPECIAL.len())];
            match self.below(6) {
                0 => bytes.insert(at, special),
                1 => drop(bytes.drain(at..end)),
                2 if at < bytes.len() => bytes[at] = special,
                3 if at < bytes.len() => bytes[at] ^= 1 << self.below(8),
                4 => bytes.splice(at..at, bytes[at..end].to_vec()).for_each(drop),
                _ => {
                    let from = self.below(other.len() + 1);
                    let to = from + self.below(other.len() - from + 1).min(64);
                    bytes.splice(at..end, other[from..to].iter().copied()).for_each(drop);
                }
            }
        }
        bytes
    }
}
