//! Settings that are each well-formed, but cannot be used together.

use std::collections::HashMap;

use digime_fixtures::{DatasetError, GenerateOptions};

use crate::clock::Moment;
use crate::config::place::Place;
use crate::config::settings::{ApplicationSettings, ContractSettings, Settings};
use crate::config::tls::TlsSettings;
use crate::domain::alias::{alias, scheme_problem};

/// Settings that cannot be used, whoever made them.
#[derive(Debug, thiserror::Error)]
pub enum SettingsError {
    /// A server without an application has nothing to offer.
    #[error("there is no application: name at least one, with a contract")]
    NoApplication,
    /// An application without a contract has nothing to offer.
    #[error("{place}: the application \"{application}\" has no contract: name at least one")]
    NoContract {
        /// The application.
        application: String,
        /// Where it was set.
        place: Place,
    },
    /// Text that cannot stand in URLs, tokens and headers.
    #[error("{place}: {problem}")]
    Id {
        /// Where it was set.
        place: Place,
        /// What is wrong.
        problem: String,
    },
    /// The same id twice: a request could mean either.
    #[error("the {what} \"{id}\" is set twice: by {first}, and by {second}; give one of them another id")]
    Twice {
        /// What has the id.
        what: &'static str,
        /// The id.
        id: String,
        /// Where it was set first.
        first: Box<Place>,
        /// Where it was set again.
        second: Box<Place>,
    },
    /// Two contracts whose ids differ in what some clients do not accept: a request could mean either.
    #[error(
        "{place}: clients that accept only A-Z a-z 0-9 _ call the contract \"{id}\" \"{alias}\", and so they do the \
         contract \"{other}\", which is set by {first}; give one of them another id"
    )]
    SameAlias {
        /// The contract.
        id: String,
        /// The id that both have for such clients.
        alias: String,
        /// The other contract.
        other: String,
        /// Where the other was set.
        first: Box<Place>,
        /// Where it was set.
        place: Box<Place>,
    },
    /// A certificate without its key, a key without its certificate, or a certificate that cannot serve.
    #[error("{place}: {problem}")]
    Certificate {
        /// Where it was set.
        place: Box<Place>,
        /// What is wrong, and what to do.
        problem: String,
    },
    /// No sample data can be generated.
    #[error("sample data: {0}")]
    SampleData(#[from] DatasetError),
}

impl Settings {
    /// Checks what single values do not show.
    ///
    /// # Errors
    /// [`SettingsError`] naming what cannot be used and where it was set.
    pub fn check(&self) -> Result<(), SettingsError> {
        if self.applications.is_empty() {
            return Err(SettingsError::NoApplication);
        }
        for application in &self.applications {
            usable(&application.id, &application.place)?;
            if application.contracts.is_empty() {
                let (application, place) = (application.id.clone(), application.place.clone());
                return Err(SettingsError::NoContract { application, place });
            }
            application.contracts.iter().try_for_each(|contract| usable(&contract.id, &contract.place))?;
        }
        check_applications(&self.applications)?;
        usable_certificate(&self.tls)?;
        let mut options = GenerateOptions { months: self.sample_data.months, ..GenerateOptions::default() };
        options.until = self.sample_data.until.unwrap_or(options.until);
        Ok(options.check()?)
    }

    /// What works, but not with every client: each with the place where it was set.
    pub(crate) fn warnings(&self) -> Vec<String> {
        let told = |it: &ApplicationSettings| Some(format!("{}: {}", it.place, scheme_problem(&it.id)?));
        self.applications.iter().filter_map(told).collect()
    }
}

/// Checks that no id, first or second, means two; nor does a `client_id` that is made of it.
///
/// # Errors
/// [`SettingsError::Twice`] or [`SettingsError::SameAlias`].
pub(crate) fn check_applications(applications: &[ApplicationSettings]) -> Result<(), SettingsError> {
    let (mut ids, mut contracts, mut clients) = (Seen::default(), Seen::default(), Seen::default());
    for application in applications {
        ids.insert("application id", application.id.clone(), &application.place)?;
        for contract in &application.contracts {
            contracts.insert("contract id", contract.id.clone(), &contract.place)?;
            // `a` with `b_c` and `a_b` with `c` sign alike.
            let client = format!("{}_{}", application.id, contract.id);
            clients.insert("client id", client, &contract.place)?;
        }
    }
    check_aliases(applications)
}

fn check_aliases(applications: &[ApplicationSettings]) -> Result<(), SettingsError> {
    let mut known: HashMap<(bool, String), &ContractSettings> = HashMap::new();
    let contracts =
        applications.iter().flat_map(|it| it.contracts.iter().map(move |contract| (it, contract)));
    for (application, contract) in contracts {
        let alias = alias(&contract.id, None);
        for id in [contract.id.clone(), alias.clone()] {
            let client = format!("{}_{id}", application.id);
            for name in [(false, id), (true, client)] {
                match known.insert(name, contract) {
                    Some(other) if !std::ptr::eq(other, contract) => {
                        return Err(SettingsError::SameAlias {
                            id: contract.id.clone(),
                            alias,
                            other: other.id.clone(),
                            first: Box::new(other.place.clone()),
                            place: Box::new(contract.place.clone()),
                        });
                    }
                    _ => {}
                }
            }
        }
    }
    Ok(())
}

#[derive(Default)]
struct Seen<'a>(HashMap<String, &'a Place>);

impl<'a> Seen<'a> {
    fn insert(&mut self, what: &'static str, id: String, place: &'a Place) -> Result<(), SettingsError> {
        match self.0.insert(id.clone(), place) {
            Some(first) => Err(SettingsError::Twice {
                what,
                id,
                first: Box::new(first.clone()),
                second: Box::new(place.clone()),
            }),
            None => Ok(()),
        }
    }
}

/// A certificate of one's own has its key, and is valid now.
fn usable_certificate(tls: &TlsSettings) -> Result<(), SettingsError> {
    let refuse = |place: &Place, problem: String| {
        Err(SettingsError::Certificate { place: Box::new(place.clone()), problem })
    };
    match (&tls.certificate, &tls.key) {
        (None, None) => Ok(()),
        (Some((_, place)), None) => refuse(
            place,
            "the certificate needs its private key: --tls-key, DIGIME_MOCK_TLS_KEY or the key tls.key".to_owned(),
        ),
        (None, Some((_, place))) => refuse(
            place,
            "the private key needs its certificate: --tls-cert, DIGIME_MOCK_TLS_CERT or the key tls.certificate"
                .to_owned(),
        ),
        (Some((certificate, place)), Some((key, key_place))) => {
            if let Err(error) = certificate.check(Moment::real()) {
                return refuse(place, format!("the file {error}"));
            }
            match certificate.belongs_to(key) {
                true => Ok(()),
                false => refuse(
                    key_place,
                    format!("the private key is not the one of the certificate, which is set by {place}"),
                ),
            }
        }
    }
}

fn usable(id: &str, place: &Place) -> Result<(), SettingsError> {
    check_id(id).map_err(|problem| SettingsError::Id { place: place.clone(), problem })
}

/// Ids stand in URLs, JWTs and headers; clients refuse white space and slashes in them.
pub(crate) fn check_id(id: &str) -> Result<(), String> {
    let usable = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.');
    if (1..=63).contains(&id.len()) && id.chars().all(usable) {
        return Ok(());
    }
    let shown: String = id.chars().take(80).collect();
    Err(format!("\"{shown}\" is no id: use 1 to 63 of A-Z a-z 0-9 _ - ."))
}

/// A service group of the catalogue.
pub(crate) fn check_service_group(id: u32) -> Result<u32, String> {
    if digime_fixtures::catalogue::service_group(id).is_some() {
        return Ok(id);
    }
    let known: Vec<_> =
        digime_fixtures::catalogue::service_groups().iter().map(|it| it.id.to_string()).collect();
    Err(format!("there is no service group {id}; there are {}", known.join(", ")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(change: impl FnOnce(&mut Settings)) -> String {
        let mut settings = Settings::standard().unwrap();
        change(&mut settings);
        settings.check().unwrap_err().to_string()
    }

    #[test]
    fn the_defaults_are_usable() {
        Settings::standard().unwrap().check().unwrap();
    }

    #[test]
    fn what_cannot_be_used_together_is_refused() {
        assert!(refused(|it| it.applications.clear()).contains("no application"));
        assert!(refused(|it| it.applications[0].contracts.clear()).contains("no contract"));
        assert!(refused(|it| it.applications[0].id = "my app".to_owned()).contains("\"my app\" is no id"));
        assert!(refused(|it| it.applications[0].contracts[1].id.clear()).contains("is no id"));
        let twice = refused(|it| it.applications.push(it.applications[0].clone()));
        assert!(twice.contains("application id \"mock-app\" is set twice"), "{twice}");
        let twice = refused(|it| {
            let contracts = &mut it.applications[0].contracts;
            let mut again = contracts[0].clone();
            again.place = Place::Flag("contract".to_owned());
            contracts.push(again);
        });
        assert!(twice.contains("built-in defaults, and by the flag --contract"), "{twice}");
        assert!(refused(|it| it.sample_data.until = "9999-12-31".parse().ok()).contains("9998"));
    }

    #[test]
    fn two_contracts_are_never_called_alike_by_clients_that_accept_less() {
        let twice = refused(|it| {
            let contracts = &mut it.applications[0].contracts;
            contracts[0].id = "my-contract".to_owned();
            contracts[1].id = "my_contract".to_owned();
            contracts[1].place = Place::Flag("contract".to_owned());
        });
        assert!(twice.starts_with("the flag --contract: "), "{twice}");
        assert!(twice.contains("\"my_contract\"") && twice.contains("\"my-contract\""), "{twice}");
        let twice = refused(|it| {
            let mut other = it.applications[0].clone();
            other.contracts.truncate(1);
            other.id = "other".to_owned();
            other.contracts[0].id = "mock.read.contract".to_owned();
            it.applications.push(other);
        });
        assert!(twice.contains("mock_read_contract"), "of another application too: {twice}");
    }

    #[test]
    fn an_application_id_that_is_no_scheme_is_told_and_works() {
        let mut settings = Settings::standard().unwrap();
        assert!(settings.warnings().is_empty());
        settings.applications[0].id = "my_app".to_owned();
        settings.check().unwrap();
        let warnings = settings.warnings();
        assert!(warnings.len() == 1 && warnings[0].starts_with("the built-in defaults: "), "{warnings:?}");
    }

    #[test]
    fn two_contracts_never_sign_alike() {
        let twice = refused(|it| {
            let mut other = it.applications[0].clone();
            other.contracts.truncate(1);
            other.id = "mock-app_a".to_owned();
            other.contracts[0].id = "b".to_owned();
            it.applications[0].contracts[0].id = "a_b".to_owned();
            it.applications.push(other);
        });
        assert!(twice.contains("client id \"mock-app_a_b\" is set twice"), "{twice}");
    }
}
