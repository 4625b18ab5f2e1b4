//! The identifiers that an operation draws.

use std::cell::{Cell, RefCell};

use crate::random::SandboxTag;

/// Where identifiers come from.
#[derive(Debug)]
pub(super) enum Ids {
    /// Each is drawn when it is needed.
    Fresh,
    /// As often as an operation runs again, it gets the same ones: what it looked for under a new identifier
    /// is what it looks for again.
    #[cfg_attr(not(any(test, feature = "durable")), allow(dead_code))]
    Again(Drawn),
}

/// Identifiers that were drawn for an operation.
#[derive(Debug, Default)]
pub(crate) struct Drawn {
    ids: RefCell<Vec<String>>,
    next: Cell<usize>,
}

impl Ids {
    /// The next identifier.
    pub(super) fn draw(&self, tag: &SandboxTag) -> String {
        match self {
            Self::Fresh => tag.mint(),
            Self::Again(drawn) => drawn.draw(tag),
        }
    }
}

impl Drawn {
    /// The same ones from the first.
    #[cfg(any(test, feature = "durable"))]
    pub(super) fn again(self) -> Self {
        self.next.set(0);
        self
    }

    fn draw(&self, tag: &SandboxTag) -> String {
        let (mut ids, place) = (self.ids.borrow_mut(), self.next.get());
        self.next.set(place + 1);
        if place == ids.len() {
            ids.push(tag.mint());
        }
        ids[place].clone()
    }
}
