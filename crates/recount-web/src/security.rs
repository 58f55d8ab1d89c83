//! What holds for every request: which hosts it may name, where it comes from, how many are worked on at a time, and
//! what the browser may do with the answer.
//!
//! What does not live here: who may do what ([`crate::auth::gate`]), how long a connection may take
//! ([`crate::server`]).

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use axum::extract::ConnectInfo;

use axum::extract::{Request, State};
use axum::http::header::{
    AUTHORIZATION, CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, COOKIE, HOST, HeaderName, ORIGIN,
    REFERRER_POLICY, RETRY_AFTER, X_CONTENT_TYPE_OPTIONS, X_FRAME_OPTIONS,
};
use axum::http::{HeaderMap, HeaderValue, StatusCode, Uri};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use crate::auth::gate::is_safe;
use crate::error::Refusal;
use crate::site::Site;

/// No script and no style but our own files, nothing from elsewhere, no frames.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; font-src 'self'; \
    connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

const HEADERS: [(HeaderName, &str); 7] = [
    (CONTENT_SECURITY_POLICY, POLICY),
    (X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (X_FRAME_OPTIONS, "DENY"),
    // Our own pages need it to tell a form of ours from one elsewhere.
    (REFERRER_POLICY, "same-origin"),
    (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
    (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
    (HeaderName::from_static("permissions-policy"), "camera=(), geolocation=(), microphone=(), payment=()"),
];

/// What lets one page write its own styles: the editor's, whose colours depend on the text. It is another one each time.
#[derive(Clone)]
pub(crate) struct StyleNonce(String);

impl StyleNonce {
    pub(crate) fn new() -> Self {
        Self(random_hex())
    }

    pub(crate) fn text(&self) -> &str {
        &self.0
    }

    fn policy(&self) -> String {
        POLICY.replace("style-src 'self'", &format!("style-src 'self' 'nonce-{}'", self.0))
    }
}

/// Twelve bytes that nobody can guess.
pub(crate) fn random_hex() -> String {
    let mut bytes = [0; 12];
    // Without random bytes from the system nobody could have signed in; the clock is at least never the same.
    if getrandom::fill(&mut bytes).is_err() {
        let now =
            std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default().as_nanos();
        bytes.copy_from_slice(&now.to_be_bytes()[4..]);
    }
    bytes.iter().fold(String::new(), |text, byte| format!("{text}{byte:02x}"))
}

/// In modern browsers each request says how its page stands to us; others say at least where it is.
const FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

/// Where a request comes from, as far as that can be believed.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Client {
    pub(crate) address: Option<IpAddr>,
    /// Whether a proxy of ours got it by https.
    pub(crate) is_https: bool,
}

/// Refuses what no handler should see, and sets the headers of every answer.
pub(crate) async fn guard(State(site): State<Arc<Site>>, mut request: Request, next: Next) -> Response {
    let mut response = if !is_ours(request.headers(), request.uri(), &site.settings.hosts) {
        let told = "This server is not known by that name. If it should be, start it with `--host NAME`.\n";
        (StatusCode::MISDIRECTED_REQUEST, [(CONTENT_TYPE, "text/plain; charset=utf-8")], told).into_response()
    } else if is_unexplained(&request) {
        from_elsewhere()
    } else if let Ok(_place) = site.doors.places.try_acquire() {
        let peer = request.extensions().get::<ConnectInfo<SocketAddr>>().map(|peer| peer.0.ip());
        let client = client(peer, request.headers(), &site.access.proxies);
        request.extensions_mut().insert(client);
        let headers = request.headers_mut();
        if headers.contains_key(AUTHORIZATION) {
            // No page elsewhere can make a browser send a token: programs may name any origin they like.
            headers.remove(ORIGIN);
            headers.remove(FETCH_SITE);
        }
        next.run(request).await
    } else {
        let told = "The server is busy. Try again in a moment.\n";
        (StatusCode::SERVICE_UNAVAILABLE, [(RETRY_AFTER, "5")], told).into_response()
    };
    let nonce = response.extensions_mut().remove::<StyleNonce>();
    let headers = response.headers_mut();
    for (name, value) in HEADERS {
        headers.insert(name, HeaderValue::from_static(value));
    }
    if let Some(policy) = nonce.and_then(|nonce| HeaderValue::from_str(&nonce.policy()).ok()) {
        headers.insert(CONTENT_SECURITY_POLICY, policy);
    }
    // Pages are of now, and a shared machine keeps none.
    headers.entry(CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    response
}

/// Whether a request would change something, carries a cookie, and does not say where its page is: browsers of before
/// 2020 send such, and then it cannot be told from one that a page elsewhere made them send.
fn is_unexplained(request: &Request) -> bool {
    let headers = request.headers();
    !is_safe(request.method())
        && headers.contains_key(COOKIE)
        && ![AUTHORIZATION, ORIGIN, FETCH_SITE].iter().any(|header| headers.contains_key(header))
}

/// The answer to a request that a page elsewhere made a browser send.
pub(crate) fn from_elsewhere() -> Response {
    let refusal = Refusal {
        status: StatusCode::FORBIDDEN,
        title: "That came from elsewhere",
        message: "this form was not sent from a page of this server, so nothing was changed".to_owned(),
        hint: "open the page here and send it again; where a proxy stands in front, it has to pass on `Host` and \
            `Origin` as they are"
            .to_owned(),
        is_program: false,
    };
    refusal.into_response()
}

/// Where a request comes from. What it says itself counts where a proxy of ours passed it on: the last address that
/// none of ours has is the one that was seen, everything before it may be invented.
fn client(peer: Option<IpAddr>, headers: &HeaderMap, proxies: &[IpAddr]) -> Client {
    let peer = peer.map(|peer| peer.to_canonical());
    let is_proxy = |address: &IpAddr| proxies.iter().any(|proxy| proxy.to_canonical() == *address);
    if !peer.as_ref().is_some_and(is_proxy) {
        return Client { address: peer, is_https: false };
    }
    let all = |name: &str| -> Vec<String> {
        let values = headers.get_all(name).iter().filter_map(|value| value.to_str().ok());
        values.flat_map(|value| value.split(',')).map(|value| value.trim().to_owned()).collect()
    };
    let mut seen = peer;
    for told in all("x-forwarded-for").iter().rev() {
        let Ok(address) = told.trim_matches(['[', ']']).parse::<IpAddr>() else { break };
        seen = Some(address.to_canonical());
        if !seen.as_ref().is_some_and(is_proxy) {
            break;
        }
    }
    let is_https = all("x-forwarded-proto").last().is_some_and(|scheme| scheme.eq_ignore_ascii_case("https"));
    Client { address: seen, is_https }
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
    fn only_proxies_of_ours_are_believed_where_a_request_comes_from() {
        let ours = ["10.0.0.1".parse().unwrap(), "10.0.0.2".parse().unwrap()];
        for (peer, told, seen) in [
            ("192.0.2.9", Some("198.51.100.7"), "192.0.2.9"),
            ("10.0.0.1", Some("198.51.100.7"), "198.51.100.7"),
            ("::ffff:10.0.0.1", Some("198.51.100.7"), "198.51.100.7"),
            ("10.0.0.1", Some("203.0.113.1, 198.51.100.7"), "198.51.100.7"),
            ("10.0.0.1", Some("203.0.113.1, 198.51.100.7, 10.0.0.2"), "198.51.100.7"),
            ("10.0.0.1", Some("198.51.100.7, nonsense"), "10.0.0.1"),
            ("10.0.0.1", Some("[2001:db8::1]"), "2001:db8::1"),
            ("10.0.0.1", None, "10.0.0.1"),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert("x-forwarded-proto", HeaderValue::from_static("https"));
            if let Some(told) = told {
                headers.insert("x-forwarded-for", HeaderValue::from_str(told).unwrap());
            }
            let client = client(Some(peer.parse().unwrap()), &headers, &ours);
            assert_eq!(client.address, Some(seen.parse().unwrap()), "{peer} {told:?}");
            assert_eq!(client.is_https, peer != "192.0.2.9", "{peer} {told:?}");
        }
    }

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
