//! Which web pages may read answers (Fetch standard, CORS protocol).

use axum::body::Body;
use axum::response::Response;
use http::header::{
    ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS, ACCESS_CONTROL_ALLOW_ORIGIN,
    ACCESS_CONTROL_EXPOSE_HEADERS, ACCESS_CONTROL_MAX_AGE, ACCESS_CONTROL_REQUEST_HEADERS,
    ACCESS_CONTROL_REQUEST_METHOD, ORIGIN, VARY,
};
use http::{HeaderMap, HeaderValue, Method, StatusCode};

use crate::config::web_origin::WebOrigin;

/// The `Origin` of a request, if it is one of those that may call.
pub(super) fn allowed_origin(headers: &HeaderMap, allowed: &[WebOrigin]) -> Option<HeaderValue> {
    let origin = headers.get(ORIGIN)?;
    let text = origin.to_str().ok()?;
    allowed.iter().any(|allowed| allowed.is(text)).then(|| origin.clone())
}

/// The page that a browser asks for, before it sends another request.
pub(super) fn asking_page<'a>(method: &Method, headers: &'a HeaderMap) -> Option<&'a str> {
    asked_method(method, headers)?;
    headers.get(ORIGIN)?.to_str().ok()
}

/// The method of the request that a browser asks for, if it asks.
fn asked_method<'a>(method: &Method, headers: &'a HeaderMap) -> Option<&'a HeaderValue> {
    headers.get(ACCESS_CONTROL_REQUEST_METHOD).filter(|_| method == Method::OPTIONS)
}

/// The answer to a browser's question whether a page may send a request. It opens nothing: the request
/// itself meets every guard.
pub(super) fn preflight(method: &Method, headers: &HeaderMap, origin: &HeaderValue) -> Option<Response> {
    let asked = asked_method(method, headers)?;
    let mut response = Response::new(Body::empty());
    *response.status_mut() = StatusCode::NO_CONTENT;
    let answer = response.headers_mut();
    answer.insert(ACCESS_CONTROL_ALLOW_METHODS, asked.clone());
    if let Some(names) = headers.get(ACCESS_CONTROL_REQUEST_HEADERS) {
        answer.insert(ACCESS_CONTROL_ALLOW_HEADERS, names.clone());
    }
    answer.insert(ACCESS_CONTROL_MAX_AGE, HeaderValue::from_static("600"));
    open(&mut response, origin);
    Some(response)
}

/// Lets a page of this origin read the answer.
pub(super) fn open(response: &mut Response, origin: &HeaderValue) {
    let headers = response.headers_mut();
    headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, origin.clone());
    headers.insert(ACCESS_CONTROL_EXPOSE_HEADERS, HeaderValue::from_static("*"));
    headers.append(VARY, HeaderValue::from_static("Origin"));
}
