//! What every generation of clients relies on, rule by rule (protocol reference, legacy §2), where no other test
//! is about it.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use digime_mock_server::{ContractKind, Timeline};
use digime_tests::postbox_client::open_session;
use digime_tests::raw_client::{RawClient, VERIFIER, parameter, payload};
use digime_tests::{Answer, RawUser, World};
use reqwest::Method;
use rsa::pkcs1::{DecodeRsaPrivateKey as _, DecodeRsaPublicKey as _};
use rsa::rand_core::OsRng;
use rsa::{Pss, RsaPrivateKey, RsaPublicKey};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha512};

const PAGE: &str = "&service=16&sampleDataSet=default&sampleDataAutoOnboard=true";
const UNSIGNED: [&str; 7] = ["v1", "v1.0", "v1.1", "v1.3", "v1.4", "v1.5", "v1.6"];

async fn world(timeline: Timeline) -> World {
    World::with(|builder| builder.timeline(timeline)).await
}

async fn consented(world: &World, page: &str) -> RawUser {
    RawUser::consent(world.raw(ContractKind::Read).speaking("v1.6"), &world.sandbox, None, page).await
}

async fn unsigned(user: &RawUser, generation: &str, path: &str) -> Answer {
    let path = format!("/{generation}/permission-access/query/{path}");
    user.client.send(Method::GET, &path, None, None).await
}

fn has_null(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Array(items) => items.iter().any(has_null),
        Value::Object(members) => members.values().any(has_null),
        _ => false,
    }
}

#[tokio::test]
async fn sessions_and_tokens_of_one_generation_are_good_in_every_other() {
    let world = world(Timeline::INSTANT).await;
    let user = consented(&world, PAGE).await;
    let session = open_session(&user.client, &world.credentials(ContractKind::Read)).await;
    let flat = user.client.speaking("v1.4").refresh(&user.refresh).await.token();
    let claims = json!({ "access_token": flat["access_token"], "session_key": session });
    let opened = user.client.speaking("v1.5").call(Method::POST, "permission-access/trigger", claims).await;
    assert_eq!(opened.status, 202, "{}", opened.text());
    for generation in UNSIGNED {
        let list = unsigned(&user, generation, &session).await;
        let files = list.json()["fileList"].as_array().map(Vec::len);
        assert_eq!(files, Some(13), "{generation}: {}", list.text());
    }
    let again = user.client.speaking("v1.7").refresh(flat["refresh_token"].as_str().unwrap()).await;
    let nested = user.client.refresh(&user.refresh).await;
    assert_eq!(again.token()["identifier"], nested.token()["identifier"], "the same library");
}

#[tokio::test]
async fn the_details_of_a_list_are_always_an_object_and_nothing_in_it_is_null() {
    for page in [PAGE, "&service=16&sampleDataSet=reauth&sampleDataAutoOnboard=true"] {
        let world = world(Timeline::default()).await;
        let user = consented(&world, page).await;
        let mut states = Vec::new();
        loop {
            for generation in ["v1.1", "v1.4", "v1.5", "v1.6"] {
                let list = unsigned(&user, generation, &user.session).await.json();
                let details = list["status"]["details"].as_object().expect("an object");
                assert!(!has_null(&list["status"]), "{generation}: {list}");
                for account in details.values() {
                    let state = account["state"].as_str().unwrap();
                    assert!(["running", "partial", "completed"].contains(&state), "rule 20: {list}");
                    let Some(error) = account.get("error") else { continue };
                    assert!(error["code"].is_string() && error["message"].is_string(), "{error}");
                    assert!(error["statusCode"] == 511 && error["statuscode"] == 511, "{error}");
                }
                states.push(list["status"]["state"].as_str().unwrap().to_owned());
            }
            if states.last().is_some_and(|state| state == "completed" || state == "partial") {
                break;
            }
            world.sandbox.clock().advance(Duration::from_millis(500));
        }
        assert!(states.len() > 4 && states.contains(&"running".to_owned()), "{states:?}");
    }
}

#[tokio::test]
async fn every_error_is_in_the_body_and_in_the_headers() {
    let world = world(Timeline::INSTANT).await;
    let client = world.raw(ContractKind::Read);
    for generation in UNSIGNED.into_iter().chain(["v1.7"]) {
        let path = |rest: &str| format!("/{generation}/permission-access/{rest}");
        for answer in [
            client.send(Method::GET, &path("query/unknown"), None, None).await,
            client.send(Method::GET, &path("query/unknown/file"), None, None).await,
            client.send(Method::POST, &path("session"), None, Some(json!({ "appId": 1 }))).await,
            client.send(Method::POST, &path("postbox/unknown"), None, None).await,
            client.send(Method::POST, &format!("/{generation}/oauth/token"), None, None).await,
        ] {
            let error = &answer.json()["error"];
            for (member, header) in
                [("code", "x-error-code"), ("message", "x-error-message"), ("reference", "x-error-reference")]
            {
                assert!(!answer.header(header).is_empty(), "{generation}: {}", answer.text());
                assert_eq!(error[member], answer.header(header), "{generation} {header}");
            }
        }
    }
    world.sandbox.allow_refusals();
}

#[tokio::test]
async fn only_the_deletion_of_a_user_is_answered_without_a_body() {
    let world = world(Timeline::INSTANT).await;
    let user = consented(&world, PAGE).await;
    let session = open_session(&user.client, &world.credentials(ContractKind::Read)).await;
    let trigger = "permission-access/trigger";
    let named = user.claims(json!({ "session_key": session }));
    for answer in [
        user.client.speaking("v1.4").call(Method::POST, trigger, named).await,
        user.client.call(Method::POST, trigger, user.claims(json!({}))).await,
    ] {
        assert!(answer.status.is_success() && answer.status != 204, "{}", answer.status);
        assert!(answer.json().is_object());
    }
    let deleted = user.client.call(Method::DELETE, "user", user.claims(json!({}))).await;
    assert_eq!((deleted.status.as_u16(), deleted.body.len()), (204, 0));
}

#[tokio::test]
async fn bodies_that_are_empty_or_beside_the_point_are_taken_whatever_their_type_is() {
    let world = world(Timeline::INSTANT).await;
    let user = consented(&world, PAGE).await;
    let json_type = Some("application/json");
    let options = r#"{"baseUrl":"https://api.digi.me/v1.6/","retryOptions":{"retries":5}}"#;
    for generation in ["v1.4", "v1.5", "v1.6"] {
        let client = user.client.speaking(generation);
        let send = |path: &str, claims: Value, content_type: Option<&str>, body: &str| {
            let jwt = client.sign(&client.claims(claims));
            let request = client.request(Method::POST, &format!("/{generation}/{path}"), Some(&jwt));
            let request = match content_type {
                Some(content_type) => request.header("Content-Type", content_type),
                None => request,
            };
            Answer::of(request.body(body.to_owned()))
        };
        for (content_type, body) in [(json_type, ""), (None, ""), (json_type, options)] {
            let refresh = json!({ "grant_type": "refresh_token", "refresh_token": user.refresh });
            let answer = send("oauth/token", refresh, content_type, body).await;
            assert_eq!(answer.status, 200, "{generation} {content_type:?}: {}", answer.text());
        }
        let answer = send("oauth/authorize", RawClient::authorize_claims(), None, "").await;
        assert_eq!(answer.status, 200, "{generation}: {}", answer.text());
    }
    let path = format!("/v1.4/permission-access/query/{}", user.session);
    let request = user.client.request(Method::GET, &path, None).header("Content-Type", "application/json");
    assert_eq!(Answer::of(request).await.status, 200);
}

#[tokio::test]
async fn the_path_chooses_the_form_of_a_file_whatever_is_accepted() {
    let world = world(Timeline::INSTANT).await;
    let user = consented(&world, PAGE).await;
    let name = unsigned(&user, "v1", &user.session).await.json()["fileList"][0].as_str().unwrap().to_owned();
    for (generation, form) in [("v1.4", "application/json"), ("v1.6", "application/octet-stream")] {
        for accepted in [
            &["application/octet-stream", "application/json"][..],
            &["application/json", "application/octet-stream"],
            &[],
        ] {
            let path = format!("/{generation}/permission-access/query/{}/{name}", user.session);
            let request = user.client.request(Method::GET, &path, None);
            let request = accepted.iter().fold(request, |it, accept| it.header("Accept", *accept));
            let answer = Answer::of(request.header("Accept-Encoding", "gzip")).await;
            assert_eq!((answer.status.as_u16(), answer.header("content-type")), (200, form), "{accepted:?}");
            // Rule 23: Android peeks as many bytes as the header says.
            assert_eq!(answer.header("content-length"), answer.body.len().to_string());
            assert!(!answer.headers.contains_key("content-encoding"));
        }
    }
}

#[tokio::test]
async fn the_signing_key_is_first_in_the_set_with_its_pem_and_tokens_name_it() {
    let world = world(Timeline::INSTANT).await;
    let user = consented(&world, PAGE).await;
    for generation in ["v1.4", "v1.5", "v1.6", "v1.7"] {
        let set =
            user.client.send(Method::GET, &format!("/{generation}/jwks/oauth"), None, None).await.json();
        let first = &set["keys"][0];
        for member in ["kid", "kty", "e", "n"] {
            assert!(first[member].is_string(), "{member} of {first}");
        }
        let pem = first["pem"].as_str().unwrap();
        assert!(pem.starts_with("-----BEGIN RSA PUBLIC KEY-----"), "{pem}");
        let answer = user.client.speaking(generation).refresh(&user.refresh).await.json();
        let token = answer["token"].as_str().unwrap();
        let header = jsonwebtoken::decode_header(token).unwrap();
        assert_eq!(header.kid.as_deref(), first["kid"].as_str());
        let fetched = user.client.get(&header.jku.unwrap()).await.json();
        assert_eq!(fetched["keys"][0], *first, "the URL in the header leads to the same set");
        let key = jsonwebtoken::DecodingKey::from_rsa_pem(pem.as_bytes()).unwrap();
        let mut validation = jsonwebtoken::Validation::new(jsonwebtoken::Algorithm::PS512);
        validation.required_spec_claims.clear();
        validation.validate_exp = payload(token).get("exp").is_some();
        validation.validate_aud = false;
        jsonwebtoken::decode::<Value>(token, &key, &validation).expect("signed by the first key");
    }
}

#[tokio::test]
async fn a_file_is_there_as_soon_as_it_is_listed_and_not_found_before() {
    let instant = world(Timeline::INSTANT).await;
    let wanted = consented(&instant, PAGE).await;
    let entries = unsigned(&wanted, "v1.6", &wanted.session).await.json();
    let names = entries["fileList"].as_array().unwrap().iter();
    let names: Vec<_> = names.map(|it| it["name"].as_str().unwrap().to_owned()).collect();
    let world = world(Timeline::default()).await;
    let user = consented(&world, PAGE).await;
    let listed = || async {
        let list = unsigned(&user, "v1.6", &user.session).await.json();
        let entries = list["fileList"].as_array().cloned().unwrap_or_default();
        entries.iter().map(|it| it["name"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    let (mut before, mut found) = (0, 0);
    for _ in 0..200 {
        let there = listed().await;
        for name in &names {
            let answer = unsigned(&user, "v1.6", &format!("{}/{name}", user.session)).await;
            if answer.status == 200 {
                found += 1;
                // The clock goes on between two requests.
                assert!(there.contains(name) || listed().await.contains(name), "{name} is not listed");
            } else {
                before += 1;
                assert_eq!(answer.error(), (404, "FileNotFound".to_owned()));
                assert!(!there.contains(name), "{name} is listed");
            }
        }
        if there.len() == names.len() {
            break;
        }
        world.sandbox.clock().advance(Duration::from_millis(250));
    }
    assert!(before > 0 && found >= names.len(), "{before} before, {found} listed");
    world.sandbox.allow_refusals();
}

#[tokio::test]
async fn a_header_contenttype_means_nothing() {
    let world = world(Timeline::INSTANT).await;
    let client = world.raw(ContractKind::Read).speaking("v1.6");
    let (page, _) = client.authorize().await;
    let callback = world.sandbox.approve(&client.page(&page, PAGE)).unwrap();
    let claims = json!({
        "grant_type": "authorization_code",
        "code": parameter(&callback, "code").unwrap(),
        "code_verifier": VERIFIER,
    });
    let jwt = client.sign(&client.claims(claims));
    let request = client.request(Method::POST, "/v1.6/oauth/token", Some(&jwt));
    let answer = Answer::of(request.header("contenttype", "application/octet-stream")).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
}

#[tokio::test]
async fn signatures_have_a_salt_of_64_bytes_in_both_directions() {
    let world = world(Timeline::INSTANT).await;
    let credentials = world.credentials(ContractKind::Read);
    let private = RsaPrivateKey::from_pkcs1_pem(credentials.private_key.as_deref().unwrap()).unwrap();
    let client = world.raw(ContractKind::Read);
    for (salt, accepted) in [(64, true), (32, false), (0, false), (65, false)] {
        let encoded = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
        let header = encoded(&json!({ "typ": "JWT", "alg": "PS512" }));
        let signed = format!("{header}.{}", encoded(&client.claims(RawClient::authorize_claims())));
        let scheme = Pss::new_with_salt::<Sha512>(salt);
        let signature = private.sign_with_rng(&mut OsRng, scheme, &Sha512::digest(&signed)).unwrap();
        let jwt = format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature));
        let answer = client.send(Method::POST, "/v1.6/oauth/authorize", Some(&jwt), None).await;
        if !accepted {
            assert_eq!(answer.error(), (401, "InvalidJWT".to_owned()), "a salt of {salt} bytes");
            continue;
        }
        let token = answer.json()["token"].as_str().unwrap().to_owned();
        let (signed, signature) = token.rsplit_once('.').unwrap();
        let signature = URL_SAFE_NO_PAD.decode(signature).unwrap();
        let set = client.send(Method::GET, "/v1.6/jwks/oauth", None, None).await.json();
        let public = RsaPublicKey::from_pkcs1_pem(set["keys"][0]["pem"].as_str().unwrap()).unwrap();
        let verified =
            |salt| public.verify(Pss::new_with_salt::<Sha512>(salt), &Sha512::digest(signed), &signature);
        assert!(verified(64).is_ok() && verified(32).is_err());
    }
}
