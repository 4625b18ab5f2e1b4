//! Users as whoever runs a sandbox sees them and changes what becomes of them.

use std::collections::BTreeSet;

use digime_mock_server::ContractKind;
use digime_tests::{Answer, RawUser, World};
use reqwest::Method;
use serde_json::{Value, json};

async fn ask(world: &World, method: Method, path: &str, body: Option<Value>) -> Answer {
    let raw = world.raw(ContractKind::Read);
    let separator = if path.contains('?') { '&' } else { '?' };
    let path = format!("/__admin/{path}{separator}sandbox={}", world.sandbox.id());
    raw.send(method, &path, None, body).await
}

async fn get(world: &World, path: &str) -> Value {
    let answer = ask(world, Method::GET, path, None).await;
    assert_eq!(answer.status, 200, "{path}: {}", answer.text());
    answer.json()
}

/// The id of the only user.
async fn only(world: &World) -> String {
    let users = get(world, "users").await;
    assert_eq!(users["users"].as_array().unwrap().len(), 1, "{users}");
    users["users"][0]["user"].as_str().unwrap().to_owned()
}

fn find<'a>(list: &'a Value, name: &str, value: &str) -> &'a Value {
    list.as_array().unwrap().iter().find(|it| it[name] == value).unwrap_or_else(|| panic!("{value}: {list}"))
}

/// The state of the only account of a fresh session.
async fn sync(user: &RawUser) -> Value {
    let session = user.trigger(json!({})).await;
    let details = user.file_list(&session).await.json()["status"]["details"].clone();
    details.as_object().unwrap().values().next().unwrap().clone()
}

#[tokio::test]
async fn users_are_listed_page_by_page_and_found() {
    let world = World::new().await;
    assert_eq!(get(&world, "users").await, json!({ "users": [] }));
    assert_eq!(world.sandbox.make_users(23), 23);
    let (mut seen, mut pages, mut after) = (BTreeSet::new(), Vec::new(), String::new());
    loop {
        let page = get(&world, &format!("users?limit=10&after={after}")).await;
        let users = page["users"].as_array().unwrap();
        pages.push(users.len());
        seen.extend(users.iter().map(|user| user["user"].as_str().unwrap().to_owned()));
        match page["next"].as_str() {
            Some(next) => after = next.to_owned(),
            None => break,
        }
    }
    assert_eq!((pages, seen.len()), (vec![10, 10, 3], 23));
    let one = seen.iter().next_back().unwrap();
    let found = get(&world, &format!("users?search={}", &one[12..])).await;
    assert_eq!(found["users"].as_array().unwrap().len(), 1, "{found}");
    assert_eq!(found["users"][0]["user"], json!(one));
    assert_eq!(found["users"][0]["accounts"][0]["source"], "Facebook");
    assert_eq!(get(&world, "users?search=FACEBOOK&limit=20").await["users"].as_array().unwrap().len(), 20);
    assert_eq!(get(&world, "users?search=nobody").await, json!({ "users": [] }));
    for wrong in ["limit=0", "limit=501", "limit=many"] {
        let answer = ask(&world, Method::GET, &format!("users?{wrong}"), None).await;
        assert_eq!(answer.error(), (400, "ValidationErrors".to_owned()), "{wrong}");
    }
}

#[tokio::test]
async fn a_user_is_shown_with_everything_but_secrets() {
    let world = World::new().await;
    let user = world.raw_user(ContractKind::Read).await;
    user.refer(json!({})).await;
    let id = only(&world).await;
    let answer = ask(&world, Method::GET, &format!("users/{id}"), None).await;
    let shown = answer.json();
    assert_eq!(shown["accounts"][0]["dataSet"], "default");
    assert_eq!(shown["accounts"][0]["error"], Value::Null);
    assert_eq!(shown["consents"][0]["clientId"], json!(user.client.client_id));
    let roles: Vec<_> =
        shown["tokens"].as_array().unwrap().iter().map(|it| (&it["role"], &it["life"])).collect();
    assert_eq!(roles, [(&json!("access"), &json!("alive")), (&json!("refresh"), &json!("alive"))]);
    assert_eq!(shown["sessions"][0]["life"], "alive");
    assert_eq!(
        (&shown["codes"][0]["life"], &shown["pages"][0]["purpose"]),
        (&json!("used"), &json!("extend"))
    );
    for secret in [&user.access, &user.refresh, &user.session] {
        assert!(!answer.text().contains(secret.as_str()), "{secret}");
    }
    // The fingerprint of a token is the link of the requests that showed it.
    let token = shown["tokens"][0]["fingerprint"].as_str().unwrap();
    user.accounts().await;
    let linked = get(&world, &format!("requests?operation=readAccounts&link={token}")).await;
    assert_eq!(linked["requests"].as_array().unwrap().len(), 1);
    world.sandbox.clock().advance(std::time::Duration::from_secs(3 * 86_400));
    let later = get(&world, &format!("users/{id}")).await;
    assert_eq!(find(&later["tokens"], "role", "access")["life"], "expired", "by the sandbox's clock");
    assert_eq!(ask(&world, Method::GET, "users/nobody", None).await.error(), (404, "NotFound".to_owned()));
}

#[tokio::test]
async fn a_token_that_is_expired_or_revoked_opens_nothing_and_a_refresh_helps() {
    let world = World::new().await;
    let user = world.raw_user(ContractKind::Read).await;
    let id = only(&world).await;
    let token = async |role: &str| {
        let shown = get(&world, &format!("users/{id}")).await;
        find(&shown["tokens"], "role", role)["fingerprint"].as_str().unwrap().to_owned()
    };
    let access = token("access").await;
    let expired = ask(&world, Method::POST, &format!("users/{id}/tokens/{access}/expire"), None).await;
    assert_eq!(expired.status, 200, "{}", expired.text());
    assert_eq!(find(&expired.json()["tokens"], "fingerprint", &access)["life"], "expired");
    let refused = user.call(Method::GET, "permission-access/accounts").await;
    assert_eq!(refused.error(), (401, "InvalidToken".to_owned()));
    let explained = world.sandbox.explain(refused.header("x-error-reference")).unwrap();
    assert!(explained.contains("expired"), "{explained}");
    let pair = user.client.refresh(&user.refresh).await.token();
    let access = pair["access_token"]["value"].as_str().unwrap().to_owned();
    let renewed = RawUser { access, ..user.clone() };
    assert_eq!(renewed.call(Method::GET, "permission-access/accounts").await.status, 200);

    let shown = get(&world, &format!("users/{id}")).await;
    let alive = find(&shown["tokens"], "life", "alive")["fingerprint"].as_str().unwrap().to_owned();
    let revoked = ask(&world, Method::DELETE, &format!("users/{id}/tokens/{alive}"), None).await;
    assert!(!revoked.text().contains(&alive));
    let refused = renewed.call(Method::GET, "permission-access/accounts").await;
    assert_eq!(refused.error(), (401, "InvalidToken".to_owned()));
    for path in [format!("users/{id}/tokens/{alive}"), format!("users/{id}/tokens/{alive}/expire")] {
        let method = if path.ends_with("expire") { Method::POST } else { Method::DELETE };
        assert_eq!(ask(&world, method, &path, None).await.error().0, 404, "{path}");
    }
    let wrong = ask(&world, Method::DELETE, &format!("users/{id}/tokens/{}", user.refresh), None).await;
    assert_eq!(wrong.error(), (400, "ValidationErrors".to_owned()), "a token is no fingerprint");
    assert!(!wrong.text().contains(&user.refresh));
}

#[tokio::test]
async fn a_session_ends() {
    let world = World::new().await;
    let user = world.raw_user(ContractKind::Read).await;
    let id = only(&world).await;
    assert_eq!(user.file_list(&user.session).await.status, 200);
    let session = get(&world, &format!("users/{id}")).await["sessions"][0]["fingerprint"].clone();
    let path = format!("users/{id}/sessions/{}", session.as_str().unwrap());
    let ended = ask(&world, Method::DELETE, &path, None).await.json();
    assert_eq!(ended["sessions"][0]["life"], "expired");
    assert_eq!(user.file_list(&user.session).await.error(), (404, "SessionInvalid".to_owned()));
}

#[tokio::test]
async fn an_account_fails_and_recovers_in_the_syncs_that_follow() {
    let world = World::new().await;
    let user = world.raw_user(ContractKind::Read).await;
    let id = only(&world).await;
    let account = get(&world, &format!("users/{id}")).await["accounts"][0]["id"].as_str().unwrap().to_owned();
    assert_eq!(sync(&user).await["state"], "completed");
    let path = format!("users/{id}/accounts/{account}");
    for (source, code, reauth) in [
        ("asksForLogin", json!("ServiceAuthorizationError"), json!(true)),
        ("fails", json!("ServerError"), Value::Null),
        ("works", Value::Null, Value::Null),
    ] {
        let changed = ask(&world, Method::PATCH, &path, Some(json!({ "source": source }))).await;
        assert_eq!(changed.json()["accounts"][0]["error"]["code"], code, "{source}");
        let state = sync(&user).await;
        assert_eq!(state["error"]["code"], code, "{source}: {state}");
        assert_eq!(state["state"] == "completed", code.is_null(), "{source}: {state}");
        assert!(reauth.is_null() || state["error"]["reauth"] == reauth, "{source}: {state}");
    }
    for wrong in [json!({}), json!({ "source": "sleeps" }), json!({ "fails": true })] {
        let answer = ask(&world, Method::PATCH, &path, Some(wrong.clone())).await;
        assert_eq!(answer.error(), (400, "ValidationErrors".to_owned()), "{wrong}");
    }
    let nothing = ask(&world, Method::PATCH, &format!("{path}x"), Some(json!({ "source": "works" }))).await;
    assert_eq!(nothing.error(), (404, "AccountNotFound".to_owned()));
}

#[tokio::test]
async fn files_are_shown_as_they_are_before_anybody_encrypts_them() {
    let world = World::new().await;
    let user = world.raw_user(ContractKind::Read).await;
    let writer =
        RawUser::consent(world.raw(ContractKind::Write), &world.sandbox, Some(&user.access), "").await;
    let id = only(&world).await;
    let listed = get(&world, &format!("users/{id}/files")).await;
    let names: Vec<_> =
        listed["files"].as_array().unwrap().iter().map(|file| file["name"].as_str().unwrap()).collect();
    let in_session = user.file_names(&user.session).await;
    assert!(in_session.iter().all(|name| names.contains(&name.as_str())), "{in_session:?} of {names:?}");
    let shown = ask(&world, Method::GET, &format!("users/{id}/files/{}", in_session[0]), None).await;
    assert_eq!(shown.header("content-type"), "application/json");
    assert_eq!(shown.body, world.fixture("default", &in_session[0]));

    let descriptor = json!({ "metadata": { "mimeType": "text/html", "accounts": [] } });
    let jwt = writer.client.sign(&writer.client.claims(writer.claims(json!({}))));
    let page = b"<script>alert(1)</script>";
    let push = writer.client.request(Method::POST, "/v1.7/permission-access/import", Some(&jwt));
    let pushed =
        Answer::of(push.header("FileDescriptor", file_descriptor(&writer, &descriptor)).body(&page[..]))
            .await;
    assert!(pushed.status.is_success(), "{} {}", pushed.status, pushed.text());
    let listed = get(&world, &format!("users/{id}/files")).await;
    let file = find(&listed["files"], "mediaType", "text/html");
    let shown =
        ask(&world, Method::GET, &format!("users/{id}/files/{}", file["name"].as_str().unwrap()), None).await;
    assert_eq!(shown.body, page);
    assert_eq!(shown.header("content-type"), "application/octet-stream", "no browser runs it");
    assert_eq!(shown.header("content-security-policy"), "default-src 'none'; sandbox");
    assert!(shown.header("content-disposition").starts_with("attachment"));
    let missing = ask(&world, Method::GET, &format!("users/{id}/files/none.json"), None).await;
    assert_eq!(missing.error(), (404, "FileNotFound".to_owned()));
}

/// The header that describes a pushed file: a JWT of the contract.
fn file_descriptor(user: &RawUser, metadata: &Value) -> String {
    user.client.sign(metadata)
}

#[tokio::test]
async fn a_user_is_deleted() {
    let world = World::new().await;
    let user = world.raw_user(ContractKind::Read).await;
    let id = only(&world).await;
    let removed = ask(&world, Method::DELETE, &format!("users/{id}"), None).await;
    assert_eq!(removed.json(), json!({ "removed": id }));
    assert_eq!(user.call(Method::GET, "permission-access/accounts").await.error().0, 401);
    assert_eq!(get(&world, "users").await, json!({ "users": [] }));
    assert_eq!(ask(&world, Method::DELETE, &format!("users/{id}"), None).await.error().0, 404);
}
