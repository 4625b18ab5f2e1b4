//! What a contract covers, and which client libraries are served.

use digime::{ErrorKind, Scope, ServiceGroup, SessionOptions};
use digime_mock_server::{ContractKind, MockServerBuilder};
use digime_tests::World;
use serde_json::json;

/// A world whose read contract covers entertainment alone.
async fn entertainment() -> World {
    World::with(|builder| {
        builder.timeline(digime_mock_server::Timeline::INSTANT).settings(|settings| {
            settings.applications[0].contracts[0].service_groups = vec![5];
        })
    })
    .await
}

#[tokio::test]
async fn a_scope_beyond_the_contract_is_refused_wherever_a_session_opens() {
    let world = entertainment().await;
    let beyond = || SessionOptions::new().scope(Scope::new().service_group(ServiceGroup::new(1)));
    let within = || SessionOptions::new().scope(Scope::new().service_group(ServiceGroup::new(5)));
    let options = World::sample("default").session_options(beyond());
    let contract = world.contract(ContractKind::Read);
    let authorize = world.client().authorize_url(&contract, options).await.unwrap_err();

    let options = World::sample("default").session_options(within());
    let (user, _) = world.user_with(ContractKind::Read, options).await;
    let onboarding = digime::OnboardOptions::new(digime_tests::world::CALLBACK).session_options(beyond());
    for error in [
        authorize,
        user.read_session(beyond()).await.unwrap_err(),
        user.onboard_service_url(onboarding).await.unwrap_err(),
    ] {
        assert_eq!(error.kind(), ErrorKind::Api);
        assert_eq!((error.status(), error.api().unwrap().code.as_str()), (Some(400), "ScopeOutOfBounds"));
    }
    user.read_session(within()).await.unwrap();
}

#[tokio::test]
async fn data_that_the_contract_does_not_cover_is_not_listed() {
    let world = entertainment().await;
    let (user, session) = world.user(ContractKind::Read).await;
    let all = World::read_all(&user, &session.key).await;
    assert!(all.files.is_empty(), "the user shared a social source");
}

#[tokio::test]
async fn refused_and_outdated_agents_are_told_so() {
    let refusing = |builder: MockServerBuilder| {
        builder.settings(|settings| {
            settings.agents.refused.push("homemade".to_owned());
            settings.agents.outdated.push("nodejs@12.".to_owned());
        })
    };
    let world = World::with(refusing).await;
    let user = world.raw_user(ContractKind::Read).await;
    let flow = [
        ("oauth/authorize", digime_tests::RawClient::authorize_claims()),
        ("oauth/token/reference", user.claims(json!({"redirect_uri": digime_tests::world::CALLBACK}))),
        ("permission-access/trigger", user.claims(json!({}))),
    ];
    for (path, claims) in flow {
        for (agent, refusal) in [
            (json!({"sdk": {"name": "homemade", "version": "1"}}), Some((400, "SDKInvalid"))),
            (json!({"name": "homemade", "version": "1"}), Some((400, "SDKInvalid"))),
            (json!({"sdk": {"name": "nodejs", "version": "12.2.3"}}), Some((403, "SDKVersionInvalid"))),
            (json!({"sdk": {"name": "nodejs", "version": "16.1.5"}}), None),
            (json!("anything"), None),
        ] {
            let jwt = user.client.sign(&user.client.claims(claims.clone()));
            let body = Some(json!({"agent": agent}));
            let answer =
                user.client.send(reqwest::Method::POST, &format!("/v1.7/{path}"), Some(&jwt), body).await;
            match refusal {
                Some((status, code)) => {
                    assert_eq!(answer.error(), (status, code.to_owned()), "{path} {agent}")
                }
                None => assert!(answer.status.is_success(), "{path} {agent}: {}", answer.text()),
            }
        }
    }
}
