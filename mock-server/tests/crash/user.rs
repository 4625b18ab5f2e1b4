//! A user's life, and whether all is there that the user's client was told.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use digime_mock_server::{ContractKind, MockServer};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::Fallible;
use crate::client::{Answer, Connection, Signer, text};

pub(crate) const VERIFIER: &str = "YUIzZEU2Z0g5aksybU41cFE4c1Qxdlc0eVo3YkMwZUY";
/// Files that each user pushes: in the database, and in the folder beside it.
const SIZES: [usize; 3] = [10, 100_000, 5000];

/// What a client was told of a user, and what it was not told any more.
#[derive(Debug, Default)]
pub(crate) struct Told {
    /// The JWT of a request that was answered.
    pub(crate) spent: String,
    pub(crate) code: String,
    pub(crate) access: Option<String>,
    pub(crate) refresh: String,
    pub(crate) pushed: usize,
    pub(crate) deleted: bool,
    /// The request that was not answered.
    pub(crate) asked: &'static str,
}

pub(crate) struct Client {
    pub(crate) connection: Connection,
    pub(crate) write: Signer,
    read_raw: Signer,
}

impl Client {
    pub(crate) fn new(origin: &str, credentials: &MockServer) -> Fallible<Self> {
        let credentials = credentials.credentials();
        let signer = |kind| {
            let it = credentials.contract(kind).ok_or("no such contract")?;
            Signer::new(&it.application_id, &it.contract_id, it.private_key.as_deref())
        };
        Ok(Self {
            connection: Connection::open(origin)?,
            write: signer(ContractKind::Write)?,
            read_raw: signer(ContractKind::ReadRaw)?,
        })
    }

    pub(crate) fn send(&mut self, line: &str, jwt: &str) -> Fallible<Answer> {
        self.connection.send(line, &[("Authorization", &format!("Bearer {jwt}"))], b"")
    }

    /// Opens the consent page and approves it; gives the code, and the key of the session.
    pub(crate) fn consent(&mut self, jwt: &str) -> Fallible<(String, String)> {
        let answer = self.send("POST /v1.7/oauth/authorize", jwt)?;
        let (token, json) = (answer.token()?, answer.json()?);
        let page = format!("POST /apps/saas/authorize?code={}", text(&token, "/preauthorization_code")?);
        let location = self.connection.send(&page, &[], b"decision=approve")?.location.ok_or("nowhere")?;
        let code = location.split(['?', '&']).find_map(|pair| pair.strip_prefix("code="));
        Ok((code.ok_or(location.clone())?.to_owned(), text(&json, "/session/key")?.to_owned()))
    }

    /// Lives a user's life, until it is over or the server is.
    pub(crate) fn live(&mut self, number: usize, told: &mut Told) -> Fallible<()> {
        told.asked = "consent";
        let jwt = self.write.request(authorization(None))?;
        (told.code, _) = self.consent(&jwt)?;
        told.spent = jwt;
        told.asked = "exchange";
        let pair = self.exchange(&told.code)?;
        told.access = Some(text(&pair, "/access_token/value")?.to_owned());
        told.refresh = text(&pair, "/refresh_token/value")?.to_owned();
        for size in SIZES {
            told.asked = "push";
            self.push(told.access.as_deref().unwrap_or_default(), size)?;
            told.pushed += 1;
        }
        told.asked = "refresh";
        let claims = json!({ "grant_type": "refresh_token", "refresh_token": told.refresh });
        let jwt = self.write.request(claims)?;
        let pair = self.send("POST /v1.7/oauth/token", &jwt)?.token()?;
        told.access = Some(text(&pair, "/access_token/value")?.to_owned());
        if number.is_multiple_of(3) {
            told.asked = "delete";
            let jwt = self.write.request(json!({ "access_token": told.access }))?;
            self.send("DELETE /v1.7/user", &jwt)?;
            told.deleted = true;
        }
        told.asked = "";
        Ok(())
    }

    pub(crate) fn exchange(&mut self, code: &str) -> Fallible<Value> {
        let claims = json!({ "grant_type": "authorization_code", "code": code, "code_verifier": VERIFIER });
        let jwt = self.write.request(claims)?;
        self.send("POST /v1.7/oauth/token", &jwt)?.token()
    }

    pub(crate) fn push(&mut self, access: &str, size: usize) -> Fallible<()> {
        let metadata = json!({ "mimeType": "text/plain", "accounts": [] });
        let descriptor = self.write.sign(&json!({ "metadata": metadata }))?;
        let jwt = self.write.request(json!({ "access_token": access }))?;
        let headers = [("Authorization", &*format!("Bearer {jwt}")), ("FileDescriptor", &descriptor)];
        self.connection.send("POST /v1.7/permission-access/import", &headers, &vec![b'x'; size])?;
        Ok(())
    }

    /// Whether all is as a user's client was told.
    pub(crate) fn verify(&mut self, told: &Told) -> Fallible<()> {
        if !told.spent.is_empty() {
            refused(self.send("POST /v1.7/oauth/authorize", &told.spent), "has already been used")?;
        }
        let Some(access) = &told.access else {
            return match (told.code.is_empty(), told.asked) {
                // The code was told, and may or may not have been exchanged.
                (false, "exchange") => match self.exchange(&told.code) {
                    Ok(_) => Ok(()),
                    refusal => refused(refusal, "InvalidGrant"),
                },
                _ => Ok(()),
            };
        };
        refused(self.exchange(&told.code), "InvalidGrant")?;
        let linked = self.read_raw.request(authorization(Some(access)))?;
        let reads = self.consent(&linked);
        if told.deleted || (told.asked == "delete" && reads.is_err()) {
            return refused(reads, "InvalidToken");
        }
        let (code, session) = reads?;
        let claims = json!({ "grant_type": "authorization_code", "code": code, "code_verifier": VERIFIER });
        let jwt = self.read_raw.request(claims)?;
        let pair = self.send("POST /v1.7/oauth/token", &jwt)?.token()?;
        let reader = text(&pair, "/access_token/value")?;
        let mut read = |path: &str| {
            let jwt = self.read_raw.request(json!({ "access_token": reader }))?;
            let line = format!("GET /v1.7/permission-access/query/{session}{path}");
            self.connection.send(&line, &[("Authorization", &format!("Bearer {jwt}"))], b"")
        };
        let list = read("")?.json()?;
        let listed = list["fileList"].as_array().map_or(0, Vec::len);
        let may_be_more = usize::from(told.asked == "push");
        if !(told.pushed..=told.pushed + may_be_more).contains(&listed) {
            return Err(format!("{} files were pushed, {listed} are there", told.pushed).into());
        }
        for (size, number) in SIZES.into_iter().zip(1..=listed) {
            let container = read(&format!("/pushed-{number}.txt"))?.body.len();
            if container != 272 + 16 * (size / 16 + 1) {
                return Err(format!("a file of {size} bytes is a container of {container}").into());
            }
        }
        Ok(())
    }
}

pub(crate) fn authorization(linked: Option<&str>) -> Value {
    json!({
        "access_token": linked,
        "redirect_uri": "http://127.0.0.1:9000/callback",
        "response_type": "code",
        "response_mode": "query",
        "state": "crash",
        "code_challenge": URL_SAFE_NO_PAD.encode(Sha256::digest(VERIFIER)),
        "code_challenge_method": "S256",
    })
}

pub(crate) fn refused<T>(answer: Fallible<T>, code: &str) -> Fallible<()> {
    match answer {
        Err(error) if error.to_string().contains(code) => Ok(()),
        Err(error) => Err(format!("not {code}, but {error}").into()),
        Ok(_) => Err(format!("not {code}, but an answer").into()),
    }
}
