//! A user's library, and the requests of those who push to it and read it.

use digime_mock_server::ContractKind;
use serde_json::{Value, json};

use crate::client::{Signer, text};
use crate::peer::{Answer, Peer, head, request};
use crate::serving::{Serving, credentials};
use crate::user::{Client, authorization};

pub(crate) struct Library {
    origin: String,
    write: Signer,
    /// The token of whoever pushes.
    writer: String,
    read_raw: Signer,
    /// The token of whoever reads.
    reader: String,
}

impl Library {
    /// Of a new user, who consents to a push, and then to a reader.
    pub(crate) fn new(serving: &Serving) -> Self {
        let mut client = serving.client();
        let jwt = client.write.request(authorization(None)).unwrap();
        let (code, _) = client.consent(&jwt).unwrap();
        let pair = client.exchange(&code).unwrap();
        Self::of(serving, client, text(&pair, "/access_token/value").unwrap().to_owned())
    }

    /// Of the user of this token, who consents to a reader.
    pub(crate) fn of(serving: &Serving, mut client: Client, writer: String) -> Self {
        let credentials = credentials().credentials();
        let it = credentials.contract(ContractKind::ReadRaw).unwrap();
        let read_raw = Signer::new(&it.application_id, &it.contract_id, it.private_key.as_deref()).unwrap();
        let linked = read_raw.request(authorization(Some(&writer))).unwrap();
        let (code, _) = client.consent(&linked).unwrap();
        let pair = client.send("POST /v1.7/oauth/token", &read_raw.request(exchange(&code)).unwrap());
        let reader = text(&pair.unwrap().token().unwrap(), "/access_token/value").unwrap().to_owned();
        Self { origin: serving.origin.clone(), write: client.write, writer, read_raw, reader }
    }

    /// Pushes a file, and gives the answer, whatever it is.
    pub(crate) fn push(&self, size: usize) -> Answer {
        self.push_bytes(&vec![b'x'; size])
    }

    /// Pushes something that cannot be compressed.
    pub(crate) fn push_noise(&self, size: usize) {
        let mut noise = vec![0; size];
        aws_lc_rs::rand::fill(&mut noise).unwrap();
        assert_eq!(self.push_bytes(&noise).status, 200);
    }

    fn push_bytes(&self, bytes: &[u8]) -> Answer {
        self.ask(&[self.push_head(bytes.len()).as_bytes(), bytes].concat())
    }

    /// On a connection of its own, because the server closes those that wait for long.
    fn ask(&self, request: &[u8]) -> Answer {
        Peer::connect(&self.origin).ask(request).unwrap()
    }

    /// The head of a push.
    pub(crate) fn push_head(&self, size: usize) -> String {
        let metadata = json!({ "mimeType": "text/plain", "accounts": [] });
        let descriptor = self.write.sign(&json!({ "metadata": metadata })).unwrap();
        let jwt = self.write.request(json!({ "access_token": self.writer })).unwrap();
        let headers = [("Authorization", &*format!("Bearer {jwt}")), ("FileDescriptor", &descriptor)];
        head(&self.origin, "POST /v1.7/permission-access/import", &headers, size)
    }

    /// A request for a session whose files are compressed in this way.
    pub(crate) fn session_request(&self, compression: &str) -> Vec<u8> {
        let body = json!({ "accept": { "compression": compression } }).to_string();
        self.by_reader("POST /v1.7/permission-access/trigger", body.as_bytes())
    }

    /// The key of such a session.
    pub(crate) fn session(&self, compression: &str) -> String {
        text(&self.json(&self.session_request(compression)), "/session/key").unwrap().to_owned()
    }

    /// A request for something of a session: its list, or one of its files.
    pub(crate) fn read_request(&self, session: &str, path: &str) -> Vec<u8> {
        self.by_reader(&format!("GET /v1.7/permission-access/query/{session}{path}"), b"")
    }

    /// How many files are in the library.
    pub(crate) fn count(&self) -> usize {
        let session = self.session("no-compression");
        let list = self.json(&self.read_request(&session, ""));
        list["fileList"].as_array().map_or(0, Vec::len)
    }

    fn json(&self, request: &[u8]) -> Value {
        let answer = self.ask(request);
        assert!(answer.status < 300, "{answer:?}");
        serde_json::from_slice(&answer.body).unwrap()
    }

    fn by_reader(&self, line: &str, body: &[u8]) -> Vec<u8> {
        let jwt = self.read_raw.request(json!({ "access_token": self.reader })).unwrap();
        request(&self.origin, line, &[("Authorization", &format!("Bearer {jwt}"))], body)
    }
}

/// The claims that exchange a code.
pub(crate) fn exchange(code: &str) -> Value {
    json!({ "grant_type": "authorization_code", "code": code, "code_verifier": crate::user::VERIFIER })
}
