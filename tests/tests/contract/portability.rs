//! The portability report.
use std::time::Duration;

use digime_mock_server::ContractKind;
use digime_tests::{RawUser, World};
use reqwest::Method;
use serde_json::json;

const NAMESPACE: &str = "xmlns://afsprakenstelsel.medmij.nl/PortabiliteitsRapport/release1/";
const DUTCH: &str = "&service=30103&sampleDataSet=default&sampleDataAutoOnboard=true";

async fn report(user: &RawUser, query: &str) -> String {
    let answer = user.call(Method::GET, &format!("export/medmij/report?format=xml{query}")).await;
    assert_eq!(answer.status, 200);
    answer.text()
}

/// The texts of all elements with this name, in order; fails on XML that is not well-formed.
fn all(xml: &str, name: &str) -> Vec<String> {
    let document = roxmltree::Document::parse(xml).unwrap();
    let root = document.root_element();
    assert!(root.has_tag_name((NAMESPACE, "PortabiliteitsRapport")));
    let elements = root.descendants().filter(|node| node.has_tag_name((NAMESPACE, name)));
    elements.map(|node| node.text().unwrap_or_default().to_owned()).collect()
}

#[tokio::test]
async fn a_report_tells_what_was_fetched_from_dutch_providers_and_when() {
    let world = World::new().await;
    // Noon, so that the day does not end under way.
    let clock = world.sandbox.clock();
    clock.advance(Duration::from_secs(36 * 3600 - clock.now().seconds() as u64 % (24 * 3600)));
    let now = clock.now().seconds();
    let user = RawUser::consent(world.raw(ContractKind::Read), &world.sandbox, None, DUTCH).await;
    let (code, _) = user.refer(json!({})).await;
    world.sandbox.approve(&user.page("onboard", &code, "&service=16")).unwrap();
    let first = report(&user, "&from=undefined&to=undefined").await;
    assert_eq!(all(&first, "Zorgaanbiedernaam"), ["waterlandoost@medmij"]);
    assert_eq!(all(&first, "GegevensdienstId"), ["48", "48"]);
    let requests = all(&first, "RequestUri");
    assert!(
        requests.iter().any(|uri| uri.ends_with("/fhir/48/Observation?_sort=-date&_count=100")),
        "{requests:?}"
    );
    let (from, to) = (&all(&first, "Van")[0], &all(&first, "Tot")[0]);
    assert!(from.ends_with("T00:00:00.000Z") && to.ends_with("T23:59:59.999Z"), "{from} {to}");
    assert_eq!(all(&report(&user, "").await, "RequestUri"), requests);

    world.sandbox.clock().advance(Duration::from_secs(2 * 24 * 3600));
    let user = renewed(&world, &user).await;
    user.trigger(json!({})).await;
    let tomorrow = now + 24 * 3600;
    assert_eq!(all(&report(&user, "").await, "GegevensdienstId").len(), 3);
    assert_eq!(all(&report(&user, &format!("&from={tomorrow}")).await, "GegevensdienstId").len(), 1);
    assert_eq!(all(&report(&user, &format!("&to={now}")).await, "GegevensdienstId").len(), 2);
    assert_eq!(all(&report(&user, &format!("&from={now}&to={now}.5")).await, "GegevensdienstId").len(), 2);
}

/// The same user, with an access token that still lives.
async fn renewed(world: &World, user: &RawUser) -> RawUser {
    let pair = user.client.refresh(&user.refresh).await.token();
    let value = |name: &str| pair[name]["value"].as_str().unwrap().to_owned();
    assert!(world.sandbox.clock().offset() > Duration::ZERO);
    RawUser { access: value("access_token"), refresh: value("refresh_token"), ..user.clone() }
}

#[tokio::test]
async fn a_user_without_dutch_accounts_has_an_empty_report() {
    let world = World::new().await;
    let user = world.raw_user(ContractKind::Read).await;
    let report = report(&user, "&from=undefined&to=undefined").await;
    assert!(all(&report, "Zorgaanbieder").is_empty());
    assert_eq!((all(&report, "Deelnemer").len(), all(&report, "Zorgaanbieders").len()), (1, 1));
}

#[tokio::test]
async fn a_report_to_the_end_of_time_ends_there() {
    let world = World::new().await;
    let user = world.raw_user(ContractKind::Read).await;
    for to in ["253402300799", "9007199254740991", "1e300"] {
        let end = &all(&report(&user, &format!("&from=0&to={to}")).await, "Tot")[0];
        assert!(end.starts_with("9999-12-3"), "{to}: {end}");
    }
}

#[tokio::test]
async fn a_report_that_does_not_exist_is_refused() {
    let world = World::new().await;
    let user = world.raw_user(ContractKind::Read).await;
    for path in [
        "export/other/report?format=xml",
        "export/medmij/report?format=pdf",
        "export/medmij/report?from=1767225600&to=1764547200",
        "export/medmij/report?from=99999999999",
    ] {
        let refused = user.call(Method::GET, path).await;
        assert_eq!(refused.error(), (400, "ValidationErrors".to_owned()), "{path}");
    }
    let stranger = RawUser { access: "unknown".to_owned(), ..user };
    let refused = stranger.call(Method::GET, "export/medmij/report").await;
    assert_eq!(refused.error(), (401, "InvalidToken".to_owned()));
}
