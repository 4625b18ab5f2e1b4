//! A server below HTTP: for answers no HTTP library would send.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// Hands every connection to `serve`, with the head of its request. Returns the
/// server's origin.
pub(crate) async fn raw_server<F, Fut>(serve: F) -> String
where
    F: Fn(TcpStream, String) -> Fut + Send + Sync + 'static,
    Fut: Future<Output = ()> + Send + 'static,
{
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let origin = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move {
        let serve = Arc::new(serve);
        while let Ok((mut socket, _)) = listener.accept().await {
            let serve = Arc::clone(&serve);
            tokio::spawn(async move {
                if let Some(head) = read_head(&mut socket).await {
                    serve(socket, head).await;
                }
            });
        }
    });
    origin
}

pub(crate) async fn read_head(socket: &mut TcpStream) -> Option<String> {
    let mut seen = Vec::new();
    let mut buffer = [0; 4096];
    while !seen.windows(4).any(|end| end == b"\r\n\r\n") {
        match socket.read(&mut buffer).await {
            Ok(0) | Err(_) => return None,
            Ok(count) => seen.extend_from_slice(&buffer[..count]),
        }
    }
    // A body may have come along, and need not be text.
    Some(String::from_utf8_lossy(&seen).into_owned())
}

/// Writes bytes; `false` once the client has gone.
pub(crate) async fn write_all(socket: &mut TcpStream, bytes: impl AsRef<[u8]>) -> bool {
    socket.write_all(bytes.as_ref()).await.is_ok() && socket.flush().await.is_ok()
}

/// Writes a whole answer with its length, and ends the connection.
pub(crate) async fn respond(socket: &mut TcpStream, status: u16, headers: &[(&str, &str)], body: &[u8]) {
    let mut head =
        format!("HTTP/1.1 {status} Status\r\nconnection: close\r\ncontent-length: {}\r\n", body.len());
    for (name, value) in headers {
        head.push_str(&format!("{name}: {value}\r\n"));
    }
    head.push_str("\r\n");
    let _ = write_all(socket, head).await && write_all(socket, body).await;
    let _ = socket.shutdown().await;
}

/// A SOCKS5 proxy (RFC 1928) for IPv4 addresses that asks for a user name and password (RFC 1929).
/// Returns its address.
pub(crate) async fn socks5_proxy(user: &'static str, password: &'static str) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((client, _)) = listener.accept().await {
            tokio::spawn(socks5(client, user, password));
        }
    });
    address
}

async fn socks5(mut client: TcpStream, user: &str, password: &str) -> std::io::Result<()> {
    let mut greeting = [0; 2];
    client.read_exact(&mut greeting).await?;
    client.read_exact(&mut vec![0; greeting[1].into()]).await?;
    client.write_all(&[5, 2]).await?;
    let mut said = [Vec::new(), Vec::new()];
    client.read_u8().await?;
    for text in &mut said {
        *text = vec![0; client.read_u8().await?.into()];
        client.read_exact(text).await?;
    }
    let known = said == [user.as_bytes(), password.as_bytes()];
    client.write_all(&[1, u8::from(!known)]).await?;
    let mut request = [0; 4];
    client.read_exact(&mut request).await?;
    assert_eq!(request, [5, 1, 0, 1], "a connection to an IPv4 address");
    let (ip, port) = (client.read_u32().await?, client.read_u16().await?);
    let mut server = TcpStream::connect((Ipv4Addr::from(ip), port)).await?;
    client.write_all(&[5, 0, 0, 1, 0, 0, 0, 0, 0, 0]).await?;
    tokio::io::copy_bidirectional(&mut client, &mut server).await?;
    Ok(())
}

/// An origin at which nothing listens.
pub(crate) async fn origin_of_nobody() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    format!("http://{}", listener.local_addr().unwrap())
}
