//! Redaction: finding what must never reach a document or the frozen evidence, and taking it out.
//!
//! [`DETECTORS`] is data, so that the checker's `secret` and `personal-data` rules find exactly what an
//! import takes out. What does not live here: who a mail address belongs to (`identity`).
//!
//! A text is searched once for the literal beginnings of all detectors together; only where one stands is
//! the detector asked for the exact span. Clean text, which is nearly all text, is never copied.

mod commands;

use std::borrow::Cow;
use std::cell::Cell;
use std::ops::{Deref, Range};
use std::sync::LazyLock;

use aho_corasick::AhoCorasick;

/// What stands in the place of a secret. Short, without characters that mean something in a URL or in
/// Markdown.
pub const REDACTED: &str = "REDACTED";

/// Whether a detector finds secrets or people.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Class {
    /// Whoever has it can do something.
    Secret,
    /// It says who somebody is.
    Personal,
}

/// One kind of thing that must not be kept.
pub struct Detector {
    /// A kebab-case name, such as `aws-access-key`.
    pub name: &'static str,
    /// What it finds, for a message: `an AWS access key`.
    pub finds: &'static str,
    /// Secret or personal.
    pub class: Class,
    /// Literals, in lower case, one of which stands at or in each hit. The search ignores case.
    literals: &'static [&'static str],
    /// The exact span of the secret itself, given the text and where a literal stands.
    span: fn(&Text<'_>, Range<usize>) -> Option<Range<usize>>,
}

/// Something found: which detector, and the bytes of the secret itself (not of the words around it).
#[derive(Clone)]
pub struct Found {
    /// The detector.
    pub detector: &'static Detector,
    /// The secret's bytes.
    pub span: Range<usize>,
}

/// Every detector there is.
pub static DETECTORS: &[Detector] = &[
    Detector {
        name: "url-credentials",
        finds: "a password in a URL",
        class: Class::Secret,
        literals: &["://"],
        span: url_credentials,
    },
    Detector {
        name: "url-token",
        finds: "a token in a URL",
        class: Class::Secret,
        literals: &[
            "token=",
            "sig=",
            "signature=",
            "key=",
            "secret=",
            "auth=",
            "code=",
            "session=",
            "sid=",
            "jwt=",
            "password=",
            "passwd=",
            "pwd=",
            "credential=",
            "x-amz-signature=",
            "t=xox",
        ],
        span: url_token,
    },
    Detector {
        name: "webhook-url",
        finds: "a webhook address",
        class: Class::Secret,
        literals: &["hooks.slack.com/", "discord.com/api/webhooks/", "webhook.office.com/"],
        span: webhook_url,
    },
    Detector {
        name: "aws-access-key",
        finds: "an AWS access key",
        class: Class::Secret,
        literals: &["akia", "asia"],
        span: |text, at| token(text, at, 20..=20, |b| b.is_ascii_uppercase() || b.is_ascii_digit()),
    },
    Detector {
        name: "github-token",
        finds: "a GitHub token",
        class: Class::Secret,
        literals: &["ghp_", "gho_", "ghu_", "ghs_", "ghr_", "github_pat_"],
        span: |text, at| token(text, at, 20..=400, is_word),
    },
    Detector {
        name: "gitlab-token",
        finds: "a GitLab token",
        class: Class::Secret,
        literals: &["glpat-", "glptt-", "gldt-", "glrt-"],
        span: |text, at| token(text, at, 20..=400, is_dashed),
    },
    Detector {
        name: "slack-token",
        finds: "a Slack token",
        class: Class::Secret,
        literals: &[
            "xoxa-", "xoxb-", "xoxc-", "xoxd-", "xoxe-", "xoxe.", "xoxo-", "xoxp-", "xoxr-", "xoxs-", "xapp-",
        ],
        span: |text, at| token(text, at, 12..=4000, |b| is_dashed(b) || b".%/+=".contains(&b)),
    },
    Detector {
        name: "stripe-key",
        finds: "a Stripe key",
        class: Class::Secret,
        literals: &["sk_live_", "rk_live_", "sk_test_", "whsec_"],
        span: |text, at| token(text, at, 20..=400, is_word),
    },
    Detector {
        name: "google-api-key",
        finds: "a Google API key",
        class: Class::Secret,
        literals: &["aiza"],
        span: |text, at| token(text, at, 39..=39, is_dashed),
    },
    Detector {
        name: "vendor-token",
        finds: "an access token",
        class: Class::Secret,
        literals: &["npm_", "hvs.", "dop_v1_", "sk-ant-", "sk-proj-", "pypi-", "dapi", "shpat_", "lin_api_"],
        span: |text, at| token(text, at, 32..=4000, is_dashed),
    },
    Detector {
        name: "sendgrid-key",
        finds: "a SendGrid key",
        class: Class::Secret,
        literals: &["sg."],
        span: |text, at| token(text, at, 60..=80, |b| is_dashed(b) || b == b'.'),
    },
    Detector {
        name: "json-web-token",
        finds: "a JSON web token",
        class: Class::Secret,
        literals: &["eyj"],
        span: json_web_token,
    },
    Detector {
        name: "private-key",
        finds: "a private key",
        class: Class::Secret,
        literals: &["-----begin "],
        span: private_key,
    },
    Detector {
        name: "authorization-header",
        finds: "an authorization header",
        class: Class::Secret,
        literals: &["authorization", "bearer "],
        span: authorization,
    },
    Detector {
        name: "cookie",
        finds: "a cookie",
        class: Class::Secret,
        literals: &["cookie:"],
        span: cookie,
    },
    Detector {
        name: "assigned-secret",
        finds: "a password",
        class: Class::Secret,
        literals: &[
            "password",
            "passwd",
            "pgpassword",
            "secret",
            "api_key",
            "apikey",
            "api-key",
            "access_key",
            "token",
            "private_key",
            "passphrase",
            "_pass=",
        ],
        span: assigned,
    },
    Detector {
        name: "command-password",
        finds: "a password in a command",
        class: Class::Secret,
        literals: commands::LITERALS,
        span: |text, at| commands::password(text, at, is_stand_in),
    },
    Detector {
        name: "mail-address",
        finds: "a mail address",
        class: Class::Personal,
        literals: &["@"],
        span: mail_address,
    },
];

/// Everything that must not be kept in a text, by position, without overlaps: of two that overlap the one
/// that begins first stays, then a secret, then the longer, then the more specific.
pub fn find(text: &str) -> Vec<Found> {
    let hits = PREFILTER.automaton.find_overlapping_iter(text);
    find_at(text, hits.map(|hit| (PREFILTER.owner[hit.pattern().as_usize()], hit.range())))
}

/// Every literal with the index of its detector, for a caller that looks for other words in the same pass.
pub fn literals() -> impl Iterator<Item = (usize, &'static str)> {
    DETECTORS
        .iter()
        .enumerate()
        .flat_map(|(detector, d)| d.literals.iter().map(move |literal| (detector, *literal)))
}

/// As [`find`], where the caller has found the [`literals`] in any case: the index of the detector, and where
/// its literal stands.
pub fn find_at(text: &str, hits: impl Iterator<Item = (usize, Range<usize>)>) -> Vec<Found> {
    let mut all = Vec::new();
    let texts: [Text<'_>; DETECTORS.len()] = std::array::from_fn(|_| Text::new(text));
    for (index, at) in hits {
        let (detector, text) = (&DETECTORS[index], &texts[index]);
        if at.start < text.done.get() {
            continue;
        }
        let Some(span) = (detector.span)(text, at) else { continue };
        if span.is_empty() {
            continue;
        }
        if is_stand_in(&text[span.clone()]) {
            text.refuse(&span);
        } else {
            text.done.set(span.end);
            let rank = (span.start, detector.class == Class::Personal, std::cmp::Reverse(span.end), index);
            all.push((rank, Found { detector, span }));
        }
    }
    all.sort_by_key(|(rank, _)| *rank);
    let mut all: Vec<Found> = all.into_iter().map(|(_, found)| found).collect();
    let mut end = 0;
    all.retain(|found| {
        let keep = found.span.start >= end;
        if keep {
            end = found.span.end;
        }
        keep
    });
    all
}

/// The text without secrets and mail addresses. A clean text is given back as it is.
pub fn redact(text: &str) -> Cow<'_, str> {
    redact_with(text, &|_| REDACTED.to_owned())
}

/// As [`redact`], with `person` naming who stands behind a mail address.
pub fn redact_with<'a>(text: &'a str, person: &dyn Fn(&str) -> String) -> Cow<'a, str> {
    let mut clean = Cow::Borrowed(text);
    // Taking one thing out can lay another bare (an address glued to a key): look until nothing is left.
    // What stands in for a secret is never found, so this ends; the bound is for hostile nesting.
    for _ in 0..16 {
        let found = find(&clean);
        if found.is_empty() {
            break;
        }
        clean = Cow::Owned(take_out(&clean, &found, person));
    }
    clean
}

fn take_out(text: &str, found: &[Found], person: &dyn Fn(&str) -> String) -> String {
    let mut clean = String::with_capacity(text.len());
    let mut done = 0;
    for Found { detector, span } in found {
        clean.push_str(&text[done..span.start]);
        match detector.class {
            Class::Secret => clean.push_str(REDACTED),
            Class::Personal => clean.push_str(&person(&text[span.clone()])),
        }
        done = span.end;
    }
    clean.push_str(&text[done..]);
    clean
}

/// What may be printed of a secret: the first characters, which say what it is, of one long enough.
pub fn mask(secret: &str) -> String {
    let shown = if secret.len() >= 16 { 4 } else { 0 };
    let mut mask: String = secret.chars().take(shown).collect();
    mask.push('…');
    mask
}

struct Prefilter {
    automaton: AhoCorasick,
    /// The detector of each pattern.
    owner: Vec<usize>,
}

static PREFILTER: LazyLock<Prefilter> = LazyLock::new(|| {
    let (owner, literals): (Vec<usize>, Vec<&str>) = literals().unzip();
    let automaton = AhoCorasick::builder()
        .ascii_case_insensitive(true)
        .build(literals)
        // A few dozen short literals of this file: far below the automaton's limits, and every test runs this.
        .expect("the literals are few and short");
    Prefilter { automaton, owner }
});

/// The text as one detector goes through it. What it has been through is not looked at again from each
/// literal in it: a line of megabytes may hold nothing else.
#[allow(clippy::struct_field_names, reason = "the text is what it is about")]
struct Text<'t> {
    text: &'t str,
    /// Up to here nothing more is to be found by this detector.
    done: Cell<usize>,
    /// The last run of bytes that could be a URL, and whether it is one.
    url: Cell<(usize, usize, bool)>,
}

/// What was refused and is longer than this is done with, whatever begins in it.
const LONG: usize = 512;

impl<'t> Text<'t> {
    fn new(text: &'t str) -> Self {
        Self { text, done: Cell::new(0), url: Cell::new((0, 0, false)) }
    }

    fn refuse(&self, span: &Range<usize>) {
        if span.len() > LONG {
            self.done.set(span.end);
        }
    }

    /// The span if it is one after all.
    fn accept_if(&self, is_one: bool, span: Range<usize>) -> Option<Range<usize>> {
        if !is_one {
            self.refuse(&span);
        }
        is_one.then_some(span)
    }
}

impl Deref for Text<'_> {
    type Target = str;

    fn deref(&self) -> &str {
        self.text
    }
}

fn is_word(b: u8) -> bool {
    b.is_ascii_alphanumeric() || b == b'_'
}

fn is_dashed(b: u8) -> bool {
    is_word(b) || b == b'-'
}

/// What people and we put where a secret was: stars, `<password>`, `$VAR`, `{{ value }}`, `REDACTED`.
fn is_stand_in(text: &str) -> bool {
    let text = text.trim_matches(|c: char| "\"'`".contains(c));
    text.is_empty()
        || text.starts_with(REDACTED)
        || text.starts_with(['$', '<', '{', '*', '%', '[', '…'])
        || text.bytes().all(|b| b"xX.*-_".contains(&b))
        || ["null", "none", "nil", "true", "false", "undefined", "changeme", "example"]
            .iter()
            .any(|word| text.eq_ignore_ascii_case(word))
}

fn run(text: &str, from: usize, accept: impl Fn(u8) -> bool) -> usize {
    text.as_bytes()[from..].iter().position(|b| !accept(*b)).map_or(text.len(), |len| from + len)
}

/// A run of accepted bytes that begins where the literal stands, in the literal's own case, at a word's
/// beginning, with at least one digit or a mix of cases: `token_is_missing_in_config` is prose.
fn token(
    text: &Text<'_>,
    at: Range<usize>,
    len: std::ops::RangeInclusive<usize>,
    accept: fn(u8) -> bool,
) -> Option<Range<usize>> {
    let bytes = text.as_bytes();
    if at.start > 0 && is_word(bytes[at.start - 1]) {
        return None;
    }
    let mut end = run(text, at.start, accept);
    while end > at.end && bytes[end - 1] == b'.' {
        end -= 1;
    }
    let body = &bytes[at.end.min(end)..end];
    let keyed = body.iter().any(u8::is_ascii_digit)
        || (body.iter().any(u8::is_ascii_lowercase) && body.iter().any(u8::is_ascii_uppercase));
    text.accept_if(keyed && len.contains(&(end - at.start)), at.start..end)
}

/// Where the URL around a position ends, if one does stand around it. A URL has no spaces, quotes or
/// angle brackets.
fn url_around(text: &Text<'_>, at: usize) -> Option<Range<usize>> {
    let outside = |b: u8| b.is_ascii_whitespace() || b"<>\"'`|\\".contains(&b);
    let (mut start, mut end, mut is_url) = text.url.get();
    if !(start..end).contains(&at) {
        let before = text.as_bytes()[..at].iter().rposition(|b| outside(*b));
        start = before.map_or(0, |space| space + 1);
        end = run(text, at, |b| !outside(b));
        is_url = text[start..end].contains("://");
        text.url.set((start, end, is_url));
    }
    is_url.then_some(start..end)
}

fn url_credentials(text: &Text<'_>, at: Range<usize>) -> Option<Range<usize>> {
    let ends = |b: u8| {
        matches!(b, b'<' | b'>' | b'"' | b'\'' | b'`' | b'|' | b'/' | b'?' | b'#') || b.is_ascii_whitespace()
    };
    let end = run(text, at.end, |b| !ends(b));
    let authority = &text[at.end..end];
    let user = memchr::memrchr(b'@', authority.as_bytes())?;
    let colon = authority[..user].find(':');
    let start = at.end + colon.map_or(0, |colon| colon + 1);
    // `ssh://git@host` names a user that everyone is, and no password.
    (colon.is_some() || user >= 16).then_some(start..at.end + user)
}

fn url_token(text: &Text<'_>, at: Range<usize>) -> Option<Range<usize>> {
    // The literal is the end of a parameter's name: `?access_token=`, `&X-Amz-Signature=`, `#token=`.
    let is_name = |b: u8| is_dashed(b) || b".[]%".contains(&b);
    let name_start = text.as_bytes()[..at.start].iter().rposition(|b| !is_name(*b))?;
    if !b"?&#;".contains(&text.as_bytes()[name_start]) {
        return None;
    }
    let name_start = name_start + 1;
    let url = url_around(text, at.start)?;
    let equals = name_start + text[name_start..url.end].find('=')?;
    let name = &text[name_start..equals];
    if equals + 1 < at.end && !at_is_slack_parameter(text, &at) {
        return None;
    }
    let end =
        run(text, equals + 1, |b| !b.is_ascii_whitespace() && !b"&#;<>\"'`|)\\".contains(&b)).min(url.end);
    // `?code=` and `?key=` are also plain words: `?key=status` names a field.
    let value = &text[equals + 1..end];
    let plain = ["code", "key", "sid", "auth", "session"].contains(&name.to_ascii_lowercase().as_str())
        && (value.len() < 12 || !value.bytes().any(|b| b.is_ascii_digit()));
    text.accept_if(!plain && end > equals + 1, equals + 1..end)
}

fn at_is_slack_parameter(text: &str, at: &Range<usize>) -> bool {
    text[at.clone()].eq_ignore_ascii_case("t=xox")
}

fn webhook_url(text: &Text<'_>, at: Range<usize>) -> Option<Range<usize>> {
    let end = run(text, at.end, |b| is_dashed(b) || b == b'/' || b == b'@');
    (end - at.end >= 20).then_some(at.end..end)
}

fn json_web_token(text: &Text<'_>, at: Range<usize>) -> Option<Range<usize>> {
    if at.start > 0 && is_word(text.as_bytes()[at.start - 1]) {
        return None;
    }
    let end = run(text, at.start, |b| is_dashed(b) || b == b'.');
    let token = text[at.start..end].trim_end_matches('.');
    let mut pieces = token.split('.');
    let long = |piece: Option<&str>| piece.is_some_and(|piece| piece.len() >= 8);
    let is_one = token.starts_with("eyJ") && long(pieces.next()) && long(pieces.next());
    text.accept_if(is_one, at.start..at.start + token.len())
}

fn private_key(text: &Text<'_>, at: Range<usize>) -> Option<Range<usize>> {
    let head = at.end + text[at.end..].find("-----")?;
    if !text[at.end..head].ends_with("PRIVATE KEY") && !text[at.end..head].ends_with("PRIVATE KEY BLOCK") {
        return None;
    }
    // A key cut short is still a key: without its end it reaches to the end of the text.
    let body = head + 5;
    let end = text[body..].find("-----END").map_or(text.len(), |end| body + end);
    Some(body..end)
}

fn authorization(text: &Text<'_>, at: Range<usize>) -> Option<Range<usize>> {
    let bytes = text.as_bytes();
    let mut from = at.end;
    let mut named = false;
    if !text[at.clone()].ends_with(' ') {
        from = run(text, from, |b| b"\"' \t".contains(&b));
        if !bytes.get(from).is_some_and(|b| b":=".contains(b)) {
            return None;
        }
        from = run(text, from + 1, |b| b"\"' \t".contains(&b));
        let scheme = run(text, from, |b| b.is_ascii_alphabetic());
        let rest = run(text, scheme, |b| b == b' ');
        if rest > scheme
            && ["bearer", "basic", "token", "digest", "apikey"]
                .iter()
                .any(|s| text[from..scheme].eq_ignore_ascii_case(s))
        {
            from = rest;
            named = true;
        }
    }
    let end = run(text, from, |b| !b.is_ascii_whitespace() && !b"\"'`,;<>|".contains(&b));
    let value = &text[from..end];
    // "bearer of bad news" is prose; a credential is long, or has digits.
    let digits = value.bytes().any(|b| b.is_ascii_digit());
    (value.len() >= 16 || (value.len() >= if named { 4 } else { 8 } && digits)).then_some(from..end)
}

fn cookie(text: &Text<'_>, at: Range<usize>) -> Option<Range<usize>> {
    let from = run(text, at.end, |b| b" \t".contains(&b));
    let end = run(text, from, |b| !b"\r\n\"'`".contains(&b));
    text.accept_if(text[from..end].contains('='), from..end)
}

/// `password=…`, `"api_key": "…"`, `--token …`: a name that ends in one of the literals, a sign, a value.
fn assigned(text: &Text<'_>, at: Range<usize>) -> Option<Range<usize>> {
    let bytes = text.as_bytes();
    // The literal may stand inside a longer name (`DB_PASSWORD`, `token_id`): the sign must follow it.
    let name_end = at.end - usize::from(text[at.clone()].ends_with('='));
    let mut from = run(text, name_end, |b| b"\"'".contains(&b));
    let spaced = run(text, from, |b| b == b' ');
    let sign = *bytes.get(spaced)?;
    if sign == b'=' || sign == b':' {
        from = run(text, spaced + 1, |b| b" \"'".contains(&b));
    } else {
        if spaced == from {
            return None;
        }
        let flag = text[..at.start].rfind(|c: char| !(c.is_ascii_alphanumeric() || "-_".contains(c)));
        let flag = flag.map_or(0, |i| i + text[i..].chars().next().map_or(1, char::len_utf8));
        if !text[flag..at.start].starts_with("--") {
            return None;
        }
        from = spaced;
    }
    let end = run(text, from, |b| !b.is_ascii_whitespace() && !b"\"'`,;&<>|)}".contains(&b));
    let value = &text[from..end];
    let quoted = bytes.get(from.wrapping_sub(1)).is_some_and(|b| b"\"'".contains(b));
    // "the password: reset it" and "token=next" are prose and code; a secret has digits or signs, is quoted,
    // or follows an equals sign directly.
    let tight = sign == b'=' && from == spaced + 1;
    let keyed = value.bytes().any(|b| b.is_ascii_digit()) || value.bytes().any(|b| b"!#$^*+/=@".contains(&b));
    let long_enough = value.len() >= if text[at.clone()].eq_ignore_ascii_case("token") { 12 } else { 6 };
    let call = value.contains(['(', '[']) || value.starts_with("//") || value.contains("://");
    let is_one = !call
        && ((long_enough && (keyed || quoted || (tight && value.len() >= 8)))
            || (tight && value.len() >= 4 && is_variable(text, &at)));
    text.accept_if(is_one, from..end)
}

/// Whether a name is one of the environment's: `export token=`, `DB_PASSWORD=`. Short values are secrets there.
fn is_variable(text: &str, at: &Range<usize>) -> bool {
    let start = text.as_bytes()[..at.start].iter().rposition(|b| !is_word(*b)).map_or(0, |other| other + 1);
    let name = text[start..at.end].trim_end_matches('=');
    let upper = name.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit() || b == b'_');
    (upper && name.contains('_')) || name == "PGPASSWORD" || text[..start].ends_with("export ")
}

fn mail_address(text: &Text<'_>, at: Range<usize>) -> Option<Range<usize>> {
    let bytes = text.as_bytes();
    let local = |b: &u8| b.is_ascii_alphanumeric() || b"._%+-".contains(b);
    // Most signs of this kind begin a handle.
    if !bytes[..at.start].last().is_some_and(local) {
        return None;
    }
    let mut start = bytes[..at.start].iter().rposition(|b| !local(b)).map_or(0, |other| other + 1);
    while start < at.start && b".-%+".contains(&bytes[start]) {
        start += 1;
    }
    let mut end = run(text, at.end, |b| b.is_ascii_alphanumeric() || b".-".contains(&b));
    while end > at.end && b".-".contains(&bytes[end - 1]) {
        end -= 1;
    }
    let domain = &text[at.end..end];
    let top = domain.rsplit_once('.').map(|(_, top)| top)?;
    let user = &text[start..at.start];
    // `git@host.tld:owner/repo` is an address of code; `v1@2.3` and `image@sha256` are versions.
    let of_code = user == "git" && bytes.get(end).is_some_and(|b| b":/".contains(b));
    let valid = !user.is_empty()
        && !of_code
        && !user.ends_with('.')
        && !domain.starts_with(['.', '-'])
        && !domain.contains("..")
        && (2..=24).contains(&top.len())
        && top.bytes().all(|b| b.is_ascii_alphabetic());
    valid.then_some(start..end)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Detector, text, what must be found of it. Samples are put together here so that no scanner takes
    /// this file for a leak.
    fn secrets() -> Vec<(&'static str, String, String)> {
        let mut table: Vec<(&str, String, String)> = Vec::new();
        let mut add = |name, before: &str, secret: &str, after: &str| {
            table.push((name, format!("{before}{secret}{after}"), secret.to_owned()));
        };
        add(
            "url-token",
            "see https://files.slack.com/files-pri/T1-F1/a.png?t=",
            &["xoxe", "-1-abcDEF123456"].concat(),
            "&x=1 there",
        );
        add("url-token", "https://s3/x?X-Amz-Date=1&X-Amz-Signature=", "aa11bb22", "&y=2");
        add("url-token", "(https://h/x?access_token=", "abc", ")");
        add("url-token", "<https://h/x?sig=", "a%2Fb", "|report>");
        add("url-token", "https://h/x#token=", "abc", "");
        add("url-credentials", "clone https://bob:", "hunter2", "@host/x");
        add("url-credentials", "redis://deploy:", "9hG-cold", "@cache.internal/0");
        add("url-token", "https://h/x?auth_token=", "c0ffee12ab34", ")");
        add("webhook-url", "https://hooks.slack.com/", "services/T00000000/B00000000/abcdefghijkl", " ok");
        add("aws-access-key", "key ", &["AKIA", "IOSFODNN7EXAMPLE"].concat(), ", rotated");
        add("github-token", "", &["ghp", "_0123456789abcdefghijABCDEFGHIJ012345"].concat(), "");
        add("github-token", "", &["github", "_pat_11AAAAAA0abcdefghij"].concat(), "");
        add("slack-token", "use ", &["xoxb", "-123456789012-abcdefABCDEF"].concat(), ".");
        add("stripe-key", "", &["sk", "_live_abcdEFGH1234ijkl"].concat(), "");
        add("google-api-key", "", &["AIza", "SyA0123456789abcdefghijABCDEFGHIJ01"].concat(), "");
        add("json-web-token", "jwt ", "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.abc-DEF", ".");
        add("private-key", "-----BEGIN RSA PRIVATE KEY-----", "\nMIIE\n", "-----END RSA PRIVATE KEY-----");
        add("private-key", "-----BEGIN PRIVATE KEY-----", "\nMIIE cut", "");
        add("authorization-header", "-H 'Authorization: Bearer ", "abc123def", "' x");
        add("authorization-header", "authorization: Basic ", "dXNlcjpwYXNzd29yZA==", "");
        add("cookie", "Set-Cookie: ", "id=a3fWa; Max-Age=2592000", "\nnext");
        add("assigned-secret", "DB_PASSWORD=", "correcthorse", " make");
        add("assigned-secret", "{\"api_key\": \"", "abcdef", "\"}");
        add("assigned-secret", "run --token ", "abcdef123456", " now");
        add("authorization-header", "curl -H 'Authorization: Bearer ", "ab12", "' x");
        add("assigned-secret", "export TOKEN=", "open-sesame", " && make");
        add("assigned-secret", "DB_PASSWORD=", "kiwi", " make");
        add("assigned-secret", "PGPASSWORD=", "kiwi", " psql");
        add("assigned-secret", "MYSQL_PASS=", "kiwi", " x");
        add("command-password", "mysql -u root -p'", "k1wi pie", "' shop");
        add("command-password", "mysqldump -uroot -p", "kiwi", " shop > x.sql");
        add("command-password", "redis-cli -h cache -a ", "kiwi", " FLUSHALL");
        add("command-password", "sshpass -p ", "kiwi", " ssh web-1");
        add("command-password", "curl -s -u 'ops:", "kiwi", "' https://host/x");
        add("command-password", "curl --user=ops:", "kiwi", " https://host/x");
        add("command-password", "docker login -u ops -p ", "kiwi", " registry");
        add("command-password", "kubectl create secret generic db --from-literal=key=", "kiwi", " -n x");
        add("command-password", "openssl rsa -passin pass:", "kiwi", " -in k.pem");
        add("command-password", "aws ssm put-parameter --name /x --value \"", "kiwi pie", "\" --type String");
        add("command-password", "vault login ", "s.kiwi", "");
        add("mail-address", "ask ", "eve.x+1@mail.example.com", ".");
        table
    }

    #[test]
    fn each_secret_is_found_exactly_and_taken_out() {
        for (name, text, secret) in secrets() {
            let found = find(&text);
            let got: Vec<_> = found.iter().map(|f| (f.detector.name, &text[f.span.clone()])).collect();
            assert_eq!(got, [(name, secret.as_str())], "in `{text}`");
            let clean = redact(&text);
            assert!(!clean.contains(&secret), "{clean}");
            assert_eq!(redact(&clean), clean, "taking out twice changes nothing");
        }
    }

    #[test]
    fn every_detector_has_a_sample() {
        let samples = secrets();
        for detector in DETECTORS {
            let rare = ["gitlab-token", "vendor-token", "sendgrid-key"].contains(&detector.name);
            assert!(rare || samples.iter().any(|(name, ..)| *name == detector.name), "{}", detector.name);
        }
    }

    #[test]
    fn ordinary_text_is_left_alone_and_not_copied() {
        for text in [
            "Reset your password: we sent a link",
            "the token expired, secret rotation is next",
            "git@github.com:acme/shop.git and ssh://git@host/x",
            "image@sha256:0123 and pkg@1.2.3 and @ana",
            "https://h/x?page=2&sort=key&key=status",
            "commit 8e0d6c974aaa71c3813325d1b493daecd26ead9d",
            "password=$DB_PASSWORD password=<password> token: ${TOKEN}",
            "the bearer of bad news, authorization failed",
            "-----BEGIN CERTIFICATE-----\nMIIE\n-----END CERTIFICATE-----",
            "asia-east1 and akiah, southeast asia",
            "cookie: it crumbles",
            "mysql -p asks for it; mysql -u root -p shop? no: mysql -p$PW, and mysql is down",
            "redis-cli -a $REDIS_AUTH; sshpass -p \"$PW\" ssh web-1; curl -u ops https://host/x:1",
            "BYPASS=true and bypass=maybe, by_pass=it",
            "",
        ] {
            assert!(matches!(redact(text), Cow::Borrowed(_)), "`{text}` became `{}`", redact(text));
        }
    }

    /// Lines of megabytes that hold nothing but beginnings: each was once followed to the line's end.
    #[test]
    fn a_long_line_of_beginnings_is_gone_through_once() {
        for piece in [
            "-----BEGIN PRIVATE KEY-----",
            "-----BEGIN PRIVATE KEY-----$ ",
            "cookie:",
            "cookie:*",
            "authorization:",
            "authorization:*",
            "token",
            "token=",
            "token:",
            "token=(",
            "&token=",
            "&token=x",
            "?code=",
            "-eyJ",
            ".eyJ",
            "-glpat-",
            "-xoxb-",
            "a@",
            "://a",
            "://a:b@",
            "discord.com/api/webhooks/",
        ] {
            for before in ["", "https://host/x?"] {
                let text = format!("{before}{}", piece.repeat((1 << 20) / piece.len()));
                // Were each beginning gone through to the end of the line, this would take hours.
                let found = find(&text);
                let in_order =
                    found.iter().zip(found.iter().skip(1)).all(|(a, b)| a.span.start <= b.span.start);
                assert!(in_order, "`{before}{piece}`");
            }
        }
    }

    #[test]
    fn a_secret_of_any_length_is_taken_out_whole() {
        let long = "a1B2".repeat(4000);
        for text in
            [format!("Cookie: id={long}"), format!("https://h/x?token={long}"), format!("password={long}")]
        {
            assert!(!redact(&text).contains("a1B2"), "{}", &text[..20]);
        }
    }

    #[test]
    fn a_mask_shows_what_a_secret_is_and_not_the_secret() {
        assert_eq!(mask("AKIAIOSFODNN7EXAMPLE"), "AKIA…");
        assert_eq!(mask("hunter2"), "…");
    }

    proptest::proptest! {
        #[test]
        fn any_text_is_redacted_without_panic_and_only_once(text in "(\\PC|https://|[?&]|token=|password=|@|a\\.com|eyJ|\\s){0,60}") {
            let clean = redact(&text).into_owned();
            proptest::prop_assert_eq!(redact(&clean).into_owned(), clean);
        }
    }
}
