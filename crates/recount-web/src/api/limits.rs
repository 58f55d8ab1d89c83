//! How often somebody may ask: a bucket for reading and a smaller one for writing, each viewer's own.
//!
//! What does not live here: limits on signing in, and on how large a request may be.

use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::{FromRequestParts as _, Request, State};
use axum::http::{HeaderName, HeaderValue, Method};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use governor::clock::{Clock as _, DefaultClock};
use governor::middleware::StateInformationMiddleware;
use governor::state::keyed::DefaultKeyedStateStore;
use governor::{Quota, RateLimiter};

use super::problem::{Problem, TOO_MANY};
use crate::site::Site;
use crate::viewer::Viewer;

const MINUTE: u64 = 60;

const LEFT: HeaderName = HeaderName::from_static("ratelimit");
const POLICY: HeaderName = HeaderName::from_static("ratelimit-policy");

type Limiter = RateLimiter<String, DefaultKeyedStateStore<String>, DefaultClock, StateInformationMiddleware>;

/// What each viewer has left.
pub(super) struct Limits {
    reads: Bucket,
    writes: Bucket,
}

/// So many requests a minute, which may all come at once.
struct Bucket {
    name: &'static str,
    most: NonZeroU32,
    limiter: Limiter,
}

impl Limits {
    /// So many reads a minute, and a fifth as many writes.
    pub(super) fn new(reads: NonZeroU32) -> Arc<Self> {
        let writes = NonZeroU32::new(reads.get() / 5).unwrap_or(NonZeroU32::MIN);
        Arc::new(Self { reads: Bucket::new("read", reads), writes: Bucket::new("write", writes) })
    }
}

impl Bucket {
    fn new(name: &'static str, most: NonZeroU32) -> Self {
        let limiter =
            RateLimiter::hashmap(Quota::per_minute(most)).with_middleware::<StateInformationMiddleware>();
        Self { name, most, limiter }
    }
}

/// Refuses what comes too often, and says with every answer what is left.
pub(super) async fn limit(
    State((site, limits)): State<(Arc<Site>, Arc<Limits>)>,
    request: Request,
    next: Next,
) -> Response {
    let (mut parts, body) = request.into_parts();
    let viewer = match Viewer::from_request_parts(&mut parts, &site).await {
        Ok(viewer) => viewer,
        Err(refused) => return refused.into_response(),
    };
    let request = Request::from_parts(parts, body);
    let is_read = matches!(*request.method(), Method::GET | Method::HEAD | Method::OPTIONS);
    let Bucket { name, most, limiter } = if is_read { &limits.reads } else { &limits.writes };
    let who = format!("{} <{}>", viewer.author.name, viewer.author.mail);
    let (left, wait, mut response) = match limiter.check_key(&who) {
        Ok(state) => (state.remaining_burst_capacity(), 0, next.run(request).await),
        Err(not_until) => {
            let wait = not_until.wait_time_from(DefaultClock::default().now());
            let seconds = whole_seconds(wait);
            let problem = Problem::new(TOO_MANY, format!("more than {most} requests in a minute"))
                .hint("wait for as many seconds as `Retry-After` says; a list gives up to 200 at once")
                .retry_after(seconds);
            (0, seconds, problem.into_response())
        }
    };
    let told = [
        (LEFT, format!("\"{name}\";r={left};t={wait}")),
        (POLICY, format!("\"{name}\";q={most};w={MINUTE}")),
    ];
    for (header, value) in told {
        if let Ok(value) = HeaderValue::from_str(&value) {
            response.headers_mut().insert(header, value);
        }
    }
    response
}

/// So many that waiting for them is enough.
fn whole_seconds(wait: Duration) -> u64 {
    wait.as_secs() + u64::from(wait.subsec_nanos() > 0)
}
