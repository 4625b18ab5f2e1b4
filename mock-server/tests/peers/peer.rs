//! One end of a connection that does not behave.

use std::io::{self, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use serde_json::Value;
use socket2::{Domain, SockRef, Socket, Type};

use crate::Fallible;

/// How long an answer may take.
const ANSWER: Duration = Duration::from_secs(60);

pub(crate) struct Peer(pub(crate) TcpStream);

impl Peer {
    pub(crate) fn connect(origin: &str) -> Self {
        let stream = TcpStream::connect(address(origin)).unwrap();
        stream.set_nodelay(true).unwrap();
        Self(stream)
    }

    /// One that can take in little at a time.
    pub(crate) fn with_small_buffer(origin: &str) -> Self {
        let socket = Socket::new(Domain::IPV4, Type::STREAM, None).unwrap();
        socket.set_recv_buffer_size(4096).unwrap();
        socket.connect(&address(origin).into()).unwrap();
        Self(socket.into())
    }

    pub(crate) fn send(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.0.write_all(bytes)
    }

    /// Ends the connection by RST, and throws away what was not sent or read yet.
    pub(crate) fn reset(self) {
        SockRef::from(&self.0).set_linger(Some(Duration::ZERO)).unwrap();
    }

    /// Reads some of an answer.
    pub(crate) fn read(&mut self, most: usize) -> io::Result<Vec<u8>> {
        let mut bytes = vec![0; most];
        self.0.set_read_timeout(Some(ANSWER))?;
        let length = self.0.read(&mut bytes)?;
        bytes.truncate(length);
        Ok(bytes)
    }

    /// Sends a request and reads its answer, whose length must be told.
    pub(crate) fn ask(&mut self, request: &[u8]) -> Fallible<Answer> {
        self.send(request)?;
        let mut bytes = Vec::new();
        let end = loop {
            if let Some(end) = bytes.windows(4).position(|it| it == b"\r\n\r\n") {
                break end + 4;
            }
            match self.read(10_000)? {
                more if more.is_empty() => return Err("the connection was closed".into()),
                more => bytes.extend_from_slice(&more),
            }
        };
        let head = String::from_utf8(bytes[..end].to_vec())?.to_ascii_lowercase();
        let length: usize = header(&head, "content-length").ok_or(head.clone())?.parse()?;
        let mut body = bytes.split_off(end);
        let received = body.len();
        body.resize(length, 0);
        self.0.read_exact(&mut body[received..])?;
        let status = head.split(' ').nth(1).ok_or("no status")?.parse()?;
        let location = String::from_utf8(bytes)?.lines().find_map(|line| {
            Some(line.split_once(": ")?.1.to_owned())
                .filter(|_| line.to_ascii_lowercase().starts_with("location:"))
        });
        Ok(Answer { status, head, location, body })
    }

    /// The answer of a server that then closes the connection, or has nothing more to say for `limit`.
    pub(crate) fn answer(&mut self, limit: Duration) -> String {
        self.0.set_read_timeout(Some(limit)).unwrap();
        let mut bytes = Vec::new();
        // What came before the limit counts.
        let _ = self.0.read_to_end(&mut bytes);
        String::from_utf8_lossy(&bytes).into_owned()
    }
}

/// An answer, whatever its status.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    /// In small letters.
    pub(crate) head: String,
    pub(crate) location: Option<String>,
    pub(crate) body: Vec<u8>,
}

impl Answer {
    /// Whether it tells, in the platform's form, that there is no room just now, and when to come again.
    pub(crate) fn tells_to_come_again(&self) -> bool {
        let error: Value = serde_json::from_slice(&self.body).unwrap_or_default();
        self.status == 503
            && header(&self.head, "retry-after").is_some()
            && header(&self.head, "x-error-code").is_some_and(|code| code == "serviceunavailable")
            && error["error"]["code"] == "ServiceUnavailable"
    }
}

fn header<'a>(head: &'a str, name: &str) -> Option<&'a str> {
    head.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(": "))
}

fn address(origin: &str) -> SocketAddr {
    origin.strip_prefix("http://").unwrap().parse().unwrap()
}

/// The bytes of a request.
pub(crate) fn request(origin: &str, line: &str, headers: &[(&str, &str)], body: &[u8]) -> Vec<u8> {
    let mut bytes = head(origin, line, headers, body.len()).into_bytes();
    bytes.extend_from_slice(body);
    bytes
}

/// The head of a request whose body will have a length.
pub(crate) fn head(origin: &str, line: &str, headers: &[(&str, &str)], length: usize) -> String {
    let host = origin.strip_prefix("http://").unwrap();
    let mut head = format!("{line} HTTP/1.1\r\nHost: {host}\r\nContent-Length: {length}\r\n");
    for (name, value) in headers {
        head.push_str(&format!("{name}: {value}\r\n"));
    }
    head + "\r\n"
}
