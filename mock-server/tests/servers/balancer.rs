//! A load balancer that knows nothing of HTTP: it hands each connection to the next server.

use std::io;
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::thread;

/// Balances connections over these servers until the test ends, and gives its own origin.
pub(crate) fn balance(servers: Vec<SocketAddr>) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let origin = format!("http://{}", listener.local_addr().unwrap());
    thread::spawn(move || {
        for (number, client) in listener.incoming().enumerate() {
            let Ok(client) = client else { continue };
            let Ok(server) = TcpStream::connect(servers[number % servers.len()]) else { continue };
            for stream in [&client, &server] {
                stream.set_nodelay(true).unwrap();
            }
            let (to_server, to_client) = (server.try_clone().unwrap(), client.try_clone().unwrap());
            thread::spawn(move || pass_on(client, to_server));
            thread::spawn(move || pass_on(server, to_client));
        }
    });
    origin
}

fn pass_on(mut from: TcpStream, mut to: TcpStream) {
    // A side that hangs up ends the other one too.
    let _ = io::copy(&mut from, &mut to);
    let _ = to.shutdown(Shutdown::Both);
}
