//! What a request asks for, read strictly: what nobody knows is refused, with the nearest that is known.
//!
//! What does not live here: what can be asked for, which each endpoint says itself.

use std::str::FromStr;
use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::{FromRequest, FromRequestParts, MatchedPath, Path, Query, Request};
use axum::http::header::CONTENT_TYPE;
use axum::http::request::Parts;
use jiff::civil::Date;
use recount_engine::config::nearest;
use recount_engine::document::template::FieldId;
use recount_engine::document::value::date;
use recount_engine::document::value::severity::Severity;
use serde::de::DeserializeOwned;

use super::problem::{MEDIA_TYPE_UNKNOWN, Problem, REFUSED, TOO_LARGE, UNREADABLE};
use crate::site::Site;

/// The query of an address.
pub(super) struct Asked<T>(pub(super) T);

/// A body in JSON.
pub(super) struct Body<T>(pub(super) T);

/// A whole postmortem as a body.
pub(super) struct Text(pub(super) Bytes);

/// A segment of an address.
pub(super) struct Named<T>(pub(super) T);

impl<T: DeserializeOwned, S: Sync> FromRequestParts<S> for Asked<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        match Query::try_from_uri(&parts.uri) {
            Ok(Query(asked)) => Ok(Self(asked)),
            Err(rejection) => {
                let said = rejection.body_text();
                Err(no_value(parts, &said).unwrap_or_else(|| unread(UNREADABLE, "query", "parameter", &said)))
            }
        }
    }
}

impl<T: DeserializeOwned + Send, S: Send + Sync> FromRequestParts<S> for Named<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let Path(named) = Path::from_request_parts(parts, state).await.map_err(|rejection| {
            unread(UNREADABLE, "address", "part of the address", &rejection.body_text())
        })?;
        Ok(Self(named))
    }
}

impl<T: DeserializeOwned> FromRequest<Arc<Site>> for Body<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, site: &Arc<Site>) -> Result<Self, Problem> {
        let bytes = read(request, site, &["application/json"]).await?;
        let body = serde_json::from_slice(&bytes).map_err(|error| {
            let kind = if error.is_data() { REFUSED } else { UNREADABLE };
            unread(kind, "body", "property", &error.to_string())
        })?;
        // Whatever takes properties by their names would take them by their order, too.
        if bytes.trim_ascii_start().first() == Some(&b'[') {
            return Err(Problem::new(REFUSED, "the body is a list").hint("send an object: `{ … }`"));
        }
        Ok(Self(body))
    }
}

impl FromRequest<Arc<Site>> for Text {
    type Rejection = Problem;

    async fn from_request(request: Request, site: &Arc<Site>) -> Result<Self, Problem> {
        read(request, site, &["text/markdown", "text/plain"]).await.map(Self)
    }
}

/// The body of a request, of one of these media types and no larger than a postmortem may be.
async fn read(request: Request, site: &Site, media_types: &[&str]) -> Result<Bytes, Problem> {
    let named = request.headers().get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    let bare = named.split(';').next().unwrap_or_default().trim();
    if !media_types.iter().any(|known| bare.eq_ignore_ascii_case(known)) {
        let detail = if bare.is_empty() {
            "the request does not say what its body is".to_owned()
        } else {
            format!("`{bare}` cannot be read here")
        };
        let hint = format!("send it with `Content-Type: {}`", media_types[0]);
        return Err(Problem::new(MEDIA_TYPE_UNKNOWN, detail).hint(hint));
    }
    let megabytes = site.shelf().workspace.config().library.max_file_size;
    let most = usize::try_from(megabytes).unwrap_or(usize::MAX).saturating_mul(1024 * 1024);
    axum::body::to_bytes(request.into_body(), most).await.map_err(|_| {
        Problem::new(TOO_LARGE, format!("the body is larger than {megabytes} MiB, or was cut off"))
            .hint("`max-file-size` under `[library]` in `recount.toml` says how large a postmortem may be")
    })
}

/// A value that is none of its parameter: which, and what is taken, by the description.
fn no_value(parts: &Parts, said: &str) -> Option<Problem> {
    let (name, why) = said.split_once(": ")?.1.split_once(": ")?;
    let Query(pairs) = Query::<Vec<(String, String)>>::try_from_uri(&parts.uri).ok()?;
    let (_, value) = pairs.into_iter().find(|(other, _)| other == name)?;
    let problem = Problem::new(UNREADABLE, format!("`{value}` is no value of `{name}`"));
    if why.contains("`true` or `false`") {
        return Some(problem.hint("use `true` or `false`"));
    }
    // As the standard library says it of a number; what else there is to say is about the name.
    if !["invalid digit", "number too", "cannot parse integer"].iter().any(|number| why.starts_with(number)) {
        return None;
    }
    let bounds = parts.extensions.get::<MatchedPath>().and_then(|path| bounds(path.as_str(), name));
    Some(match bounds {
        Some((least, most)) => problem.hint(format!("give a whole number from {least} to {most}")),
        None => problem.hint("give a whole number"),
    })
}

/// The least and the greatest value of a parameter by the description.
fn bounds(path: &str, name: &str) -> Option<(i64, i64)> {
    let description: serde_json::Value = serde_json::from_str(super::DESCRIPTION).ok()?;
    let methods = description["paths"][path].as_object()?.values();
    let mut parameters = methods.filter_map(|method| method["parameters"].as_array()).flatten();
    let schema = &parameters.find(|one| one["name"] == name)?["schema"];
    Some((schema["minimum"].as_i64()?, schema["maximum"].as_i64()?))
}

/// What a deserializer says, as people read it: `serde` names what it does not know, then all that it does.
fn unread(kind: &'static super::problem::Kind, whole: &str, what: &str, said: &str) -> Problem {
    let said = said
        .split_once(": ")
        .filter(|(before, _)| before.starts_with("Failed"))
        .map_or(said, |(_, rest)| rest);
    if let Some(rest) = said.split_once("unknown field ").map(|(_, rest)| rest) {
        let mut names = rest.split('`').skip(1).step_by(2);
        let unknown = names.next().unwrap_or_default();
        let known: Vec<&str> = names.collect();
        let problem = Problem::new(kind, format!("there is no {what} `{unknown}`"));
        return match nearest(unknown, known.iter().copied()) {
            Some(near) => problem.hint(format!("did you mean `{near}`?")),
            None if known.is_empty() => problem.hint(format!("this takes no {what}")),
            None => problem.hint(format!("there are `{}`", known.join("`, `"))),
        };
    }
    Problem::new(kind, format!("the {whole} cannot be read: {}", said.trim_end_matches('.')))
        .hint("`/api` shows what is taken")
}

/// A value of a parameter, read.
///
/// # Errors
///
/// With what is taken instead.
pub(super) fn value<T>(
    name: &str,
    text: Option<&str>,
    read: impl Fn(&str) -> Option<T>,
    takes: &str,
) -> Result<Option<T>, Problem> {
    let Some(text) = text.map(str::trim) else { return Ok(None) };
    let no = || Problem::new(UNREADABLE, format!("`{text}` is no value of `{name}`")).hint(takes.to_owned());
    read(text).map(Some).ok_or_else(no)
}

/// As [`value`], for several that commas part.
pub(super) fn values<T>(
    name: &str,
    text: Option<&str>,
    read: impl Fn(&str) -> Option<T>,
    takes: &str,
) -> Result<Vec<T>, Problem> {
    let parts = text.into_iter().flat_map(|text| text.split(','));
    let read = |part| value(name, Some(part), &read, takes);
    // Each is there, since a text was given.
    parts.map(read).filter_map(Result::transpose).collect()
}

pub(super) const TAKES_DAY: &str = "write a day of the calendar as `2026-11-20`, `2026-11` or `2026`";
pub(super) const TAKES_SEVERITY: &str = "use `Sev0`, `Sev1`, `Sev2` or `Sev3`; commas part several";
pub(super) const TAKES_STAGE: &str = "use `draft`, `review` or `final`";
pub(super) const TAKES_NAME: &str = "give a name, or leave the parameter out";

/// A day, or the first one of a month or year.
pub(super) fn day(text: &str) -> Option<Date> {
    date::first_day(text)
}

pub(super) fn severity(text: &str) -> Option<Severity> {
    Severity::parse(text).map(|(severity, _)| severity)
}

/// What can be read as its own type.
pub(super) fn word<T: FromStr>(text: &str) -> Option<T> {
    text.parse().ok()
}

/// A name that says something.
pub(super) fn name(text: &str) -> Option<String> {
    (!text.is_empty()).then(|| text.to_owned())
}

/// The word of a kind of contributing factor.
pub(super) fn factor(text: &str) -> Option<&'static str> {
    FieldId::factor_named(text).map(FieldId::factor_word)
}

pub(super) fn takes_factor() -> String {
    let words: Vec<&str> = FieldId::ContributingFactors.members().map(|kind| kind.id.factor_word()).collect();
    format!("use one of `{}`", words.join("`, `"))
}
