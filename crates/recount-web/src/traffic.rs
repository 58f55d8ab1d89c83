//! What the server answered so far: how many requests of each route, with what status, and how long they took.
//!
//! What does not live here: how that is told (`pages::metrics`).

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use axum::extract::{MatchedPath, Request, State};
use axum::middleware::Next;
use axum::response::Response;

use crate::site::Site;

/// Upper bounds of the histogram, in seconds.
pub(crate) const BOUNDS: [f64; 11] = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 5.0];

/// What was answered so far.
#[derive(Debug, Default)]
pub(crate) struct Traffic(Mutex<Counts>);

/// The counts.
#[derive(Clone, Debug, Default)]
pub(crate) struct Counts {
    /// Answers by method, route and status.
    pub(crate) answers: BTreeMap<(String, String, u16), u64>,
    /// How long they took, by route.
    pub(crate) durations: BTreeMap<String, Durations>,
}

/// A histogram of durations.
#[derive(Clone, Debug, Default)]
pub(crate) struct Durations {
    /// How many took at most as long as each of [`BOUNDS`] and longer than the one before.
    pub(crate) within: [u64; BOUNDS.len()],
    pub(crate) count: u64,
    /// Seconds.
    pub(crate) sum: f64,
}

impl Traffic {
    /// The counts as they are now.
    pub(crate) fn counts(&self) -> Counts {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn add(&self, method: &str, route: &str, status: u16, took: Duration) {
        let mut counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        *counts.answers.entry((method.to_owned(), route.to_owned(), status)).or_default() += 1;
        let durations = counts.durations.entry(route.to_owned()).or_default();
        let seconds = took.as_secs_f64();
        if let Some(bound) = BOUNDS.iter().position(|bound| seconds <= *bound) {
            durations.within[bound] += 1;
        }
        durations.count += 1;
        durations.sum += seconds;
    }
}

/// Counts a request under its route: an address that somebody made up adds no line of its own.
pub(crate) async fn count(State(site): State<Arc<Site>>, request: Request, next: Next) -> Response {
    let route = request.extensions().get::<MatchedPath>().map(|path| path.as_str().to_owned());
    let route = match route {
        // Their names change with their content.
        Some(route) if route.starts_with("/assets/") => "/assets".to_owned(),
        Some(route) => route,
        None => "none".to_owned(),
    };
    let method = match request.method().as_str() {
        method @ ("GET" | "HEAD" | "POST" | "PUT" | "PATCH" | "DELETE" | "OPTIONS") => method.to_owned(),
        _ => "other".to_owned(),
    };
    let began = Instant::now();
    let response = next.run(request).await;
    site.traffic.add(&method, &route, response.status().as_u16(), began.elapsed());
    response
}
