//! An app with a contract: its requests, signed beforehand, and the users that it has.

use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use digime_fixtures::keys;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use crate::Fallible;
use crate::client::{Connection, Signer, text};
use crate::driver::Wire;

const VERIFIER: &str = "YUIzZEU2Z0g5aksybU41cFE4c1Qxdlc0eVo3YkMwZUY";
/// How many sign at once.
const THREADS: usize = 2;

/// What reads mapped data, as a server names it that was started without settings.
pub(crate) struct App {
    address: String,
    signer: Signer,
}

/// A code that was not exchanged yet, and the session of its consent.
pub(crate) struct Consent {
    pub(crate) code: String,
    pub(crate) session: String,
}

impl App {
    pub(crate) fn new(address: &str) -> Fallible<Self> {
        let signer = Signer::new("mock-app", "mock-read-contract", Some(keys::READ.private_pem))?;
        Ok(Self { address: address.to_owned(), signer })
    }

    /// Where its server is.
    pub(crate) fn address(&self) -> &str {
        &self.address
    }

    /// A request as it goes over the wire.
    pub(crate) fn wire(&self, line: &str, jwt: Option<&str>) -> Wire {
        let length = if line.starts_with("GET") { "" } else { "Content-Length: 0\r\n" };
        let bearer = jwt.map(|jwt| format!("Authorization: Bearer {jwt}\r\n")).unwrap_or_default();
        format!("{line} HTTP/1.1\r\nHost: {}\r\n{length}{bearer}\r\n", self.address).into_bytes().into()
    }

    /// A signed request.
    pub(crate) fn signed(&self, line: &str, claims: Value) -> Fallible<Wire> {
        Ok(self.wire(line, Some(&self.signer.request(claims)?)))
    }

    /// As many requests as asked for, made on all cores.
    pub(crate) fn many<T: Send>(
        &self,
        count: usize,
        make: impl Fn(&Self, usize) -> Fallible<T> + Sync,
    ) -> Fallible<Vec<T>> {
        self.many_with(count, || Ok(()), |app, (), number| make(app, number))
    }

    fn many_with<T: Send, W>(
        &self,
        count: usize,
        begin: impl Fn() -> Fallible<W> + Sync,
        make: impl Fn(&Self, &mut W, usize) -> Fallible<T> + Sync,
    ) -> Fallible<Vec<T>> {
        let (next, made) = (AtomicUsize::new(0), Mutex::new(Vec::new()));
        thread::scope(|scope| -> Fallible<()> {
            let work = || -> Fallible<()> {
                let mut with = begin()?;
                loop {
                    let number = next.fetch_add(1, Ordering::Relaxed);
                    if number >= count {
                        return Ok(());
                    }
                    let one = make(self, &mut with, number)?;
                    made.lock().unwrap().push((number, one));
                }
            };
            let workers: Vec<_> = (0..THREADS).map(|_| scope.spawn(work)).collect();
            workers.into_iter().try_for_each(|it| it.join().unwrap())
        })?;
        let mut made = made.into_inner().unwrap();
        made.sort_by_key(|(number, _)| *number);
        Ok(made.into_iter().map(|(_, one)| one).collect())
    }

    /// Users who consented.
    pub(crate) fn consents(&self, count: usize, dataset: &str) -> Fallible<Vec<Consent>> {
        let connect = || Connection::open(&format!("http://{}", self.address));
        self.many_with(count, connect, |app, connection, _| app.consent(connection, dataset))
    }

    fn consent(&self, connection: &mut Connection, dataset: &str) -> Fallible<Consent> {
        let jwt = self.signer.request(json!({
            "redirect_uri": "http://127.0.0.1:9000/callback",
            "response_type": "code",
            "response_mode": "query",
            "state": "load",
            "code_challenge": URL_SAFE_NO_PAD.encode(Sha256::digest(VERIFIER)),
            "code_challenge_method": "S256",
        }))?;
        let bearer = format!("Bearer {jwt}");
        let answer = connection.send("POST /v1.7/oauth/authorize", &[("Authorization", &bearer)], b"")?;
        let (token, json) = (answer.token()?, answer.json()?);
        let code = text(&token, "/preauthorization_code")?;
        let sample = format!("&service=1&sampleDataSet={dataset}&sampleDataAutoOnboard=true");
        let page = format!("GET /apps/saas/authorize?code={code}{sample}");
        let left = connection.send(&page, &[], b"")?;
        let location = left.location.ok_or("the page led nowhere")?;
        let code = location.split(['?', '&']).find_map(|pair| pair.strip_prefix("code="));
        let code = code.ok_or_else(|| format!("no code: {location}"))?.to_owned();
        Ok(Consent { code, session: text(&json, "/session/key")?.to_owned() })
    }

    /// The exchange of a code.
    pub(crate) fn exchange(&self, code: &str) -> Fallible<Wire> {
        let claims = json!({ "grant_type": "authorization_code", "code": code, "code_verifier": VERIFIER });
        self.signed("POST /v1.7/oauth/token", claims)
    }

    /// The use of a refresh token.
    pub(crate) fn refresh(&self, token: &str) -> Fallible<Wire> {
        self.signed(
            "POST /v1.7/oauth/token",
            json!({ "grant_type": "refresh_token", "refresh_token": token }),
        )
    }

    /// One user's whole flow: consent, exchange, list, file.
    pub(crate) fn flows(&self, count: usize) -> Fallible<()> {
        let connect = || Connection::open(&format!("http://{}", self.address));
        self.many_with(count, connect, |app, connection, _| app.flow(connection)).map(drop)
    }

    fn flow(&self, connection: &mut Connection) -> Fallible<()> {
        let Consent { code, session } = self.consent(connection, "load")?;
        let mut ask = |line: &str, claims: Value| -> Fallible<_> {
            let bearer = format!("Bearer {}", self.signer.request(claims)?);
            connection.send(line, &[("Authorization", &bearer)], b"")
        };
        let grant = json!({ "grant_type": "authorization_code", "code": code, "code_verifier": VERIFIER });
        let pair = ask("POST /v1.7/oauth/token", grant)?.token()?;
        let claims = json!({ "access_token": text(&pair, "/access_token/value")? });
        let list = format!("GET /v1.7/permission-access/query/{session}");
        let files = ask(&list, claims.clone())?.json()?;
        let name = text(&files, "/fileList/0/name")?;
        ask(&format!("{list}/{name}"), claims).map(drop)
    }
}

/// The values of a token answer: access and refresh token.
pub(crate) fn pair(body: &[u8]) -> Fallible<(String, String)> {
    let json: Value = serde_json::from_slice(body)?;
    let payload = text(&json, "/token")?.split('.').nth(1).ok_or("no token")?;
    let payload: Value = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(payload)?)?;
    let value = |name: &str| text(&payload, &format!("/{name}/value")).map(str::to_owned);
    Ok((value("access_token")?, value("refresh_token")?))
}
