//! What the claims of a request's JWT are for, in a sentence each.

/// What a claim is for; none of one that the platform does not know.
pub(super) fn meaning(name: &str) -> Option<&'static str> {
    Some(match name {
        "access_token" => "The token that opens the user's library, shown by its fingerprint.",
        "agent" => "The client library and its version, for the platform's statistics.",
        "aud" => "Whom the JWT is for: the cloud host.",
        "client_id" => "The application and its contract: whose key must have signed this JWT.",
        "code" => "The authorization code that the callback brought, exchanged once.",
        "code_challenge" => "The hash of a secret that only this client has; it binds the code to it (PKCE).",
        "code_challenge_method" => "How the challenge was made of the secret; S256 is the only way.",
        "code_verifier" => "The secret behind the challenge: who shows it began the flow (PKCE).",
        "exp" => "When the JWT ends, in seconds since 1970.",
        "grant_type" => "What is exchanged for tokens: an authorization code or a refresh token.",
        "iat" => "When the JWT was made, in seconds since 1970.",
        "iss" => "Who made the JWT.",
        "jti" => "A number of this JWT alone.",
        "nonce" => "32 letters and digits that are used once, so that nobody can send this request again.",
        "redirect_uri" => "Where the browser returns to; it must be registered for the contract.",
        "refresh_token" => "The token that is replaced by a new pair, shown by its fingerprint.",
        "response_mode" => "How the callback carries its answer: in the query of its address.",
        "response_type" => "What the callback brings: a code.",
        "session_key" => "The session that is read, shown by its fingerprint.",
        "state" => "A text of the client's that comes back unchanged, so that it knows its own flow again.",
        "sub" => "Whom the JWT is about.",
        "timestamp" => {
            "When the request was made, in milliseconds since 1970; it must be fresh by five minutes."
        }
        _ => return None,
    })
}
