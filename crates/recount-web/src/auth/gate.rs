//! The gate: every request passes it, and is known behind it as somebody's.
//!
//! Where there are no accounts whoever sits at the machine is let in, and nobody else can reach the server. From the
//! first account on everybody needs a session or a token, but for [`is_open`]. What does not live here: what holds
//! for every request whoever sends it (`security`), signing in (`pages::sign_in`).

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::header::{ACCEPT, AUTHORIZATION, COOKIE, FORWARDED, LOCATION, WWW_AUTHENTICATE};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use recount_workspace::Failure;

use super::secret;
use super::{Account, Scope};
use crate::around::Around;
use crate::error::{Oops, Refusal};
use crate::frame::segment;
use crate::security::Client;
use crate::site::Site;

/// Whose request it is.
#[derive(Clone, Debug)]
pub(crate) enum Who {
    /// Whoever sits at the machine: there are no accounts.
    Local,
    /// Somebody who signed in; what is kept of the session's secret.
    Session(Account, [u8; 32]),
    /// A program with a token of somebody's.
    Token(Account, Scope),
}

/// What a proxy adds to what it passes on.
const PASSED_ON: [HeaderName; 3] =
    [FORWARDED, HeaderName::from_static("x-forwarded-for"), HeaderName::from_static("x-real-ip")];

/// What can be had by everybody: to sign in, what pages look like, whether the server lives, and webhooks, which see
/// themselves to who sends.
fn is_open(path: &str) -> bool {
    matches!(path, "/sign-in" | "/health")
        || ["/assets/", "/hooks/"].iter().any(|open| path.starts_with(open))
}

/// Whether a program asks, which wants a status rather than a page.
pub(crate) fn is_program(path: &str, headers: &HeaderMap) -> bool {
    let accepts = headers.get(ACCEPT).and_then(|value| value.to_str().ok()).unwrap_or("*/*");
    ["/api/", "/hooks/"].iter().any(|programs| path.starts_with(programs))
        || headers.contains_key(AUTHORIZATION)
        || !["text/html", "text/*", "*/*"].iter().any(|page| accepts.contains(page))
}

/// Whether a method only reads.
pub(crate) fn is_safe(method: &Method) -> bool {
    matches!(*method, Method::GET | Method::HEAD | Method::OPTIONS | Method::TRACE)
}

/// Lets in who may come in.
pub(crate) async fn gate(State(site): State<Arc<Site>>, mut request: Request, next: Next) -> Response {
    let path = request.uri().path();
    let is_program = is_program(path, request.headers());
    let refuse = |status, title, message: &str, hint: &str| {
        Refusal { status, title, message: message.to_owned(), hint: hint.to_owned(), is_program }
            .into_response()
    };
    if is_open(path) {
        return next.run(request).await;
    }
    let who = match who(&site, &request) {
        Ok(who) => who,
        // Without the accounts nobody can be told from anybody.
        Err(failure) => return Oops(failure).into_response(),
    };
    let Some(who) = who else {
        let headers = request.headers();
        if headers.contains_key(AUTHORIZATION) {
            let message = "this token is unknown, revoked or past its end";
            let answer =
                refuse(StatusCode::UNAUTHORIZED, "Not let in", message, "make a new one under Account");
            return asking_for_token(answer);
        }
        if is_safe(request.method()) && !is_program {
            return (StatusCode::SEE_OTHER, [(LOCATION, sign_in(&request))]).into_response();
        }
        let message = "you are not signed in";
        let hint = if is_program {
            "send a token as `Authorization: Bearer rct_…`; one is made under Account, or with `recount user token add`"
        } else {
            "sign in on another tab, then go back and send this again"
        };
        return asking_for_token(refuse(StatusCode::UNAUTHORIZED, "Signed out", message, hint));
    };
    match who {
        Who::Local if PASSED_ON.iter().any(|header| request.headers().contains_key(header)) => {
            let message = "this request was passed on by a proxy, and this server has no accounts";
            let hint = "make one with `recount user add NAME`, and start the server with `--proxy ADDRESS --host NAME`";
            return refuse(StatusCode::FORBIDDEN, "Not let in", message, hint);
        }
        Who::Token(_, Scope::Read) if !is_safe(request.method()) => {
            let message = "this token may read, and nothing more";
            return refuse(StatusCode::FORBIDDEN, "Not allowed", message, "make one with the scope `write`");
        }
        _ => {}
    }
    request.extensions_mut().insert(who.clone());
    let around = Around { site: Arc::clone(&site), who };
    around.answer(next.run(request)).await
}

/// Whose request it is; nobody's where accounts are needed and it names none.
fn who(site: &Site, request: &Request) -> Result<Option<Who>, Failure> {
    let accounts = &site.doors.accounts;
    if !site.access.required && !accounts.is_any()? {
        return Ok(Some(Who::Local));
    }
    if let Some(authorization) = request.headers().get(AUTHORIZATION) {
        // A token that was sent is what counts: no cookie stands in for a wrong one.
        let token = authorization.to_str().ok().and_then(|value| {
            let (scheme, token) = value.split_once(' ')?;
            scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
        });
        let Some(token) = token else { return Ok(None) };
        return Ok(accounts.token(token, site.now())?.map(|(account, scope)| Who::Token(account, scope)));
    }
    let Some(sum) = session(request.headers(), is_secure(site, request)) else { return Ok(None) };
    Ok(accounts.session(&sum, site.now())?.map(|account| Who::Session(account, sum)))
}

/// The address of the page to sign in, which leads back here.
fn sign_in(request: &Request) -> String {
    match request.uri().path_and_query().map_or("/", |path| path.as_str()) {
        "/" => "/sign-in".to_owned(),
        here => format!("/sign-in?next={}", segment(here)),
    }
}

fn asking_for_token(mut answer: Response) -> Response {
    answer.headers_mut().insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer realm=\"Recount\""));
    answer
}

/// Whether the browser's way to us is encrypted, as far as we are told.
pub(crate) fn is_secure(site: &Site, request: &Request) -> bool {
    site.access.secure || request.extensions().get::<Client>().is_some_and(|client| client.is_https)
}

/// What is kept of the session whose secret the browser sent.
pub(crate) fn session(headers: &HeaderMap, is_secure: bool) -> Option<[u8; 32]> {
    let cookies = headers.get_all(COOKIE).iter().filter_map(|value| value.to_str().ok());
    let mut cookies = cookies.flat_map(|value| value.split(';')).filter_map(|cookie| cookie.split_once('='));
    let secret = cookies.find(|(name, _)| name.trim() == cookie_name(is_secure))?.1;
    Some(secret::sum(secret.trim()))
}

/// The name of the cookie. Browsers take one of the first name only by https and from this host itself, so that
/// nobody on a neighbouring host can set it.
fn cookie_name(is_secure: bool) -> &'static str {
    if is_secure { "__Host-recount" } else { "recount" }
}

/// The cookie that carries a session; without a secret, what makes the browser forget it.
pub(crate) fn cookie(secret: Option<&str>, is_secure: bool) -> HeaderValue {
    let (name, secure) = (cookie_name(is_secure), if is_secure { "; Secure" } else { "" });
    // The server decides when a session ends; the browser keeps it as long as any can last.
    let age = if secret.is_some() { super::sessions::WHOLE } else { 0 };
    let secret = secret.unwrap_or_default();
    let text = format!("{name}={secret}; Path=/; HttpOnly; SameSite=Lax; Max-Age={age}{secure}");
    // Names and secrets of ours are letters and digits.
    HeaderValue::from_str(&text).unwrap_or(HeaderValue::from_static(""))
}
