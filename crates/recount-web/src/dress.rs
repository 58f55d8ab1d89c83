//! Answers that the framework gives by itself, in bare words or none: an address without such a method, a body that is
//! too large, a server that is busy. People get them as the page that every failure has, programs as a problem.
//!
//! What does not live here: the same below `/api/`, in the shape that the API describes (`api::envelope`).

use axum::body::to_bytes;
use axum::extract::Request;
use axum::http::StatusCode;
use axum::http::header::{CONTENT_LENGTH, CONTENT_TYPE};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use crate::auth::gate::is_program;
use crate::error::Refusal;

/// More than that the framework says of nothing.
const LONGEST: usize = 4096;

/// Gives such an answer the shape of ours.
pub(crate) async fn dress(request: Request, next: Next) -> Response {
    let is_program = is_program(request.uri().path(), request.headers());
    let method = request.method().clone();
    let response = next.run(request).await;
    let status = response.status();
    let is_bare = match response.headers().get(CONTENT_TYPE) {
        None => true,
        Some(kind) => kind.as_bytes().starts_with(b"text/plain"),
    };
    if !is_bare || !(status.is_client_error() || status.is_server_error()) {
        return response;
    }
    let (parts, body) = response.into_parts();
    let said = to_bytes(body, LONGEST).await.unwrap_or_default();
    let said = String::from_utf8_lossy(&said).trim().trim_end_matches('.').to_owned();
    let (title, message, hint) = told(status, method.as_str(), said);
    let (dressed, body) = Refusal { status, title, message, hint, is_program }.into_response().into_parts();
    // What else the answer says (which methods there are, how long to wait) holds all the same.
    let mut headers = parts.headers;
    headers.remove(CONTENT_LENGTH);
    headers.extend(dressed.headers);
    (status, headers, body).into_response()
}

fn told(status: StatusCode, method: &str, said: String) -> (&'static str, String, String) {
    let (title, message, hint) = match status {
        StatusCode::METHOD_NOT_ALLOWED => (
            "Not done this way",
            format!("`{method}` is no method of this address"),
            "open the page and use what stands there; `Allow` says which methods there are",
        ),
        StatusCode::PAYLOAD_TOO_LARGE => (
            "That is too large",
            "what was sent is larger than this address takes".to_owned(),
            "send less at once; nothing was changed",
        ),
        StatusCode::UNSUPPORTED_MEDIA_TYPE => (
            "That is no form",
            "what was sent is not in the form that this address takes".to_owned(),
            "open the page and send it again",
        ),
        StatusCode::REQUEST_TIMEOUT => {
            ("That took too long", "what was sent did not arrive in whole".to_owned(), "send it again")
        }
        StatusCode::NOT_FOUND => {
            ("Not found", "there is nothing at this address".to_owned(), "the list has every postmortem")
        }
        _ if status.is_server_error() => ("That did not work", said, "try again in a moment"),
        _ => ("The request cannot be read", said, "open the page and send it again"),
    };
    let message = if message.is_empty() { "the server gives no reason".to_owned() } else { message };
    (title, message, hint.to_owned())
}
