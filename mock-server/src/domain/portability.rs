//! The portability report: what the platform fetched from Dutch care providers, and when
//! (protocol reference, objects §7).

use std::collections::BTreeSet;

use digime_fixtures::catalogue;
use jiff::civil::Date;

use super::library::{Account, Library};
use crate::clock::Moment;

/// The MedMij data service that every sample account delivers: the basic care data set.
const DATA_SERVICE: u32 = 48;

/// What was fetched within a time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Report {
    /// First moment covered, the start of a day in UTC.
    pub from: Moment,
    /// Last moment covered, the end of a day in UTC.
    pub to: Moment,
    /// When the report was made.
    pub made: Moment,
    /// The providers from which something was fetched.
    pub providers: Vec<Provider>,
}

/// A care provider.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Provider {
    /// Its address in MedMij.
    pub name: String,
    /// What it delivered, oldest first.
    pub fetches: Vec<Fetch>,
}

/// One fetch from a data service.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Fetch {
    /// Id of the data service.
    pub data_service: u32,
    /// When.
    pub at: Moment,
    /// What was asked for.
    pub requests: Vec<String>,
}

impl Report {
    /// The report on a library, from the day of `from` to the day of `to`; from the first account
    /// and to today, if they are not given.
    pub(crate) fn of(library: &Library, from: Option<Moment>, to: Option<Moment>, now: Moment) -> Self {
        let accounts = || library.accounts.iter().filter(|account| account.is_medmij());
        let first = accounts().map(|account| account.connected).min().unwrap_or(now);
        let (from, to) = (start_of(from.unwrap_or(first).date()), end_of(to.unwrap_or(now).date()));
        let providers = accounts().filter_map(|account| {
            let within = account.syncs.iter().filter(|at| (from..=to).contains(at));
            let fetch =
                |at: &Moment| Fetch { data_service: DATA_SERVICE, at: *at, requests: requests(account) };
            let fetches: Vec<_> = within.map(fetch).collect();
            let name = format!("{}@medmij", account.source.reference);
            (!fetches.is_empty()).then_some(Provider { name, fetches })
        });
        Self { from, to, made: now, providers: providers.collect() }
    }
}

/// One request for each kind of resource that the account has.
fn requests(account: &Account) -> Vec<String> {
    let types: BTreeSet<u32> = account.dataset.files.iter().filter_map(|file| file.object_type).collect();
    let kinds = types.into_iter().filter_map(catalogue::object_type);
    let base = format!("{}/fhir/{DATA_SERVICE}", account.source.homepage);
    kinds.map(|kind| format!("{base}/{}?_sort=-date&_count=100", kind.title.replace(' ', ""))).collect()
}

fn start_of(date: Date) -> Moment {
    let midnight = date.to_zoned(jiff::tz::TimeZone::UTC).map(|zoned| zoned.timestamp());
    // The last days of what can be represented have no midnight.
    Moment::from_millis(midnight.unwrap_or(jiff::Timestamp::MAX).as_millisecond())
}

fn end_of(date: Date) -> Moment {
    let next = date.tomorrow().map(start_of);
    Moment::from_millis(next.map_or(jiff::Timestamp::MAX.as_millisecond(), |next| next.millis() - 1))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::library::Connection;
    use crate::random::SandboxTag;
    use digime_fixtures::{Dataset, GenerateOptions};
    use std::sync::Arc;
    use std::time::Duration;

    /// 15 January 2026, noon.
    const NOON: Moment = Moment::from_millis(1_768_478_400_000);
    const DAY: Duration = Duration::from_secs(24 * 3600);

    fn library(sources: &[u32]) -> Library {
        let mut library = Library::new();
        for id in sources {
            let source = catalogue::source(*id).unwrap();
            let dataset = Dataset::generate(source, "default", &GenerateOptions::default()).unwrap();
            let connection = Connection { source, dataset: Arc::new(dataset), sample: true };
            library.connect(&connection, SandboxTag::fresh().mint(), NOON);
        }
        library
    }

    #[test]
    fn only_care_providers_are_reported_and_only_what_was_fetched() {
        let mut library = library(&[16, 30101, 30103]);
        library.accounts[0].sync(NOON);
        library.accounts[1].sync(NOON);
        let report = Report::of(&library, None, None, NOON);
        let names: Vec<_> = report.providers.iter().map(|provider| provider.name.as_str()).collect();
        assert_eq!(names, ["delinde@medmij"]);
        let fetch = &report.providers[0].fetches[0];
        assert_eq!((fetch.data_service, fetch.at), (48, NOON));
        assert!(fetch.requests.len() > 1 && fetch.requests.iter().all(|uri| uri.contains("/fhir/48/")));
        assert!(fetch.requests.iter().all(|uri| !uri.contains(' ')));
    }

    #[test]
    fn bounds_are_widened_to_whole_days_and_honoured() {
        let mut library = library(&[30101]);
        for days in 0..4 {
            library.accounts[0].sync(NOON.plus(DAY * days));
        }
        let fetched = |from, to| {
            let report = Report::of(&library, from, to, NOON.plus(DAY * 10));
            report.providers.first().map_or(0, |provider| provider.fetches.len())
        };
        assert_eq!(fetched(None, None), 4);
        assert_eq!(fetched(Some(NOON.plus(DAY)), None), 3);
        assert_eq!(fetched(Some(NOON.plus(DAY + DAY / 3)), Some(NOON.plus(DAY * 2 - DAY / 3))), 2);
        assert_eq!(fetched(None, Some(Moment::from_millis(0))), 0);
        let report = Report::of(&library, Some(NOON), Some(NOON), NOON);
        assert_eq!(report.from.timestamp().to_string(), "2026-01-15T00:00:00Z");
        assert_eq!(report.to.timestamp().to_string(), "2026-01-15T23:59:59.999Z");
    }
}
