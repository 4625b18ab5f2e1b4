//! What a server does, against what scenarios expect of it and against what another server does.

mod drift;
mod operation;
mod verify;

pub use drift::{Drift, StepDrift};
pub use verify::{Difference, Verification, VerifiedOperation, VerifiedResult};
