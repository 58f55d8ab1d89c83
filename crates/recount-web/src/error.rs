//! What a page says when something could not be done: a sentence, a hint, and a way on.

use askama::Template;
use axum::Json;
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderValue, StatusCode};
use axum::response::{Html, IntoResponse, Response};
use recount_workspace::{Failure, FailureKind};
use serde::Serialize;

use crate::around::{Around, frame};
use crate::frame::Frame;

/// A failure as a page.
pub(crate) struct Oops(pub(crate) Failure);

#[derive(Template)]
#[template(path = "error.html")]
struct Page<'p> {
    frame: Option<Frame>,
    title: &'p str,
    message: String,
    hint: &'p str,
}

impl<E: Into<Failure>> From<E> for Oops {
    fn from(error: E) -> Self {
        Self(error.into())
    }
}

/// The status of a kind of failure.
pub(crate) fn status(kind: FailureKind) -> StatusCode {
    match kind {
        FailureKind::Refused => StatusCode::UNPROCESSABLE_ENTITY,
        FailureKind::Missing => StatusCode::NOT_FOUND,
        FailureKind::Conflict | FailureKind::Taken => StatusCode::CONFLICT,
        FailureKind::Trouble => StatusCode::SERVICE_UNAVAILABLE,
    }
}

impl IntoResponse for Oops {
    fn into_response(self) -> Response {
        let title = match self.0.kind() {
            FailureKind::Refused => "That was refused",
            FailureKind::Missing => "Not found",
            FailureKind::Conflict => "Somebody else was faster",
            FailureKind::Taken => "The ID is taken",
            FailureKind::Trouble => "That did not work",
        };
        let hint = self.0.hint_elsewhere().unwrap_or_default();
        let page = Page { frame: frame(), title, message: self.0.to_string(), hint };
        (status(self.0.kind()), Html(page.render().unwrap_or_default())).into_response()
    }
}

/// A request that goes no further, whatever it was for.
pub(crate) struct Refusal {
    pub(crate) status: StatusCode,
    pub(crate) title: &'static str,
    pub(crate) message: String,
    pub(crate) hint: String,
    /// Whether a program asked, which gets the problem as JSON (RFC 9457).
    pub(crate) is_program: bool,
}

#[derive(Serialize)]
struct Problem<'p> {
    /// Where the API explains it.
    r#type: String,
    title: &'p str,
    status: u16,
    detail: String,
    #[serde(skip_serializing_if = "str::is_empty")]
    hint: &'p str,
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        if !self.is_program {
            let page = Page { frame: frame(), title: self.title, message: self.message, hint: &self.hint };
            return (self.status, Html(page.render().unwrap_or_default())).into_response();
        }
        let kind = crate::api::KINDS.iter().find(|kind| kind.status == self.status);
        let problem = Problem {
            r#type: format!("/api#{}", kind.map_or("forbidden", |kind| kind.name)),
            title: self.title,
            status: self.status.as_u16(),
            detail: self.message,
            hint: &self.hint,
        };
        let mut response = (self.status, Json(problem)).into_response();
        let json = HeaderValue::from_static("application/problem+json");
        response.headers_mut().insert(CONTENT_TYPE, json);
        response
    }
}

/// For an address that leads nowhere.
pub(crate) async fn nothing_here() -> Oops {
    Oops(
        Failure::new("there is no page at this address")
            .hint("the list has every postmortem")
            .of(FailureKind::Missing),
    )
}

/// What went wrong on the way to a page.
pub(crate) type Answer<T> = Result<T, Oops>;

/// A template that cannot be written is a fault of ours.
pub(crate) fn page(template: &impl Template) -> Answer<Html<String>> {
    let text =
        template.render().map_err(|error| Failure::new(format!("the page cannot be written: {error}")))?;
    Ok(Html(text))
}

/// Does what reads many files or asks git, away from the threads that answer requests.
pub(crate) async fn apart<T: Send + 'static>(work: impl FnOnce() -> Answer<T> + Send + 'static) -> Answer<T> {
    let around = Around::now();
    let done = tokio::task::spawn_blocking(move || Around::on_thread(around, work)).await;
    // Only a panic in it gives an error here.
    done.unwrap_or_else(|_| Err(Failure::new("the answer was not finished").of(FailureKind::Trouble).into()))
}
