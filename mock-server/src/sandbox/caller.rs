//! Who asks, as far as that decides what they may reach.

use std::sync::Arc;

use super::Sandbox;
use super::partners::Partner;
use super::sandboxes::Sandboxes;
use crate::domain::app_link::AppLink;

/// Who asks.
#[derive(Clone, Debug, Default)]
pub(crate) enum Caller {
    /// A client of the platform, or a browser: what they sign and carry decides.
    #[default]
    Client,
    /// Who runs the server: all of administration.
    Host,
    /// A partner: administration of its own sandboxes.
    Partner(Arc<Partner>),
}

impl Caller {
    /// Whether a sandbox is there for them.
    pub(crate) fn reaches(&self, sandbox: &Sandbox) -> bool {
        match self {
            Self::Client | Self::Host => true,
            Self::Partner(partner) => sandbox.owner() == Some(&partner.record.id),
        }
    }

    /// The partner, if it is one.
    pub(crate) fn partner(&self) -> Option<&Arc<Partner>> {
        match self {
            Self::Partner(partner) => Some(partner),
            Self::Client | Self::Host => None,
        }
    }

    /// The sandbox that they mean when they name none.
    pub(crate) fn home(&self, sandboxes: &Sandboxes) -> Option<Arc<Sandbox>> {
        match self {
            Self::Client | Self::Host => Some(sandboxes.default_sandbox()),
            Self::Partner(partner) => {
                sandboxes.get(&partner.record.sandbox).filter(|sandbox| self.reaches(sandbox))
            }
        }
    }

    /// As [`Sandboxes::get`].
    pub(crate) fn get(&self, sandboxes: &Sandboxes, id: &str) -> Option<Arc<Sandbox>> {
        sandboxes.get(id).filter(|sandbox| self.reaches(sandbox))
    }

    /// As [`Sandboxes::minting`].
    pub(crate) fn minting(&self, sandboxes: &Sandboxes, minted: &str) -> Option<Arc<Sandbox>> {
        sandboxes.minting(minted).filter(|sandbox| self.reaches(sandbox))
    }

    /// As [`Sandboxes::of_link`].
    pub(crate) fn of_link(&self, sandboxes: &Sandboxes, link: &AppLink) -> Option<Arc<Sandbox>> {
        sandboxes.of_link(link).filter(|sandbox| self.reaches(sandbox))
    }
}
