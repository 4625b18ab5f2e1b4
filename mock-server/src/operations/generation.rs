//! Generations of the API (protocol reference, legacy §1): the first segment of a path.

use std::fmt;
use std::str::FromStr;

macro_rules! generations {
    ($($(#[doc = $doc:literal])* $variant:ident $segment:literal;)*) => {
        /// A generation of the API, oldest first.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[non_exhaustive]
        pub enum Generation { $($(#[doc = $doc])* $variant,)* }

        impl Generation {
            /// Every generation, oldest first.
            pub const ALL: &[Self] = &[$(Self::$variant,)*];

            /// The segment of paths.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $segment,)* }
            }
        }
    };
}

generations! {
    /// Android up to 1.6, iOS 2.0 to 2.4.
    V1 "v1";
    /// Node 0.x.
    V1_0 "v1.0";
    /// A pre-release of Node 1.0.
    V1_1 "v1.1";
    /// iOS 2.5.
    V1_3 "v1.3";
    /// Node 1 to 3, Android 2 and 3, iOS 3 and 4.
    V1_4 "v1.4";
    /// Node 4.
    V1_5 "v1.5";
    /// Node 5 to 7, Android 4.0, iOS 5.0.
    V1_6 "v1.6";
    /// Node from 8, Android 4.1, iOS 5.1.
    V1_7 "v1.7";
}

impl Generation {
    /// The one that is developed today.
    pub const CURRENT: Self = Self::V1_7;

    /// The generation that a path names in its first segment.
    pub fn of_path(path: &str) -> Option<Self> {
        path.split('/').nth(1)?.parse().ok()
    }
}

impl fmt::Display for Generation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The segment names no generation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("no generation of the API has this name")]
pub struct UnknownGeneration;

impl FromStr for Generation {
    type Err = UnknownGeneration;

    fn from_str(segment: &str) -> Result<Self, Self::Err> {
        Self::ALL.iter().copied().find(|it| it.as_str() == segment).ok_or(UnknownGeneration)
    }
}

/// The generations that know something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Generations {
    /// From this one on.
    Since(Generation),
    /// Up to this one.
    Until(Generation),
}

impl Generations {
    /// All of them.
    pub const ALL: Self = Self::Since(Generation::V1);

    /// Whether a generation is one of these.
    pub fn contains(self, generation: Generation) -> bool {
        match self {
            Self::Since(first) => generation >= first,
            Self::Until(last) => generation <= last,
        }
    }

    /// These, oldest first.
    pub fn iter(self) -> impl Iterator<Item = Generation> {
        Generation::ALL.iter().copied().filter(move |it| self.contains(*it))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn generations_are_ordered_and_found_by_their_segment() {
        assert!(Generation::ALL.is_sorted());
        for generation in Generation::ALL {
            assert_eq!(generation.as_str().parse(), Ok(*generation));
            assert_eq!(Generation::of_path(&format!("/{generation}/oauth/token")), Some(*generation));
        }
        assert_eq!(Generation::of_path("/apps/saas/authorize"), None);
        assert_eq!("v2".parse::<Generation>(), Err(UnknownGeneration));
    }

    #[test]
    fn a_range_ends_where_it_says() {
        let since: Vec<_> = Generations::Since(Generation::V1_5).iter().map(Generation::as_str).collect();
        assert_eq!(since, ["v1.5", "v1.6", "v1.7"]);
        assert_eq!(Generations::Until(Generation::V1_1).iter().count(), 3);
        assert_eq!(Generations::ALL.iter().count(), Generation::ALL.len());
    }
}
