//! JSON that is too deep, out of range, broken, or from a later version.

use digime::{AccountType, Client, ErrorCode, ErrorKind, Operation};
use serde_json::{Value, json};
use wiremock::ResponseTemplate;

use crate::support::*;
use crate::tokens::exchange;

const ACCOUNTS: &str = "/v1.7/permission-access/accounts";

async fn accounts(body: impl Into<Vec<u8>>) -> Result<Vec<digime::Account>, digime::Error> {
    let server = Server::start().await;
    server.get(ACCOUNTS, ResponseTemplate::new(200).set_body_bytes(body.into())).await;
    server.user().read_accounts().await
}

fn account() -> Value {
    json!({
        "id": "19_a", "reference": "r-1", "type": "USER", "createdDate": 1, "updatedDate": 2,
        "serviceGroupId": 5, "serviceGroupName": "Entertainment", "serviceTypeId": 19,
        "serviceTypeName": "Spotify", "serviceTypeReference": "spotify", "sourceId": 16,
    })
}

fn with(name: &str, value: Value) -> Value {
    let mut account = account();
    account[name] = value;
    json!([account])
}

fn deep(open: &str, close: &str) -> String {
    format!("{}1{}", open.repeat(10_000), close.repeat(10_000))
}

fn deep_texts() -> [String; 3] {
    [deep("[", "]"), deep("{\"a\":", "}"), deep("[{\"error\":", "}]")]
}

#[tokio::test]
async fn deep_answers_are_refused() {
    for text in deep_texts() {
        let error = accounts(text).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Decode, "{error}");
        assert_eq!(error.operation(), Some(Operation::ReadAccounts));
    }
}

#[tokio::test]
async fn depth_inside_an_unknown_member_is_refused_or_skipped() {
    for text in deep_texts() {
        let body = account().to_string().replacen('{', &format!("[{{\"new\":{text},"), 1) + "]";
        match accounts(body).await {
            Ok(accounts) => assert_eq!(accounts.len(), 1),
            Err(error) => assert_eq!(error.kind(), ErrorKind::Decode),
        }
    }
}

#[tokio::test]
async fn deep_errors_key_sets_tokens_and_files_are_survived() {
    for text in deep_texts() {
        let server = Server::without_keys().await;
        server
            .get(ACCOUNTS, ResponseTemplate::new(400).set_body_string(format!("{{\"error\":{text}}}")))
            .await;
        let error = server.user().read_accounts().await.unwrap_err();
        assert_eq!((error.kind(), error.status()), (ErrorKind::Api, Some(400)));
        assert!(error.api().is_none());

        let keys = format!("{{\"keys\":[{text}]}}");
        server.get("/jwks/oauth", ResponseTemplate::new(200).set_body_string(keys)).await;
        server.issue("at-2", "rt-2").await;
        assert_eq!(exchange(&server).await.unwrap_err().kind(), ErrorKind::TokenRejected);

        let server = Server::start().await;
        let header = json!({"alg": "PS512", "jku": server.jku(), "kid": KID});
        let payload = format!("{{\"access_token\":{text}}}");
        server
            .token_text(&sign_with(&aws_lc_rs::signature::RSA_PSS_SHA512, &header, payload.as_bytes()))
            .await;
        let error = exchange(&server).await.unwrap_err();
        assert!(matches!(error.kind(), ErrorKind::Decode | ErrorKind::TokenRejected), "{error}");

        server.file("f.json", file_answer(seal(text.as_bytes()), None)).await;
        let file = server.user().read_file(&session(), &name("f.json")).await.unwrap();
        assert_eq!(file.json::<Value>().unwrap_err().kind(), ErrorKind::Decode);
        assert_eq!(file.bytes(), text.as_bytes());
    }
}

#[tokio::test]
async fn numbers_out_of_range_are_refused_or_saturate() {
    for text in ["1e400", "-1e400", "1e", "0x10", "NaN", "Infinity", "01", "\"1\"", "null", "true", "{}"] {
        let body = with("createdDate", json!(1)).to_string();
        let body = body.replace("\"createdDate\":1", &format!("\"createdDate\":{text}"));
        let error = accounts(body).await.expect_err(text);
        assert_eq!(error.kind(), ErrorKind::Decode, "{text}: {error}");
    }
    let read = accounts(with("createdDate", json!(1e300)).to_string()).await.unwrap();
    assert_eq!(read[0].created_date, i64::MAX);
}

#[tokio::test]
async fn surrogates_invalid_utf8_and_control_characters() {
    let whole = with("username", json!("USERNAME")).to_string();
    for broken in ["\\ud800", "\\udc00\\ud800", "\\ud800\\u0041", "\\u12", "\\x41", "\n", "\0"] {
        let error = accounts(whole.replace("USERNAME", broken)).await.expect_err(broken);
        assert_eq!(error.kind(), ErrorKind::Decode, "{broken:?}: {error}");
    }
    let mut bytes = whole.clone().into_bytes();
    let at = whole.find("USERNAME").unwrap();
    bytes[at] = 0xff;
    assert_eq!(accounts(bytes).await.unwrap_err().kind(), ErrorKind::Decode);
    let pair = accounts(whole.replace("USERNAME", "\\ud83d\\ude00\\u0000")).await.unwrap();
    assert_eq!(pair[0].username.as_deref(), Some("😀\0"));
}

#[tokio::test]
async fn broken_documents() {
    let good = with("sample", json!(true)).to_string();
    for body in [
        String::new(),
        " ".to_owned(),
        "[".to_owned(),
        good[..good.len() - 1].to_owned(),
        format!("{good}{good}"),
        format!("{good}garbage"),
        format!("\u{feff}{good}"),
        "<html></html>".to_owned(),
        "null".to_owned(),
        "{\"0\":1}".to_owned(),
    ] {
        let error = accounts(body.clone()).await.expect_err(&body);
        assert_eq!(error.kind(), ErrorKind::Decode, "{body}: {error}");
        assert_eq!((error.attempts(), error.is_retryable()), (0, false), "{body}");
    }
}

#[tokio::test]
async fn unknown_members_and_values_pass_through() {
    let mut later = account();
    later["type"] = json!("ROBOT");
    later["accessTokenStatus"] = json!({"authorized": false, "expiresAt": null, "new": [1]});
    later["tomorrow"] = json!({"deep": [{"er": 1}]});
    later["username"] = Value::Null;
    let read = accounts(json!([later]).to_string()).await.unwrap().remove(0);
    assert_eq!(read.kind, AccountType::Unknown("ROBOT".to_owned()));
    assert!(!read.access_token_status.unwrap().authorized);
    assert_eq!(read.username, None);
}

#[tokio::test]
async fn unknown_error_codes_pass_through() {
    let server = Server::start().await;
    server.get(ACCOUNTS, api_error(400, "FromTomorrow")).await;
    let error = server.user().read_accounts().await.unwrap_err();
    assert_eq!(error.api().unwrap().code, ErrorCode::Other("FromTomorrow".to_owned()));
}

#[tokio::test]
async fn errors_in_headers_or_in_the_storage_hosts_form_are_read() {
    let flat = ResponseTemplate::new(400).set_body_json(json!({"error": "NotFound", "message": "gone"}));
    let headers = ResponseTemplate::new(400)
        .insert_header("X-Error-Code", "NotFound")
        .insert_header("X-Error-Message", "gone");
    for answer in [flat, headers] {
        let server = Server::start().await;
        server.get(ACCOUNTS, answer).await;
        let error = server.user().read_accounts().await.unwrap_err();
        let api = error.api().unwrap();
        assert_eq!((api.code.as_str(), api.message.as_str()), ("NotFound", "gone"));
    }
}

#[tokio::test]
async fn decode_errors_hide_the_values() {
    for value in [json!("hush-hush"), json!(["hush-hush"]), json!({"hush-hush": "hush-hush"})] {
        let error = accounts(with("sourceId", value.clone()).to_string()).await.unwrap_err();
        let text = format!("{error} {error:?}");
        assert!(text.contains("sourceId") && !text.contains("hush"), "{text}");
    }
    let stored = r#"{"accessToken":{"value":["hush-hush"],"expiry":1}}"#;
    assert!(serde_json::from_str::<digime::UserAccessToken>(stored).is_err());
}

#[tokio::test]
async fn answers_to_the_authorization_are_checked_too() {
    let server = Server::start().await;
    let client: Client = server.client();
    for answer in [json!({}), json!({"token": 1, "session": {}}), json!({"token": "a.b.c"}), json!(null)] {
        server.mock.reset().await;
        let body = ResponseTemplate::new(200).set_body_json(&answer);
        server.post("/v1.7/oauth/authorize", body).await;
        let options = digime::AuthorizeOptions::new("https://app.example/cb");
        let error = client.authorize_url(&contract(), options).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Decode, "{answer}: {error}");
        assert_eq!(error.operation(), Some(Operation::Authorize));
    }
}
