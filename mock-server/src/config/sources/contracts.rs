//! Applications and contracts, from the tables of the file and from the texts of flags and variables.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde::Deserialize;
use toml::Spanned;

use crate::config::branding::{Branding, Logo, NoColour};
use crate::config::check::{check_id, check_service_group};
use crate::config::place::Place;
use crate::config::settings::{ApplicationSettings, ContractSettings, Settings, redirect_rules};
use crate::config::sources::ConfigError;
use crate::config::sources::value::{Problem, Value, quote};
use crate::domain::contract::{ContractKeys, ContractKind};
use crate::domain::pull_options::ContractScope;

/// `[[applications]]`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ApplicationTable {
    id: Spanned<String>,
    name: Option<Spanned<String>>,
    colour: Option<Spanned<String>>,
    logo: Option<Spanned<PathBuf>>,
    contracts: Vec<ContractTable>,
}

/// `[[applications.contracts]]`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct ContractTable {
    id: Spanned<String>,
    name: Option<Spanned<String>>,
    kind: Spanned<String>,
    key: Option<Spanned<PathBuf>>,
    service_groups: Option<Vec<Spanned<u32>>>,
    scope: Option<Spanned<ContractScope>>,
    redirect_uris: Option<Vec<Spanned<String>>>,
}

/// Reads the applications of a file; `place` says where a byte of it stands.
pub(super) fn from_tables(
    tables: Vec<ApplicationTable>,
    folder: &Path,
    place: &impl Fn(usize, &str) -> Place,
) -> Result<Vec<ApplicationSettings>, ConfigError> {
    tables.into_iter().map(|table| application(table, folder, place)).collect()
}

fn application(
    table: ApplicationTable,
    folder: &Path,
    place: &impl Fn(usize, &str) -> Place,
) -> Result<ApplicationSettings, ConfigError> {
    let own_place = place(table.id.span().start, "applications.id");
    let at = |place: Place| move |problem| ConfigError::Value { place, problem };
    check_id(table.id.get_ref()).map_err(at(own_place.clone()))?;
    let id = table.id.into_inner();
    let given = |name: Option<Spanned<String>>, key: &str| match name {
        Some(name) if name.get_ref().trim().is_empty() => {
            let problem = "the name is empty: give one, or leave it out".to_owned();
            Err(ConfigError::Value { place: place(name.span().start, key), problem })
        }
        name => Ok(name.map(Spanned::into_inner)),
    };
    let name = given(table.name, "applications.name")?.unwrap_or_else(|| id.clone());
    let mut branding = Branding::default();
    if let Some(colour) = &table.colour {
        let read = colour.get_ref().parse().map_err(|error: NoColour| error.to_string());
        branding.colour = Some(read.map_err(at(place(colour.span().start, "applications.colour")))?);
    }
    if let Some(logo) = &table.logo {
        let read = Logo::read(&folder.join(logo.get_ref())).map_err(|error| error.to_string());
        let read = read.map_err(at(place(logo.span().start, "applications.logo")))?;
        branding.logo = Some(Arc::new(read));
    }
    let contracts = table.contracts.into_iter().map(|table| {
        let place = |start: usize, key: &str| place(start, &format!("applications.contracts.{key}"));
        let fail = |start: usize, key: &str| at(place(start, key));
        let (id, kind) = (&table.id, &table.kind);
        check_id(id.get_ref()).map_err(fail(id.span().start, "id"))?;
        let read_kind = contract_kind(kind.get_ref()).map_err(fail(kind.span().start, "kind"))?;
        let mut contract = ContractSettings::standard(id.get_ref(), read_kind)?;
        contract.place = place(id.span().start, "id");
        contract.name = given(table.name, "applications.contracts.name")?;
        if let Some(key) = &table.key {
            contract.keys = keys(&folder.join(key.get_ref())).map_err(fail(key.span().start, "key"))?;
        }
        for group in table.service_groups.iter().flatten() {
            let known = check_service_group(*group.get_ref());
            contract.service_groups.push(known.map_err(fail(group.span().start, "service_groups"))?);
        }
        if let Some(scope) = table.scope {
            let start = scope.span().start;
            contract.scope = scope.into_inner();
            contract.scope.check().map_err(fail(start, "scope"))?;
        }
        if let Some(rules) = &table.redirect_uris {
            contract.redirect_rules.clear();
            for rule in rules {
                let read = redirect_rules(id.get_ref(), &[rule.get_ref()]);
                let read = read.map_err(|error| error.to_string());
                contract.redirect_rules.extend(read.map_err(fail(rule.span().start, "redirect_uris"))?);
            }
        }
        Ok(contract)
    });
    let contracts = contracts.collect::<Result<_, ConfigError>>()?;
    Ok(ApplicationSettings { id, name, branding, contracts, place: own_place })
}

/// Reads `ID,KIND[,key=FILE][,group=ID]…[,redirect=RULE]…` as a contract of the first application.
pub(super) fn from_text(settings: &mut Settings, value: &Value<'_>) -> Result<(), Problem> {
    let mut parts = value.text()?.split(',');
    let (Some(id), Some(kind)) = (parts.next(), parts.next()) else {
        return Err("a contract is written ID,KIND[,key=FILE][,group=ID][,redirect=RULE]".to_owned());
    };
    check_id(id)?;
    let mut contract =
        ContractSettings::standard(id, contract_kind(kind)?).map_err(|error| error.to_string())?;
    contract.place = value.place().clone();
    let mut rules = Vec::new();
    for part in parts {
        match part.split_once('=') {
            Some(("key", path)) if !path.trim().is_empty() => contract.keys = keys(Path::new(path))?,
            Some(("group", id)) => {
                let id = id.parse().map_err(|_| format!("{} is no id of a service group", quote(id)))?;
                contract.service_groups.push(check_service_group(id)?);
            }
            Some(("redirect", rule)) => rules.push(rule),
            _ => return Err(format!("{} is none of key=FILE, group=ID and redirect=RULE", quote(part))),
        }
    }
    if !rules.is_empty() {
        contract.redirect_rules = redirect_rules(id, &rules).map_err(|error| error.to_string())?;
    }
    if let Some(application) = settings.applications.first_mut() {
        application.contracts.push(contract);
    }
    Ok(())
}

fn contract_kind(text: &str) -> Result<ContractKind, Problem> {
    let kinds = [ContractKind::Read, ContractKind::Write, ContractKind::ReadRaw, ContractKind::OneOff];
    kinds
        .into_iter()
        .find(|known| known.as_str() == text)
        .ok_or_else(|| format!("{} is no kind: use read, write, read-raw or one-off", quote(text)))
}

fn keys(path: &Path) -> Result<ContractKeys, Problem> {
    let bytes = std::fs::read(path).map_err(|error| format!("{} cannot be read: {error}", path.display()))?;
    let text = String::from_utf8_lossy(&bytes);
    ContractKeys::from_pem(&text).map_err(|error| format!("{}: {error}", path.display()))
}
