//! Signing in and out.
//!
//! What does not live here: one's own account (`account`), who needs to sign in ([`crate::auth::gate`]).

use std::net::IpAddr;
use std::sync::Arc;

use askama::Template;
use axum::RequestExt as _;
use axum::extract::{Extension, Form, Query, Request, State};
use axum::http::header::{LOCATION, RETRY_AFTER, SET_COOKIE};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};

use recount_workspace::Failure;
use serde::Deserialize;

use super::Page as PageDefinition;
use crate::auth::gate::{self, Who};
use crate::auth::{Slower, plain_name};
use crate::error::{Answer, Oops, page};
use crate::security::Client;
use crate::site::Site;

pub(super) const PAGE: PageDefinition = PageDefinition {
    navigation: None,
    routes: |router| router.route("/sign-in", get(form).post(sign_in)).route("/sign-out", post(sign_out)),
};

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Asked {
    next: String,
}

/// What was typed. It has no `Debug`: nothing may print it.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Typed {
    name: String,
    password: String,
    next: String,
}

#[derive(Default, Template)]
#[template(path = "sign_in.html")]
struct SignIn {
    name: String,
    next: String,
    fault: String,
    /// Whether there is nothing to sign in to.
    is_needless: bool,
}

/// Where somebody may be led after signing in: an address of this server, and nothing that a browser would read as
/// one of another.
fn local(next: &str) -> &str {
    let is_plain = next.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'\\');
    let is_path = next.starts_with('/') && !next.starts_with("//");
    if is_plain && is_path && !next.starts_with("/sign-") { next } else { "/" }
}

async fn form(
    State(site): State<Arc<Site>>,
    Query(asked): Query<Asked>,
    request: Request,
) -> Answer<Response> {
    let accounts = &site.doors.accounts;
    let is_needless = !site.access.required && !accounts.is_any()?;
    if let Some(sum) = gate::session(request.headers(), gate::is_secure(&site, &request))
        && accounts.session(&sum, site.now())?.is_some()
    {
        return Ok(away(local(&asked.next), None));
    }
    let form = SignIn { next: local(&asked.next).to_owned(), is_needless, ..SignIn::default() };
    Ok(page(&form)?.into_response())
}

async fn sign_in(State(site): State<Arc<Site>>, request: Request) -> Answer<Response> {
    let is_secure = gate::is_secure(&site, &request);
    let old = gate::session(request.headers(), is_secure);
    let address = request.extensions().get::<Client>().and_then(|client| client.address);
    let typed: Result<Form<Typed>, _> = request.extract().await;
    let Ok(Form(typed)) = typed else {
        return Err(Oops(Failure::new("the form cannot be read").hint("open the page and send it again")));
    };
    let again = |status: StatusCode, fault: String| -> Answer<Response> {
        let name = typed.name.clone();
        let form = SignIn { name, next: local(&typed.next).to_owned(), fault, is_needless: false };
        Ok((status, page(&form)?).into_response())
    };
    if let Err(Slower(wait)) = site.doors.pace.count(address, &plain_name(&typed.name)) {
        let seconds = wait.as_secs() + 1;
        refused(&site, &typed.name, address, "too many tries");
        let fault = format!("Too many tries. The next one is heard in {seconds} s.");
        let mut answer = again(StatusCode::TOO_MANY_REQUESTS, fault)?;
        answer.headers_mut().insert(RETRY_AFTER, HeaderValue::from(seconds));
        return Ok(answer);
    }
    let found = site.doors.accounts.with_password(&typed.name)?;
    let (account, kept) = found.map_or((None, None), |(account, kept)| (Some(account), Some(kept)));
    let is_right = site.doors.passwords.is_right(typed.password.clone(), kept).await;
    let Some(account) = account.filter(|_| is_right) else {
        refused(&site, &typed.name, address, "wrong name or password");
        let fault = "This name and this password do not belong together.".to_owned();
        return again(StatusCode::FORBIDDEN, fault);
    };
    if let Some(old) = old {
        // What stood in the browser before, whoever put it there, opens nothing from now on.
        site.doors.accounts.end_session(&old)?;
    }
    let secret = site.doors.accounts.begin_session(&account, site.now())?;
    Ok(away(local(&typed.next), Some(gate::cookie(Some(&secret), is_secure))))
}

async fn sign_out(
    State(site): State<Arc<Site>>,
    Extension(who): Extension<Who>,
    request: Request,
) -> Answer<Response> {
    if let Who::Session(_, sum) = who {
        site.doors.accounts.end_session(&sum)?;
    }
    Ok(away("/sign-in", Some(gate::cookie(None, gate::is_secure(&site, &request)))))
}

/// Tells whoever keeps the log of a try that failed: who from and for whom, and never what was typed as password.
fn refused(site: &Site, name: &str, address: Option<IpAddr>, why: &str) {
    /// People type passwords into the wrong field; a name that no account can have is not told.
    const LONGEST: usize = 64;
    let name = plain_name(name);
    let is_plain = |c: char| c.is_alphanumeric() || "._-".contains(c);
    let is_known = site.doors.accounts.find(&name).is_ok();
    let who = match name.as_str() {
        _ if is_known => format!("as `{name}`"),
        name if name.chars().count() <= LONGEST && name.chars().all(is_plain) => {
            "by a name that nobody has".to_owned()
        }
        _ => "by what is no name".to_owned(),
    };
    let from = address.map_or_else(|| "nobody knows where".to_owned(), |address| address.to_string());
    site.log(&format!("warning: sign-in {who} failed from {from}: {why}"));
}

fn away(to: &str, cookie: Option<HeaderValue>) -> Response {
    let mut answer = (StatusCode::SEE_OTHER, [(LOCATION, to)]).into_response();
    if let Some(cookie) = cookie {
        answer.headers_mut().insert(SET_COOKIE, cookie);
    }
    answer
}

#[cfg(test)]
mod tests {
    use super::local;

    #[test]
    fn signing_in_leads_to_addresses_of_this_server_alone() {
        for (next, to) in [
            ("/p/INC-0042?x=1#y", "/p/INC-0042?x=1#y"),
            ("/", "/"),
            ("", "/"),
            ("//evil.example", "/"),
            ("/\\evil.example", "/"),
            ("/\t/evil.example", "/"),
            ("\\/evil.example", "/"),
            ("https://evil.example", "/"),
            ("javascript:alert(1)", "/"),
            ("evil", "/"),
            (" /p", "/"),
            ("/p\r\nSet-Cookie: a=b", "/"),
            ("/sign-out", "/"),
            ("/sign-in", "/"),
        ] {
            assert_eq!(local(next), to, "{next}");
        }
    }
}
