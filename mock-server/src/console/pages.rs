//! What the console has pages for.

/// A page of the console.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ConsolePage {
    /// What a client needs to begin.
    Start,
    /// Requests and flows.
    Traffic,
    /// Users and what they have.
    Users,
    /// The clock, faults and hostile answers.
    Time,
    /// What clients do well and badly.
    ClientReport,
    /// Scenarios, and what running them comes to.
    Scenarios,
    /// The sandboxes of the caller.
    Sandboxes,
    /// The partners of the host.
    Partners,
}

impl ConsolePage {
    /// Every page, in the order of the navigation.
    pub(super) const ALL: [Self; 8] = [
        Self::Start,
        Self::Traffic,
        Self::Users,
        Self::Time,
        Self::ClientReport,
        Self::Scenarios,
        Self::Sandboxes,
        Self::Partners,
    ];

    /// The page at a path.
    pub(super) fn at(path: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|page| page.path() == path)
    }

    /// Its path below `/__admin/ui/`, and the name of its script.
    pub(super) const fn path(self) -> &'static str {
        match self {
            Self::Start => "start",
            Self::Traffic => "traffic",
            Self::Users => "users",
            Self::Time => "time",
            Self::ClientReport => "client-report",
            Self::Scenarios => "scenarios",
            Self::Sandboxes => "sandboxes",
            Self::Partners => "partners",
        }
    }

    /// What it is called.
    pub(super) const fn title(self) -> &'static str {
        match self {
            Self::Start => "Start",
            Self::Traffic => "Traffic",
            Self::Users => "Users",
            Self::Time => "Time and faults",
            Self::ClientReport => "Client report",
            Self::Scenarios => "Scenarios",
            Self::Sandboxes => "Sandboxes",
            Self::Partners => "Partners",
        }
    }

    /// What it is for, in a sentence.
    pub(super) const fn purpose(self) -> &'static str {
        match self {
            Self::Start => "Everything that a client needs to use this sandbox.",
            Self::Traffic => "The requests that reach this sandbox, and how each was judged.",
            Self::Users => "The users of this sandbox, and what they have.",
            Self::Time => "Move the clock of this sandbox, and let requests go wrong on purpose.",
            Self::ClientReport => {
                "What the traffic shows about your client: what it does well, and what it does badly."
            }
            Self::Scenarios => {
                "Whole flows as files: run one or all, and see what differs from what is expected."
            }
            Self::Sandboxes => {
                "Each sandbox has users, a clock and faults of its own, so that nobody disturbs another."
            }
            Self::Partners => "Whom you host: each partner has a token, sandboxes and quotas of its own.",
        }
    }

    /// Whether it is closed to partners.
    pub(super) const fn is_for_host(self) -> bool {
        matches!(self, Self::Partners | Self::Scenarios)
    }
}
