//! No secret in `Debug`, `Display` or errors of the operations' types.

use digime::{
    AuthorizeOptions, Content, ErrorKind, OnboardOptions, PushMetadata, ReauthorizeAccountOptions,
    ReauthorizeOptions, StorageFolder,
};
use serde_json::json;
use wiremock::{Request, ResponseTemplate};

use crate::independent::*;
use crate::support::*;

const SECRETS: [&str; 8] = [
    "at-hush",
    "rt-hush",
    "state-hush",
    "code-hush",
    "session-hush",
    "verifier-hush",
    "content-hush",
    "flow-hush",
];

fn check(text: &str) {
    for secret in SECRETS {
        assert!(!text.contains(secret), "{secret} in {text}");
    }
    assert!(!text.contains("PRIVATE KEY"), "{text}");
}

#[tokio::test]
async fn started_flows_and_their_options() {
    let server = Server::start().await;
    let payload = json!({"reference_code": "code-hush"});
    let answer = json!({
        "token": sign(&server.jku(), &payload), "session": {"key": "session-hush", "expiry": 1},
    });
    server.post("/v1.7/oauth/token/reference", json_answer(answer)).await;
    server.post("/v1.7/reference", json_answer(json!({"id": "code-hush"}))).await;
    server
        .get(
            "/v1.7/permission-access/revoke/h:accountId",
            json_answer(json!({"location": "https://care.example/?token=code-hush"})),
        )
        .await;
    let user = server.client().user(&contract(), token("at-hush", "rt-hush"));
    let callback = "https://app.example/?flow=flow-hush";

    let onboard = OnboardOptions::new("https://app.example/").state("state-hush");
    check(&format!("{onboard:?}"));
    let onboarding = user.onboard_service_url(onboard).await.unwrap();
    assert!(onboarding.url.as_str().contains("code-hush"), "the secret is really there");
    check(&format!("{onboarding:?} {onboarding:#?}"));

    let renew = ReauthorizeOptions::new("https://app.example/").state("state-hush");
    check(&format!("{renew:?}"));
    check(&format!("{:?}", user.reauthorize_url(renew).await.unwrap()));

    let account = ReauthorizeAccountOptions::new(callback, "19_a");
    check(&format!("{:?}", user.reauthorize_account_url(account).await.unwrap()));
    let revocation = user.revoke_account_permission_url(&"19_a".into(), callback).await.unwrap();
    check(&format!("{revocation:?}"));

    let error = onboarding.callback("success=true&state=another&code=code-hush").unwrap_err();
    check(&format!("{error} {error:?}"));
    let error = revocation.callback("result=success&flow=flow-hush2").unwrap_err();
    check(&format!("{error} {error:?}"));

    let authorize = AuthorizeOptions::new("https://app.example/").state("state-hush");
    check(&format!("{authorize:?} {user:?}"));
}

#[tokio::test]
async fn content_and_storage() {
    check(&format!("{:?}", Content::from("content-hush")));
    check(&format!("{:?}", Content::reader(std::io::Cursor::new("content-hush"))));
    let server = Server::start().await;
    server
        .get(
            "/v1/clouds/s/files/apps/demoapp/x",
            ResponseTemplate::new(200).set_body_bytes(seal(b"content-hush")),
        )
        .await;
    let user = server.client().user(&contract(), token("at-hush", "rt-hush"));
    let files = user.storage_files(&"s".into());
    let stream = files.download_stream(&StorageFolder::root().file("x").unwrap()).await.unwrap();
    check(&format!("{files:?} {stream:?}"));
}

/// A server that repeats what it was sent, in message, code and reference.
#[tokio::test]
async fn echoed_secrets_are_blanked_out() {
    let server = Server::start().await;
    let echo = |request: &Request| {
        let sent = claims(request).to_string();
        ResponseTemplate::new(400).set_body_json(json!({
            "error": {"code": format!("E {sent}"), "message": sent, "reference": sent},
        }))
    };
    for path in ["/v1.7/oauth/token/reference", "/v1.7/permission-access/import"] {
        server.post(path, echo).await;
    }
    server.get("/v1.7/storage", echo).await;
    let user = server.client().user(&contract(), token("at-hush", "rt-hush"));
    let onboard = OnboardOptions::new("https://app.example/").state("state-hush");
    let errors = [
        user.onboard_service_url(onboard).await.unwrap_err(),
        user.push_to_library(&PushMetadata::new("a/b"), "content-hush").await.unwrap_err(),
        user.storage().await.unwrap_err(),
    ];
    for error in errors {
        assert_eq!(error.kind(), ErrorKind::Api);
        assert!(error.to_string().contains("client_id"), "it really echoes: {error}");
        check(&format!("{error} {error:?} {error:#?}"));
    }
}
