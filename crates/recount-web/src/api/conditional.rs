//! Versions of a postmortem: what a reader has already, and from what a writer starts. A version is that of the file.
//!
//! What does not live here: keeping a write from going over another, which the store does for every write
//! (`recount-store`).

use std::collections::VecDeque;
use std::convert::Infallible;
use std::sync::{Arc, LazyLock, Mutex, PoisonError};

use axum::extract::FromRequestParts;
use axum::http::header::{ETAG, HeaderName, IF_MATCH, IF_NONE_MATCH};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use recount_engine::document::Document;
use recount_store::Version;
use recount_workspace::told_differences;

use super::problem::{CHANGED, Problem, UNCONDITIONAL};

/// Which versions a request names.
#[derive(Clone, Debug)]
pub(super) enum Versions {
    /// Whichever there is.
    Any,
    /// One of these.
    These(Vec<String>),
}

/// What the one who asks has read already.
pub(super) struct IfNoneMatch(Option<Versions>);

/// What the one who writes has read.
#[derive(Clone, Debug)]
pub(super) struct IfMatch(Option<Versions>);

impl<S: Sync> FromRequestParts<S> for IfNoneMatch {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        // A weak tag does for reading.
        Ok(Self(Versions::read(&parts.headers, &IF_NONE_MATCH, true)))
    }
}

impl<S: Sync> FromRequestParts<S> for IfMatch {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        Ok(Self(Versions::read(&parts.headers, &IF_MATCH, false)))
    }
}

impl Versions {
    fn read(headers: &HeaderMap, header: &HeaderName, takes_weak: bool) -> Option<Self> {
        let mut named = None::<Vec<String>>;
        for value in headers.get_all(header) {
            let named = named.get_or_insert_default();
            let tags = value.to_str().unwrap_or_default().split(',').map(str::trim);
            for tag in tags {
                if tag == "*" {
                    return Some(Self::Any);
                }
                let strong = if takes_weak { tag.strip_prefix("W/").unwrap_or(tag) } else { tag };
                let bare = strong.strip_prefix('"').and_then(|tag| tag.strip_suffix('"'));
                // What is no tag names no version.
                named.extend(bare.map(str::to_owned));
            }
        }
        named.map(Self::These)
    }

    fn name(&self, version: &str) -> bool {
        match self {
            Self::Any => true,
            Self::These(these) => these.iter().any(|named| named == version),
        }
    }
}

impl IfNoneMatch {
    /// An answer with its version; without its body where the reader has it.
    pub(super) fn answer(&self, version: &str, body: impl FnOnce() -> Response) -> Response {
        if self.0.as_ref().is_some_and(|versions| versions.name(version)) {
            return tagged(StatusCode::NOT_MODIFIED.into_response(), version);
        }
        tagged(body(), version)
    }
}

/// An answer with its version.
pub(super) fn tagged(mut response: Response, version: &str) -> Response {
    if let Ok(tag) = HeaderValue::from_str(&format!("\"{version}\"")) {
        response.headers_mut().insert(ETAG, tag);
    }
    response
}

impl IfMatch {
    /// A version that a body names; it counts where the header is not there.
    pub(super) fn or(self, version: Option<String>) -> Self {
        Self(self.0.or_else(|| version.map(|version| Versions::These(vec![version]))))
    }

    /// Refuses a request that names no version: what it means depends on what was read.
    pub(super) fn required(self) -> Result<Self, Problem> {
        if self.0.is_some() {
            return Ok(self);
        }
        Err(Problem::new(UNCONDITIONAL, "the request does not say which version it starts from")
            .hint("read the postmortem, and send its `ETag` as `If-Match`; `*` is whichever there is"))
    }

    /// Refuses another version than was read, with what is different where that is known.
    pub(super) fn check(&self, now: &Document) -> Result<(), Problem> {
        let bytes = now.source().bytes();
        let version = Version::of(bytes).to_string();
        let Some(versions) = self.0.as_ref().filter(|versions| !versions.name(&version)) else {
            return Ok(());
        };
        let read = match versions {
            Versions::These(these) => these.iter().find_map(|version| SERVED.find(version)),
            Versions::Any => None,
        };
        let changes = read.map(|read| told_differences(&read, bytes)).unwrap_or_default();
        Err(Problem::new(CHANGED, "the file has another version than the one that was named")
            .hint("read it again, and make the change to what it holds now")
            .now(version, changes))
    }
}

/// What was served lately, so that whoever writes to an older version is told what is different since.
pub(super) static SERVED: LazyLock<Served> = LazyLock::new(Served::default);

/// Texts by their versions, the last one first.
#[derive(Default)]
pub(super) struct Served(Mutex<VecDeque<(String, Arc<[u8]>)>>);

impl Served {
    /// As many texts, and bytes in all, are kept.
    const TEXTS: usize = 256;
    const BYTES: usize = 8 * 1024 * 1024;

    /// Notes a text, and gives back its version.
    pub(super) fn note(&self, bytes: &[u8]) -> String {
        let version = Version::of(bytes).to_string();
        let mut texts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if texts.front().is_some_and(|(known, _)| *known == version) {
            return version;
        }
        let known = texts.iter().position(|(known, _)| *known == version).and_then(|at| texts.remove(at));
        texts.push_front(known.unwrap_or_else(|| (version.clone(), bytes.into())));
        let mut sum = 0;
        let fits = |(_, bytes): &(String, Arc<[u8]>)| {
            sum += bytes.len();
            sum <= Self::BYTES
        };
        let fitting = texts
            .iter()
            .take(Self::TEXTS)
            .take_while({
                let mut fits = fits;
                move |text| fits(text)
            })
            .count();
        texts.truncate(fitting);
        version
    }

    fn find(&self, version: &str) -> Option<Arc<[u8]>> {
        let texts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        texts.iter().find(|(known, _)| known == version).map(|(_, bytes)| Arc::clone(bytes))
    }
}
