//! The journal as administration reads it: page by page, one request, and as events while they happen.

use std::time::Duration;

use digime_mock_server::settings::AdminToken;
use digime_mock_server::{ContractKind, Fault, MockServer, Operation};
use digime_tests::{Answer, RawClient, World};
use reqwest::Method;
use serde_json::{Value, json};

async fn ask(world: &World, query: &str) -> Answer {
    let raw = world.raw(ContractKind::Read);
    let separator = if query.contains('?') { '&' } else { '?' };
    let path = format!("/__admin/{query}{separator}sandbox={}", world.sandbox.id());
    raw.send(Method::GET, &path, None, None).await
}

fn sequences(page: &Value) -> Vec<u64> {
    page["requests"].as_array().unwrap().iter().map(|it| it["sequence"].as_u64().unwrap()).collect()
}

#[tokio::test]
async fn the_journal_is_read_page_by_page_in_both_directions() {
    let world = World::new().await;
    let raw = world.raw(ContractKind::Read);
    for _ in 0..7 {
        raw.authorize().await;
    }
    let all = ask(&world, "requests").await.json();
    assert_eq!((sequences(&all).len(), &all["next"]), (7, &Value::Null));
    for (begin, word) in [("requests?limit=3", "before"), ("requests?limit=3&after=0", "after")] {
        let (mut seen, mut query) = (Vec::new(), begin.to_owned());
        loop {
            let page = ask(&world, &query).await.json();
            let found = sequences(&page);
            assert!(found.is_sorted(), "oldest first: {found:?}");
            seen.push(found);
            let Some(next) = page["next"].as_str() else { break };
            query = format!("requests?limit=3&{word}={next}");
        }
        assert_eq!(seen.iter().map(Vec::len).collect::<Vec<_>>(), [3, 3, 1], "{begin}");
        let mut seen = seen.concat();
        seen.sort_unstable();
        seen.dedup();
        assert_eq!(seen.len(), 7, "{begin}: each once");
    }
    for wrong in
        ["limit=0", "limit=1001", "limit=x", "before=x", "before=1&after=2", "status=9xx", "status=abc"]
    {
        let answer = ask(&world, &format!("requests?{wrong}")).await;
        assert_eq!(answer.error(), (400, "ValidationErrors".to_owned()), "{wrong}");
    }
}

#[tokio::test]
async fn requests_are_found_by_operation_user_status_text_and_link() {
    let world = World::new().await;
    let (one, other) = (world.raw_user(ContractKind::Read).await, world.raw_user(ContractKind::Read).await);
    one.file_list(&one.session).await;
    one.file(&one.session, "no-such-file.json").await;
    other.file_list(&other.session).await;
    let count = async |query: &str| sequences(&ask(&world, &format!("requests?{query}")).await.json()).len();
    assert_eq!(count("operation=readFileList").await, 2);
    assert_eq!(count("operation=readFileList,readFile").await, 3);
    assert_eq!(count("operation=jwks").await, 0);
    assert_eq!((count("status=404").await, count("status=4xx").await, count("status=5xx").await), (1, 1, 0));
    assert_eq!(count("text=NO-SUCH-FILE").await, 1);
    assert_eq!(count("text=filenotfound&status=2xx").await, 0);
    let lists = ask(&world, "requests?operation=readFileList").await.json();
    let users: Vec<_> =
        lists["requests"].as_array().unwrap().iter().map(|it| it["user"].as_str().unwrap()).collect();
    assert_ne!(users[0], users[1]);
    assert_eq!(count(&format!("user={}", users[0])).await, 3, "the exchange, the list, the file");
    assert_eq!(count(&format!("user={}", users[1])).await, 2);
    // All of a flow hangs together by its links, from the first request to the last.
    let all = ask(&world, "requests").await.json();
    let entries = all["requests"].as_array().unwrap();
    let links = |entry: &Value| -> Vec<String> {
        entry["links"].as_array().unwrap().iter().map(|it| it.as_str().unwrap().to_owned()).collect()
    };
    let of_one: Vec<_> = entries.iter().filter(|it| it["user"] == json!(users[0])).collect();
    let authorize = entries.iter().find(|it| it["operation"] == "authorize").unwrap();
    let session = links(authorize).into_iter().find(|link| links(of_one[1]).contains(link)).unwrap();
    assert_eq!(count(&format!("link={session}")).await, 3, "the session: its beginning, the list, the file");
    for secret in [&one.access, &one.refresh] {
        assert!(!ask(&world, "requests").await.text().contains(secret.as_str()));
    }
}

#[tokio::test]
async fn one_request_tells_what_its_claims_mean_and_which_check_failed() {
    let world = World::new().await;
    let raw = world.raw(ContractKind::Read);
    raw.exchange("wrong").await;
    let last = sequences(&ask(&world, "requests").await.json()).pop().unwrap();
    let shown = ask(&world, &format!("requests/{last}")).await.json();
    assert_eq!(shown["refusal"]["code"], "InvalidGrant");
    let claims = shown["explainedClaims"].as_array().unwrap();
    let claim = |name: &str| claims.iter().find(|claim| claim["name"] == name).unwrap();
    assert!(claim("nonce")["meaning"].as_str().unwrap().contains("used once"));
    assert!(claim("code")["value"].as_str().unwrap().starts_with("[redacted"));
    let failed = shown["checks"].as_array().unwrap().iter().find(|check| check["passed"] == false).unwrap();
    assert_eq!(failed["check"], "authorization code");
    for (sequence, error) in [
        ("99999", (404, "NotFound")),
        ("0", (404, "NotFound")),
        ("x", (400, "ValidationErrors")),
        ("-1", (400, "ValidationErrors")),
        ("1?server=another", (404, "NotFound")),
    ] {
        let answer = ask(&world, &format!("requests/{sequence}")).await;
        assert_eq!(answer.error(), (error.0, error.1.to_owned()), "{sequence}");
    }
}

/// Server-sent events as a client reads them.
struct Events {
    response: reqwest::Response,
    text: String,
    /// The id of the last event that was read.
    id: String,
}

impl Events {
    async fn open(url: &str, headers: &[(&str, &str)]) -> Self {
        let request = reqwest::Client::new().get(url);
        let request = headers.iter().fold(request, |request, (name, value)| request.header(*name, *value));
        let response = request.send().await.unwrap();
        assert_eq!(response.status(), 200);
        assert_eq!(response.headers()["content-type"], "text/event-stream");
        Self { response, text: String::new(), id: String::new() }
    }

    async fn of(world: &World, query: &str, headers: &[(&str, &str)]) -> Self {
        let url = format!("{}/__admin/events?sandbox={}{query}", world.server.url(), world.sandbox.id());
        Self::open(&url, headers).await
    }

    /// The next event, which may be none because the stream has ended.
    async fn next(&mut self) -> Option<(String, Value)> {
        loop {
            if let Some((event, rest)) = self.text.split_once("\n\n") {
                let event = event.to_owned();
                self.text = rest.to_owned();
                let field =
                    |name: &str| event.lines().find_map(|line| line.strip_prefix(name)).map(str::to_owned);
                let Some(name) = field("event: ") else { continue };
                self.id = field("id: ").unwrap();
                return Some((name, serde_json::from_str(&field("data: ").unwrap()).unwrap()));
            }
            let chunk = tokio::time::timeout(Duration::from_secs(20), self.response.chunk()).await;
            let chunk = chunk.expect("nothing came for 20 seconds").ok()??;
            self.text.push_str(std::str::from_utf8(&chunk).unwrap());
        }
    }

    /// The next event of this name, whatever others come before it.
    async fn wait_for(&mut self, name: &str) -> Value {
        loop {
            let (found, data) = self.next().await.expect("the stream has ended");
            if found == name {
                return data;
            }
        }
    }
}

#[tokio::test]
async fn what_happens_comes_as_events() {
    let world = World::new().await;
    let raw = world.raw(ContractKind::Read);
    raw.authorize().await;
    let mut events = Events::of(&world, "", &[]).await;
    assert_eq!(events.next().await.unwrap().0, "ready");
    assert_eq!(events.next().await.unwrap().0, "clock");
    assert_eq!(events.next().await.unwrap(), ("faults".to_owned(), json!({ "faults": [] })));
    let refused = raw.exchange("wrong").await;
    assert_eq!(refused.status, 400);
    let request = events.wait_for("request").await;
    assert_eq!(
        (&request["operation"], &request["status"], &request["code"], &request["sequence"]),
        (&json!("token"), &json!(400), &json!("InvalidGrant"), &json!(2)),
        "what came before is not told again"
    );
    world.sandbox.inject(Fault::on(Operation::READ_FILE).status(503));
    assert_eq!(events.wait_for("faults").await["faults"][0]["operation"], "readFile");
    world.sandbox.clear_faults();
    assert_eq!(events.wait_for("faults").await, json!({ "faults": [] }));
    world.sandbox.clock().advance(Duration::from_secs(7200));
    assert_eq!(events.wait_for("clock").await["offset"], "2h");
    raw.send(Method::DELETE, &format!("/__admin/requests?sandbox={}", world.sandbox.id()), None, None).await;
    events.wait_for("cleared").await;
    raw.authorize().await;
    assert_eq!(events.wait_for("request").await["sequence"], 3, "the count goes on");
    // Whoever was away while all was forgotten is told so, and whoever was not is not.
    let seen = events.id.clone();
    let path = format!("/__admin/requests?sandbox={}", world.sandbox.id());
    raw.send(Method::DELETE, &path, None, None).await;
    let mut again = Events::of(&world, &format!("&after={seen}"), &[]).await;
    assert_eq!(again.next().await.unwrap().0, "ready");
    assert_eq!(again.next().await.unwrap().0, "cleared");
}

#[tokio::test]
async fn a_stream_resumes_without_a_gap_and_says_what_is_forgotten() {
    let world = World::with(|builder| builder.settings(|settings| settings.journal_size = 5)).await;
    let raw = world.raw(ContractKind::Read);
    let mut events = Events::of(&world, "", &[]).await;
    events.wait_for("ready").await;
    raw.authorize().await;
    events.wait_for("request").await;
    let seen = events.id.clone();
    drop(events);
    for _ in 0..4 {
        raw.authorize().await;
    }
    for (query, headers) in
        [(String::new(), vec![("Last-Event-ID", seen.as_str())]), (format!("&after={seen}"), vec![])]
    {
        let mut again = Events::of(&world, &query, &headers).await;
        for sequence in 2..=5 {
            assert_eq!(again.wait_for("request").await["sequence"], sequence);
        }
    }
    for _ in 0..4 {
        raw.authorize().await;
    }
    let mut late = Events::of(&world, &format!("&after={seen}"), &[]).await;
    let gap = late.wait_for("forgotten").await;
    assert_eq!((&gap["first"], &gap["last"]), (&json!(2), &json!(4)));
    for sequence in 5..=9 {
        assert_eq!(late.wait_for("request").await["sequence"], sequence);
    }
    let mut by_number = Events::of(&world, "&after=7", &[]).await;
    assert_eq!(by_number.wait_for("request").await["sequence"], 8);
    let mut of_another_start = Events::of(&world, "&after=abcdefgh:900", &[]).await;
    if !digime_tests::world::default_sandbox_is_shared() {
        of_another_start.wait_for("cleared").await;
    }
    assert_eq!(of_another_start.wait_for("request").await["sequence"], 5);
    for wrong in ["x", "a:b", "1,2"] {
        let answer = ask(&world, &format!("events?after={wrong}")).await;
        assert_eq!(answer.error(), (400, "ValidationErrors".to_owned()), "{wrong}");
    }
}

#[tokio::test]
async fn a_stream_ends_with_its_server_or_sandbox() {
    let world = World::new().await;
    let made =
        world.raw(ContractKind::Read).send(Method::POST, "/__admin/sandboxes", None, None).await.json();
    let fresh = made["sandbox"].as_str().unwrap();
    let mut events =
        Events::open(&format!("{}/__admin/events?sandbox={fresh}", world.server.url()), &[]).await;
    events.wait_for("faults").await;
    let path = format!("/__admin/sandboxes?sandbox={fresh}");
    world.raw(ContractKind::Read).send(Method::DELETE, &path, None, None).await;
    assert_eq!(events.next().await, None, "its sandbox is gone");

    let server = MockServer::start().await;
    let mut events = Events::open(&format!("{}/__admin/events", server.url()), &[]).await;
    events.wait_for("faults").await;
    let stopping = tokio::task::spawn_blocking(move || drop(server));
    assert_eq!(events.next().await, None, "the server stops");
    tokio::time::timeout(Duration::from_secs(5), stopping).await.expect("it waits for nobody").unwrap();
}

#[tokio::test]
async fn a_slow_reader_holds_up_nobody_and_there_are_only_so_many_streams() {
    let world = World::new().await;
    let raw = world.raw(ContractKind::Read);
    let mut open = Vec::new();
    for _ in 0..50 {
        open.push(Events::of(&world, "", &[]).await);
    }
    let one_more = ask(&world, "events").await;
    assert_eq!(one_more.error(), (429, "TooManyRequests".to_owned()));
    assert_eq!(one_more.header("retry-after"), "10");
    for _ in 0..20 {
        raw.authorize().await;
    }
    // Whoever has read nothing so far finds all of it.
    let mut last = open.pop().unwrap();
    for sequence in 1..=20 {
        assert_eq!(last.wait_for("request").await["sequence"], sequence);
    }
    drop((open, last));
    let freed = async {
        while reqwest::Client::new()
            .get(format!("{}/__admin/events?sandbox={}", world.server.url(), world.sandbox.id()))
            .send()
            .await
            .unwrap()
            .status()
            != 200
        {
            raw.authorize().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), freed).await.expect("places are free again");
}

#[tokio::test]
async fn a_partner_follows_its_own_sandbox_until_its_token_is_renewed() {
    const HOST: &str = "the-host's-token";
    let server = MockServer::builder().settings(|settings| {
        settings.admin_token = Some(AdminToken::new(HOST).unwrap());
    });
    let server = server.start().await;
    let raw = RawClient::new(&server.url(), server.credentials().contract(ContractKind::Read).unwrap());
    let made = raw.send(Method::POST, "/__admin/partners", Some(HOST), Some(json!({}))).await.json();
    let (token, id) = (made["token"].as_str().unwrap(), made["partnerId"].as_str().unwrap());
    let url = format!("{}/__admin/events", server.url());
    let bearer = format!("Bearer {token}");
    let mut events = Events::open(&url, &[("Authorization", &bearer)]).await;
    let ready = events.wait_for("ready").await;
    assert_eq!(ready["sandbox"], made["sandbox"]);
    // All sandboxes of a partner have as many streams as one.
    let further = raw.send(Method::POST, "/__admin/sandboxes", Some(token), None).await.json();
    let further = format!("{url}?sandbox={}", further["sandbox"].as_str().unwrap());
    let mut others = Vec::new();
    for _ in 1..50 {
        others.push(Events::open(&further, &[("Authorization", &bearer)]).await);
    }
    // Its head alone is looked at: a stream that is open has no end.
    let one_more = reqwest::Client::new().get(&url).bearer_auth(token).send().await.unwrap();
    assert_eq!(one_more.status(), 429);
    drop(others);
    let foreign = raw.send(Method::GET, "/__admin/events?sandbox=default", Some(token), None).await;
    assert_eq!(foreign.error(), (404, "NotFound".to_owned()));
    assert_eq!(raw.send(Method::GET, "/__admin/events", None, None).await.error().0, 403);
    events.wait_for("faults").await;
    raw.send(Method::POST, &format!("/__admin/partners/{id}/token"), Some(HOST), None).await;
    assert_eq!(events.next().await, None);
}

#[tokio::test]
async fn a_flow_is_all_that_hangs_together_with_its_drawing() {
    let world = World::new().await;
    let (one, other) = (world.raw_user(ContractKind::Read).await, world.raw_user(ContractKind::Read).await);
    let name = one.file_names(&one.session).await[0].clone();
    one.file(&one.session, &name).await;
    one.client.exchange("wrong").await;
    other.file(&other.session, "no-such-file.json").await;
    let listed = ask(&world, "flows").await.json();
    assert_eq!(listed["total"], 2, "what shows no code of the sandbox is of no flow: {listed}");
    let (last, first) = (&listed["flows"][0], &listed["flows"][1]);
    assert_eq!(
        (&last["refused"], &first["refused"]),
        (&json!(1), &json!(0)),
        "the one that went on last comes first"
    );
    assert_eq!(first["operations"], json!(["authorize", "token", "readFileList", "readFile"]));
    let user = first["users"][0].as_str().unwrap();
    let of_user = ask(&world, &format!("flows?user={user}")).await.json();
    assert_eq!((&of_user["total"], &of_user["flows"][0]), (&json!(1), first));
    assert_eq!(ask(&world, "flows?offset=1&limit=1").await.json()["flows"], json!([first]));

    let answer = ask(&world, &format!("flows/{}", first["flow"].as_str().unwrap())).await;
    let flow = answer.json();
    let operations: Vec<_> =
        flow["requests"].as_array().unwrap().iter().map(|it| it["operation"].clone()).collect();
    assert_eq!(operations.len(), 4, "{flow}");
    let drawing = flow["diagram"].as_str().unwrap();
    assert!(drawing.starts_with("<svg ") && drawing.contains("readFileList"), "{drawing}");
    let first_request = &flow["requests"][0];
    // Servers on one database count their requests each for itself.
    let server = first_request["server"].as_str().map(|server| format!("{server}.")).unwrap_or_default();
    let link = format!("href=\"#{server}{}\"", first_request["sequence"]);
    assert!(drawing.contains(&link), "{drawing}");
    assert!(flow["record"].as_str().unwrap().contains(&format!("--sandbox {}", world.sandbox.id())));
    for secret in [&one.access, &one.refresh] {
        assert!(!answer.text().contains(secret.as_str()));
    }
    // Any link of it leads to it.
    let link = flow["requests"][3]["links"][0].as_str().unwrap();
    assert_eq!(ask(&world, &format!("flows/{link}")).await.json()["flow"], flow["flow"]);
    let short = ask(&world, "requests?form=short&limit=1").await.json();
    assert_eq!(
        (&short["requests"][0]["code"], &short["requests"][0].get("headers")),
        (&json!("FileNotFound"), &None)
    );
    assert_eq!(ask(&world, "requests?form=tall").await.error().0, 400);
    assert_eq!(ask(&world, "flows/none").await.error(), (404, "NotFound".to_owned()));
    for wrong in ["limit=0", "offset=x"] {
        assert_eq!(ask(&world, &format!("flows?{wrong}")).await.error().0, 400, "{wrong}");
    }
}
