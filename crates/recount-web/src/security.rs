//! What holds for every request: which hosts it may name, and what the browser may do with the answer.
//!
//! What does not live here: who may do what ([`crate::viewer`]).

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, HOST, HeaderName, REFERRER_POLICY,
    X_CONTENT_TYPE_OPTIONS, X_FRAME_OPTIONS,
};
use axum::http::{HeaderMap, HeaderValue, StatusCode, Uri};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use crate::site::Site;

/// No script and no style but our own files, nothing from elsewhere, no frames.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; font-src 'self'; \
    connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

const HEADERS: [(HeaderName, &str); 6] = [
    (CONTENT_SECURITY_POLICY, POLICY),
    (X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (X_FRAME_OPTIONS, "DENY"),
    // Our own pages need it to tell a form of ours from one elsewhere.
    (REFERRER_POLICY, "same-origin"),
    (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
    (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
];

/// Refuses requests that name a host which is not this one, and sets the headers of every answer.
pub(crate) async fn guard(State(site): State<Arc<Site>>, request: Request, next: Next) -> Response {
    let mut response = if is_ours(request.headers(), request.uri(), &site.settings.hosts) {
        next.run(request).await
    } else {
        let told = "This server is not known by that name. If it should be, start it with `--host NAME`.\n";
        (StatusCode::MISDIRECTED_REQUEST, [(CONTENT_TYPE, "text/plain; charset=utf-8")], told).into_response()
    };
    let headers = response.headers_mut();
    for (name, value) in HEADERS {
        headers.insert(name, HeaderValue::from_static(value));
    }
    // Pages are of now, and a shared machine keeps none.
    headers.entry(CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    response
}

/// Whether a request is for this server by one of its names: a page elsewhere whose name was made to lead here says
/// its own.
fn is_ours(headers: &HeaderMap, uri: &Uri, hosts: &[String]) -> bool {
    let named =
        headers.get(HOST).and_then(|host| host.to_str().ok()).or_else(|| Some(uri.authority()?.as_str()));
    let Some(named) = named else { return false };
    let Ok(authority) = named.parse::<axum::http::uri::Authority>() else { return false };
    let host = authority.host().trim_matches(['[', ']']);
    let is_local = host.eq_ignore_ascii_case("localhost")
        || host.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback());
    is_local || hosts.iter().any(|known| known.eq_ignore_ascii_case(host))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn only_names_of_this_server_are_answered() {
        let hosts = ["recount.example.com".to_owned()];
        for (host, ours) in [
            ("localhost:7332", true),
            ("LOCALHOST", true),
            ("127.0.0.1:7332", true),
            ("[::1]:7332", true),
            ("recount.example.com", true),
            ("recount.example.com:443", true),
            ("evil.example", false),
            ("127.0.0.1.evil.example", false),
            ("localhost.evil.example:7332", false),
            ("10.0.0.1", false),
            ("", false),
            ("a b", false),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(HOST, HeaderValue::from_str(host).unwrap());
            assert_eq!(is_ours(&headers, &Uri::from_static("/"), &hosts), ours, "{host}");
        }
        assert!(!is_ours(&HeaderMap::new(), &Uri::from_static("/"), &hosts));
    }
}
