//! The page docs/generations.md: which official client asks under which path version, what works there, and
//! the scenario that proves it.

use std::fmt::Write as _;
use std::path::Path;

use super::REPORT;

/// An official client, and what it does under which path version (protocol reference, legacy §1, mobile §1).
struct Client {
    name: &'static str,
    asks: &'static [(&'static str, &'static [Flow])],
}

/// What a user of a client does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Flow {
    /// A consent that is good for one read.
    ReadOnce,
    /// The same without the phone app.
    Guest,
    Receipt,
    /// A postbox of one session.
    PushOnce,
    /// A consent that lasts: later reads by a token alone.
    ReadAgain,
    /// A postbox that lasts.
    PushAgain,
    Refresh,
    /// Both tokens have run out.
    ConsentAgain,
    /// A first read with the consent given in the browser.
    Read,
    Accounts,
    Onboard,
    /// What is pushed goes to the user's library.
    PushToLibrary,
    /// A push to the postbox of a consent that was given in the browser.
    PushToPostbox,
    Services,
    DeleteUser,
}

use Flow::*;

/// What v1.7 is asked for, and where its scenarios are.
pub(super) const TODAYS: &[(Flow, &str)] = &[
    (Read, "read/everything.yaml"),
    (Accounts, "read/accounts.yaml"),
    (Onboard, "library/onboard.yaml"),
    (PushToLibrary, "push/read_back.yaml"),
    (PushToPostbox, "generations/v1.7/postbox_of_node_8.yaml"),
    (Refresh, "tokens/refresh.yaml"),
    (ConsentAgain, "library/reauthorize.yaml"),
    (Services, "discovery/services.yaml"),
    (DeleteUser, "library/delete_user.yaml"),
];

const ONE_OFF: &[Flow] = &[ReadOnce, Guest];
const WITH_POSTBOX: &[Flow] = &[ReadOnce, Guest, Receipt, PushOnce];
const ONGOING: &[Flow] = &[ReadOnce, Guest, Receipt, ReadAgain, Refresh, ConsentAgain];
const ONGOING_WITH_POSTBOX: &[Flow] = &[ReadOnce, Guest, Receipt, ReadAgain, Refresh, ConsentAgain, PushOnce];
const IN_THE_BROWSER: &[Flow] = &[Read, Refresh, ConsentAgain, Onboard, PushToPostbox, DeleteUser];
const NODE_5: &[Flow] = &[Read, Refresh, ConsentAgain, Onboard, PushToPostbox, Services, DeleteUser];
const NODE_8: &[Flow] = &[Read, Refresh, ConsentAgain, Onboard, PushToPostbox, Services, DeleteUser];
const TO_THE_LIBRARY: &[Flow] = &[Read, Refresh, ConsentAgain, Onboard, PushToLibrary, Services, DeleteUser];
const WITH_ACCOUNTS: &[Flow] =
    &[Read, Accounts, Refresh, ConsentAgain, Onboard, PushToLibrary, Services, DeleteUser];

const CLIENTS: &[Client] = &[
    Client { name: "JavaScript 0.1 to 0.4", asks: &[("v1.0", ONE_OFF)] },
    Client { name: "JavaScript 0.5", asks: &[("v1.0", WITH_POSTBOX)] },
    Client { name: "JavaScript 1.0.0-implicit-sync.1", asks: &[("v1.1", &[ReadOnce])] },
    Client { name: "JavaScript 1.0, 1.1", asks: &[("v1.4", WITH_POSTBOX)] },
    Client { name: "JavaScript 1.2 to 3.0", asks: &[("v1.4", ONGOING_WITH_POSTBOX)] },
    Client {
        name: "JavaScript 4.0",
        asks: &[("v1.5", &[ReadOnce, Guest, Receipt, ReadAgain, Refresh, ConsentAgain, PushOnce, PushAgain])],
    },
    Client { name: "JavaScript 5 to 7", asks: &[("v1.6", NODE_5)] },
    Client { name: "JavaScript 8", asks: &[("v1.7", NODE_8)] },
    Client { name: "JavaScript 9, 10", asks: &[("v1.7", TO_THE_LIBRARY)] },
    Client { name: "JavaScript 11, 12", asks: &[("v1.7", WITH_ACCOUNTS)] },
    Client {
        name: "React Native 1.0",
        asks: &[("v1.6", &[Read, Refresh, ConsentAgain, Onboard, Services, DeleteUser])],
    },
    Client { name: "Android 1.6", asks: &[("v1", WITH_POSTBOX)] },
    Client { name: "Android 2.0, 2.1", asks: &[("v1.4", &[ReadOnce, Guest, Receipt]), ("v1", &[PushOnce])] },
    Client { name: "Android 2.2", asks: &[("v1.4", ONGOING_WITH_POSTBOX)] },
    Client { name: "Android 3.0", asks: &[("v1.4", ONGOING_WITH_POSTBOX), ("v1.5", &[PushAgain])] },
    Client { name: "Android 4.0", asks: &[("v1.6", IN_THE_BROWSER), ("v1.5", &[Services])] },
    Client { name: "Android 4.1", asks: &[("v1.7", TO_THE_LIBRARY)] },
    Client { name: "iOS 2.0 to 2.4", asks: &[("v1", ONE_OFF)] },
    Client { name: "iOS 2.5", asks: &[("v1.3", WITH_POSTBOX)] },
    Client { name: "iOS 3.0 to 3.2", asks: &[("v1.4", WITH_POSTBOX)] },
    Client { name: "iOS 3.3", asks: &[("v1.4", ONGOING_WITH_POSTBOX)] },
    Client { name: "iOS 4.0", asks: &[("v1.4", ONGOING), ("v1.5", &[PushOnce, PushAgain])] },
    Client { name: "iOS 5.0", asks: &[("v1.6", NODE_5)] },
    Client { name: "iOS 5.1", asks: &[("v1.7", WITH_ACCOUNTS)] },
];

impl Flow {
    fn title(self) -> &'static str {
        match self {
            ReadOnce => "one-off read",
            Guest => "read as a guest",
            Receipt => "receipt",
            PushOnce => "one-off push",
            ReadAgain => "ongoing read",
            PushAgain => "ongoing push",
            Refresh => "refresh",
            ConsentAgain => "consent again",
            Read => "read",
            Accounts => "accounts",
            Onboard => "further source",
            PushToLibrary => "push to the library",
            PushToPostbox => "push to the postbox",
            Services => "services",
            DeleteUser => "delete the user",
        }
    }

    /// The scenario that proves it under a path version, below `scenarios/flows`.
    fn scenario(self, version: &str) -> String {
        if version == "v1.7" {
            let (_, file) = TODAYS.iter().find(|(flow, _)| *flow == self).unwrap();
            return (*file).to_owned();
        }
        let name = match self {
            ReadOnce => "read_once",
            Guest => "read_as_guest",
            Receipt => "receipt",
            PushOnce => "push_once",
            ReadAgain => "read_again",
            PushAgain => "push_again",
            Refresh => "refresh",
            ConsentAgain => "dead_tokens",
            Read => "read",
            Onboard => "onboard",
            PushToPostbox => "push",
            Services => "services",
            DeleteUser => "delete_user",
            Accounts | PushToLibrary => panic!("{version} has no `{}`", self.title()),
        };
        format!("generations/{version}/{name}.yaml")
    }
}

fn rendered() -> String {
    let mut page = String::from(
        "# Generations\n\nWhich official client asks under which path version, and the scenarios that show what works \
         for it there. What the path\nversions differ in is a table of its own: [path-versions.md](path-versions.md). \
         What to change in an old app: [older-apps.md](older-apps.md).\nWritten by a test \
         (`UPDATE_DOCS=1 cargo test -p digime-scenarios --test generations`), which runs these scenarios.\n\n\
         | Client | asks under | what works, and the scenario that proves it |\n|---|---|---|\n",
    );
    for client in CLIENTS {
        for (version, flows) in client.asks {
            let proven: Vec<_> = flows
                .iter()
                .map(|flow| format!("[{}](../scenarios/flows/{})", flow.title(), flow.scenario(version)))
                .collect();
            writeln!(page, "| {} | `{version}` | {} |", client.name, proven.join(", ")).unwrap();
        }
    }
    page
}

#[test]
fn what_the_page_says_of_each_client_is_proven_under_its_path_version() {
    let flows = Path::new(env!("CARGO_MANIFEST_DIR")).join("flows");
    for client in CLIENTS {
        for (version, flow) in
            client.asks.iter().flat_map(|(it, flows)| flows.iter().map(move |flow| (it, flow)))
        {
            let file = flows.join(flow.scenario(version));
            let told = format!("{} under {version}: {} by {}", client.name, flow.title(), file.display());
            let scenario = REPORT.scenarios.iter().find(|scenario| scenario.file == file);
            let scenario = scenario.unwrap_or_else(|| panic!("{told}: there is no such scenario"));
            let asked = scenario.steps.iter().flat_map(|step| &step.exchanges);
            let mut generations = asked.filter_map(|exchange| exchange.generation.as_deref());
            // A receipt is a link alone: nothing is asked.
            assert!(*flow == Receipt || generations.any(|it| it == *version), "{told}: it never asks there");
        }
    }
}

#[test]
fn the_page_on_clients_is_what_the_scenarios_prove() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/generations.md");
    if std::env::var_os("UPDATE_DOCS").is_some() {
        std::fs::write(path, rendered()).unwrap();
    }
    let written = std::fs::read_to_string(path).unwrap_or_default();
    assert!(written == rendered(), "docs/generations.md is stale: run with UPDATE_DOCS=1");
}
