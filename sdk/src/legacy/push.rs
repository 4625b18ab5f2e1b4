//! Pushing a file to a postbox (protocol reference, legacy/endpoints §9,
//! legacy/container §6).

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::Method;
use http::header::{CONTENT_LENGTH, CONTENT_TYPE, HeaderMap, HeaderValue};
use serde::Deserialize;
use zeroize::Zeroizing;

use crate::crypto::random;
use crate::crypto::sealing;
use crate::error::{Error, ErrorKind, Operation, Result};
use crate::http::body::Body;
use crate::http::content::Content;
use crate::http::json;
use crate::http::jwt::Claims;
use crate::http::request::Request;
use crate::ids::SessionKey;
use crate::legacy::client::{LegacyClient, parse};
use crate::legacy::contract::LegacyContract;
use crate::legacy::generation::Generation;
use crate::legacy::multipart;
use crate::legacy::postbox::Postbox;
use crate::legacy::refresh::Renewed;
use crate::push::library::PushMetadata;
use crate::read::session::Session;
use crate::text_enum::text_enum;
use crate::tokens::token::UserAccessToken;

/// A file to push.
///
/// **Legacy**, v1 to v1.6; today [`crate::User::push_to_library`]
/// (protocol reference, legacy/endpoints §9).
#[derive(Debug)]
pub struct PostboxFile {
    name: String,
    metadata: PushMetadata,
    content: Content,
}

impl PostboxFile {
    /// A file with its name, what it is, and its content.
    ///
    /// ```
    /// use digime::PushMetadata;
    /// use digime::legacy::PostboxFile;
    ///
    /// let metadata = PushMetadata::new("application/json").account("acc-1").tag("receipt");
    /// let file = PostboxFile::new("receipt.json", metadata, r#"{"total":12.5}"#);
    /// ```
    #[must_use]
    pub fn new(name: impl Into<String>, metadata: PushMetadata, content: impl Into<Content>) -> Self {
        Self { name: name.into(), metadata, content: content.into() }
    }
}

/// What allows a signed push.
///
/// **Legacy**, v1.5 and v1.6 (protocol reference, legacy/endpoints §9).
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub enum PostboxAccess<'a> {
    /// v1.5, once: the session that the user consented to.
    Session(&'a SessionKey),
    /// v1.5, ongoing: a session, and the token of an ongoing consent.
    SessionAndToken(&'a SessionKey, &'a UserAccessToken),
    /// v1.6: the token.
    Token(&'a UserAccessToken),
}

impl<'a> PostboxAccess<'a> {
    fn session(self) -> Option<&'a SessionKey> {
        match self {
            Self::Session(session) | Self::SessionAndToken(session, _) => Some(session),
            Self::Token(_) => None,
        }
    }

    fn token(self) -> Option<&'a UserAccessToken> {
        match self {
            Self::Session(_) => None,
            Self::SessionAndToken(_, token) | Self::Token(token) => Some(token),
        }
    }

    fn check(self, generation: Generation) -> Result<()> {
        let (known, what, instead) = match self {
            Self::Session(_) | Self::SessionAndToken(..) => {
                (Generation::V1_5, "signed push with a session", "give PostboxAccess::Token in v1.6")
            }
            Self::Token(_) => (Generation::V1_6, "push without a session", "give the session too in v1.5"),
        };
        generation.check(known..=known, what, instead)
    }
}

text_enum! {
    /// What became of a pushed file.
    ///
    /// **Legacy**, v1 to v1.6 (protocol reference, legacy/endpoints §9).
    PushStatus {
        /// It is in the user's library.
        Delivered = "delivered",
        /// It is kept, but was not delivered: the token may have expired.
        Pending = "pending",
    }
}

/// The answer to a push.
///
/// **Legacy**, v1 to v1.6; today a push has no result
/// (protocol reference, legacy/endpoints §9).
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[non_exhaustive]
pub struct PostboxReceipt {
    /// What became of the file. Servers before v1.5 need not say; their success
    /// counts as delivered.
    #[serde(default = "delivered")]
    pub status: PushStatus,
    /// Documented nowhere; probably **seconds** since 1970.
    #[serde(default, deserialize_with = "json::optional_integer")]
    pub expires: Option<i64>,
    /// A session, if the server gives one.
    #[serde(default)]
    pub session: Option<Session>,
}

fn delivered() -> PushStatus {
    PushStatus::Delivered
}

impl LegacyClient {
    /// Pushes a file to the postbox that the user created for this session.
    ///
    /// **Legacy**, v1 to v1.4; from v1.5 on [`LegacyClient::push_to_postbox_signed`],
    /// today [`crate::User::push_to_library`] (protocol reference, legacy/endpoints §9).
    /// The file is encrypted for the holder of the postbox's key while it is sent.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Config`] for metadata that cannot be sent and in other generations,
    /// [`ErrorKind::Body`] if the content cannot be read, [`ErrorKind::Api`],
    /// [`ErrorKind::Transport`], [`ErrorKind::Timeout`], [`ErrorKind::Decode`]. The
    /// request is never repeated.
    pub async fn push_to_postbox(
        &self,
        postbox: &Postbox,
        session: &SessionKey,
        file: PostboxFile,
    ) -> Result<PostboxReceipt> {
        let known = Generation::V1..=Generation::V1_4;
        self.generation().check(known, "unsigned push", "use `push_to_postbox_signed`")?;
        let mut sealed = self.sealed(postbox, &file).await?;
        let mut key = HeaderValue::try_from(session.expose())
            .map_err(|_| Error::config("session key", "has characters that no header may have"))?;
        // Keeps the value out of the HTTP library's own logs.
        key.set_sensitive(true);
        sealed.request.headers.insert("sessionkey", key);
        let request = sealed
            .request
            .hiding(session.expose())
            .header("symmetricalkey", &sealed.key)?
            .header("iv", &sealed.iv)?
            .header("metadata", &sealed.metadata)?;
        parse(request.operation, &self.send(&request, None).await?)
    }

    /// Pushes a file to a postbox with a signed request.
    ///
    /// If the server answers `pending` to a push with a token, the token is refreshed
    /// and the file pushed once more, under a new key; the new pair goes to
    /// [`crate::ClientBuilder::on_token`] before its use, and comes back. Content that
    /// [cannot be sent twice](Content::is_repeatable) stays `pending`.
    ///
    /// **Legacy**, v1.5 and v1.6; before [`LegacyClient::push_to_postbox`], today
    /// [`crate::User::push_to_library`]
    /// (protocol reference, legacy/endpoints §9, legacy/errors §5).
    ///
    /// # Errors
    ///
    /// As [`LegacyClient::push_to_postbox`], and those of [`LegacyClient::refresh`].
    ///
    /// ```no_run
    /// use digime::legacy::{LegacyClient, LegacyContract, Postbox, PostboxAccess, PostboxFile};
    /// use digime::{PushMetadata, UserAccessToken};
    ///
    /// # async fn push(legacy: LegacyClient, contract: LegacyContract, postbox: Postbox, token: UserAccessToken)
    /// # -> Result<(), digime::Error> {
    /// let metadata = PushMetadata::new("application/json").account("acc-1");
    /// let file = PostboxFile::new("receipt.json", metadata, r#"{"total":12.5}"#);
    /// let access = PostboxAccess::Token(&token);
    /// let pushed = legacy.push_to_postbox_signed(&contract, &postbox, access, file).await?;
    /// println!("{}", pushed.value.status);
    /// # Ok(())
    /// # }
    /// ```
    pub async fn push_to_postbox_signed(
        &self,
        contract: &LegacyContract,
        postbox: &Postbox,
        access: PostboxAccess<'_>,
        file: PostboxFile,
    ) -> Result<Renewed<PostboxReceipt>> {
        access.check(self.generation())?;
        let pair = access.token().map(|token| self.in_use(contract, token));
        let first = self.push_signed(contract, postbox, access.session(), access.token(), &file).await?;
        let (again, pair) = match access.token().zip(pair) {
            Some(used) if first.status == PushStatus::Pending && file.content.is_repeatable() => used,
            _ => return Ok(Renewed { value: first, updated_token: None }),
        };
        tracing::debug!("the push is pending, refreshing the token");
        let fresh = self.refresh_and_tell(contract, again, pair).await?;
        let value = self.push_signed(contract, postbox, access.session(), Some(&fresh), &file).await?;
        Ok(Renewed { value, updated_token: Some(fresh) })
    }

    async fn push_signed(
        &self,
        contract: &LegacyContract,
        postbox: &Postbox,
        session: Option<&SessionKey>,
        token: Option<&UserAccessToken>,
        file: &PostboxFile,
    ) -> Result<PostboxReceipt> {
        let sealed = self.sealed(postbox, file).await?;
        let claims = Claims {
            access_token: token.map(|token| token.access_token.value.expose()),
            iv: Some(&sealed.iv),
            metadata: Some(&sealed.metadata),
            redirect_uri: Some(contract.redirect_uri()),
            session_key: session.map(SessionKey::expose),
            symmetrical_key: Some(&sealed.key),
            ..Claims::default()
        };
        let answer = self.send(&sealed.request, Some(&self.signer(contract.contract(), claims))).await?;
        parse(sealed.request.operation, &answer)
    }

    /// The request of one push, under a key of its own. There is no hash and no
    /// compression, and metadata and file share key and IV: so the platform wants it.
    async fn sealed(&self, postbox: &Postbox, file: &PostboxFile) -> Result<Sealed> {
        let operation = Operation::PushToPostbox;
        file.metadata.check().map_err(|error| error.with_operation(operation))?;
        let content_key: Zeroizing<[u8; 32]> = random::bytes()?;
        let iv = *random::bytes::<16>()?;
        let descriptor = serde_json::to_vec(&file.metadata)
            .map_err(|_| Error::new(ErrorKind::Config, "the file's metadata is not JSON"))?;
        let metadata = STANDARD.encode(sealing::encrypted_whole(&content_key, iv, &descriptor)?);
        // Servers refuse header sections beyond 8 to 16 KiB; this travels in one.
        if metadata.len() > 6 * 1024 {
            return Err(Error::config("metadata", "is too long for the header it travels in")
                .with_operation(operation));
        }
        let pieces = file.content.open().await.map_err(|error| error.with_operation(operation))?;
        let part = multipart::Part::new(&file.name, &file.metadata.mime_type)?;
        let length = file.content.length().map(|length| part.length(sealing::encrypted_length(length)));
        let url = self.url("postbox id", &["permission-access", "postbox", postbox.id()])?;
        let template = "permission-access/postbox/{postboxId}";
        let mut request = Request::new(operation, Method::POST, url, template);
        request.headers = framing(&part, length)?;
        request.body = Body::Plain(part.around(sealing::encrypted(&content_key, iv, pieces)?));
        Ok(Sealed {
            request,
            key: STANDARD.encode(postbox.encrypt(content_key.as_slice())?),
            iv: iv.iter().map(|byte| format!("{byte:02x}")).collect(),
            metadata,
        })
    }
}

/// A push on its way, and what the receiver needs to open it.
struct Sealed {
    request: Request,
    key: String,
    iv: String,
    metadata: String,
}

/// Servers of these generations met chunked bodies late, so a length is sent if it is
/// known.
fn framing(part: &multipart::Part, length: Option<usize>) -> Result<HeaderMap> {
    let mut headers = HeaderMap::new();
    let content_type = HeaderValue::try_from(part.content_type())
        .map_err(|_| Error::new(ErrorKind::Config, "the boundary is no header value"))?;
    headers.insert(CONTENT_TYPE, content_type);
    if let Some(length) = length {
        headers.insert(CONTENT_LENGTH, HeaderValue::from(length));
    }
    Ok(headers)
}
