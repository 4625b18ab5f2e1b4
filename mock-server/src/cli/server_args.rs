//! Which server a command asks, and which sandbox of it.

use std::ffi::OsString;

use clap::Args;

use super::client::Client;
use crate::config::sources::ConfigError;

/// Which server a command asks, and which sandbox of it.
#[derive(Args, Debug)]
pub(super) struct ServerArgs {
    /// The sandbox; the default one if absent, or that of the partner whose token is given.
    #[arg(long, value_name = "ID", global = true)]
    pub(super) sandbox: Option<String>,
    /// Where the server is reached [env: DIGIME_MOCK_URL] [default: http://127.0.0.1:8080]
    #[arg(long, value_name = "URL", alias = "url", global = true)]
    server: Option<OsString>,
    /// The server's admin token, if it has one, or a partner's token [env: DIGIME_MOCK_ADMIN_TOKEN]
    #[arg(long, value_name = "TOKEN", global = true)]
    admin_token: Option<OsString>,
    /// The CA to trust if the server speaks https (PEM) [env: DIGIME_MOCK_CA] [default: the development CA]
    #[arg(long, value_name = "FILE", global = true)]
    ca: Option<OsString>,
}

impl ServerArgs {
    /// The server.
    ///
    /// # Errors
    /// [`ConfigError`] if a flag or variable cannot be used.
    pub(super) fn client(self) -> Result<Client, ConfigError> {
        Client::from_args("server", self.server, self.admin_token, self.ca)
    }
}
