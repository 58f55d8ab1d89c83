//! Webhooks: what pagers and alert managers tell us, and whom we tell of postmortems.
//!
//! What comes in is kept before its sender hears that it was, then a thread makes drafts of it (`drafts`). What
//! happens to postmortems, whoever changed them, is found where a new state of the library is read (`news`), kept,
//! and sent by another thread (`deliver`). What does not live here: the API (`crate::api`), and the one HTTP client,
//! which the binary brings.

mod deliver;
mod drafts;
mod kept;
mod news;
mod senders;
mod sign;

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::num::NonZeroU32;
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::thread;
use std::time::Duration;

use axum::Router;
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::{any, post};
use governor::clock::{Clock as _, DefaultClock};
use governor::{DefaultKeyedRateLimiter, Quota, RateLimiter};
use recount_engine::config::Config;
use recount_engine::evidence::People;
use recount_engine::evidence::redact::redact_with;
use recount_store::Library;
use recount_workspace::reading::How;
use serde_json::Value;

use crate::api::{MISSING, Problem, TOO_LARGE, TOO_MANY, TROUBLE, UNREADABLE, UNSIGNED};
use crate::security::Client;
use crate::shelf::Shelf;
use crate::site::Site;
use kept::{Kept, Receipt};
use news::Seen;
use senders::{SENDERS, Sender};

pub use deliver::{Post, Posted};

/// The JSON Schema of what is sent.
#[cfg(feature = "schema")]
pub fn webhook_schema() -> Value {
    let settings = schemars::generate::SchemaSettings::draft2020_12().for_serialize();
    let mut schema = settings.into_generator().into_root_schema_for::<news::Message<'_>>();
    schema.insert("title".to_owned(), "what `[[webhooks]]` are sent, version 1".into());
    schema.into()
}

/// The largest body that is taken: a large group of alerts has some hundred of them.
const LARGEST: usize = 2 << 20;
/// So often one address may send at once, and then each second.
const BURST: NonZeroU32 = NonZeroU32::new(300).expect("it is not 0");
const EACH_SECOND: NonZeroU32 = NonZeroU32::new(5).expect("it is not 0");
/// When so many addresses are remembered, those that have rested are forgotten.
const REMEMBERED: usize = 10_000;
/// How long a thread rests where nobody wakes it.
const REST: Duration = Duration::from_secs(20);

/// Gives the value of an environment variable.
pub type Variables = dyn Fn(&str) -> Option<String> + Send + Sync;

/// Sends a message once.
pub type Sending = dyn Fn(&Post) -> Result<Posted, String> + Send + Sync;

/// What the process brings for webhooks.
pub struct Surroundings {
    /// The value of an environment variable.
    pub variable: Box<Variables>,
    /// Sends a message, once, following no redirect; a sentence where it did not arrive.
    pub post: Box<Sending>,
    /// The first wait after a message did not arrive; each further one is four times as long, up to some hours.
    pub first_wait: Duration,
}

/// The webhooks of a site.
pub(crate) struct Hooks {
    kept: Kept,
    surroundings: OnceLock<Surroundings>,
    /// What postmortems were when they were last compared.
    seen: Mutex<Option<BTreeMap<String, Seen>>>,
    paces: DefaultKeyedRateLimiter<IpAddr>,
    /// Wakes the thread that makes drafts, and the one that sends.
    wake_drafts: OnceLock<SyncSender<()>>,
    wake_deliveries: OnceLock<SyncSender<()>>,
    /// What was counted: by the name of the metric and two labels.
    counts: Mutex<BTreeMap<(&'static str, String), u64>>,
    /// Why drafts cannot be made just now.
    stuck: Mutex<Option<drafts::Stuck>>,
}

/// What is told of the webhooks as figures.
pub(crate) struct Figures {
    /// Requests by sender and outcome.
    pub(crate) received: BTreeMap<(&'static str, String), u64>,
    /// Tries by outcome.
    pub(crate) sent: BTreeMap<String, u64>,
    pub(crate) waiting: i64,
    pub(crate) given_up: i64,
}

const SENT: &str = "sent";

impl Hooks {
    pub(crate) fn of(library: &Library) -> Self {
        Self {
            kept: Kept::of(library),
            surroundings: OnceLock::new(),
            seen: Mutex::default(),
            paces: RateLimiter::keyed(Quota::per_second(EACH_SECOND).allow_burst(BURST)),
            wake_drafts: OnceLock::new(),
            wake_deliveries: OnceLock::new(),
            counts: Mutex::default(),
            stuck: Mutex::default(),
        }
    }

    /// Compares a new state of the library with the last one, and keeps what is to be told of it.
    pub(crate) fn follow(&self, site: &Site, shelf: &Shelf) {
        if self.surroundings.get().is_none() {
            return;
        }
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        match news::follow(&mut seen, &self.kept, shelf, site.now()) {
            Ok(news::Followed { dropped: 0, .. }) => {}
            Ok(news::Followed { dropped, .. }) => {
                self.count(SENT, "dropped", dropped as u64);
                site.log(&format!(
                    "warning: {dropped} webhooks were dropped, because too many wait to be sent"
                ));
            }
            Err(failure) => {
                // It is compared anew with what the file has.
                *seen = None;
                site.log(&format!("error: webhooks: {failure}"));
            }
        }
        wake(&self.wake_deliveries);
    }

    /// Sends everybody a message for trying out.
    pub(crate) fn test(&self, site: &Site, surroundings: Surroundings) -> Vec<(String, Result<u16, String>)> {
        let _ = self.surroundings.set(surroundings);
        deliver::test(site)
    }

    /// Why no drafts are made of what came in, where they cannot be.
    pub(crate) fn trouble(&self) -> Option<String> {
        let stuck = self.stuck.lock().unwrap_or_else(PoisonError::into_inner);
        stuck
            .as_ref()
            .map(|stuck| format!("no postmortem can be drafted of the webhooks that came in: {}", stuck.why))
    }

    pub(crate) fn figures(&self) -> Figures {
        let (waiting, given_up) = self.kept.counts().unwrap_or_default();
        let counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let (sent, received): (BTreeMap<_, _>, BTreeMap<_, _>) =
            counts.into_iter().partition(|((metric, _), _)| *metric == SENT);
        let sent = sent.into_iter().map(|((_, outcome), count)| (outcome, count)).collect();
        Figures { received, sent, waiting, given_up }
    }

    fn count(&self, metric: &'static str, outcome: &str, by: u64) {
        let mut counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        *counts.entry((metric, outcome.to_owned())).or_default() += by;
    }

    fn variable(&self, name: &str) -> Option<String> {
        let value = (self.surroundings.get()?.variable)(name)?;
        Some(value.trim().to_owned()).filter(|value| !value.is_empty())
    }
}

/// Lets webhooks in and out from now on, and gives back what is wrong with their configuration: each with a hint.
pub(crate) fn connect(site: &Arc<Site>, surroundings: Surroundings) -> Vec<(String, String)> {
    let hooks = &site.hooks;
    if hooks.surroundings.set(surroundings).is_err() {
        return Vec::new();
    }
    let shelf = site.shelf();
    hooks.follow(site, &shelf);
    begin(site, "drafts", &hooks.wake_drafts, drafts::make);
    begin(site, "deliveries", &hooks.wake_deliveries, |site| deliver::round(site).unwrap_or(REST));
    doubts(hooks, shelf.workspace.config())
}

/// A thread that works whenever it is woken, after the time that it asks for, and at least now and then.
fn begin(
    site: &Arc<Site>,
    name: &str,
    wake: &OnceLock<SyncSender<()>>,
    work: impl Fn(&Arc<Site>) -> Duration + Send + 'static,
) {
    let (sender, woken): (SyncSender<()>, Receiver<()>) = sync_channel(1);
    let _ = wake.set(sender);
    let weak = Arc::downgrade(site);
    // A process that can start no thread cannot answer requests either.
    let _ = thread::Builder::new().name(name.to_owned()).spawn(move || {
        loop {
            let Some(site) = weak.upgrade() else { return };
            let rest = work(&site).min(REST);
            drop(site);
            if let Err(RecvTimeoutError::Disconnected) = woken.recv_timeout(rest) {
                return;
            }
        }
    });
}

fn wake(sender: &OnceLock<SyncSender<()>>) {
    if let Some(sender) = sender.get() {
        // One that is full has been woken already.
        let _ = sender.try_send(());
    }
}

/// What is wrong with the configuration as far as it can be known now.
fn doubts(hooks: &Hooks, config: &Config) -> Vec<(String, String)> {
    let mut doubts = Vec::new();
    let unset = |name: &str| hooks.variable(name).is_none();
    for sender in SENDERS {
        for name in (sender.variables)(&config.hooks).into_iter().filter(|name| unset(name)) {
            doubts.push((
                format!("`{name}` is not set, which `[hooks.{}]` names", sender.name),
                "set it in the environment of `recount serve`".to_owned(),
            ));
        }
    }
    for webhook in &config.webhooks {
        if let Err(why) = deliver::key(hooks, webhook).and_then(|_| deliver::may_be_told(webhook)) {
            doubts.push((
                why,
                "nothing is sent there until that is mended; docs/webhooks.md says how".to_owned(),
            ));
        }
    }
    doubts
}

/// The addresses under which others tell us.
pub(crate) fn router() -> Router<Arc<Site>> {
    let none = || async {
        let names: Vec<String> = SENDERS.iter().map(|sender| format!("`/hooks/{}`", sender.name)).collect();
        Problem::new(MISSING, "no webhook is taken at this address")
            .hint(format!("there are {}", names.join(" and ")))
    };
    let router = Router::new().route("/hooks", any(none)).route("/hooks/", any(none));
    SENDERS.iter().fold(router.route("/hooks/{*rest}", any(none)), |router, sender| {
        let sender: &'static Sender = sender;
        let take = move |site: State<Arc<Site>>, request: Request| receive(sender, site, request);
        router.route(&format!("/hooks/{}", sender.name), post(take))
    })
}

async fn receive(sender: &'static Sender, State(site): State<Arc<Site>>, request: Request) -> Response {
    let address = request.extensions().get::<Client>().and_then(|client| client.address);
    let hooks = &site.hooks;
    let outcome = received(sender, &site, address, request).await;
    hooks.count(sender.name, outcome.name(), 1);
    let from = address.map(|address| format!(" from {address}")).unwrap_or_default();
    let name = sender.name;
    match &outcome {
        Outcome::Refused => site.log(&format!("warning: {name} webhook refused: wrong secret{from}")),
        Outcome::Unsigned(header) => {
            site.log(&format!("warning: {name} webhook refused: without the header `{header}`{from}"));
        }
        Outcome::NotSetUp(why) => site.log(&format!("warning: {name} webhook refused: {why}{from}")),
        Outcome::Ignored(why) => site.log(&format!("note: {name} webhook passed over: {why}")),
        Outcome::Failed(why) => site.log(&format!("error: {name} webhook not kept: {why}")),
        _ => {}
    }
    outcome.answer()
}

/// How a request ended.
enum Outcome {
    Kept,
    Known,
    Ignored(String),
    TooFast(u64),
    NotSetUp(String),
    Refused,
    /// Without the header that shows who sends.
    Unsigned(&'static str),
    TooLarge,
    Unreadable,
    Full,
    Failed(String),
}

impl Outcome {
    fn name(&self) -> &'static str {
        match self {
            Self::Kept => "accepted",
            Self::Known => "duplicate",
            Self::Ignored(_) => "ignored",
            Self::TooFast(_) => "too-fast",
            Self::NotSetUp(_) => "not-set-up",
            Self::Refused | Self::Unsigned(_) => "refused",
            Self::TooLarge => "too-large",
            Self::Unreadable => "unreadable",
            Self::Full => "full",
            Self::Failed(_) => "failed",
        }
    }

    fn answer(&self) -> Response {
        let problem = match self {
            Self::Kept => return (StatusCode::ACCEPTED, "accepted\n").into_response(),
            Self::Known | Self::Ignored(_) => {
                return (StatusCode::OK, format!("{}\n", self.name())).into_response();
            }
            Self::TooFast(seconds) => Problem::new(TOO_MANY, "more requests than this address may send")
                .hint("send it again after `Retry-After` seconds")
                .retry_after(*seconds),
            Self::NotSetUp(_) => Problem::new(MISSING, "this webhook is not set up")
                .hint("name its secret in `[hooks]` of `recount.toml`; docs/webhooks.md says how"),
            Self::Unsigned(header) => Problem::new(UNSIGNED, format!("the header `{header}` is missing"))
                .hint("give the sender the secret whose variable `[hooks]` of `recount.toml` names"),
            Self::Refused => {
                Problem::new(UNSIGNED, "the signature or the token is not the one that is known here")
                    .hint("compare the secret with the variable that `[hooks]` of `recount.toml` names")
            }
            Self::TooLarge => {
                Problem::new(TOO_LARGE, "the body is larger than 2 MiB, or did not come in whole")
                    .hint("let Alertmanager send fewer alerts at once with `max_alerts`")
            }
            Self::Unreadable => {
                Problem::new(UNREADABLE, "the body is no JSON").hint("send what the service sends, as it is")
            }
            Self::Full | Self::Failed(_) => {
                Problem::new(TROUBLE, "it could not be kept").hint("send it again later").retry_after(60)
            }
        };
        problem.into_response()
    }
}

/// Keeps what somebody sent who may.
async fn received(
    sender: &'static Sender,
    site: &Arc<Site>,
    address: Option<IpAddr>,
    request: Request,
) -> Outcome {
    let hooks = &site.hooks;
    if let Some(address) = address {
        if hooks.paces.len() > REMEMBERED {
            hooks.paces.retain_recent();
        }
        if let Err(until) = hooks.paces.check_key(&crate::auth::neighbourhood(address)) {
            return Outcome::TooFast(until.wait_time_from(DefaultClock::default().now()).as_secs() + 1);
        }
    }
    let shelf = site.shelf();
    let config = &shelf.workspace.config().hooks;
    let variables = (sender.variables)(config);
    if variables.is_empty() {
        return Outcome::NotSetUp(format!("`[hooks.{}]` names no secret", sender.name));
    }
    let secrets: Vec<String> =
        variables.iter().map(|name| hooks.variable(name).unwrap_or_default()).collect();
    if secrets.iter().all(String::is_empty) {
        return Outcome::NotSetUp(format!("`{}` is not set", variables.join("`, `")));
    }
    let (parts, body) = request.into_parts();
    if !parts.headers.contains_key(sender.header) {
        return Outcome::Unsigned(sender.header);
    }
    if !sender.signs_body && !(sender.is_from)(config, &parts.headers, &[], &secrets) {
        return Outcome::Refused;
    }
    let Ok(body) = axum::body::to_bytes(body, LARGEST).await else { return Outcome::TooLarge };
    if sender.signs_body && !(sender.is_from)(config, &parts.headers, &body, &secrets) {
        return Outcome::Refused;
    }
    let Ok(payload) = serde_json::from_slice::<Value>(&body) else { return Outcome::Unreadable };
    let heard = match (sender.heard)(config, &payload) {
        Ok(heard) => heard,
        Err(why) => return Outcome::Ignored(why),
    };
    let site = Arc::clone(site);
    let kept = tokio::task::spawn_blocking(move || {
        let workspace = &site.shelf().workspace;
        let options = workspace.evidence_options(&How::default());
        let payload = redacted(payload, &options.people()).to_string();
        let kept = site.hooks.kept.receive(sender.name, &heard.id, &payload, site.now());
        wake(&site.hooks.wake_drafts);
        kept
    });
    match kept.await {
        Ok(Ok(Receipt::New)) => Outcome::Kept,
        Ok(Ok(Receipt::Known)) => Outcome::Known,
        Ok(Ok(Receipt::Full)) => Outcome::Full,
        Ok(Err(failure)) => Outcome::Failed(failure.to_string()),
        Err(_) => Outcome::Failed("it was not finished".to_owned()),
    }
}

/// A payload without what must not be kept: as in frozen evidence, secrets go, and people stand for their addresses.
fn redacted(payload: Value, people: &People) -> Value {
    match payload {
        Value::String(text) => Value::String(redact_with(&text, &|mail| people.for_mail(mail)).into_owned()),
        Value::Array(list) => list.into_iter().map(|value| redacted(value, people)).collect(),
        Value::Object(members) => members
            .into_iter()
            .map(|(key, value)| {
                let key = redact_with(&key, &|mail| people.for_mail(mail)).into_owned();
                (key, redacted(value, people))
            })
            .collect(),
        other => other,
    }
}
