//! The applications of a sandbox and their contracts, which come and go while it runs.

use std::collections::HashMap;
use std::sync::{Arc, OnceLock, PoisonError, RwLock};

use super::application_changes::ApplicationChanges;
use crate::config::branding::{Branding, Logo};
use crate::config::check::check_applications;
use crate::config::place::Place;
use crate::config::settings::{ApplicationSettings, ContractSettings};
use crate::domain::alias::alias;
use crate::domain::contract::{Contract, Former};
use crate::domain::unavailable::Unavailable;
use crate::random::SandboxTag;

/// The applications of a sandbox. Who looks one up gets a value of its own, so that a change never
/// waits for a request.
#[derive(Debug)]
pub(crate) struct Applications {
    known: RwLock<Arc<Known>>,
    /// Those of the configuration.
    configured: Vec<ApplicationSettings>,
    /// What the ids of a fresh sandbox end in.
    id_tag: Option<SandboxTag>,
}

/// Applications as they are to be.
#[derive(Debug)]
pub(super) struct Changed(Known);

/// All of them at one moment.
#[derive(Debug)]
struct Known {
    settings: Vec<ApplicationSettings>,
    /// In the order in which they were made.
    contracts: Arc<[Arc<Contract>]>,
    /// `client_id` → contract, each under its own id and its second one. Looked up whole: both ids may
    /// have an underscore, so that no part of it could be told apart.
    by_client: HashMap<String, Arc<Contract>>,
}

/// Why applications cannot be as somebody wants them.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ApplicationError {
    /// There is none with this id.
    #[error("there is no {what} \"{id}\"")]
    Unknown {
        /// An application, or a contract of it.
        what: &'static str,
        /// The id.
        id: String,
    },
    /// Ids that are no ids, or that two would have.
    #[error("{0}")]
    Unusable(String),
    /// They would be forgotten.
    #[error(transparent)]
    Unavailable(#[from] Unavailable),
    /// A sandbox holds as many as it can.
    #[error("the sandbox has {MOST_CONTRACTS} contracts, which is the most; remove one")]
    TooMany,
}

/// How many contracts a sandbox holds.
const MOST_CONTRACTS: usize = 10_000;

impl Applications {
    /// Those of the settings; in a fresh sandbox with ids of its own.
    pub(crate) fn new(settings: &[ApplicationSettings], id_tag: Option<SandboxTag>) -> Self {
        let mut settings = settings.to_vec();
        if let Some(tag) = &id_tag {
            for application in &mut settings {
                application.id = format!("{}-{}", application.id, tag.as_str());
                for contract in &mut application.contracts {
                    contract.id = format!("{}-{}", contract.id, tag.as_str());
                }
            }
        }
        let known = Known::of(settings.clone(), id_tag.as_ref());
        Self { known: RwLock::new(Arc::new(known)), configured: settings, id_tag }
    }

    /// Takes up what administration changed before the server started anew.
    ///
    /// # Errors
    /// [`ApplicationError::Unusable`] if what was kept is not what was written.
    pub(super) fn resume(&self, changes: &ApplicationChanges) -> Result<(), ApplicationError> {
        self.commit(Changed(Known::of(changes.apply(&self.configured)?, self.id_tag.as_ref())));
        Ok(())
    }

    /// The applications as they would be with what administration changed elsewhere; nothing is changed yet.
    ///
    /// # Errors
    /// [`ApplicationError`] if they could not be used together.
    pub(super) fn resumed(&self, changes: &ApplicationChanges) -> Result<Changed, ApplicationError> {
        self.checked(changes.apply(&self.configured)?)
    }

    fn checked(&self, settings: Vec<ApplicationSettings>) -> Result<Changed, ApplicationError> {
        if settings.iter().map(|it| it.contracts.len()).sum::<usize>() > MOST_CONTRACTS {
            return Err(ApplicationError::TooMany);
        }
        check_applications(&settings).map_err(|error| ApplicationError::Unusable(error.to_string()))?;
        Ok(Changed(Known::of(settings, self.id_tag.as_ref())))
    }

    fn known(&self) -> Arc<Known> {
        Arc::clone(&self.known.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// The contract that signs as this `client_id`.
    pub(crate) fn contract(&self, client_id: &str) -> Option<Arc<Contract>> {
        self.known().by_client.get(client_id).cloned()
    }

    /// The contracts of all applications, in the order in which they were made.
    pub(crate) fn contracts(&self) -> Arc<[Arc<Contract>]> {
        Arc::clone(&self.known().contracts)
    }

    /// What the consent page calls an application.
    pub(crate) fn name(&self, application_id: &str) -> String {
        let known = self.known();
        let found = known.settings.iter().find(|it| it.id == application_id);
        found.map_or(application_id, |it| it.name.as_str()).to_owned()
    }

    /// How an application looks on the consent pages.
    pub(crate) fn branding(&self, application_id: &str) -> Branding {
        let known = self.known();
        let found = known.settings.iter().find(|it| it.id == application_id);
        found.map(|it| it.branding.clone()).unwrap_or_default()
    }

    /// The logo with this name.
    pub(crate) fn logo(&self, name: &str) -> Option<Arc<Logo>> {
        let known = self.known();
        let mut logos = known.settings.iter().filter_map(|it| it.branding.logo.as_ref());
        logos.find(|logo| logo.name() == name).map(Arc::clone)
    }

    /// All applications, as they were set.
    pub(crate) fn list(&self) -> Vec<ApplicationSettings> {
        self.known().settings.clone()
    }

    /// An application, as it was set.
    ///
    /// # Errors
    /// [`ApplicationError::Unknown`].
    pub(crate) fn application(&self, id: &str) -> Result<ApplicationSettings, ApplicationError> {
        let known = self.known();
        known.settings.iter().find(|it| it.id == id).cloned().ok_or_else(|| unknown("application", id))
    }

    /// The id that something new gets: in a fresh sandbox it ends in the sandbox's tag, by which
    /// requests find it.
    pub(crate) fn own_id(&self, id: &str) -> String {
        match &self.id_tag {
            Some(tag) if !id.ends_with(&format!("-{}", tag.as_str())) => format!("{id}-{}", tag.as_str()),
            _ => id.to_owned(),
        }
    }

    /// All applications as another sandbox has them, in which ids end otherwise.
    pub(crate) fn retagged(&self, other: &Self) -> Vec<ApplicationSettings> {
        let bare = |id: &str| {
            let tag = self.id_tag.as_ref().map(|tag| format!("-{}", tag.as_str())).unwrap_or_default();
            id.strip_suffix(&tag).unwrap_or(id).to_owned()
        };
        let mut all = self.list();
        for application in &mut all {
            application.id = other.own_id(&bare(&application.id));
            for contract in &mut application.contracts {
                contract.id = other.own_id(&bare(&contract.id));
            }
        }
        all
    }

    /// The second id of a contract.
    pub(crate) fn alias(&self, contract_id: &str) -> String {
        alias_of(contract_id, self.id_tag.as_ref())
    }

    /// The applications with a change; nothing is changed yet.
    ///
    /// # Errors
    /// What `change` says, and [`ApplicationError`] if the applications could not be used together.
    pub(super) fn changed<T>(
        &self,
        change: impl FnOnce(&mut Vec<ApplicationSettings>) -> Result<T, ApplicationError>,
    ) -> Result<(Changed, T), ApplicationError> {
        let mut settings = self.known().settings.clone();
        let value = change(&mut settings)?;
        Ok((self.checked(settings)?, value))
    }

    /// What administration changed so far; `before` is what was kept of it.
    pub(super) fn all_changes(&self, before: &ApplicationChanges) -> ApplicationChanges {
        ApplicationChanges::of(&self.known().settings, before, &self.configured)
    }

    /// What a change leaves to be kept; `before` is what was kept so far.
    pub(super) fn changes(&self, changed: &Changed, before: &ApplicationChanges) -> ApplicationChanges {
        ApplicationChanges::of(&changed.0.settings, before, &self.configured)
    }

    /// Makes a change.
    pub(super) fn commit(&self, changed: Changed) {
        *self.known.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(changed.0);
    }
}

/// The application with this id, to change it.
///
/// # Errors
/// [`ApplicationError::Unknown`].
pub(crate) fn application_mut<'a>(
    settings: &'a mut [ApplicationSettings],
    id: &str,
) -> Result<&'a mut ApplicationSettings, ApplicationError> {
    settings.iter_mut().find(|it| it.id == id).ok_or_else(|| unknown("application", id))
}

/// The contract with this id, to change it: it is administration's from then on.
///
/// # Errors
/// [`ApplicationError::Unknown`].
pub(crate) fn contract_mut<'a>(
    settings: &'a mut [ApplicationSettings],
    application: &str,
    contract: &str,
) -> Result<&'a mut ContractSettings, ApplicationError> {
    let application = application_mut(settings, application)?;
    let found = application.contracts.iter_mut().find(|it| it.id == contract);
    let found = found.ok_or_else(|| unknown("contract", contract))?;
    found.place = Place::Administration;
    Ok(found)
}

/// There is none.
pub(crate) fn unknown(what: &'static str, id: &str) -> ApplicationError {
    ApplicationError::Unknown { what, id: id.to_owned() }
}

impl Known {
    fn of(settings: Vec<ApplicationSettings>, id_tag: Option<&SandboxTag>) -> Self {
        let contracts: Arc<[_]> = settings
            .iter()
            .flat_map(|application| application.contracts.iter().map(move |contract| (application, contract)))
            .map(|(application, contract)| Arc::new(built(application, contract, id_tag)))
            .collect();
        let both = |it: &Arc<Contract>| [it.client_id(), it.alias_client_id()].map(|id| (id, Arc::clone(it)));
        let by_client = contracts.iter().flat_map(both).collect();
        Self { settings, contracts, by_client }
    }
}

fn built(
    application: &ApplicationSettings,
    contract: &ContractSettings,
    id_tag: Option<&SandboxTag>,
) -> Contract {
    let with_keys = |keys, former| Contract {
        application_id: application.id.clone(),
        contract_id: contract.id.clone(),
        alias: alias_of(&contract.id, id_tag),
        kind: contract.kind,
        name: contract.name.clone(),
        service_groups: contract.service_groups.clone(),
        scope: contract.scope.clone(),
        redirect_rules: contract.redirect_rules.clone(),
        keys,
        former,
        certificate: OnceLock::new(),
    };
    let former = contract
        .former
        .as_ref()
        .map(|(keys, until)| Former { contract: Arc::new(with_keys(keys.clone(), None)), until: *until });
    with_keys(contract.keys.clone(), former)
}

/// It is made of the id without the tag of a fresh sandbox.
fn alias_of(contract_id: &str, id_tag: Option<&SandboxTag>) -> String {
    let suffix = id_tag.map(|tag| format!("-{}", tag.as_str())).unwrap_or_default();
    alias(contract_id.strip_suffix(&suffix).unwrap_or(contract_id), id_tag.map(SandboxTag::as_str))
}
