//! A client as light as can be: one connection, no library for HTTP.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::UNIX_EPOCH;

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{RSA_PSS_SHA512, RsaKeyPair};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use serde_json::{Value, json};

use crate::Fallible;

/// Signs as one contract.
pub(crate) struct Signer {
    client_id: String,
    key: RsaKeyPair,
}

impl Signer {
    /// As this contract, with a private key in PKCS#1 PEM.
    pub(crate) fn new(application_id: &str, contract_id: &str, pem: Option<&str>) -> Fallible<Self> {
        let (client_id, pem) = (format!("{application_id}_{contract_id}"), pem.ok_or("no private key")?);
        let lines: String = pem.lines().filter(|line| !line.starts_with('-')).collect();
        let key = RsaKeyPair::from_der(&STANDARD.decode(lines)?).map_err(|error| error.to_string())?;
        Ok(Self { client_id, key })
    }

    /// A request's JWT: these claims and those that every request makes.
    pub(crate) fn request(&self, mut claims: Value) -> Fallible<String> {
        static COUNT: AtomicU64 = AtomicU64::new(0);
        claims["client_id"] = json!(self.client_id);
        claims["nonce"] = json!(format!("{:032}", COUNT.fetch_add(1, Ordering::Relaxed)));
        claims["timestamp"] = json!(UNIX_EPOCH.elapsed()?.as_millis() as u64);
        self.sign(&claims)
    }

    pub(crate) fn sign(&self, claims: &Value) -> Fallible<String> {
        let encoded = |text: String| URL_SAFE_NO_PAD.encode(text);
        let header = encoded(json!({ "alg": "PS512", "typ": "JWT" }).to_string());
        let text = format!("{header}.{}", encoded(claims.to_string()));
        let mut signature = vec![0; self.key.public_modulus_len()];
        let signed = self.key.sign(&RSA_PSS_SHA512, &SystemRandom::new(), text.as_bytes(), &mut signature);
        signed.map_err(|_| "the key does not sign")?;
        Ok(format!("{text}.{}", URL_SAFE_NO_PAD.encode(signature)))
    }
}

/// A connection that is kept open.
pub(crate) struct Connection {
    host: String,
    stream: BufReader<TcpStream>,
}

/// An answer of status 2xx or 3xx.
pub(crate) struct Answer {
    pub(crate) location: Option<String>,
    pub(crate) body: Vec<u8>,
}

impl Connection {
    pub(crate) fn open(origin: &str) -> Fallible<Self> {
        let host = origin.strip_prefix("http://").ok_or("not an http origin")?.to_owned();
        let stream = TcpStream::connect(&host)?;
        stream.set_nodelay(true)?;
        Ok(Self { host, stream: BufReader::new(stream) })
    }

    pub(crate) fn send(&mut self, line: &str, headers: &[(&str, &str)], body: &[u8]) -> Fallible<Answer> {
        let mut request =
            format!("{line} HTTP/1.1\r\nHost: {}\r\nContent-Length: {}\r\n", self.host, body.len());
        for (name, value) in headers {
            request.push_str(&format!("{name}: {value}\r\n"));
        }
        request.push_str("\r\n");
        let mut whole = request.into_bytes();
        whole.extend_from_slice(body);
        self.stream.get_mut().write_all(&whole)?;
        self.read(line)
    }

    fn read(&mut self, line: &str) -> Fallible<Answer> {
        let mut text = String::new();
        self.stream.read_line(&mut text)?;
        let status: u16 = text.split(' ').nth(1).ok_or("no status")?.parse()?;
        let (mut length, mut location) = (0, None);
        loop {
            text.clear();
            self.stream.read_line(&mut text)?;
            let Some((name, value)) = text.trim().split_once(": ") else { break };
            match name.to_ascii_lowercase().as_str() {
                "content-length" => length = value.parse()?,
                "location" => location = Some(value.to_owned()),
                "transfer-encoding" => return Err("a body of unknown length".into()),
                _ => {}
            }
        }
        let mut body = vec![0; length];
        self.stream.read_exact(&mut body)?;
        match status {
            200..=399 => Ok(Answer { location, body }),
            _ => Err(format!("{line}: {status} {}", String::from_utf8_lossy(&body)).into()),
        }
    }
}

impl Answer {
    pub(crate) fn json(&self) -> Fallible<Value> {
        Ok(serde_json::from_slice(&self.body)?)
    }

    /// The payload of the server's token.
    pub(crate) fn token(&self) -> Fallible<Value> {
        let json = self.json()?;
        let payload = json["token"].as_str().and_then(|token| token.split('.').nth(1)).ok_or("no token")?;
        Ok(serde_json::from_slice(&URL_SAFE_NO_PAD.decode(payload)?)?)
    }
}

/// A text inside a JSON document.
pub(crate) fn text<'a>(json: &'a Value, pointer: &str) -> Fallible<&'a str> {
    let found = json.pointer(pointer).and_then(Value::as_str);
    found.ok_or_else(|| format!("no text at {pointer} of {json}").into())
}
