//! The flows: authorize, consent, exchange, list, read; some users push, and some delete themselves.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use digime_mock_server::{ContractKind, SandboxHandle};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::Fallible;
use crate::client::{Answer, Connection, Signer, text};

const VERIFIER: &str = "YUIzZEU2Z0g5aksybU41cFE4c1Qxdlc0eVo3YkMwZUY";
const SAMPLE: &str = "&service=1&sampleDataSet=test&sampleDataAutoOnboard=true";
/// One flow of so many pushes as well.
const PUSHES: u64 = 10;
/// One user of so many deletes the library; the others are left to expire.
const DELETES: u64 = 4;

/// What one worker needs.
pub(crate) struct Flows {
    connection: Connection,
    read: Signer,
    write: Signer,
    read_raw: Signer,
    challenge: String,
}

/// A user of one contract.
struct User {
    access: String,
    session: String,
}

impl Flows {
    pub(crate) fn new(sandbox: &SandboxHandle) -> Fallible<Self> {
        let credentials = sandbox.credentials();
        let origin = credentials.urls.api.trim_end_matches("/v1.7/");
        let signer = |kind| {
            let it = credentials.contract(kind).ok_or("no such contract")?;
            Signer::new(&it.application_id, &it.contract_id, it.private_key.as_deref())
        };
        Ok(Self {
            connection: Connection::open(origin)?,
            read: signer(ContractKind::Read)?,
            write: signer(ContractKind::Write)?,
            read_raw: signer(ContractKind::ReadRaw)?,
            challenge: URL_SAFE_NO_PAD.encode(Sha256::digest(VERIFIER)),
        })
    }

    /// One complete flow.
    pub(crate) fn run(&mut self, number: u64) -> Fallible<()> {
        let user = self.consent(|flows| &flows.read, None, SAMPLE)?;
        let list = self.signed(
            |flows| &flows.read,
            &user,
            &format!("GET /v1.7/permission-access/query/{}", user.session),
        )?;
        let name = text(&list.json()?, "/fileList/0/name")?.to_owned();
        let path = format!("GET /v1.7/permission-access/query/{}/{name}", user.session);
        let file = self.signed(|flows| &flows.read, &user, &path)?;
        if file.body.len() < 288 || file.body.len() % 16 != 0 {
            return Err(format!("{name} is no container: {} bytes", file.body.len()).into());
        }
        if number.is_multiple_of(PUSHES) {
            self.push(number)?;
        }
        if number.is_multiple_of(DELETES) {
            self.signed(|flows| &flows.read, &user, "DELETE /v1.7/user")?;
        }
        Ok(())
    }

    /// Pushes a file and reads it back through another contract of the same library.
    fn push(&mut self, number: u64) -> Fallible<()> {
        let pusher = self.consent(|flows| &flows.write, None, "")?;
        let metadata = json!({ "mimeType": "text/plain", "accounts": [] });
        let descriptor = self.write.sign(&json!({ "metadata": metadata }))?;
        let jwt = self.write.request(json!({ "access_token": pusher.access }))?;
        let body = vec![b'x'; 1 + (number as usize * 37) % 200_000];
        let headers = [("Authorization", &*format!("Bearer {jwt}")), ("FileDescriptor", &descriptor)];
        self.connection.send("POST /v1.7/permission-access/import", &headers, &body)?;
        let reader = self.consent(|flows| &flows.read_raw, Some(&pusher.access), "")?;
        let path = format!("GET /v1.7/permission-access/query/{}/pushed-1.txt", reader.session);
        let file = self.signed(|flows| &flows.read_raw, &reader, &path)?;
        let expected = 272 + 16 * (body.len() / 16 + 1);
        match file.body.len() == expected {
            true => Ok(()),
            false => {
                Err(format!("pushed {} bytes, read a container of {}", body.len(), file.body.len()).into())
            }
        }
    }

    fn consent(
        &mut self,
        signer: impl Fn(&Self) -> &Signer,
        linked: Option<&str>,
        page: &str,
    ) -> Fallible<User> {
        let claims = json!({
            "access_token": linked,
            "redirect_uri": "http://127.0.0.1:9000/callback",
            "response_type": "code",
            "response_mode": "query",
            "state": "soak",
            "code_challenge": self.challenge,
            "code_challenge_method": "S256",
        });
        let answer = self.send(&signer, "POST /v1.7/oauth/authorize", claims)?;
        let (token, json) = (answer.token()?, answer.json()?);
        let code = text(&token, "/preauthorization_code")?;
        let page = format!("/apps/saas/authorize?code={code}{page}");
        let left = match page.contains("AutoOnboard") {
            true => self.connection.send(&format!("GET {page}"), &[], b"")?,
            false => self.connection.send(&format!("POST {page}"), &[], b"decision=approve")?,
        };
        let location = left.location.ok_or("the page led nowhere")?;
        let code = location.split(['?', '&']).find_map(|pair| pair.strip_prefix("code="));
        let code = code.ok_or_else(|| format!("no code: {location}"))?;
        let claims = json!({ "grant_type": "authorization_code", "code": code, "code_verifier": VERIFIER });
        let pair = self.send(&signer, "POST /v1.7/oauth/token", claims)?.token()?;
        let access = text(&pair, "/access_token/value")?.to_owned();
        Ok(User { access, session: text(&json, "/session/key")?.to_owned() })
    }

    fn signed(&mut self, signer: impl Fn(&Self) -> &Signer, user: &User, line: &str) -> Fallible<Answer> {
        self.send(&signer, line, json!({ "access_token": user.access }))
    }

    fn send(&mut self, signer: &impl Fn(&Self) -> &Signer, line: &str, claims: Value) -> Fallible<Answer> {
        let jwt = signer(self).request(claims)?;
        self.connection.send(line, &[("Authorization", &format!("Bearer {jwt}"))], b"")
    }
}
