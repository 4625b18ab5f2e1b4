//! Hostile answers: our SDK notices each, and a client that does not is told so.

use std::time::Duration;

use digime::{Client, ErrorKind, RetryPolicy};
use digime_mock_server::conduct::{ClientCheck, HostileOutcome, HostileReport};
use digime_mock_server::{ConsentError, ContractKind, Fault, Hostile, Operation};
use digime_tests::raw_client::parameter;
use digime_tests::raw_user::SAMPLE;
use digime_tests::{RawUser, World};
use reqwest::Method;
use serde_json::json;

const FORGED: [Hostile; 6] = [
    Hostile::UnknownKid,
    Hostile::ForeignJku,
    Hostile::BadSignature,
    Hostile::Rs512,
    Hostile::Hs256,
    Hostile::Unsigned,
];

/// What the report says of the only hostile answer that the read contract's client was given.
#[track_caller]
fn only_row(world: &World) -> HostileReport {
    let report = world.sandbox.client_report();
    let client = report.contract(&world.credentials(ContractKind::Read).contract_id).unwrap();
    let [row] = &client.hostile_answers[..] else { panic!("{:?}", client.hostile_answers) };
    row.clone()
}

#[tokio::test]
async fn a_forged_token_is_rejected_wherever_it_comes() {
    for hostile in FORGED {
        let world = World::new().await;
        let (client, contract) = (world.client(), world.contract(ContractKind::Read));
        let inject = |operation| world.sandbox.inject(Fault::on(operation).times(1).hostile(hostile));
        inject(Operation::AUTHORIZE);
        let error = client.authorize_url(&contract, World::sample("default")).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::TokenRejected, "{hostile:?}: {error}");

        let authorization = client.authorize_url(&contract, World::sample("default")).await.unwrap();
        let location = world.sandbox.approve(authorization.url.as_str()).unwrap();
        let grant = authorization.callback(&location).unwrap();
        inject(Operation::TOKEN);
        let error = client.connect(grant).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::TokenRejected, "{hostile:?}: {error}");

        let (user, _) = world.user(ContractKind::Read).await;
        world.sandbox.clock().advance(Duration::from_secs(24 * 3600));
        inject(Operation::TOKEN);
        let before = user.token();
        assert_eq!(user.read_accounts().await.unwrap_err().kind(), ErrorKind::TokenRejected, "{hostile:?}");
        assert_eq!(user.token(), before, "nothing of a rejected token is kept");

        let report = world.sandbox.client_report();
        let conduct = report.contract(&world.credentials(ContractKind::Read).contract_id).unwrap();
        for row in &conduct.hostile_answers {
            assert_eq!((row.answer, row.outcome), (hostile.name(), HostileOutcome::Noticed), "{row:?}");
        }
        let given: Vec<_> = conduct.hostile_answers.iter().map(|row| (row.operation, row.given)).collect();
        assert_eq!(given, [(Operation::AUTHORIZE, 1), (Operation::TOKEN, 2)]);
    }
}

#[tokio::test]
async fn a_client_that_believes_a_forged_token_is_found() {
    let world = World::new().await;
    world.sandbox.inject(Fault::on(Operation::TOKEN).hostile(Hostile::Unsigned));
    let user = world.raw_user(ContractKind::Read).await;
    assert_eq!(only_row(&world).outcome, HostileOutcome::Noticed);
    user.accounts().await;
    let row = only_row(&world);
    assert_eq!((row.answer, row.outcome, row.used), ("unsigned", HostileOutcome::Unnoticed, 1));
    let used_by = world.sandbox.requests();
    let used_by =
        used_by.list().into_iter().find(|entry| [entry.sequence] == row.used_by[..]).unwrap().clone();
    assert_eq!(used_by.operation, Some(Operation::READ_ACCOUNTS));
}

#[tokio::test]
async fn a_callback_with_another_state_is_refused_on_every_way_back() {
    let world = World::new().await;
    let (client, contract) = (world.client(), world.contract(ContractKind::Read));
    let raw = world.raw(ContractKind::Read);
    let change =
        |operation| world.sandbox.inject(Fault::on(operation).times(1).hostile(Hostile::ChangedState));
    let start = || client.authorize_url(&contract, World::sample("default"));

    change(Operation::CONSENT_DECISION);
    let (by_handle, by_form, by_page) =
        (start().await.unwrap(), start().await.unwrap(), start().await.unwrap());
    let handled = world.sandbox.approve(by_handle.url.as_str()).unwrap();
    change(Operation::CONSENT_DECISION);
    let posted = raw.post_form(by_form.url.as_str(), "decision=approve").await.header("location").to_owned();
    change(Operation::CONSENT_PAGE);
    let shown = raw.get(by_page.url.as_str()).await.header("location").to_owned();
    for (authorization, location) in [(by_handle, handled), (by_form, posted), (by_page, shown)] {
        assert!(location.contains("success=true"), "{location}");
        assert_eq!(authorization.callback(&location).unwrap_err().kind(), ErrorKind::StateMismatch);
    }
    let report = world.sandbox.client_report();
    let conduct = report.contract(&world.credentials(ContractKind::Read).contract_id).unwrap();
    let rows: Vec<_> =
        conduct.hostile_answers.iter().map(|it| (it.operation, it.outcome, it.given)).collect();
    let noticed = HostileOutcome::Noticed;
    assert_eq!(rows, [(Operation::CONSENT_DECISION, noticed, 2), (Operation::CONSENT_PAGE, noticed, 1)]);
}

#[tokio::test]
async fn a_client_that_does_not_look_at_the_state_is_found() {
    let world = World::new().await;
    world.sandbox.inject(Fault::on(Operation::CONSENT_DECISION).hostile(Hostile::ChangedState));
    let user = RawUser::consent(world.raw(ContractKind::Read), &world.sandbox, None, SAMPLE).await;
    assert_ne!(parameter(&user.callback, "state").unwrap(), "state-1");
    let row = only_row(&world);
    assert_eq!((row.answer, row.outcome), ("changedState", HostileOutcome::Unnoticed));
}

#[tokio::test]
async fn a_code_that_was_never_given_out_ends_at_the_consent_page() {
    let world = World::new().await;
    let (client, contract) = (world.client(), world.contract(ContractKind::Read));
    world.sandbox.inject(Fault::on(Operation::AUTHORIZE).hostile(Hostile::WrongPreauthorizationCode));
    let authorization = client.authorize_url(&contract, World::sample("default")).await.unwrap();
    let refused = world.sandbox.approve(authorization.url.as_str());
    assert_eq!(refused, Err(ConsentError::UnknownCode));
    let page = world.raw(ContractKind::Read).get(authorization.url.as_str()).await;
    assert_eq!((page.status.as_u16(), page.header("location")), (404, ""));
    assert_eq!(only_row(&world).outcome, HostileOutcome::Unknown);
}

#[tokio::test]
async fn json_that_cannot_be_read_is_a_decode_error() {
    type Spoil = fn(Fault) -> Fault;
    let spoils: [(Spoil, &str); 3] = [
        (|it| it.hostile(Hostile::InvalidUtf8), "invalidUtf8"),
        (Fault::corrupt, "corrupt"),
        (Fault::truncate, "truncate"),
    ];
    for (spoil, name) in spoils {
        let world = World::new().await;
        let (client, contract) = (world.client(), world.contract(ContractKind::Read));
        let (user, session) = world.user(ContractKind::Read).await;
        for operation in
            [Operation::AUTHORIZE, Operation::TOKEN, Operation::READ_ACCOUNTS, Operation::READ_FILE_LIST]
        {
            world.sandbox.inject(spoil(Fault::on(operation)));
        }
        let errors = [
            client.authorize_url(&contract, World::sample("default")).await.unwrap_err(),
            user.refresh().await.unwrap_err(),
            user.read_accounts().await.unwrap_err(),
            user.read_file_list(&session.key).await.unwrap_err(),
        ];
        for error in errors {
            assert_eq!(error.kind(), ErrorKind::Decode, "{name}: {error}");
        }
        let report = world.sandbox.client_report();
        let conduct = report.contract(&world.credentials(ContractKind::Read).contract_id).unwrap();
        assert_eq!(conduct.hostile_answers.len(), 4);
        assert!(conduct.hostile_answers.iter().all(|row| row.answer == name && row.used == 0));
    }
}

/// Our SDK with limits that a test reaches quickly.
fn small(world: &World) -> Client {
    let urls = world.sandbox.credentials().urls;
    let client = Client::builder(world.sandbox.application_id()).api_url(urls.api).onboard_url(urls.onboard);
    client.max_json_size(256 * 1024).max_file_size(256 * 1024).retry(RetryPolicy::never()).build().unwrap()
}

#[tokio::test]
async fn an_answer_that_does_not_end_is_broken_off() {
    let world = World::new().await;
    let (user, session) = world.user(ContractKind::Read).await;
    let user = small(&world).user(user.contract(), user.token());
    let name = user.read_file_list(&session.key).await.unwrap().files[0].name.clone();
    for operation in [Operation::READ_ACCOUNTS, Operation::READ_FILE, Operation::TOKEN] {
        world.sandbox.inject(Fault::on(operation).hostile(Hostile::OversizeBody));
    }
    let errors = [
        user.read_accounts().await.unwrap_err(),
        user.read_file(&session.key, &name).await.unwrap_err(),
        user.refresh().await.unwrap_err(),
    ];
    for error in errors {
        assert_eq!(error.kind(), ErrorKind::TooLarge, "{error}");
    }
    let id = world.credentials(ContractKind::Read).contract_id;
    let broken_off = || {
        let report = world.sandbox.client_report();
        let rows = &report.contract(&id).unwrap().hostile_answers;
        rows.iter().filter(|row| row.broken_off == 1 && row.outcome == HostileOutcome::Noticed).count()
    };
    // The server learns of it when it next writes to the closed connection.
    tokio::time::timeout(Duration::from_secs(60), async {
        while broken_off() < 3 {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    })
    .await
    .unwrap();
}

#[tokio::test]
async fn a_redirect_is_not_followed_once() {
    let world = World::new().await;
    let (client, contract) = (world.client(), world.contract(ContractKind::Read));
    let (user, session) = world.user(ContractKind::Read).await;
    let name = user.read_file_list(&session.key).await.unwrap().files[0].name.clone();
    let looped = [
        Operation::AUTHORIZE,
        Operation::TOKEN,
        Operation::READ_ACCOUNTS,
        Operation::READ_FILE,
        Operation::QUERY_COUNTRIES,
    ];
    for operation in looped {
        world.sandbox.inject(Fault::on(operation).hostile(Hostile::RedirectLoop));
    }
    let errors = [
        client.authorize_url(&contract, World::sample("default")).await.unwrap_err(),
        user.refresh().await.unwrap_err(),
        user.read_accounts().await.unwrap_err(),
        user.read_file(&session.key, &name).await.unwrap_err(),
        client.query_countries(&contract, &digime::discovery::ListQuery::new()).await.unwrap_err(),
    ];
    for error in errors {
        assert_eq!((error.kind(), error.status()), (ErrorKind::UnexpectedResponse, Some(307)), "{error}");
    }
    let report = world.sandbox.client_report();
    let conduct = report.contract(&world.credentials(ContractKind::Read).contract_id).unwrap();
    assert_eq!(conduct.hostile_answers.len(), looped.len());
    assert!(conduct.hostile_answers.iter().all(|row| row.outcome == HostileOutcome::Noticed));
    assert_eq!(conduct.check(ClientCheck::NoRedirectFollowed).unwrap().failed, 0);
    assert!(world.sandbox.faults().iter().all(|fault| fault.struck == 1));
}

#[tokio::test]
async fn a_client_that_follows_redirects_goes_round_and_is_found() {
    let world = World::new().await;
    let raw = world.raw(ContractKind::Read);
    world.sandbox.inject(Fault::on(Operation::QUERY_COUNTRIES).hostile(Hostile::RedirectLoop));
    let jwt = raw.sign(&raw.claims(json!({})));
    let follower =
        reqwest::Client::builder().redirect(reqwest::redirect::Policy::limited(4)).build().unwrap();
    let url = format!("{}/v1.7/discovery/countries", raw.origin);
    let lost = follower.post(url).bearer_auth(&jwt).send().await.unwrap_err();
    assert!(lost.is_redirect());
    world.sandbox.requests().of(Operation::QUERY_COUNTRIES).expect(5);
    assert_eq!(only_row(&world).outcome, HostileOutcome::Unnoticed);
    let report = world.sandbox.client_report();
    let conduct = report.contract(&world.credentials(ContractKind::Read).contract_id).unwrap();
    assert_eq!(conduct.check(ClientCheck::NoRedirectFollowed).unwrap().failed, 4);
}

#[tokio::test]
async fn hostile_answers_are_switched_on_over_http() {
    let world = World::new().await;
    let raw = world.raw(ContractKind::Read);
    let path = format!("/__admin/faults?sandbox={}", world.sandbox.id());
    let inject = |rule| raw.send(Method::POST, &path, None, Some(rule));
    let injected = inject(json!({"route": "token", "times": 2, "hostile": "unknownKid"})).await;
    assert_eq!((injected.status.as_u16(), &injected.json()["hostile"]), (200, &json!("unknownKid")));
    assert_eq!(world.sandbox.faults()[0].hostile, Some(Hostile::UnknownKid));
    for bad in [
        json!({"route": "readFile", "hostile": "unknownKid"}),
        json!({"route": "token", "hostile": "changedState"}),
        json!({"route": "token", "hostile": "rude"}),
    ] {
        assert_eq!(inject(bad.clone()).await.error(), (400, "ValidationErrors".to_owned()), "{bad}");
    }
}
