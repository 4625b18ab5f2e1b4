//! No secret in `Debug`, `Display` or errors of the operations' types.

use std::collections::BTreeSet;
use std::fmt::Debug;

use digime::discovery::*;
use digime::storage::*;
use digime::*;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
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

/// Which types have been shown, by name.
#[derive(Default)]
struct Shown(BTreeSet<&'static str>);

impl Shown {
    fn debug<T: Debug>(&mut self, value: &T) -> &mut Self {
        check(&format!("{value:?} {value:#?}"));
        let name = std::any::type_name::<T>().rsplit("::").next().unwrap();
        self.0.insert(name);
        self
    }

    fn read<T: Debug + DeserializeOwned>(&mut self, json: Value) -> &mut Self {
        self.debug(&serde_json::from_value::<T>(json).unwrap())
    }
}

fn check(text: &str) {
    for secret in SECRETS {
        assert!(!text.contains(secret), "{secret} in {text}");
    }
    assert!(!text.contains("PRIVATE KEY"), "{text}");
}

async fn show_flows(shown: &mut Shown) {
    let server = Server::start().await;
    let payload = json!({"reference_code": "code-hush"});
    let answer = json!({
        "token": sign(&server.jku(), &payload), "session": {"key": "session-hush", "expiry": 1},
    });
    server.post("/v1.7/oauth/token/reference", json_answer(answer)).await;
    server.post("/v1.7/reference", json_answer(json!({"id": "code-hush"}))).await;
    let location = json!({"location": "https://care.example/?token=code-hush"});
    server.get("/v1.7/permission-access/revoke/h:accountId", json_answer(location)).await;
    let user = server.client().user(&contract(), token("at-hush", "rt-hush"));
    let callback = "https://app.example/?flow=flow-hush";

    let onboard = OnboardOptions::new("https://app.example/").state("state-hush");
    shown.debug(&onboard);
    let onboarding = user.onboard_service_url(onboard).await.unwrap();
    assert!(onboarding.url.as_str().contains("code-hush"), "the secret is there to be hidden");
    let outcome = onboarding.callback("success=true&state=state-hush&code=code-hush").unwrap();
    assert_eq!(outcome, None);
    shown.debug(&onboarding);

    let renew = ReauthorizeOptions::new("https://app.example/").state("state-hush");
    shown.debug(&renew).debug(&user.reauthorize_url(renew).await.unwrap());
    let account = ReauthorizeAccountOptions::new(callback, "19_a");
    shown.debug(&account).debug(&user.reauthorize_account_url(account).await.unwrap());
    let revocation = user.revoke_account_permission_url(&"19_a".into(), callback).await.unwrap();
    shown.debug(&revocation).debug(&user);

    let error = onboarding.callback("success=true&state=another&code=code-hush").unwrap_err();
    check(&format!("{error} {error:?}"));
    let error = revocation.callback("result=success&flow=flow-hush2").unwrap_err();
    check(&format!("{error} {error:?}"));
}

async fn show_storage(shown: &mut Shown) {
    shown.debug(&Content::from("content-hush"));
    shown.debug(&Content::reader(std::io::Cursor::new("content-hush")));
    let server = Server::start().await;
    let answer = ResponseTemplate::new(200).set_body_bytes(seal(b"content-hush"));
    server.get("/v1/clouds/s/files/apps/demoapp/x", answer).await;
    let user = server.client().user(&contract(), token("at-hush", "rt-hush"));
    let files = user.storage_files(&"s".into());
    let path = StorageFolder::root().file("x").unwrap();
    shown.debug(&files.download_stream(&path).await.unwrap()).debug(&files);
    shown.debug(&path).debug(&path.folder()).read::<Uploaded>(json!({"id": "f"}));
    let file = json!({"id": "f", "name": "n", "originalName": "n", "originalPath": "/", "path": "/"});
    shown.read::<StorageFile>(file).read::<StorageList>(json!({"total": 0}));
    shown.read::<Storage>(json!({"id": "s", "kid": "k"}));
}

async fn show_discovery(shown: &mut Shown) {
    let server = Server::start().await;
    shown.debug(&server.client().all_sources(&contract(), SourcesQuery::new()));
    shown.debug(&SourcesQuery::new()).debug(&ListQuery::new()).debug(&ServicesQuery::new());
    shown.debug(&SearchField::Name).debug(&SortOrder::Ascending).debug(&PublishedStatus::Approved);
    shown.debug(&AuthorisationKind::Saas).debug(&SourceTypeId::PULL).debug(&CountryId(1));
    shown.debug(&CategoryId(1)).debug(&PlatformId(1)).debug(&ServiceId(1));
    let entry = json!({"id": 1});
    shown.read::<Source>(entry.clone()).read::<Service>(entry.clone()).read::<SourceKind>(entry.clone());
    shown.read::<Country>(entry.clone()).read::<Category>(entry.clone()).read::<Platform>(entry.clone());
    shown.read::<ServiceEntry>(entry.clone()).read::<ServiceCountry>(entry.clone());
    shown.read::<ServiceGroupEntry>(entry).read::<AvailableServices>(json!({"services": []}));
    shown.read::<Address>(json!({})).read::<Authorisation>(json!({})).read::<CategoryTexts>(json!({}));
    shown.read::<Resource>(json!({})).read::<SampleDataSet>(json!({"name": "n", "description": ""}));
    shown.read::<SourcesPage>(json!({"data": [], "limit": 1, "offset": 0, "total": 0}));
}

fn show_the_rest(shown: &mut Shown) {
    shown.debug(&PushMetadata::new("a/b")).debug(&FhirVersion::Stu3).debug(&ReportService::Medmij);
    shown.debug(&PortabilityReportOptions::new()).debug(&AccessType::Read).debug(&CertificateType::X509);
    let application = json!({"id": "a", "name": "n", "status": 1, "resources": {}});
    shown.read::<Application>(application.clone()).read::<ContractDetails>(json!({
        "id": "c", "type": "x509", "accessType": "r", "partnerId": "p", "expirationDate": 1,
        "certificateContractSchemaVersion": "5.0.0", "certificate": "AAAA", "application": application,
    }));
}

#[tokio::test]
async fn no_public_type_of_the_operations_shows_a_secret() {
    let mut shown = Shown::default();
    show_flows(&mut shown).await;
    show_storage(&mut shown).await;
    show_discovery(&mut shown).await;
    show_the_rest(&mut shown);
    for name in OPERATION_TYPES {
        assert!(shown.0.contains(name), "{name} was not looked at");
    }
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
