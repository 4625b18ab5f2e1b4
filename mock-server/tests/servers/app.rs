//! A client of a server that shares its state.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use digime_mock_server::{ContractKind, MockServer};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::Fallible;
use crate::client::{Answer, Connection, Signer, text};

const VERIFIER: &str = "YUIzZEU2Z0g5aksybU41cFE4c1Qxdlc0eVo3YkMwZUY";
/// A user who connects sample data and stays on no page.
pub(crate) const SAMPLE: &str = "&service=1&sampleDataSet=test&sampleDataAutoOnboard=true";

pub(crate) struct Client {
    pub(crate) connection: Connection,
    pub(crate) signer: Signer,
}

impl Client {
    pub(crate) fn of(server: &MockServer, kind: ContractKind) -> Self {
        Self::at(&server.url(), server, kind)
    }

    /// A client that reaches servers at an origin, with the credentials that one of them tells.
    pub(crate) fn at(origin: &str, server: &MockServer, kind: ContractKind) -> Self {
        let credentials = server.credentials();
        let it = credentials.contract(kind).unwrap();
        let signer = Signer::new(&it.application_id, &it.contract_id, it.private_key.as_deref()).unwrap();
        Self { connection: Connection::open(origin).unwrap(), signer }
    }

    pub(crate) fn send(&mut self, line: &str, jwt: &str) -> Fallible<Answer> {
        self.connection.send(line, &[("Authorization", &format!("Bearer {jwt}"))], b"")
    }

    pub(crate) fn ask(&mut self, line: &str, claims: Value) -> Fallible<Answer> {
        let jwt = self.signer.request(claims)?;
        self.send(line, &jwt)
    }

    /// Consents, and gives the code and the key of the session.
    pub(crate) fn consent(&mut self, page: &str, linked: Option<&str>) -> (String, String) {
        let claims = json!({
            "access_token": linked,
            "redirect_uri": "http://127.0.0.1:9000/callback",
            "response_type": "code",
            "response_mode": "query",
            "state": "servers",
            "code_challenge": URL_SAFE_NO_PAD.encode(Sha256::digest(VERIFIER)),
            "code_challenge_method": "S256",
        });
        let answer = self.ask("POST /v1.7/oauth/authorize", claims).unwrap();
        let (token, json) = (answer.token().unwrap(), answer.json().unwrap());
        let code = text(&token, "/preauthorization_code").unwrap();
        let page = format!("/apps/saas/authorize?code={code}{page}");
        let left = match page.contains("AutoOnboard") {
            true => self.connection.send(&format!("GET {page}"), &[], b""),
            false => self.connection.send(&format!("POST {page}"), &[], b"decision=approve"),
        };
        let location = left.unwrap().location.unwrap();
        let code = location.split(['?', '&']).find_map(|pair| pair.strip_prefix("code=")).unwrap();
        (code.to_owned(), text(&json, "/session/key").unwrap().to_owned())
    }

    pub(crate) fn pair(&mut self, grant: Value) -> Fallible<(String, String)> {
        let pair = self.ask("POST /v1.7/oauth/token", grant)?.token()?;
        let value = |name: &str| text(&pair, &format!("/{name}/value")).map(str::to_owned);
        Ok((value("access_token")?, value("refresh_token")?))
    }

    pub(crate) fn exchange(&mut self, code: &str) -> Fallible<(String, String)> {
        self.pair(json!({ "grant_type": "authorization_code", "code": code, "code_verifier": VERIFIER }))
    }

    pub(crate) fn refresh(&mut self, token: &str) -> Fallible<(String, String)> {
        self.pair(json!({ "grant_type": "refresh_token", "refresh_token": token }))
    }

    pub(crate) fn accounts(&mut self, access: &str) -> Fallible<Answer> {
        self.ask("GET /v1.7/permission-access/accounts", json!({ "access_token": access }))
    }

    /// Asks for the accounts with this token, and gives the error that it is answered.
    pub(crate) fn refusal(&mut self, access: &str) -> String {
        self.accounts(access).err().unwrap().to_string()
    }

    /// Asks administration.
    pub(crate) fn admin(&mut self, line: &str, body: &str) -> Fallible<Value> {
        self.connection.send(line, &[], body.as_bytes())?.json()
    }
}
