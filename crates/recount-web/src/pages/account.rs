//! One's own account: who it is, its password, its sessions and its tokens.
//!
//! What does not live here: making and removing accounts, which is done at the server's terminal (`recount user`).

use std::sync::Arc;

use askama::Template;
use axum::extract::{Extension, Form, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use recount_workspace::{Failure, FailureKind};
use serde::Deserialize;

use super::Page as PageDefinition;
use crate::auth::gate::Who;
use crate::auth::{Account, Scope, Slower, Token};
use crate::error::{Answer, Oops, page};
use crate::frame::Frame;
use crate::site::Site;

pub(super) const PAGE: PageDefinition = PageDefinition {
    navigation: None,
    routes: |router| {
        router
            .route("/account", get(show))
            .route("/account/password", post(change_password))
            .route("/account/sessions/end", post(end_sessions))
            .route("/account/tokens", post(make_token))
            .route("/account/tokens/revoke", post(revoke_token))
    },
};

/// How long a token may last, to choose from, in days.
const LASTING: [u16; 4] = [7, 30, 90, 365];

#[derive(Template)]
#[template(path = "account.html")]
struct Page {
    frame: Frame,
    /// None where there are no accounts.
    account: Option<Account>,
    /// Whom changes are said to be by.
    author: String,
    sessions: usize,
    tokens: Vec<Row>,
    lasting: [u16; 4],
    /// A token that was made just now, which is shown this once.
    fresh: Option<(String, String)>,
    password_fault: Option<Fault>,
    token_fault: Option<Fault>,
    typed: TypedToken,
    done: &'static str,
}

/// What is wrong, with what to do.
struct Fault {
    message: String,
    hint: String,
}

struct Row {
    token: Token,
    /// Its last day.
    until: String,
    has_ended: bool,
}

/// What is told beside the page itself.
#[derive(Default)]
struct Told {
    fresh: Option<(String, String)>,
    password_fault: Option<Failure>,
    token_fault: Option<Failure>,
    typed: TypedToken,
    done: &'static str,
}

/// What was typed. It has no `Debug`: nothing may print it.
#[derive(Default, Deserialize)]
#[serde(default)]
struct TypedPassword {
    current: String,
    new: String,
    again: String,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct TypedToken {
    name: String,
    scope: String,
    days: String,
}

async fn show(State(site): State<Arc<Site>>, Extension(who): Extension<Who>) -> Answer<Response> {
    if let Who::Token(..) = who {
        return Err(not_for_programs());
    }
    shown(&site, &who, Told::default())
}

fn shown(site: &Site, who: &Who, told: Told) -> Answer<Response> {
    let shelf = site.shelf();
    let now = site.now();
    let accounts = &site.doors.accounts;
    let fault = |failure: &Failure| Fault {
        message: failure.to_string(),
        hint: failure.hint_elsewhere().unwrap_or_default().to_owned(),
    };
    let has_fault = told.password_fault.is_some() || told.token_fault.is_some();
    let account = match who {
        Who::Session(account, _) => Some(account.clone()),
        _ => None,
    };
    let (sessions, tokens) = match &account {
        Some(account) => (accounts.count_sessions(account, now)?, accounts.tokens(account)?),
        None => (0, Vec::new()),
    };
    let page = page(&Page {
        frame: Frame::new(&shelf, "/account"),
        author: account.as_ref().map_or_else(|| site.settings.author.name.clone(), |own| own.display.clone()),
        account,
        sessions,
        tokens: tokens.into_iter().map(|token| row(token, now)).collect(),
        lasting: LASTING,
        fresh: told.fresh,
        password_fault: told.password_fault.as_ref().map(fault),
        token_fault: told.token_fault.as_ref().map(fault),
        typed: told.typed,
        done: told.done,
    })?;
    let status = if has_fault { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    Ok((status, page).into_response())
}

fn row(token: Token, now: Timestamp) -> Row {
    let until = TimeZone::UTC.to_datetime(token.expires).date().to_string();
    Row { until, has_ended: token.expires <= now, token }
}

async fn change_password(
    State(site): State<Arc<Site>>,
    Extension(who): Extension<Who>,
    Form(typed): Form<TypedPassword>,
) -> Answer<Response> {
    let (account, sum) = own(&who)?;
    match changed(&site, account, sum, typed).await {
        Ok(()) => shown(
            &site,
            &who,
            Told { done: "The password was changed. Other sessions were ended.", ..Told::default() },
        ),
        Err(failure) if failure.kind() == FailureKind::Refused => {
            shown(&site, &who, Told { password_fault: Some(failure), ..Told::default() })
        }
        Err(failure) => Err(Oops(failure)),
    }
}

async fn changed(
    site: &Arc<Site>,
    account: &Account,
    sum: &[u8; 32],
    typed: TypedPassword,
) -> Result<(), Failure> {
    // Whoever found a browser open must not find the password by trying.
    site.doors.pace.count(None, &account.name).map_err(|Slower(wait)| {
        Failure::new(format!("too many tries; the next one is heard in {} s", wait.as_secs() + 1))
    })?;
    let kept = site.doors.accounts.with_password(&account.name)?.map(|(_, kept)| kept);
    if !site.doors.passwords.is_right(typed.current, kept).await {
        return Err(Failure::new("the current password is another one"));
    }
    if typed.new != typed.again {
        return Err(Failure::new("the new password was typed in two ways"));
    }
    let (site, account, sum) = (Arc::clone(site), account.clone(), *sum);
    let done = tokio::task::spawn_blocking(move || {
        site.doors.accounts.set_password(&account, &typed.new, Some(&sum))
    });
    done.await.map_err(|_| Failure::new("the password was not changed").of(FailureKind::Trouble))?
}

async fn end_sessions(State(site): State<Arc<Site>>, Extension(who): Extension<Who>) -> Answer<Response> {
    let (account, sum) = own(&who)?;
    site.doors.accounts.end_other_sessions(account, sum)?;
    Ok(Redirect::to("/account").into_response())
}

async fn make_token(
    State(site): State<Arc<Site>>,
    Extension(who): Extension<Who>,
    Form(typed): Form<TypedToken>,
) -> Answer<Response> {
    let (account, _) = own(&who)?;
    let days = typed.days.trim().parse::<u16>();
    let days = days.map_err(|_| Failure::new(format!("`{}` is no number of days", typed.days)));
    let made = typed
        .scope
        .parse::<Scope>()
        .and_then(|scope| site.doors.accounts.add_token(account, &typed.name, scope, days?, site.now()));
    match made {
        Ok(token) => {
            let fresh = Some((typed.name.trim().to_owned(), token));
            shown(&site, &who, Told { fresh, ..Told::default() })
        }
        Err(failure) if failure.kind() == FailureKind::Trouble => Err(Oops(failure)),
        Err(failure) => {
            let token_fault = Some(failure);
            shown(&site, &who, Told { token_fault, typed, ..Told::default() })
        }
    }
}

async fn revoke_token(
    State(site): State<Arc<Site>>,
    Extension(who): Extension<Who>,
    Form(typed): Form<TypedToken>,
) -> Answer<Response> {
    let (account, _) = own(&who)?;
    site.doors.accounts.revoke_token(account, &typed.name)?;
    Ok(Redirect::to("/account").into_response())
}

/// Whoever signed in: a token opens no other doors, and no more tokens.
fn own(who: &Who) -> Answer<(&Account, &[u8; 32])> {
    match who {
        Who::Session(account, sum) => Ok((account, sum)),
        Who::Token(..) => Err(not_for_programs()),
        Who::Local => Err(Oops(
            Failure::new("there are no accounts here").hint("make one with `recount user add NAME`"),
        )),
    }
}

fn not_for_programs() -> Oops {
    Oops(Failure::new("an account is its person's, and a token is no person").hint("sign in in a browser"))
}
