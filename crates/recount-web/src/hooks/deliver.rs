//! Sending: signed as Standard Webhooks (<https://www.standardwebhooks.com>), again and again where it does not arrive,
//! and given up in the end.
//!
//! What does not live here: the HTTP client (the binary's), and what is sent (`news`).

use std::collections::BTreeMap;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use jiff::Timestamp;
use recount_engine::config::Webhook;

use super::kept::Delivery;
use super::sign::{base64, from_base64, signature};
use super::{Hooks, SENT, news};
use crate::site::Site;

/// So often a message is sent: over two days, with the waits below.
const TRIES: u32 = 12;
/// No wait is longer: in milliseconds, 12 h.
const LONGEST: u64 = 12 * 3600 * 1000;
/// So many messages are sent to one receiver before the others have their turn.
const IN_A_ROW: usize = 20;
/// What waits for the same receiver is held back with what failed, and no longer than this: in milliseconds, so that
/// one message that nobody takes does not stop the others.
const HELD_BACK: i64 = 60_000;
/// The bytes of a secret, at least and at most.
const SECRET: std::ops::RangeInclusive<usize> = 24..=64;

/// A message that is to be sent.
#[derive(Clone, Debug)]
pub struct Post {
    /// Where to.
    pub url: String,
    /// Its headers.
    pub headers: Vec<(&'static str, String)>,
    /// Its body, JSON.
    pub body: String,
    /// Whether the address may be one of this machine or of a private network, and without TLS.
    pub internal: bool,
}

/// What the receiver answered.
#[derive(Clone, Copy, Debug)]
pub struct Posted {
    /// The status.
    pub status: u16,
    /// How long it asks to wait.
    pub retry_after: Option<Duration>,
}

/// What names a receiver in the queue: one whose address or secret is another is another.
pub(super) fn target(webhook: &Webhook) -> String {
    format!("{}\n{}", webhook.url, webhook.secret_env)
}

/// The key that messages to a receiver are signed with; a sentence where there is none.
pub(super) fn key(hooks: &Hooks, webhook: &Webhook) -> Result<Vec<u8>, String> {
    let name = &webhook.secret_env;
    let secret =
        hooks.variable(name).ok_or_else(|| format!("`{name}` is not set, which a `[[webhooks]]` names"))?;
    from_base64(secret.strip_prefix("whsec_").unwrap_or(&secret))
        .filter(|key| SECRET.contains(&key.len()))
        .ok_or_else(|| format!("`{name}` is no secret of a webhook: `whsec_` and 24 to 64 bytes in Base64"))
}

/// Whether anything may be sent there at all; a sentence where it may not. The address behind the name is looked at
/// where it is sent.
pub(super) fn may_be_told(webhook: &Webhook) -> Result<(), String> {
    let shown = shown(&webhook.url);
    if webhook.url.starts_with("https://") || (webhook.internal && webhook.url.starts_with("http://")) {
        return Ok(());
    }
    Err(format!("a webhook to `{shown}` would not be sent by `https://`"))
}

/// An address as it is told: its path and query may hold a token.
fn shown(url: &str) -> String {
    let (scheme, rest) = url.split_once("://").unwrap_or(("", url));
    let host = rest.split(['/', '?', '#']).next().unwrap_or(rest);
    let host = host.rsplit_once('@').map_or(host, |(_, host)| host);
    if scheme.is_empty() { host.to_owned() } else { format!("{scheme}://{host}") }
}

/// Sends what is due, to all receivers at once and to each in order; gives back how long there is nothing to do.
pub(super) fn round(site: &Arc<Site>) -> Option<Duration> {
    let hooks = &site.hooks;
    let due = hooks.kept.due(site.now());
    let (due, next) = match due {
        Ok(due) => due,
        Err(failure) => {
            site.log(&format!("error: webhooks: {failure}"));
            return None;
        }
    };
    let is_any = !due.is_empty();
    let mut by_target: BTreeMap<String, Vec<Delivery>> = BTreeMap::new();
    for delivery in due {
        by_target.entry(delivery.target.clone()).or_default().push(delivery);
    }
    let shelf = site.shelf();
    let webhooks = &shelf.workspace.config().webhooks;
    thread::scope(|scope| {
        for (name, deliveries) in &by_target {
            let webhook = webhooks.iter().find(|webhook| target(webhook) == *name);
            scope.spawn(move || match webhook {
                Some(webhook) => {
                    for delivery in deliveries.iter().take(IN_A_ROW) {
                        if !sent(site, webhook, delivery) {
                            break;
                        }
                    }
                }
                None => deliveries.iter().for_each(|delivery| settled(site, delivery)),
            });
        }
    });
    if is_any {
        return Some(Duration::from_millis(10));
    }
    let wait = next?.saturating_sub(site.now().as_millisecond());
    Some(Duration::from_millis(u64::try_from(wait).unwrap_or(0).max(10)))
}

fn settled(site: &Site, delivery: &Delivery) {
    if let Err(failure) = site.hooks.kept.delivered(delivery.number) {
        site.log(&format!("error: webhooks: {failure}"));
    }
}

/// Sends one message once, and says whether it arrived.
fn sent(site: &Site, webhook: &Webhook, delivery: &Delivery) -> bool {
    let hooks = &site.hooks;
    let answer = posted(hooks, webhook, &delivery.message, &delivery.body, site.now());
    let (why, is_certain, asked) = match answer {
        Ok(Posted { status: 200..=299, .. }) => {
            hooks.count(SENT, "delivered", 1);
            settled(site, delivery);
            return true;
        }
        Ok(Posted { status, retry_after }) => {
            let why = match status {
                300..=399 => {
                    format!("it answered with status {status}, and what leads elsewhere is not followed")
                }
                410 => "it answered with status 410: it is gone for good".to_owned(),
                _ => format!("it answered with status {status}"),
            };
            (why, status == 410, retry_after)
        }
        Err(why) => (why, false, None),
    };
    let tries = delivery.tries + 1;
    let is_over = is_certain || tries >= TRIES;
    let next = (!is_over).then(|| {
        let first = hooks.surroundings.get().map_or(Duration::ZERO, |around| around.first_wait);
        let wait = waited(first, delivery.tries, asked, jitter());
        site.now().as_millisecond().saturating_add(i64::try_from(wait).unwrap_or(i64::MAX))
    });
    let to = shown(&webhook.url);
    hooks.count(SENT, if is_over { "given-up" } else { "failed" }, 1);
    if is_over {
        site.log(&format!("error: webhook {} to `{to}` was given up: {why}", delivery.message));
    } else {
        site.log(&format!("warning: webhook {} to `{to}` did not arrive: {why}", delivery.message));
    }
    let held_back = site.now().as_millisecond().saturating_add(HELD_BACK);
    let failed = hooks.kept.failed(delivery.number, next, &why).and_then(|()| match next {
        Some(next) => hooks.kept.postpone(&delivery.target, next.min(held_back)),
        None => Ok(()),
    });
    if let Err(failure) = failed {
        site.log(&format!("error: webhooks: {failure}"));
    }
    false
}

/// Milliseconds until the next try: four times as long each time, of which chance takes up to half, so that what failed
/// together does not come back together; no less than the receiver asks for.
fn waited(first: Duration, tries: u32, asked: Option<Duration>, chance: u8) -> u64 {
    let millis = |time: Duration| u64::try_from(time.as_millis()).unwrap_or(u64::MAX);
    let whole = millis(first).saturating_mul(4_u64.saturating_pow(tries)).min(LONGEST);
    let wait = whole - whole / 2 * u64::from(chance) / u64::from(u8::MAX);
    wait.max(asked.map_or(0, millis).min(LONGEST))
}

fn jitter() -> u8 {
    let mut byte = [0; 1];
    let _ = getrandom::fill(&mut byte);
    byte[0]
}

fn posted(
    hooks: &Hooks,
    webhook: &Webhook,
    message: &str,
    body: &str,
    now: Timestamp,
) -> Result<Posted, String> {
    may_be_told(webhook)?;
    let key = key(hooks, webhook)?;
    let around = hooks.surroundings.get().ok_or("nothing can be sent")?;
    let second = now.as_second().to_string();
    let signature = signature(&key, &[message.as_bytes(), b".", second.as_bytes(), b".", body.as_bytes()]);
    let post = Post {
        url: webhook.url.clone(),
        headers: vec![
            ("content-type", "application/json".to_owned()),
            ("webhook-id", message.to_owned()),
            ("webhook-timestamp", second),
            ("webhook-signature", format!("v1,{}", base64(&signature))),
        ],
        body: body.to_owned(),
        internal: webhook.internal,
    };
    (around.post)(&post)
}

/// Sends every receiver a message for trying out, at once and once: its address, and what came of it.
pub(crate) fn test(site: &Site) -> Vec<(String, Result<u16, String>)> {
    let shelf = site.shelf();
    let all = shelf.workspace.config().webhooks.iter();
    all.map(|webhook| {
        let news = news::example(site.now());
        let answer = posted(&site.hooks, webhook, &news.id, &news.body, site.now());
        (shown(&webhook.url), answer.map(|answer| answer.status))
    })
    .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_grow_to_half_a_day_and_heed_what_is_asked_for() {
        let first = Duration::from_secs(5);
        let waits: Vec<u64> = (0..TRIES).map(|tries| waited(first, tries, None, 0)).collect();
        assert_eq!(waits[..4], [5_000, 20_000, 80_000, 320_000]);
        assert_eq!(waits[11], LONGEST);
        assert_eq!(waited(first, 1, None, u8::MAX), 10_000);
        assert_eq!(waited(first, 0, Some(Duration::from_mins(2)), 0), 120_000);
        assert_eq!(waited(Duration::ZERO, 7, None, 9), 0);
        let hours = waits.iter().sum::<u64>() / 3_600_000;
        assert!((40..96).contains(&hours), "{hours}");
    }

    #[test]
    fn an_address_is_told_without_what_may_be_a_token() {
        for (url, expected) in [
            ("https://hooks.example.com/services/T0/B0/abc?x=1", "https://hooks.example.com"),
            ("https://user:word@hooks.example.com/", "https://hooks.example.com"),
            ("nonsense", "nonsense"),
        ] {
            assert_eq!(shown(url), expected);
        }
    }
}
