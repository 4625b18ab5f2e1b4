//! What administration changed about the applications of the configuration, as it is kept.

use serde::{Deserialize, Serialize};

use super::applications::ApplicationError;
use crate::clock::Moment;
use crate::config::branding::Branding;
use crate::config::place::Place;
use crate::config::settings::{ApplicationSettings, ContractSettings, redirect_rules};
use crate::domain::contract::{ContractKeys, ContractKind};
use crate::domain::pull_options::ContractScope;

/// What administration changed. At the next start it wins over the configuration, which may have changed
/// meanwhile too.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct ApplicationChanges {
    made: Vec<ApplicationRecord>,
    /// Ids of applications and contracts.
    removed: Vec<String>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct ApplicationRecord {
    id: String,
    name: String,
    contracts: Vec<ContractRecord>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct ContractRecord {
    id: String,
    #[serde(default)]
    name: Option<String>,
    kind: ContractKind,
    service_groups: Vec<u32>,
    #[serde(default)]
    scope: ContractScope,
    redirect_uris: Vec<String>,
    /// PKCS#1 PEM.
    public_key: String,
    former_key: Option<(String, Moment)>,
}

impl ApplicationChanges {
    /// What of these applications administration made or changed, and what it removed of `before`.
    pub(super) fn of(
        settings: &[ApplicationSettings],
        before: &Self,
        configured: &[ApplicationSettings],
    ) -> Self {
        let by_administration = |place: &Place| *place == Place::Administration;
        let made = settings.iter().filter_map(|application| {
            let contracts: Vec<_> = application
                .contracts
                .iter()
                .filter(|it| by_administration(&it.place))
                .map(ContractRecord::of)
                .collect();
            let changed = by_administration(&application.place) || !contracts.is_empty();
            changed.then(|| ApplicationRecord {
                id: application.id.clone(),
                name: application.name.clone(),
                contracts,
            })
        });
        let exists = |id: &String| {
            settings.iter().any(|it| it.id == *id || it.contracts.iter().any(|it| it.id == *id))
        };
        let known = configured.iter().flat_map(|it| it.contracts.iter().map(|it| &it.id).chain([&it.id]));
        let mut removed: Vec<_> = known.chain(&before.removed).filter(|id| !exists(id)).cloned().collect();
        removed.sort();
        removed.dedup();
        Self { made: made.collect(), removed }
    }

    /// The applications of the configuration with these changes.
    ///
    /// # Errors
    /// [`ApplicationError::Unusable`] if what was kept is not what was written.
    pub(super) fn apply(
        &self,
        configured: &[ApplicationSettings],
    ) -> Result<Vec<ApplicationSettings>, ApplicationError> {
        let mut settings = configured.to_vec();
        settings.retain(|application| !self.removed.contains(&application.id));
        for application in &mut settings {
            application.contracts.retain(|contract| !self.removed.contains(&contract.id));
        }
        for record in &self.made {
            let index = settings.iter().position(|it| it.id == record.id).unwrap_or_else(|| {
                let (id, name) = (record.id.clone(), record.name.clone());
                settings.push(ApplicationSettings {
                    id,
                    name,
                    branding: Branding::default(),
                    contracts: Vec::new(),
                    place: Place::Administration,
                });
                settings.len() - 1
            });
            let application = &mut settings[index];
            application.name.clone_from(&record.name);
            for record in &record.contracts {
                let known = application.contracts.iter().position(|it| it.id == record.id);
                let contract = record.settings(known.map(|index| &application.contracts[index]))?;
                match known {
                    Some(index) => application.contracts[index] = contract,
                    None => application.contracts.push(contract),
                }
            }
        }
        Ok(settings)
    }
}

impl ContractRecord {
    fn of(contract: &ContractSettings) -> Self {
        Self {
            id: contract.id.clone(),
            name: contract.name.clone(),
            kind: contract.kind,
            service_groups: contract.service_groups.clone(),
            scope: contract.scope.clone(),
            redirect_uris: contract.redirect_rules.iter().map(ToString::to_string).collect(),
            public_key: contract.keys.public_pem(),
            former_key: contract.former.as_ref().map(|(keys, until)| (keys.public_pem(), *until)),
        }
    }

    /// The contract; a private key that the configuration has for it stays known.
    fn settings(&self, configured: Option<&ContractSettings>) -> Result<ContractSettings, ApplicationError> {
        let unusable =
            |error: &dyn std::fmt::Display| ApplicationError::Unusable(format!("{}: {error}", self.id));
        let keys = |pem: &str| match configured.map(|it| &it.keys).filter(|keys| keys.public_pem() == pem) {
            Some(known) => Ok(known.clone()),
            None => ContractKeys::from_public_pem(pem).map_err(|error| unusable(&error)),
        };
        let former = match &self.former_key {
            Some((pem, until)) => Some((keys(pem)?, *until)),
            None => None,
        };
        Ok(ContractSettings {
            id: self.id.clone(),
            name: self.name.clone(),
            kind: self.kind,
            keys: keys(&self.public_key)?,
            former,
            service_groups: self.service_groups.clone(),
            scope: self.scope.clone(),
            redirect_rules: redirect_rules(&self.id, &self.redirect_uris)
                .map_err(|error| unusable(&error))?,
            place: Place::Administration,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_changed_is_there_again_over_another_configuration() {
        let configured = vec![ApplicationSettings::standard().unwrap()];
        let mut changed = configured.clone();
        let (keys, _) = ContractKeys::generate().unwrap();
        let mut made = ContractSettings::standard("made", ContractKind::Write).unwrap();
        (made.keys, made.place) = (keys.clone(), Place::Administration);
        changed[0].contracts.push(made.clone());
        let (name, place) = ("Partner".to_owned(), Place::Administration);
        changed.push(ApplicationSettings {
            id: "partner".to_owned(),
            name,
            branding: Branding::default(),
            contracts: vec![],
            place,
        });
        changed[0].contracts.remove(1);
        let rotated = &mut changed[0].contracts[0];
        let former = std::mem::replace(&mut rotated.keys, keys);
        (rotated.former, rotated.place) = (Some((former, Moment::from_millis(7))), Place::Administration);
        let changes = ApplicationChanges::of(&changed, &ApplicationChanges::default(), &configured);
        let kept = serde_json::to_string(&changes).unwrap();
        assert!(!kept.contains("PRIVATE"), "{kept}");
        let mut another = configured.clone();
        another[0].contracts.push(ContractSettings::standard("new", ContractKind::Read).unwrap());
        let kept: ApplicationChanges = serde_json::from_str(&kept).unwrap();
        let again = kept.apply(&another).unwrap();
        let ids: Vec<_> = again[0].contracts.iter().map(|it| it.id.as_str()).collect();
        assert_eq!(
            ids,
            ["mock-read-contract", "mock-read-raw-contract", "mock-one-off-contract", "new", "made"]
        );
        let rotated = &again[0].contracts[0];
        assert_eq!(rotated.keys.public_pem(), changed[0].contracts[0].keys.public_pem());
        let (former, until) = rotated.former.as_ref().unwrap();
        assert!(former.private_pem().is_some(), "the configuration has it");
        assert_eq!(*until, Moment::from_millis(7));
        assert_eq!((again[1].id.as_str(), again[1].name.as_str()), ("partner", "Partner"));
        assert_eq!(
            ApplicationChanges::of(&again, &kept, &another),
            kept,
            "nothing is lost at the next start"
        );
    }
}
