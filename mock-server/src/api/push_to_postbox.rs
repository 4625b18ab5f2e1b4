//! `POST permission-access/postbox/{postboxId}`: an encrypted file for a user, as clients pushed before
//! `permission-access/import` (protocol reference, legacy/endpoints §9).

use std::sync::Arc;

use axum::body::Body;
use base64::Engine as _;
use base64::alphabet::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use http::Method;
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Value, json};
use sync_wrapper::SyncWrapper;

use super::flow::{SessionJson, not_stored};
use super::pushing::{PushLimits, described};
use crate::domain::contract::Contract;
use crate::domain::library::LibraryId;
use crate::domain::postbox::{Delivery, PostboxFile, PostboxKeys, Pusher};
use crate::domain::pushed::Descriptor;
use crate::domain::refusal::Refusal;
use crate::domain::session::SessionRef;
use crate::generations::PushForm;
use crate::http::call::Call;
use crate::http::endpoint::{Endpoint, SandboxBy};
use crate::http::form_file;
use crate::http::reply::{Outcome, reply_json};
use crate::journal::check::Check;
use crate::jwt::claims::Claims;
use crate::openapi::exchange::{Answer, Auth, Content, Exchange};
use crate::openapi::schemas::Schemas;
use crate::operations::Operation;
use crate::operations::generation::Generations;
use crate::operations::refusals::{CALLBACK, KIND, POSTBOX, SESSION, SIGNED, TOO_LARGE, UNREADABLE, USER};
use crate::operations::route::{AnswerKind, Area, BodyMode, Route};
use crate::payload::content::Content as FileContent;
use crate::payload::postbox::{PushKey, SealError};
use crate::verify::request::Verified;

impl Operation {
    /// `POST permission-access/postbox/{postboxId}`, which older clients push with
    pub const PUSH_TO_POSTBOX: Self = Self::named("pushToPostbox");
}

pub(super) static ENDPOINT: Endpoint = Endpoint {
    route: Route {
        operation: Operation::PUSH_TO_POSTBOX,
        method: Method::POST,
        area: Area::Api(Generations::ALL),
        template: "/permission-access/postbox/{postboxId}",
        summary: "`POST permission-access/postbox/{postboxId}`, which older clients push with",
        deprecated: true,
        answer: AnswerKind::Json,
        body: BodyMode::Streamed,
        refusals: &[UNREADABLE, TOO_LARGE, SIGNED, CALLBACK, USER, KIND, SESSION, POSTBOX],
    },
    sandbox: &[SandboxBy::Jwt, SandboxBy::Path("postboxId"), SandboxBy::Header(SESSION_KEY)],
    exchange,
    handler: |call| Box::pin(push(call)),
};

/// Headers of generations that sign nothing.
const SESSION_KEY: &str = "sessionKey";
const SYMMETRICAL_KEY: &str = "symmetricalKey";
const IV: &str = "iv";
const METADATA: &str = "metadata";

/// Standard Base64. Padding is written by official clients, but nothing depends on it.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

fn exchange(schemas: &mut Schemas) -> Exchange {
    let answer = schemas.answer::<PostboxAnswer>();
    let form = json!({
        "type": "object",
        "required": ["file"],
        "properties": { "file": {
            "type": "string",
            "format": "binary",
            "description": "AES-256-CBC with PKCS#7 padding. Of several parts of this name the first counts.",
        } },
    });
    let up_to_v1_4 = |what: &str| format!("{what} Up to v1.4; later generations send a claim.");
    Exchange::new(Auth::User, Answer::json("The file is in the library, or waits in the postbox.", answer))
        .body(Content::of("multipart/form-data", form))
        .request_header(SESSION_KEY, &up_to_v1_4("The session that the postbox was made with."))
        .request_header(
            SYMMETRICAL_KEY,
            &up_to_v1_4("The AES key, encrypted with RSA-OAEP (SHA-1) for the postbox, in Base64."),
        )
        .request_header(IV, &up_to_v1_4("The initialization vector, 32 hexadecimal digits."))
        .request_header(METADATA, &up_to_v1_4("The file's descriptor, encrypted as the file, in Base64."))
}

/// What became of a push (protocol reference, legacy/endpoints §9).
#[derive(Serialize, JsonSchema)]
struct PostboxAnswer {
    /// When the session ends, in seconds since 1970. Android takes no more than 32 bits.
    expires: i32,
    status: PushStatus,
    session: SessionJson,
}

#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
enum PushStatus {
    Delivered,
    Pending,
}

/// A push that was verified, before its file is taken in.
struct Accepted {
    contract: Arc<Contract>,
    delivery: Delivery,
    session: AnsweredSession,
    keys: PostboxKeys,
    room: u64,
    sealed: Sealed,
}

/// The session that the answer tells of.
enum AnsweredSession {
    /// The one that the push names.
    Named(SessionRef),
    /// The one that a header names, if it lives, or a new one.
    Any { user: LibraryId, named: Option<String> },
}

/// What a file is encrypted with and described by, as the client sent it.
struct Sealed {
    key: String,
    iv: String,
    metadata: String,
}

/// Everything is verified before the first byte is taken.
async fn push(call: &mut Call) -> Outcome {
    let accepted = match call.dialect().push {
        PushForm::Headers => accept_headers(call).await?,
        PushForm::ClaimsAndSession => accept_claims_and_session(call).await?,
        PushForm::Claims => accept_claims(call).await?,
    };
    let Accepted { contract, delivery, session, keys, room, sealed } = accepted;
    let (key, descriptor) = sealed.open(call, &keys)?;
    let boundary = call.verdict.check(Check::Body, form_file::boundary(&call.headers))?;
    let mut incoming = call.stream.take().map(SyncWrapper::into_inner).unwrap_or_default();
    let received = receive(&mut incoming, boundary, &key, PushLimits::of(call, room)).await;
    call.stream = Some(SyncWrapper::new(incoming));
    let (content, digest) = call.verdict.check(Check::Body, received)?;
    let now = call.now();
    let file = PostboxFile { descriptor, content, digest };
    let postbox = call.param("postboxId");
    let pushed = call.sandbox.store.push_to_postbox(&contract, postbox, file, delivery, now).await;
    call.verdict.check(Check::Library, pushed)?;
    let session = match session {
        AnsweredSession::Named(session) => session,
        AnsweredSession::Any { user, named } => {
            let (store, access) = (&call.sandbox.store, call.dialect().access);
            store.session_after_push(&contract, &user, named.as_deref(), access, now).await?
        }
    };
    reply_json(&PostboxAnswer {
        expires: i32::try_from(session.expires.millis() / 1000).unwrap_or(i32::MAX),
        status: match delivery {
            Delivery::Delivered => PushStatus::Delivered,
            Delivery::Pending => PushStatus::Pending,
        },
        session: session.into(),
    })
}

/// Nothing is signed: who knows the session's key may push, and the session tells the contract.
async fn accept_headers(call: &mut Call) -> Result<Accepted, Refusal> {
    let key = call.required_header(SESSION_KEY, Check::SessionKeyHeader)?;
    let client_id = call.sandbox.store.session_client(&key).await?;
    let contract = client_id.and_then(|client_id| call.sandbox.contract(&client_id));
    let known = contract.ok_or_else(|| Refusal::invalid_session("there is no such session"));
    let contract = call.verdict.check(Check::Session, known)?;
    let session = AnsweredSession::Named(live_session(call, &contract, &key).await?);
    let (keys, room) = postbox(call, &contract, Pusher::Session(&key)).await?;
    let sealed = Sealed {
        key: call.required_header(SYMMETRICAL_KEY, Check::SymmetricalKey)?,
        iv: call.required_header(IV, Check::InitializationVector)?,
        metadata: call.required_header(METADATA, Check::PushMetadata)?,
    };
    Ok(Accepted { contract, delivery: Delivery::Delivered, session, keys, room, sealed })
}

/// With an access token any session of the contract will do, without one it must be the postbox's. The
/// JWT counts, whatever headers come with it (protocol reference, legacy/mobile §1).
async fn accept_claims_and_session(call: &mut Call) -> Result<Accepted, Refusal> {
    let Verified { contract, claims } = call.verify().await?;
    let token = call.verdict.check(Check::AccessTokenClaim, claims.text("access_token"))?;
    let by_token = match token.filter(|token| !token.is_empty()) {
        Some(token) => Some(user(call, &contract, token).await?),
        None => None,
    };
    let key = call.verdict.check(Check::SessionKeyClaim, claims.required("session_key"))?;
    let session = AnsweredSession::Named(live_session(call, &contract, key).await?);
    let pusher = by_token.as_ref().map_or(Pusher::Session(key), |(user, _)| Pusher::User(user));
    let (keys, room) = postbox(call, &contract, pusher).await?;
    let sealed = Sealed::of_claims(call, &claims)?;
    let delivery = by_token.map_or(Delivery::Delivered, |(_, delivery)| delivery);
    Ok(Accepted { contract, delivery, session, keys, room, sealed })
}

/// Needs no session, but Android names one in a header (protocol reference, legacy/endpoints §9).
async fn accept_claims(call: &mut Call) -> Result<Accepted, Refusal> {
    let Verified { contract, claims } = call.verify().await?;
    let token = call.verdict.check(Check::AccessTokenClaim, claims.required("access_token"))?;
    let (user, delivery) = user(call, &contract, token).await?;
    let (keys, room) = postbox(call, &contract, Pusher::User(&user)).await?;
    let sealed = Sealed::of_claims(call, &claims)?;
    let named = call.headers.get(SESSION_KEY).and_then(|key| key.to_str().ok()).map(str::to_owned);
    let session = AnsweredSession::Any { user, named };
    Ok(Accepted { contract, delivery, session, keys, room, sealed })
}

async fn user(call: &mut Call, contract: &Contract, token: &str) -> Result<(LibraryId, Delivery), Refusal> {
    let user = call.sandbox.store.pushing_user(contract, token, call.now()).await;
    call.verdict.check(Check::AccessToken, user)
}

async fn live_session(call: &mut Call, contract: &Contract, key: &str) -> Result<SessionRef, Refusal> {
    let session = call.sandbox.store.pushing_session(contract, key, call.now()).await;
    call.verdict.check(Check::Session, session)
}

/// The keys of the postbox, and how many bytes the quota has left.
async fn postbox(
    call: &mut Call,
    contract: &Contract,
    pusher: Pusher<'_>,
) -> Result<(PostboxKeys, u64), Refusal> {
    let room = call.sandbox.store.push_room(contract, call.now()).await;
    let room = call.verdict.check(Check::ContractKind, room)?;
    let keys = call.sandbox.store.postbox_keys(contract, pusher, call.param("postboxId")).await;
    Ok((call.verdict.check(Check::Postbox, keys)?, room))
}

impl Sealed {
    fn of_claims(call: &mut Call, claims: &Claims) -> Result<Self, Refusal> {
        let mut claim =
            |name: &str, check: Check| call.verdict.check(check, claims.required(name)).map(str::to_owned);
        Ok(Self {
            key: claim("symmetrical_key", Check::SymmetricalKey)?,
            iv: claim("iv", Check::InitializationVector)?,
            metadata: claim("metadata", Check::PushMetadata)?,
        })
    }

    /// The key of the file, and what is said about it.
    fn open(&self, call: &mut Call, postbox: &PostboxKeys) -> Result<(PushKey, Descriptor), Refusal> {
        let iv = call.verdict.check(Check::InitializationVector, read_iv(&self.iv))?;
        let key = read_base64(&self.key, "the symmetric key").and_then(|sealed| {
            let opened = PushKey::open(&sealed, iv, postbox.private());
            opened.map_err(|error| Refusal::validation(format!("the symmetric key: {error}")))
        });
        let key = call.verdict.check(Check::SymmetricalKey, key)?;
        let descriptor = call.verdict.check(Check::PushMetadata, read_metadata(&self.metadata, &key))?;
        Ok((key, descriptor))
    }
}

/// 32 hexadecimal digits; clients write small letters, but nothing depends on it.
fn read_iv(text: &str) -> Result<[u8; 16], Refusal> {
    let wrong = || Refusal::validation("the iv must be 32 hexadecimal digits");
    if text.len() != 32 || !text.bytes().all(|digit| digit.is_ascii_hexdigit()) {
        return Err(wrong());
    }
    u128::from_str_radix(text, 16).map(u128::to_be_bytes).map_err(|_| wrong())
}

/// Line breaks are removed, as some clients do themselves (protocol reference, legacy/endpoints §9).
fn read_base64(text: &str, what: &str) -> Result<Vec<u8>, Refusal> {
    let one_line: String = text.chars().filter(|c| !matches!(c, '\r' | '\n')).collect();
    BASE64.decode(one_line).map_err(|error| Refusal::validation(format!("{what} is not Base64: {error}")))
}

fn read_metadata(sealed: &str, key: &PushKey) -> Result<Descriptor, Refusal> {
    let sealed = read_base64(sealed, METADATA)?;
    let plain = key.decrypt(&sealed).map_err(|error| Refusal::validation(format!("{METADATA}: {error}")))?;
    let json: Value = serde_json::from_slice(&plain).map_err(|error| {
        Refusal::validation(format!("{METADATA}: what was decrypted is no JSON: {error}"))
    })?;
    described(json, METADATA)
}

/// Takes in the file, decrypted, with the SHA-256 of it.
async fn receive(
    body: &mut Body,
    boundary: String,
    key: &PushKey,
    limits: PushLimits,
) -> Result<(FileContent, [u8; 32]), Refusal> {
    let mut file = key.file();
    form_file::read(body, boundary, |piece| {
        file.write(piece).map_err(unsealed)?;
        limits.admit(file.len())
    })
    .await?;
    let (content, digest) = file.finish().map_err(unsealed)?;
    limits.admit(content.len())?;
    Ok((content, digest))
}

fn unsealed(error: SealError) -> Refusal {
    match error {
        SealError::Store(error) => not_stored(error),
        error => Refusal::validation(format!("the part file: {error}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_iv_has_32_digits_in_either_case() {
        let iv = read_iv("00112233445566778899AABBCCDDeeff").unwrap();
        assert_eq!((iv[0], iv[1], iv[10], iv[15]), (0, 0x11, 0xaa, 0xff));
        for wrong in
            ["", "0", &"0".repeat(31), &"0".repeat(33), &"g".repeat(32), &"+0".repeat(16), &"é".repeat(16)]
        {
            assert!(read_iv(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn base64_may_lack_its_padding_and_have_line_breaks() {
        for text in ["YQ==", "YQ", "Y\r\nQ=\n=", "YQ=="] {
            assert_eq!(read_base64(text, "x").unwrap(), b"a", "{text:?}");
        }
        for wrong in ["Y Q==", "_-8=", "Y", "YQ==x"] {
            assert!(read_base64(wrong, "x").is_err(), "{wrong}");
        }
    }
}
