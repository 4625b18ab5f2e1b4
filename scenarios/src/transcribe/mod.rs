//! Turns a mock server's journal into a scenario: what a real client sent, to be sent again.
//!
//! The journal holds no secrets, so each token, code and identifier that a request carries is
//! traced back to the answer that brought it, and captured there.

mod journal;
mod origins;
mod written;

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::{Map, Value, json};

use crate::format::{HumanDuration, template};
use journal::Entry;
use origins::Origins;
use written::{Expect, Http, Jwt, Scenario, Signed, Step};

/// Gaps between requests that are worth waiting for again: tokens may have expired meanwhile.
const PAUSE: Duration = Duration::from_secs(60);

/// A scenario that was written from a journal.
#[derive(Debug)]
pub(crate) struct Transcribed {
    /// The file's text.
    pub(crate) text: String,
    /// How many requests it sends.
    pub(crate) requests: usize,
    /// Requests that it does not send, and why.
    pub(crate) left_out: Vec<String>,
}

/// Writes the scenario. `contracts` are the kinds of contract by client id.
///
/// # Errors
/// If no request can be sent again.
pub(crate) fn transcribe(
    name: &str,
    journal: &[Value],
    contracts: &BTreeMap<String, String>,
) -> Result<Transcribed, String> {
    let mut transcriber =
        Transcriber { contracts, origins: Origins::of(journal), steps: Vec::new(), left_out: Vec::new() };
    let mut before: Option<Entry<'_>> = None;
    for entry in journal.iter().map(Entry) {
        if let Err(why) = transcriber.entry(&entry, before.as_ref()) {
            transcriber.left_out.push(format!(
                "{} {} {}: {why}",
                entry.sequence(),
                entry.method(),
                entry.path()
            ));
        }
        before = Some(entry);
    }
    let Transcriber { origins, mut steps, left_out, .. } = transcriber;
    origins.capture_in(&mut steps);
    let requests = steps.iter().filter(|step| step.http.is_some()).count();
    if requests == 0 {
        return Err("the journal holds no request that can be sent again".to_owned());
    }
    let scenario = Scenario {
        scenario: name.to_owned(),
        proves: "What a client was seen to send is answered as it was then".to_owned(),
        tags: vec!["recorded"],
        steps,
    };
    let yaml = serde_saphyr::to_string(&scenario).map_err(|error| error.to_string())?;
    let header: String =
        left_out.iter().map(|line| format!("# left out: {}\n", line.replace('\n', " "))).collect();
    Ok(Transcribed { text: format!("{header}{}\n", yaml.trim_end()), requests, left_out })
}

struct Transcriber<'a> {
    contracts: &'a BTreeMap<String, String>,
    origins: Origins,
    steps: Vec<Step>,
    left_out: Vec<String>,
}

impl Transcriber<'_> {
    /// Adds a request.
    ///
    /// # Errors
    /// Why it cannot be sent again.
    fn entry(&mut self, entry: &Entry<'_>, before: Option<&Entry<'_>>) -> Result<(), String> {
        entry.can_be_sent_again()?;
        if self.polls_again(entry, before) {
            return Ok(());
        }
        if entry.claims().is_some_and(|claims| claims.contains_key("code")) {
            self.consent_before(entry);
        }
        let request = format!("{} {}", entry.method(), self.url(entry)?);
        let http = Http {
            request,
            jwt: self.jwt(entry)?,
            headers: self.headers(entry)?,
            body: entry.body().map(|body| self.origins.resolve(body)).transpose()?,
            form: entry.decision(&self.origins)?,
        };
        if let Some(pause) = before.and_then(|before| entry.after(before)).filter(|pause| *pause >= PAUSE) {
            self.steps.push(Step::wait(HumanDuration(Duration::from_secs(pause.as_secs())).to_string()));
        }
        let mut step = Step::request(entry.operation(), http);
        match entry.final_state() {
            Some(state) => {
                step.until = Some(Expect::new(
                    entry.status(),
                    None,
                    [("$.body.status.state".to_owned(), json!(state))],
                ));
                step.within = Some("10m");
            }
            None => step.expect = Some(Expect::new(entry.status(), entry.error_code(), entry.members())),
        }
        self.steps.push(step);
        self.origins.learn(self.steps.len() - 1, entry);
        Ok(())
    }

    /// Whether it repeats the request before it, to see whether a sync is over; then that one waits.
    fn polls_again(&mut self, entry: &Entry<'_>, before: Option<&Entry<'_>>) -> bool {
        let Some(step) = self.steps.last_mut().filter(|_| before.is_some_and(|before| entry.polls(before)))
        else {
            return false;
        };
        if let Some(state) = entry.final_state() {
            step.expect = None;
            step.until =
                Some(Expect::new(entry.status(), None, [("$.body.status.state".to_owned(), json!(state))]));
            step.within = Some("10m");
        }
        self.origins.learn(self.steps.len() - 1, entry);
        true
    }

    /// Adds the user's decision, if the journal does not hold it: it was made by the control API.
    fn consent_before(&mut self, exchange: &Entry<'_>) {
        let Some(claims) = exchange.claims() else { return };
        let code = claims["code"].as_str().unwrap_or_default();
        if self.origins.knows(code) {
            return;
        }
        let Some(page_code) = self.origins.secret("code of a page", "", exchange.client_id()) else { return };
        let choice = self.origins.chosen_sample().unwrap_or_default();
        let http = Http {
            request: format!("POST ${{onboard}}authorize?code={page_code}{choice}"),
            jwt: Jwt::Word("none"),
            headers: BTreeMap::new(),
            body: None,
            form: Some([("decision".to_owned(), "approve".to_owned())].into()),
        };
        let mut step = Step::request("consent", http);
        step.expect = Some(Expect::new(302, None, [("$.parameters.success".to_owned(), json!("true"))]));
        self.steps.push(step);
        self.origins.bind(code, "code", self.steps.len() - 1, "$.parameters.code");
    }

    fn url(&mut self, entry: &Entry<'_>) -> Result<String, String> {
        let (path, query) = entry.path().split_once('?').unwrap_or((entry.path(), ""));
        let path: Vec<_> = path
            .split('/')
            .map(|part| self.origins.name_of(part).unwrap_or_else(|| template::escaped(part)))
            .collect();
        let path = path.join("/");
        let mut url = match (path.strip_prefix("/v1.7/"), path.strip_prefix("/apps/saas/")) {
            (Some(of_the_api), _) if !of_the_api.starts_with("clouds/") => of_the_api.to_owned(),
            (_, Some(of_the_page)) => format!("${{onboard}}{of_the_page}"),
            _ => path,
        };
        let pairs = query.split('&').filter(|pair| !pair.is_empty()).map(|pair| {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            let kind = if name == "code" { "code of a page" } else { name };
            Ok(format!("{name}={}", self.origins.text(kind, value, entry.client_id())?))
        });
        let query = pairs.collect::<Result<Vec<_>, String>>()?.join("&");
        if !query.is_empty() {
            url.push('?');
            url.push_str(&query);
        }
        Ok(url)
    }

    fn jwt(&mut self, entry: &Entry<'_>) -> Result<Jwt, String> {
        let Some(claims) = entry.claims() else { return Ok(Jwt::Word("none")) };
        let mut resolved = Map::new();
        for (name, value) in claims {
            let value = match name.as_str() {
                "nonce" | "timestamp" => continue,
                "client_id" if self.contracts.contains_key(entry.client_id()) => continue,
                "code_challenge" if entry.status() < 400 => json!("${challenge}"),
                "code_verifier" if entry.failed_check() == Some("PKCE verifier") => json!("a".repeat(43)),
                "code_verifier" => json!("${verifier}"),
                _ => match value {
                    Value::String(text) => json!(self.origins.text(name, text, entry.client_id())?),
                    other => self.origins.resolve(other)?,
                },
            };
            resolved.insert(name.clone(), value);
        }
        let contract = self.contracts.get(entry.client_id()).cloned();
        Ok(Jwt::Signed(Signed { user: false, contract, claims: resolved }))
    }

    fn headers(&mut self, entry: &Entry<'_>) -> Result<BTreeMap<String, String>, String> {
        let sent = entry.headers();
        sent.map(|(name, value)| Ok((name.to_owned(), self.origins.text(name, value, entry.client_id())?)))
            .collect()
    }
}
