//! The language of a page: what its address asks for, else what the browser prefers, else English (protocol
//! reference, consent-web §2.2).

/// A language that the pages speak.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Language {
    English,
    Dutch,
    French,
    German,
}

impl Language {
    const ALL: [Self; 4] = [Self::English, Self::Dutch, Self::French, Self::German];

    /// Its tag (BCP 47).
    pub(super) const fn tag(self) -> &'static str {
        match self {
            Self::English => "en",
            Self::Dutch => "nl",
            Self::French => "fr",
            Self::German => "de",
        }
    }

    /// The language of a page. `asked` is the address's, `accepted` the browser's header `Accept-Language`.
    pub(super) fn choose(asked: Option<&str>, accepted: Option<&str>) -> Self {
        asked.and_then(Self::of_locale).or_else(|| preferred(accepted?)).unwrap_or(Self::English)
    }

    /// The language of a locale such as `nl`, `nl_NL` or `en-GB`.
    fn of_locale(locale: &str) -> Option<Self> {
        let first = locale.trim().split(['-', '_', '.', '@']).next()?;
        Self::ALL.into_iter().find(|language| language.tag().eq_ignore_ascii_case(first))
    }
}

/// The best language of a header `Accept-Language` (RFC 9110 §12.5.4).
fn preferred(header: &str) -> Option<Language> {
    let mut best: Option<(f32, Language)> = None;
    for range in header.split(',') {
        let (tag, parameters) = range.split_once(';').unwrap_or((range, ""));
        let weight = parameters.trim().strip_prefix("q=").map_or(Some(1.0), |text| text.trim().parse().ok());
        let weight = weight.filter(|weight| *weight > 0.0 && *weight <= 1.0);
        let (Some(weight), Some(language)) = (weight, Language::of_locale(tag)) else { continue };
        if best.is_none_or(|(known, _)| weight > known) {
            best = Some((weight, language));
        }
    }
    best.map(|(_, language)| language)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_address_decides_then_the_browser_then_english() {
        for (asked, accepted, chosen) in [
            (Some("nl"), None, Language::Dutch),
            (Some("nl_NL"), Some("fr"), Language::Dutch),
            (Some("en-GB"), Some("fr"), Language::English),
            (Some("DE_at.UTF-8"), None, Language::German),
            (Some("ja"), Some("sv, fr-CH;q=0.8, de;q=0.9"), Language::German),
            (None, Some("fr;q=0.5, nl;q=0.5"), Language::French),
            (None, Some("fr;q=0, *;q=1"), Language::English),
            (Some(""), Some("q=;;,,"), Language::English),
            (None, None, Language::English),
        ] {
            assert_eq!(Language::choose(asked, accepted), chosen, "{asked:?} {accepted:?}");
        }
    }
}
