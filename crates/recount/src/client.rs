//! The one HTTP client: it asks what live sources name, and comes back with a whole reply or with a
//! sentence that says why there is none.
//!
//! What lives here: credentials, time-outs, retries, redirects, limits, and the words for what goes wrong.
//! What does not: what to ask for and what an answer means (the engine's `evidence::live`).
//!
//! | rule | why |
//! |---|---|
//! | a token goes to the configured server alone, never behind a redirect to another, never over `http://` that nobody configured | it opens more than this one reply |
//! | a token is struck out of every message and every reply | servers quote what they refuse |
//! | tries, waits and sizes have an end | it is 3 a.m., and somebody waits |

mod posting;

use std::collections::BTreeMap;
use std::fmt::{self, Write as _};
use std::io::Read;
use std::thread;
use std::time::Duration;

use jiff::Timestamp;
use jiff::fmt::rfc2822;
use recount_engine::evidence::live::{Answer, Failure, Method, Reply, Request};
use recount_engine::evidence::redact;
use ureq::http;
use ureq::tls::{RootCerts, TlsConfig};

pub(crate) use posting::Poster;

/// How long connecting may take.
const CONNECT: Duration = Duration::from_secs(10);
/// How long a reply may take in whole, where the configuration says nothing.
pub(crate) const WHOLE: Duration = Duration::from_mins(1);
/// How often one thing is asked for.
const TRIES: u32 = 4;
/// The first wait between two tries; each further one is four times as long.
const FIRST_WAIT: Duration = Duration::from_millis(250);
/// The longest wait that a server can ask for; what asks for more is given up with a sentence.
const LONGEST_WAIT: Duration = Duration::from_mins(1);
/// How many redirects are followed.
const REDIRECTS: u32 = 5;
/// The largest reply, unpacked.
const LARGEST: u64 = 256 << 20;
/// What stands where a token stood.
const STRUCK_OUT: &str = "(token)";
/// How much of a server's own words about a fault is passed on.
const QUOTED: usize = 200;

/// A server, and how it lets us in. It has no `Debug`: nothing may print it.
pub(crate) struct Access {
    /// Its address, without a slash at its end.
    pub(crate) url: String,
    /// Whether the address stands in the configuration, which may allow `http://`.
    pub(crate) is_configured: bool,
    /// The header and its value that hold the token or the password.
    pub(crate) credentials: Option<(String, String)>,
    /// What must never be printed: the token or the password, also as it stands in the header.
    pub(crate) secrets: Vec<String>,
    /// Further headers.
    pub(crate) headers: BTreeMap<String, String>,
    /// How long a reply may take in whole.
    pub(crate) timeout: Duration,
    /// The variable that holds the token or is expected to.
    pub(crate) variable: String,
    /// The table of the configuration, such as `[evidence.pagerduty]`.
    pub(crate) table: String,
}

/// The client. One for the whole process: connections are used again.
#[derive(Clone, Debug)]
pub(crate) struct Client {
    agent: ureq::Agent,
}

impl Client {
    /// A client with the certificates of the system (or of `SSL_CERT_FILE`) and the proxy of the environment.
    pub(crate) fn new() -> Self {
        let config = ureq::Agent::config_builder()
            .http_status_as_error(false)
            // Redirects are followed here, where it is known what may go along.
            .max_redirects(0)
            .max_redirects_will_error(false)
            .timeout_connect(Some(CONNECT))
            .user_agent(concat!("recount/", env!("CARGO_PKG_VERSION")))
            .tls_config(TlsConfig::builder().root_certs(RootCerts::PlatformVerifier).build())
            .build();
        Self { agent: ureq::Agent::new_with_config(config) }
    }

    /// Asks, as often as it takes. `told` hears why it lasts.
    pub(crate) fn fetch(&self, request: &Request, access: &Access, told: &dyn Fn(&str)) -> Answer {
        let mut tries = 1;
        let mut waited = Duration::ZERO;
        loop {
            let trouble = match self.once(request, access) {
                Ok(reply) => return Ok(access.without_secrets(reply)),
                Err(trouble) => trouble,
            };
            let wait = trouble.wait.unwrap_or(FIRST_WAIT * 4_u32.pow(tries - 1));
            let is_over = !trouble.passes || tries >= TRIES || waited + wait > LONGEST_WAIT;
            if is_over {
                return Err(access.without_secret(trouble.said(tries)));
            }
            told(&format!("{}, next try in {} s", trouble.failure.message, wait.as_secs().max(1)));
            thread::sleep(wait);
            waited += wait;
            tries += 1;
        }
    }

    /// Asks once, through redirects.
    fn once(&self, request: &Request, access: &Access) -> Result<Reply, Trouble> {
        let mut url = with_query(&request.url, &request.query);
        for _ in 0..=REDIRECTS {
            let place = Origin::of(&url)
                .ok_or_else(|| Trouble::certain(format!("`{}` is no address", bare(&url))))?;
            access.may_ask(&place)?;
            let response = self.send(request, &url, &place, access)?;
            let status = response.status().as_u16();
            if !matches!(status, 301 | 302 | 303 | 307 | 308) {
                return read(response, request, &place, access);
            }
            let next = response.headers().get("location").and_then(|to| to.to_str().ok());
            let next = next.and_then(|next| resolved(&url, next));
            let Some(next) = next else {
                return Err(Trouble::certain(format!(
                    "`{place}` leads elsewhere and does not say where ({status})"
                )));
            };
            if request.method == Method::Post {
                return Err(Trouble::certain(format!("`{place}` leads to `{}` ({status})", bare(&next)))
                    .hint(format!("set `url` in `{}` to the address behind it", access.table)));
            }
            url = next;
        }
        Err(Trouble::certain(format!("`{}` leads in circles", bare(&url)))
            .hint(format!("check `url` in `{}`", access.table)))
    }

    fn send(
        &self,
        request: &Request,
        url: &str,
        place: &Origin,
        access: &Access,
    ) -> Result<http::Response<ureq::Body>, Trouble> {
        let accept = if request.accept.is_empty() { "application/json" } else { request.accept };
        let method = match request.method {
            Method::Get => http::Method::GET,
            Method::Post => http::Method::POST,
        };
        let mut builder = http::Request::builder().method(method).uri(url).header("accept", accept);
        for (name, value) in &request.headers {
            builder = builder.header(name, value);
        }
        if place.is_that_of(&access.url) {
            for (name, value) in access.headers.iter().chain(access.credentials.iter().map(|(n, v)| (n, v))) {
                builder = builder.header(name, value);
            }
        }
        let (kind, body) = request.body.clone().unwrap_or_default();
        if !kind.is_empty() {
            builder = builder.header("content-type", kind);
        }
        // The words of the error would show the header that is no header: it may be the token.
        let cannot = |_| {
            Trouble::certain(format!("the request to `{place}` cannot be made")).hint(format!(
                "is there a line end or another odd sign in `{}` or in `{}`?",
                access.variable, access.table
            ))
        };
        let answer = if request.method == Method::Post {
            let made = builder.body(body).map_err(cannot)?;
            self.agent.run(self.limited(made, place, access))
        } else {
            let made = builder.body(()).map_err(cannot)?;
            self.agent.run(self.limited(made, place, access))
        };
        answer.map_err(|error| trouble(&error, place, access))
    }

    /// The request with its time limit; one to this machine goes past any proxy.
    fn limited<B: ureq::AsSendBody>(
        &self,
        made: http::Request<B>,
        place: &Origin,
        access: &Access,
    ) -> http::Request<B> {
        let config = self.agent.configure_request(made).timeout_global(Some(access.timeout));
        if place.is_loopback() { config.proxy(None).build() } else { config.build() }
    }
}

/// Reads a response to its end.
fn read(
    response: http::Response<ureq::Body>,
    request: &Request,
    place: &Origin,
    access: &Access,
) -> Answered {
    let status = response.status().as_u16();
    let headers: Vec<(String, String)> = response
        .headers()
        .iter()
        .filter_map(|(name, value)| Some((name.as_str().to_owned(), value.to_str().ok()?.to_owned())))
        .collect();
    let mut body = Vec::new();
    let end = response.into_body().into_with_config().limit(LARGEST).reader().read_to_end(&mut body);
    let reply = Reply { status, headers, body };
    if !(200..300).contains(&status) {
        return Err(refused(&reply, request, place, access));
    }
    if let Err(error) = end {
        let mut cut = trouble(&ureq::Error::from(error), place, access);
        cut.failure.status = Some(status);
        cut.failure.partial = reply.body;
        return Err(cut);
    }
    let wants_json = request.accept.is_empty() || request.accept.contains("json");
    if wants_json && reply.body.trim_ascii_start().starts_with(b"<") {
        return Err(Trouble::certain(format!(
            "`{place}` answered with a web page where {} was expected",
            request.what
        ))
        .hint(format!(
            "a sign-in page or a proxy stands before it; check `url` in `{}` and the token in `{}`",
            access.table, access.variable
        )));
    }
    Ok(reply)
}

type Answered = Result<Reply, Trouble>;

/// Why a try failed, and whether another may go better.
struct Trouble {
    failure: Failure,
    /// Whether it may pass.
    passes: bool,
    /// How long the server asks to wait.
    wait: Option<Duration>,
}

impl Trouble {
    fn certain(message: impl Into<String>) -> Self {
        let failure = Failure { message: message.into(), ..Failure::default() };
        Self { failure, passes: false, wait: None }
    }

    fn passing(message: impl Into<String>) -> Self {
        Self { passes: true, ..Self::certain(message) }
    }

    fn hint(mut self, hint: impl Into<String>) -> Self {
        self.failure.hint = hint.into();
        self
    }

    /// The failure after so many tries.
    fn said(self, tries: u32) -> Failure {
        let mut failure = self.failure;
        if tries > 1 {
            let _ = write!(failure.message, ", {tries} times");
        }
        if let Some(wait) = self.wait.filter(|wait| *wait > LONGEST_WAIT) {
            let minutes = wait.as_secs().div_ceil(60);
            let _ = write!(failure.message, ", and asks to wait {minutes} min");
        }
        failure
    }
}

/// What a status other than a success means.
fn refused(reply: &Reply, request: &Request, place: &Origin, access: &Access) -> Trouble {
    let status = reply.status;
    let what = &request.what;
    let wait = wait_asked(reply);
    let said = quoted(reply);
    // GitHub's secondary limits come with any of the three.
    let is_limit = status == 429
        || (status == 403
            && (reply.header("x-ratelimit-remaining") == Some("0")
                || reply.header("retry-after").is_some()
                || said.as_ref().is_some_and(|said| said.to_lowercase().contains("rate limit"))));
    let said = said.map(|said| format!(": {said}")).unwrap_or_default();
    let there =
        format!("set `{}`, or name another variable with `token-env` in `{}`", access.variable, access.table);
    let mut trouble = match status {
        _ if is_limit => {
            let mut limit = Trouble::passing(format!("`{place}` is asked too often ({status})"))
                .hint("ask again later; importing again adds only what is new");
            limit.wait = wait;
            limit.failure.is_limit = true;
            limit
        }
        401 | 403 if access.credentials.is_none() => {
            Trouble::certain(format!("`{place}` wants a token for {what} ({status})")).hint(there)
        }
        401 if place.is_that_of(&access.url) => {
            Trouble::certain(format!("`{place}` refuses the token in `{}` ({status}){said}", access.variable))
                .hint("it may have expired or been revoked: make a new one and set the variable again")
        }
        401 | 403 if !place.is_that_of(&access.url) => Trouble::certain(format!(
            "`{}` leads to `{place}`, which wants a token ({status})",
            access.host()
        ))
        .hint(format!("a token is never passed on to another host; set `url` in `{}`", access.table)),
        403 => Trouble::certain(format!(
            "`{place}` does not show {what} to the token in `{}` ({status}){said}",
            access.variable
        ))
        .hint("the token needs the right to read it, and the account must see it"),
        404 => Trouble::certain(format!("`{place}` has no {what} (404)")).hint(format!(
            "check the ID and `url` in `{}`; some servers also say so where the token may not see it",
            access.table
        )),
        408 | 500..=599 => {
            let mut broken = Trouble::passing(format!("`{place}` could not answer ({status}){said}"))
                .hint("the server is in trouble; ask again later");
            broken.wait = wait;
            broken
        }
        _ => Trouble::certain(format!("`{place}` refuses {what} ({status}){said}")),
    };
    trouble.failure.status = Some(status);
    trouble
}

/// What went wrong between the machines.
fn trouble(error: &ureq::Error, place: &Origin, access: &Access) -> Trouble {
    match error {
        ureq::Error::Timeout(ureq::Timeout::Connect | ureq::Timeout::Resolve) => {
            Trouble::certain(format!("`{place}` cannot be reached within {} s", CONNECT.as_secs()))
                .hint("is it behind a VPN, or is a proxy needed (`HTTPS_PROXY`)?")
        }
        ureq::Error::Timeout(_) => {
            Trouble::certain(format!("`{place}` did not answer within {} s", access.timeout.as_secs()))
                .hint(format!("ask for a shorter window, or raise `timeout-seconds` in `{}`", access.table))
        }
        ureq::Error::HostNotFound => unknown(place, access),
        // The system's resolver has no kind of its own for it.
        ureq::Error::Io(error) if error.to_string().contains("lookup address") => unknown(place, access),
        ureq::Error::BodyExceedsLimit(_) => {
            Trouble::certain(format!("the reply of `{place}` is larger than {} MiB", LARGEST >> 20))
                .hint("ask for a shorter window with `--from` and `--to`")
        }
        ureq::Error::Io(error) if is_tls(error) => untrusted(place, &error.to_string()),
        ureq::Error::Rustls(error) => untrusted(place, &error.to_string()),
        ureq::Error::Tls(why) => untrusted(place, why),
        ureq::Error::Io(error) if error.kind() == std::io::ErrorKind::ConnectionRefused => {
            Trouble::certain(format!("`{place}` refuses connections")).hint(format!(
                "does the server run (and the proxy, if there is one), and is `url` in `{}` right?",
                access.table
            ))
        }
        ureq::Error::ConnectProxyFailed(_) | ureq::Error::InvalidProxyUrl => {
            Trouble::certain(format!("the proxy does not lead to `{place}`"))
                .hint("check `HTTPS_PROXY`, `HTTP_PROXY` and `NO_PROXY`")
        }
        ureq::Error::Io(error) if is_unreachable(error) => {
            Trouble::certain(format!("`{place}` cannot be reached: {error}"))
                .hint("is it behind a VPN, or is a proxy needed (`HTTPS_PROXY`)?")
        }
        ureq::Error::Io(_)
        | ureq::Error::Protocol(_)
        | ureq::Error::Decompress(..)
        | ureq::Error::BodyStalled => Trouble::passing(format!("the reply of `{place}` was cut off"))
            .hint("the connection broke; ask again, which adds only what is new"),
        error => Trouble::certain(format!("`{place}` cannot be asked: {error}")),
    }
}

fn unknown(place: &Origin, access: &Access) -> Trouble {
    Trouble::certain(format!("the host `{}` is not known", place.host))
        .hint(format!("check `url` in `{}`; is it behind a VPN?", access.table))
}

fn is_unreachable(error: &std::io::Error) -> bool {
    use std::io::ErrorKind::{
        AddrNotAvailable, HostUnreachable, NetworkDown, NetworkUnreachable, PermissionDenied,
    };
    matches!(
        error.kind(),
        AddrNotAvailable | HostUnreachable | NetworkDown | NetworkUnreachable | PermissionDenied
    )
}

fn is_tls(error: &std::io::Error) -> bool {
    error.kind() == std::io::ErrorKind::InvalidData || error.to_string().contains("certificate")
}

fn untrusted(place: &Origin, why: &str) -> Trouble {
    Trouble::certain(format!("the connection to `{place}` is not secure: {}", shortened(why)))
        .hint("where your company has certificates of its own, `SSL_CERT_FILE` names a file with them")
}

/// How long a server asks to wait: seconds, a date, or when its count begins anew.
fn wait_asked(reply: &Reply) -> Option<Duration> {
    let until = |at: Timestamp| Duration::try_from(at.duration_since(Timestamp::now())).unwrap_or_default();
    if let Some(text) = reply.header("retry-after") {
        let seconds = text.trim().parse().ok().map(Duration::from_secs);
        return seconds.or_else(|| Some(until(rfc2822::parse(text).ok()?.timestamp())));
    }
    if let Some(seconds) = reply.header("ratelimit-reset").and_then(|text| text.trim().parse().ok()) {
        return Some(Duration::from_secs(seconds));
    }
    let at = reply.header("x-ratelimit-reset")?.trim().parse().ok()?;
    Some(until(Timestamp::from_second(at).ok()?))
}

/// A server's own words about a fault, where it sends JSON that has some.
fn quoted(reply: &Reply) -> Option<String> {
    let value: serde_json::Value = serde_json::from_slice(&reply.body).ok()?;
    let paths = ["/error/message", "/message", "/error_description", "/error", "/detail"];
    let words = paths.iter().find_map(|path| value.pointer(path)?.as_str())?;
    Some(shortened(words)).filter(|words| !words.is_empty())
}

fn shortened(text: &str) -> String {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let line = line.trim_end_matches('.');
    if line.chars().count() <= QUOTED {
        line.to_owned()
    } else {
        format!("{} …", line.chars().take(QUOTED).collect::<String>())
    }
}

impl Access {
    fn host(&self) -> String {
        Origin::of(&self.url).map_or_else(|| self.url.clone(), |origin| origin.to_string())
    }

    /// Whether a place may be asked at all: over TLS, or where somebody said so.
    fn may_ask(&self, place: &Origin) -> Result<(), Trouble> {
        let is_said = self.is_configured && place.is_that_of(&self.url);
        if place.scheme == "https" || place.is_loopback() || is_said {
            return Ok(());
        }
        Err(Trouble::certain(format!(
            "`{place}` is not asked over `http://`, which anybody on the way can read"
        ))
        .hint(format!("use `https://`, or set `url` in `{}` to this address if it must be so", self.table)))
    }

    fn without_secret(&self, mut failure: Failure) -> Failure {
        if failure.hint.is_empty() {
            failure.hint = format!("is `url` in `{}` right?", self.table);
        }
        failure.message = self.struck_out(&failure.message);
        failure.hint = self.struck_out(&failure.hint);
        failure.partial = self.struck_out_of(failure.partial);
        failure
    }

    fn without_secrets(&self, mut reply: Reply) -> Reply {
        reply.body = self.struck_out_of(reply.body);
        reply
    }

    fn struck_out(&self, text: &str) -> String {
        let mut text = text.to_owned();
        for secret in self.secrets.iter().filter(|secret| !secret.is_empty()) {
            text = text.replace(secret.as_str(), STRUCK_OUT);
        }
        redact::redact(&text).into_owned()
    }

    fn struck_out_of(&self, mut bytes: Vec<u8>) -> Vec<u8> {
        for secret in self.secrets.iter().filter(|secret| !secret.is_empty()) {
            let found: Vec<usize> = memchr::memmem::find_iter(&bytes, secret.as_str()).collect();
            if found.is_empty() {
                continue;
            }
            let mut out = Vec::with_capacity(bytes.len());
            let mut from = 0;
            for at in found {
                out.extend_from_slice(&bytes[from..at]);
                out.extend_from_slice(STRUCK_OUT.as_bytes());
                from = at + secret.len();
            }
            out.extend_from_slice(&bytes[from..]);
            bytes = out;
        }
        bytes
    }
}

/// Who is asked: what a token is bound to. Shown without scheme where that is `https`.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Origin {
    scheme: String,
    host: String,
    port: u16,
}

impl Origin {
    fn of(url: &str) -> Option<Self> {
        let uri: http::Uri = url.parse().ok()?;
        let scheme = uri.scheme_str()?.to_lowercase();
        let host = uri.host()?.trim_matches(['[', ']']).to_lowercase();
        let port = uri.port_u16().unwrap_or(if scheme == "https" { 443 } else { 80 });
        // What stands before an `@` is a password.
        let has_user = uri.authority()?.as_str().contains('@');
        (!has_user && matches!(scheme.as_str(), "http" | "https")).then_some(Self { scheme, host, port })
    }

    fn is_that_of(&self, url: &str) -> bool {
        Self::of(url).as_ref() == Some(self)
    }

    fn is_loopback(&self) -> bool {
        self.host == "localhost"
            || self.host.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback())
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.host)?;
        if (self.scheme == "https" && self.port != 443) || (self.scheme == "http" && self.port != 80) {
            write!(f, ":{}", self.port)?;
        }
        Ok(())
    }
}

/// An address without its query and what stands before an `@`: both may hold a token.
fn bare(url: &str) -> &str {
    let url = url.split(['?', '#']).next().unwrap_or(url);
    url.rsplit_once('@').map_or(url, |(_, rest)| rest)
}

/// Where a redirect leads from here.
fn resolved(from: &str, to: &str) -> Option<String> {
    if to.starts_with("https://") || to.starts_with("http://") {
        return Some(to.to_owned());
    }
    let (scheme, rest) = from.split_once("://")?;
    let host = rest.split(['/', '?']).next()?;
    if let Some(other) = to.strip_prefix("//") {
        return Some(format!("{scheme}://{other}"));
    }
    if to.starts_with('/') {
        return Some(format!("{scheme}://{host}{to}"));
    }
    let folder = bare(rest).rsplit_once('/').map_or(host, |(folder, _)| folder);
    Some(format!("{scheme}://{folder}/{to}"))
}

fn with_query(url: &str, query: &[(String, String)]) -> String {
    let mut out = url.to_owned();
    for (index, (key, value)) in query.iter().enumerate() {
        out.push(if index == 0 && !url.contains('?') { '?' } else { '&' });
        escaped(&mut out, key);
        out.push('=');
        escaped(&mut out, value);
    }
    out
}

/// Escapes what is not unreserved by RFC 3986.
pub(crate) fn escaped(out: &mut String, text: &str) {
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            out.push(char::from(byte));
        } else {
            let _ = write!(out, "%{byte:02X}");
        }
    }
}

#[cfg(test)]
mod tests;
