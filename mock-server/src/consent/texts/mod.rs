//! What the pages say, in each language. A text may have gaps such as `{app}`, which [`fill`] fills.

mod dutch;
mod english;
mod french;
mod german;
pub(super) mod phone;

use std::time::Duration;

use super::language::Language;
use crate::domain::pull_options::{RangeUnit, ReadableRange};

/// What the pages say in one language.
#[derive(Debug)]
pub(super) struct Texts {
    /// The badge of every page.
    pub(super) sandbox: &'static str,
    /// What the badge means.
    pub(super) sandbox_note: &'static str,
    /// Which step of how many.
    pub(super) step: &'static str,
    pub(super) asks_to_read: &'static str,
    pub(super) asks_to_add: &'static str,
    pub(super) asks_to_connect: &'static str,
    pub(super) asks_to_renew: &'static str,
    pub(super) asks_to_log_in: &'static str,
    pub(super) asks_to_withdraw: &'static str,
    pub(super) why_read: &'static str,
    pub(super) why_add: &'static str,
    pub(super) why_connect: &'static str,
    pub(super) why_renew: &'static str,
    pub(super) why_log_in: &'static str,
    pub(super) why_withdraw: &'static str,
    pub(super) contract: &'static str,
    pub(super) data: &'static str,
    pub(super) all_data: &'static str,
    pub(super) period: &'static str,
    pub(super) all_times: &'static str,
    pub(super) last: &'static str,
    pub(super) from_day: &'static str,
    pub(super) to_day: &'static str,
    pub(super) between_days: &'static str,
    pub(super) access: &'static str,
    pub(super) access_once: &'static str,
    pub(super) access_for: &'static str,
    pub(super) source: &'static str,
    pub(super) answer_to: &'static str,
    pub(super) an_app: &'static str,
    pub(super) go_on: &'static str,
    pub(super) approve: &'static str,
    pub(super) renew: &'static str,
    pub(super) log_in: &'static str,
    pub(super) withdraw: &'static str,
    pub(super) decline: &'static str,
    pub(super) back: &'static str,
    pub(super) connect_too: &'static str,
    pub(super) connect_more: &'static str,
    pub(super) choose_source: &'static str,
    pub(super) data_comes_from: &'static str,
    pub(super) data_goes_to: &'static str,
    pub(super) search: &'static str,
    pub(super) country: &'static str,
    pub(super) all_countries: &'static str,
    pub(super) category: &'static str,
    pub(super) direction: &'static str,
    pub(super) pull: &'static str,
    pub(super) push: &'static str,
    pub(super) filter: &'static str,
    pub(super) no_source: &'static str,
    pub(super) worldwide: &'static str,
    pub(super) sample_only: &'static str,
    pub(super) sign_in_at: &'static str,
    pub(super) pretend: &'static str,
    pub(super) user_name: &'static str,
    pub(super) password: &'static str,
    pub(super) password_note: &'static str,
    pub(super) sign_in: &'static str,
    pub(super) wrong_password: &'static str,
    pub(super) steering: &'static str,
    pub(super) steer_any: &'static str,
    pub(super) steer_signs_in: &'static str,
    pub(super) steer_cancel: &'static str,
    pub(super) steer_wrong_password: &'static str,
    pub(super) steer_expired: &'static str,
    pub(super) steer_slow: &'static str,
    pub(super) steer_no_data: &'static str,
    pub(super) steer_much_data: &'static str,
    pub(super) steer_source_error: &'static str,
    pub(super) steer_server_error: &'static str,
    pub(super) or_sample: &'static str,
    pub(super) sample_data: &'static str,
    pub(super) use_sample: &'static str,
    pub(super) signed_in_as: &'static str,
    pub(super) review: &'static str,
    pub(super) closed: &'static str,
    pub(super) closed_advice: &'static str,
    pub(super) back_to_app: &'static str,
    pub(super) unknown: &'static str,
    pub(super) unknown_advice: &'static str,
    /// Names of the service groups, by their ids from 1.
    pub(super) groups: [&'static str; 6],
    /// Names of the countries, by their ids from 1.
    pub(super) countries: [&'static str; 11],
    /// One year, several.
    pub(super) years: [&'static str; 2],
    /// One month, several.
    pub(super) months: [&'static str; 2],
    /// One day, several.
    pub(super) days: [&'static str; 2],
    /// One hour, several.
    pub(super) hours: [&'static str; 2],
    /// One minute, several.
    pub(super) minutes: [&'static str; 2],
    /// One second, several.
    pub(super) seconds: [&'static str; 2],
}

impl Language {
    /// What the pages say in it.
    pub(super) const fn texts(self) -> &'static Texts {
        match self {
            Self::English => &english::TEXTS,
            Self::Dutch => &dutch::TEXTS,
            Self::French => &french::TEXTS,
            Self::German => &german::TEXTS,
        }
    }
}

impl Texts {
    /// The name of a service group.
    pub(super) fn group(&self, id: u32) -> &'static str {
        numbered(&self.groups, id)
    }

    /// The name of a country.
    pub(super) fn country_name(&self, id: u32) -> &'static str {
        numbered(&self.countries, id)
    }

    /// A length of time in its largest whole unit: `30 days`.
    pub(super) fn time(&self, time: Duration) -> String {
        let seconds = time.as_secs();
        let units = [(86_400, self.days), (3_600, self.hours), (60, self.minutes)];
        let whole =
            units.into_iter().find(|(length, _)| seconds >= *length && seconds.is_multiple_of(*length));
        let (length, words) = whole.unwrap_or((1, self.seconds));
        counted(seconds / length, words)
    }

    /// A time range of a scope.
    pub(super) fn range(&self, range: &ReadableRange) -> String {
        match range {
            ReadableRange::Last(count, unit) => {
                let words = match unit {
                    RangeUnit::Days => self.days,
                    RangeUnit::Months => self.months,
                    RangeUnit::Years => self.years,
                };
                fill(self.last, &[("time", &counted(u64::from(*count), words))])
            }
            ReadableRange::Between(None, None) => self.all_times.to_owned(),
            ReadableRange::Between(Some(from), None) => fill(self.from_day, &[("from", &from.to_string())]),
            ReadableRange::Between(None, Some(to)) => fill(self.to_day, &[("to", &to.to_string())]),
            ReadableRange::Between(Some(from), Some(to)) => {
                fill(self.between_days, &[("from", &from.to_string()), ("to", &to.to_string())])
            }
        }
    }
}

fn counted(count: u64, [one, several]: [&str; 2]) -> String {
    format!("{count} {}", if count == 1 { one } else { several })
}

fn numbered(names: &[&'static str], id: u32) -> &'static str {
    let index = usize::try_from(id).ok().and_then(|id| id.checked_sub(1));
    index.and_then(|index| names.get(index)).copied().unwrap_or_default()
}

/// A text with its gaps filled. What fills one gap is never taken for another gap.
pub(super) fn fill(text: &str, gaps: &[(&str, &str)]) -> String {
    let mut filled = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('{') {
        filled.push_str(before);
        let Some((name, after)) = after.split_once('}') else { break };
        filled.push_str(gaps.iter().find(|(known, _)| *known == name).map_or("", |(_, value)| value));
        rest = after;
    }
    filled.push_str(rest);
    filled
}

#[cfg(test)]
mod tests {
    use super::*;
    use digime_fixtures::catalogue;

    const ALL: [Language; 4] = [Language::English, Language::Dutch, Language::French, Language::German];

    #[test]
    fn a_name_with_braces_fills_no_other_gap() {
        let filled = fill("From {from} to {to}.", &[("from", "{to}"), ("to", "<b>")]);
        assert_eq!(filled, "From {to} to <b>.");
    }

    #[test]
    fn each_group_and_country_has_a_name_in_each_language() {
        for texts in ALL.map(Language::texts) {
            for group in catalogue::service_groups() {
                assert!(!texts.group(group.id).is_empty(), "{}", group.name);
            }
            for country in catalogue::countries() {
                assert!(!texts.country_name(country.id).is_empty(), "{}", country.name);
            }
        }
        assert_eq!(Language::English.texts().group(1), catalogue::service_groups()[0].name);
    }

    #[test]
    fn times_are_said_in_their_largest_whole_unit() {
        let [english, dutch, ..] = ALL.map(Language::texts);
        assert_eq!(english.time(Duration::from_secs(30 * 86_400)), "30 days");
        assert_eq!(english.time(Duration::from_secs(90)), "90 seconds");
        assert_eq!(dutch.time(Duration::from_secs(3_600)), "1 uur");
        assert_eq!(english.range(&ReadableRange::Last(6, RangeUnit::Months)), "The last 6 months");
    }
}
