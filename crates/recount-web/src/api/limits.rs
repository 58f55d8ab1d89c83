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

/// Requests a minute that only read, and those that may write. As many may come at once.
const READS: NonZeroU32 = NonZeroU32::new(1200).unwrap();
const WRITES: NonZeroU32 = NonZeroU32::new(240).unwrap();
const MINUTE: u64 = 60;

const LEFT: HeaderName = HeaderName::from_static("ratelimit");
const POLICY: HeaderName = HeaderName::from_static("ratelimit-policy");

type Limiter = RateLimiter<String, DefaultKeyedStateStore<String>, DefaultClock, StateInformationMiddleware>;

/// What each viewer has left.
pub(super) struct Limits {
    reads: Limiter,
    writes: Limiter,
}

impl Limits {
    pub(super) fn new() -> Arc<Self> {
        let limiter = |most: NonZeroU32| {
            RateLimiter::hashmap(Quota::per_minute(most)).with_middleware::<StateInformationMiddleware>()
        };
        Arc::new(Self { reads: limiter(READS), writes: limiter(WRITES) })
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
    let (limiter, most, name) =
        if is_read { (&limits.reads, READS, "read") } else { (&limits.writes, WRITES, "write") };
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
    let told = [(LEFT, format!("\"{name}\";r={left};t={wait}")), (POLICY, format!("\"{name}\";q={most};w={MINUTE}"))];
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
