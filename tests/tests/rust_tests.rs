//! The tests that docs/rust-tests.md shows, which stand on the page as they stand here.

#![allow(clippy::expect_used, clippy::unwrap_used)]

/// A server for each test.
mod own_server {
    use digime::{AuthorizeOptions, Client, Contract, PrivateKey, ReadAllOptions};
    use digime_mock_server::{ContractKind, Fault, MockServer, Operation, Timeline};

    #[tokio::test]
    async fn a_user_shares_files_though_the_server_is_away_for_a_moment() {
        let server = MockServer::builder().timeline(Timeline::INSTANT).start().await;
        let sandbox = server.default_sandbox();
        let credentials = sandbox.credentials();
        let read = credentials.contract(ContractKind::Read).unwrap();
        let key = PrivateKey::from_pem(read.private_key.as_deref().unwrap()).unwrap();
        let contract = Contract::new(read.contract_id.as_str(), key).unwrap();
        let client = Client::builder(&credentials.application_id).origin(server.url()).build().unwrap();

        let options = AuthorizeOptions::new("http://localhost/return");
        let authorization = client.authorize_url(&contract, options).await.unwrap();
        let callback = sandbox.approve(authorization.url.as_str()).unwrap(); // the user's part
        let user = client.connect(authorization.callback(&callback).unwrap()).await.unwrap();

        sandbox.inject(Fault::on(Operation::READ_FILE_LIST).times(1).status(503));
        let reading = user.read_all_files(&authorization.session.key, ReadAllOptions::new());
        assert!(!reading.collect_all().await.unwrap().files.is_empty());
        sandbox.requests().of(Operation::READ_FILE_LIST).expect(2);
    }
}

/// One server for all tests of a binary, and a sandbox for each test.
mod one_server {
    use std::time::Duration;

    use digime::{AuthorizeOptions, CallbackErrorCode, Client, Contract, PrivateKey};
    use digime_mock_server::{ContractKind, MockServer, SandboxHandle};
    use rstest::{fixture, rstest};
    use tokio::sync::OnceCell;

    /// What a test is given: an app of its own, with users, a clock, faults and a journal that no other test sees.
    struct App {
        sandbox: SandboxHandle,
        client: Client,
        contract: Contract,
    }

    static SERVER: OnceCell<MockServer> = OnceCell::const_new();

    #[fixture]
    async fn app() -> App {
        let server = SERVER.get_or_init(MockServer::start).await;
        let sandbox = server.sandbox().await;
        let credentials = sandbox.credentials();
        let read = credentials.contract(ContractKind::Read).unwrap();
        let key = PrivateKey::from_pem(read.private_key.as_deref().unwrap()).unwrap();
        let contract = Contract::new(read.contract_id.as_str(), key).unwrap();
        let client = Client::builder(&credentials.application_id).origin(server.url()).build().unwrap();
        App { sandbox, client, contract }
    }

    #[rstest]
    #[tokio::test]
    async fn a_user_comes_back_with_a_token(#[future(awt)] app: App) {
        let options = AuthorizeOptions::new("http://localhost/return");
        let authorization = app.client.authorize_url(&app.contract, options).await.unwrap();
        let callback = app.sandbox.approve(authorization.url.as_str()).unwrap();
        app.client.connect(authorization.callback(&callback).unwrap()).await.unwrap();
        app.sandbox.requests().expect_no_refusal();
    }

    #[rstest]
    #[case::in_time(9, true)]
    #[case::too_late(11, false)]
    #[tokio::test]
    async fn a_login_takes_ten_minutes_at_most(
        #[future(awt)] app: App,
        #[case] minutes: u64,
        #[case] in_time: bool,
    ) {
        let options = AuthorizeOptions::new("http://localhost/return");
        let authorization = app.client.authorize_url(&app.contract, options).await.unwrap();
        let callback = app.sandbox.approve(authorization.url.as_str()).unwrap();
        app.sandbox.clock().advance(Duration::from_secs(60 * minutes));
        let user = app.client.connect(authorization.callback(&callback).unwrap()).await;
        assert_eq!(user.is_ok(), in_time);
    }

    #[rstest]
    #[tokio::test]
    async fn a_user_who_declines_is_told_from_a_failure(#[future(awt)] app: App) {
        let options = AuthorizeOptions::new("http://localhost/return");
        let authorization = app.client.authorize_url(&app.contract, options).await.unwrap();
        let callback = app.sandbox.consent(authorization.url.as_str()).decline().unwrap();
        let refused = authorization.callback(&callback).unwrap_err();
        assert_eq!(refused.declined(), Some(&CallbackErrorCode::UserCancel));
    }
}

/// What the page shows as a test is one of these.
mod page {
    const PAGE: &str = include_str!("../../docs/rust-tests.md");
    const TESTS: &str = include_str!("rust_tests.rs");

    #[test]
    fn the_page_shows_what_runs_here() {
        // The modules here indent what stands alone there.
        let tests: Vec<_> = TESTS.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
        let blocks: Vec<_> =
            PAGE.split("```rust\n").skip(1).map(|rest| rest.split("```").next().unwrap()).collect();
        assert_eq!(blocks.len(), 2);
        for block in blocks {
            let shown: Vec<_> = block.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
            let runs = tests.windows(shown.len()).any(|lines| lines == shown);
            assert!(runs, "tests/tests/rust_tests.rs has no such lines:\n{block}");
        }
    }
}
