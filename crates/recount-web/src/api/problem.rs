//! What the API says when something could not be done: one shape for every reason (RFC 9457).
//!
//! What does not live here: the same as a page (`crate::error`).

use axum::extract::Request;
use axum::http::header::{CONTENT_LENGTH, CONTENT_TYPE, RETRY_AFTER};
use axum::http::{HeaderValue, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use recount_workspace::{Failure, FailureKind};
use serde::Serialize;

use crate::error::Oops;

/// The media type of a problem.
pub(super) const MEDIA_TYPE: &str = "application/problem+json";

/// A kind of problem. What it is called in `type`, its status, its title, and what to know of it.
pub(crate) struct Kind {
    pub(crate) name: &'static str,
    pub(crate) status: StatusCode,
    pub(crate) title: &'static str,
    pub(crate) about: &'static str,
}

macro_rules! kinds {
    ($($constant:ident $name:literal $status:ident $title:literal $about:literal;)*) => {
        $(pub(crate) const $constant: &Kind =
            &Kind { name: $name, status: StatusCode::$status, title: $title, about: $about };)*

        /// Every kind of problem.
        pub(crate) const KINDS: &[&Kind] = &[$($constant),*];
    };
}

kinds! {
    UNREADABLE "unreadable" BAD_REQUEST "The request cannot be read"
        "A parameter that there is none of, a value that is none, a body that is no JSON.";
    SIGNED_OUT "signed-out" UNAUTHORIZED "You are not signed in"
        "Where there are accounts, a program sends a token of somebody's: `Authorization: Bearer rct_…`. One that is \
         unknown, revoked or past its end lets nobody in.";
    UNSIGNED "unsigned" UNAUTHORIZED "The sender is not known"
        "A webhook shows who sends it: PagerDuty by a signature in `X-PagerDuty-Signature`, Alertmanager by a token or a \
         password in `Authorization`. What shows neither is not kept.";
    FORBIDDEN "forbidden" FORBIDDEN "That is not allowed"
        "The request came from a page of another site, or its token has the scope `read` alone.";
    MISSING "missing" NOT_FOUND "Not found"
        "Nothing goes by that name, or the address leads nowhere.";
    METHOD "method" METHOD_NOT_ALLOWED "This address has no such method"
        "The header `Allow` says which it has.";
    CONFLICT "conflict" CONFLICT "Somebody else was faster"
        "The file changed while it was written, or two have the ID. Read it again, and decide.";
    TAKEN "taken" CONFLICT "The ID is taken"
        "Another postmortem has it. Choose one that is free, or leave `id` out for the next free one.";
    CHANGED "changed" PRECONDITION_FAILED "It changed since you read it"
        "`If-Match` names another version than the file has. `version` is the one that it has, `changes` what is \
         different. Nothing was written.";
    TOO_LARGE "too-large" PAYLOAD_TOO_LARGE "That is too large"
        "The body is larger than a postmortem may be (`max-file-size` under `[library]`), or than evidence may be (64 MiB).";
    MEDIA_TYPE_UNKNOWN "media-type" UNSUPPORTED_MEDIA_TYPE "That is no media type for this"
        "JSON is sent as `application/json`, a postmortem as `text/markdown`, evidence as `application/octet-stream`.";
    MISDIRECTED "misdirected" MISDIRECTED_REQUEST "This server is not known by that name"
        "The header `Host` names another server.";
    REFUSED "refused" UNPROCESSABLE_ENTITY "That was refused"
        "It was understood and makes no sense, or it would break a rule of the document's stage; where `force` is \
         taken, that writes it all the same.";
    UNCONDITIONAL "unconditional" PRECONDITION_REQUIRED "Say which version you have read"
        "Whatever takes the place of something (`PATCH`, `PUT`, `DELETE`) names the version that it starts from: send the \
         `ETag` that you have read as `If-Match`, so that nobody's change is lost.";
    TOO_MANY "too-many" TOO_MANY_REQUESTS "Too many requests"
        "`Retry-After` says how many seconds to wait.";
    TROUBLE "trouble" SERVICE_UNAVAILABLE "That did not work"
        "A disk, a lock or git does not play along. Asking again later may help.";
}

/// Why something could not be done.
#[derive(Debug)]
pub(crate) struct Problem {
    kind: &'static Kind,
    detail: String,
    hint: Option<String>,
    /// The version that the file has now, and what is different in it.
    now: Option<Box<(String, Vec<String>)>>,
    retry_after: Option<u64>,
    /// Records that could not be read, and why.
    skipped: Vec<String>,
    /// Whether a rule refuses it that may be broken.
    yields: bool,
}

/// A problem as it is told.
#[derive(Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub(crate) struct Told<'p> {
    /// What kind of problem it is: an address below `/api`, where it is explained.
    r#type: String,
    /// The same in a few words.
    title: &'p str,
    /// The status of the answer.
    status: u16,
    /// What is wrong; a sentence without a full stop.
    detail: &'p str,
    /// What to do; a sentence without a full stop.
    #[serde(skip_serializing_if = "Option::is_none")]
    hint: Option<&'p str>,
    /// The version that the file has now, where another was named.
    #[serde(skip_serializing_if = "Option::is_none")]
    version: Option<&'p str>,
    /// What is different in the file, where another version was named and that one is known.
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    #[cfg_attr(feature = "schema", schemars(default))]
    changes: &'p [String],
    /// Records that could not be read, and why, where none of what was sent could; the first twenty.
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    #[cfg_attr(feature = "schema", schemars(default))]
    skipped: &'p [String],
}

impl std::fmt::Debug for Kind {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name)
    }
}

impl Problem {
    /// A sentence without a full stop, the thing in backticks.
    pub(crate) fn new(kind: &'static Kind, detail: impl Into<String>) -> Self {
        Self {
            kind,
            detail: detail.into(),
            hint: None,
            now: None,
            retry_after: None,
            skipped: Vec::new(),
            yields: false,
        }
    }

    /// Where `force` is taken: says so of what yields to it.
    pub(super) fn unless_forced(mut self) -> Self {
        const FORCE: &str = "send `force=true` to write it all the same";
        if std::mem::take(&mut self.yields) {
            self.hint =
                Some(self.hint.map_or_else(|| FORCE.to_owned(), |hint| format!("{hint}; or {FORCE}")));
        }
        self
    }

    /// What to do about it.
    pub(crate) fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// The version that the file has now, and what is different in it.
    pub(super) fn now(mut self, version: String, changes: Vec<String>) -> Self {
        self.now = Some(Box::new((version, changes)));
        self
    }

    /// Records that could not be read, and why.
    pub(super) fn skipping(mut self, skipped: Vec<String>) -> Self {
        self.skipped = skipped;
        self
    }

    /// After how many seconds it is worth asking again.
    pub(crate) fn retry_after(mut self, seconds: u64) -> Self {
        self.retry_after = Some(seconds);
        self
    }
}

impl std::fmt::Display for Problem {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.detail)
    }
}

impl<E: Into<Failure>> From<E> for Problem {
    fn from(error: E) -> Self {
        let failure: Failure = error.into();
        let kind = match failure.kind() {
            FailureKind::Refused => REFUSED,
            FailureKind::Missing => MISSING,
            FailureKind::Conflict => CONFLICT,
            FailureKind::Taken => TAKEN,
            FailureKind::Trouble => TROUBLE,
        };
        let mut this = Self::new(kind, in_parameters(&failure.to_string()));
        this.hint = failure.hint_elsewhere().map(in_parameters);
        this.yields = failure.yields_to_force();
        this
    }
}

/// A sentence that names options of the command line, with the parameters that they are here.
pub(super) fn in_parameters(text: &str) -> String {
    let text = text.replace(" (`recount import --help` lists them)", "");
    let mut out = String::with_capacity(text.len());
    let mut rest = text.as_str();
    while let Some((before, after)) = rest.split_once("`--") {
        out.push_str(before);
        out.push('`');
        // `--zone NAME` takes a value, as a parameter does behind its `=`.
        let end = after.find('`').unwrap_or(after.len());
        out.push_str(&after[..end].replacen(' ', "=", 1));
        rest = &after[end..];
    }
    out + rest
}

impl From<Oops> for Problem {
    fn from(Oops(failure): Oops) -> Self {
        failure.into()
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let Self { kind, detail, hint, now, retry_after, skipped, yields: _ } = self;
        let (version, changes) = now.map(|now| *now).unzip();
        let told = Told {
            r#type: format!("/api#{}", kind.name),
            title: kind.title,
            status: kind.status.as_u16(),
            detail: &detail,
            hint: hint.as_deref(),
            version: version.as_deref(),
            changes: changes.as_deref().unwrap_or_default(),
            skipped: &skipped,
        };
        // Plain data has nothing that cannot be written.
        let body = serde_json::to_vec(&told).unwrap_or_default();
        let mut response = (kind.status, [(CONTENT_TYPE, MEDIA_TYPE)], body).into_response();
        if let Some(seconds) = retry_after {
            response.headers_mut().insert(RETRY_AFTER, HeaderValue::from(seconds));
        }
        response
    }
}

/// For an address below `/api` that leads nowhere.
pub(super) async fn nothing_here() -> Problem {
    Problem::new(MISSING, "there is nothing at this address").hint("`/api` lists all addresses of the API")
}

/// Gives whatever fails below `/api` and `/hooks` the one shape: also what was refused before it came to a handler.
pub(crate) async fn envelope(request: Request, next: Next) -> Response {
    /// More than that nobody says of a refusal.
    const LONGEST: usize = 4096;
    let path = request.uri().path();
    let is_api = ["/api", "/hooks"]
        .iter()
        .any(|root| path.strip_prefix(root).is_some_and(|rest| rest.is_empty() || rest.starts_with('/')));
    let method = request.method().clone();
    let response = next.run(request).await;
    let status = response.status();
    let is_told = response.headers().get(CONTENT_TYPE).is_some_and(|kind| kind == MEDIA_TYPE);
    if !is_api || is_told || !(status.is_client_error() || status.is_server_error()) {
        return response;
    }
    let kind = KINDS.iter().find(|kind| kind.status == status).copied();
    let kind = kind.unwrap_or(if status.is_client_error() { UNREADABLE } else { TROUBLE });
    let (parts, body) = response.into_parts();
    let said = axum::body::to_bytes(body, LONGEST).await.unwrap_or_default();
    let said = String::from_utf8_lossy(&said).trim().trim_end_matches('.').to_owned();
    let is_text =
        parts.headers.get(CONTENT_TYPE).is_none_or(|kind| kind.as_bytes().starts_with(b"text/plain"));
    let detail = match kind.name {
        "method" => format!("`{method}` is no method of this address"),
        _ if is_text && !said.is_empty() => said,
        _ => kind.title.to_owned(),
    };
    // What else the answer says (which methods there are, what is left of a limit) holds all the same.
    let (told, body) = Problem::new(kind, detail).into_response().into_parts();
    let mut headers = parts.headers;
    headers.remove(CONTENT_LENGTH);
    headers.extend(told.headers);
    (told.status, headers, body).into_response()
}

#[cfg(test)]
mod tests {
    use super::in_parameters;

    #[test]
    fn options_are_told_as_parameters() {
        for (option, parameter) in [
            ("give `--from` and `--to`, or so", "give `from` and `to`, or so"),
            ("name one with `--source NAME`", "name one with `source=NAME`"),
            ("`--map time=KEY,actor=KEY`", "`map=time=KEY,actor=KEY`"),
            ("`recount set --fields` lists all", "`recount set --fields` lists all"),
            ("unended `--zone", "unended `zone"),
            (
                "of no source; name one with `--source` (`recount import --help` lists them), or",
                "of no source; name one with `source`, or",
            ),
            ("", ""),
        ] {
            assert_eq!(in_parameters(option), parameter);
        }
    }
}
