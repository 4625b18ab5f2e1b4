//! Connections that are reset at every byte of a flow.

use serde_json::Value;

use crate::client::{Connection, text};
use crate::library::{Library, exchange};
use crate::number;
use crate::peer::{Answer, Peer, request};
use crate::serving::Serving;
use crate::user::authorization;

/// How long the push is.
const PUSH: usize = 100_000;
/// From one cut to the next in the body of the push, and in the file, in bytes.
const BODY_STEP: usize = 9973;

/// A flow whose requests are cut before they are sent whole.
struct Flow<'a> {
    serving: &'a Serving,
    /// From one cut to the next, in bytes.
    step: usize,
    /// Where the first cut is, so that they differ from request to request where they are few.
    first: usize,
    cuts: usize,
}

impl Flow<'_> {
    /// Sends a request up to each of its bytes but the last, each time on a connection that is then reset.
    fn cut(&mut self, request: &[u8]) {
        for end in (self.first % self.step..request.len()).step_by(self.step) {
            let mut peer = Peer::connect(&self.serving.origin);
            peer.send(&request[..end]).unwrap();
            peer.reset();
            self.cuts += 1;
        }
        self.first += 7;
    }

    /// Cuts a request, and then sends it whole: the very bytes, whose nonce was not used up.
    fn pass(&mut self, request: &[u8]) -> Answer {
        self.cut(request);
        let answer = Peer::connect(&self.serving.origin).ask(request).unwrap();
        assert!(answer.status < 400, "{answer:?}");
        answer
    }
}

/// The payload of the token that an answer brings.
fn token(answer: &Answer) -> Value {
    use base64::Engine as _;
    let json: Value = serde_json::from_slice(&answer.body).unwrap();
    let payload = json["token"].as_str().unwrap().split('.').nth(1).unwrap();
    serde_json::from_slice(&base64::engine::general_purpose::URL_SAFE_NO_PAD.decode(payload).unwrap())
        .unwrap()
}

fn cut_everywhere(arguments: &[&str]) {
    let serving = Serving::start(arguments);
    serving.serves_others();
    let before = serving.descriptors();
    // Others ask for what is refused, too.
    serving.client().connection.send("DELETE /__admin/requests", &[], b"").unwrap();
    let mut flow = Flow { serving: &serving, step: number("DIGIME_CUTS", 160), first: 0, cuts: 0 };
    let client = serving.client();
    let signed = |line: &str, claims: Value, body: &[u8]| {
        let jwt = client.write.request(claims).unwrap();
        request(&serving.origin, line, &[("Authorization", &format!("Bearer {jwt}"))], body)
    };

    let authorized = flow.pass(&signed("POST /v1.7/oauth/authorize", authorization(None), b"{}"));
    let page = format!(
        "POST /apps/saas/authorize?code={}",
        text(&token(&authorized), "/preauthorization_code").unwrap()
    );
    let consented = flow.pass(&request(&serving.origin, &page, &[], b"decision=approve"));
    let location = consented.location.unwrap();
    let code = location.split(['?', '&']).find_map(|pair| pair.strip_prefix("code=")).unwrap();
    // A code that was not exchanged can still be, however often somebody began to.
    let pair = token(&flow.pass(&signed("POST /v1.7/oauth/token", exchange(code), b"")));
    let writer = text(&pair, "/access_token/value").unwrap().to_owned();

    let library = Library::of(&serving, serving.client(), writer);
    let head = library.push_head(PUSH);
    flow.cut(head.as_bytes());
    let body = [b'x'; PUSH];
    for end in (0..PUSH).step_by(BODY_STEP) {
        // The head is checked before the body comes, so that each has a nonce of its own.
        let mut peer = Peer::connect(&serving.origin);
        peer.send(library.push_head(PUSH).as_bytes()).unwrap();
        peer.send(&body[..end]).unwrap();
        peer.reset();
        flow.cuts += 1;
    }
    assert_eq!(library.count(), 0, "a push that was cut is in the library");
    let answer = Peer::connect(&serving.origin).ask(&[head.as_bytes(), &body[..]].concat()).unwrap();
    assert_eq!(answer.status, 200, "{answer:?}");

    let session = flow.pass(&library.session_request("no-compression"));
    let session: Value = serde_json::from_slice(&session.body).unwrap();
    let session = text(&session, "/session/key").unwrap();
    let list: Value = serde_json::from_slice(&flow.pass(&library.read_request(session, "")).body).unwrap();
    assert_eq!(list["fileList"].as_array().unwrap().len(), 1, "{list}");
    let file = flow.pass(&library.read_request(session, "/pushed-1.txt"));
    assert_eq!(file.body.len(), 272 + 16 * (PUSH / 16 + 1));
    for end in (0..PUSH).step_by(BODY_STEP) {
        let mut peer = Peer::connect(&serving.origin);
        peer.send(&library.read_request(session, "/pushed-1.txt")).unwrap();
        peer.read(1 + end).unwrap();
        peer.reset();
        flow.cuts += 1;
    }

    println!("{arguments:?}: {} connections were reset", flow.cuts);
    // Two clients of the test may still be connected.
    serving.wait_until_free(2, before);
    assert_eq!(library.count(), 1);
    check_journal(&serving);
    serving.serves_others();
    serving.check_memory("resets at every byte");
    serving.check_log();
}

/// The journal has no gap; only requests whose bodies were cut were refused, and none of them by a defect.
fn check_journal(serving: &Serving) {
    let mut connection = Connection::open(&serving.origin).unwrap();
    let listed = connection.send("GET /__admin/requests", &[], b"").unwrap();
    let listed = listed.json().unwrap();
    let requests = listed["requests"].as_array().unwrap();
    let mut refused = 0;
    for (one, next) in requests.iter().zip(&requests[1..]) {
        assert_eq!(one["sequence"].as_u64().unwrap() + 1, next["sequence"].as_u64().unwrap());
    }
    for request in requests.iter().filter(|it| it["status"].as_u64().unwrap() >= 400) {
        let detail = request["refusal"]["detail"].as_str().unwrap();
        assert!(detail.contains("the body could not be read"), "{request:#}");
        refused += 1;
    }
    assert!(refused > 0);
    println!("{refused} of {} requests in the journal are refused for their cut bodies", requests.len());
}

#[test]
fn a_flow_that_is_cut_at_every_byte_can_be_gone_through_afterwards() {
    cut_everywhere(&[]);
}

#[test]
fn a_flow_in_a_file_that_is_cut_at_every_byte_can_be_gone_through_afterwards() {
    cut_everywhere(&["--state", "$FOLDER/state.db"]);
}
