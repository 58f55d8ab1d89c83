//! Live evidence: what to ask a server for, and what to make of its answers, without asking.
//!
//! What lives here: requests, replies and failures as plain data, the form in which a source offers itself
//! live, and the session that goes from one request to the next. What does not: the network, tokens, waiting
//! and retrying (the caller has the one HTTP client), and what a reply means (`sources`).
//!
//! A live source is a small state machine, [`Live`]: it names the next request and takes in the reply. The
//! [`LiveSession`] around it goes from the one to the other with whoever asks. What was read goes through the
//! same importer as a file and gets the same redaction, window and identity. Where a request fails, what was
//! read until then is kept, and [`Import::failures`] says what is missing.

use std::fmt;

use sha2::{Digest, Sha256};

use super::identity::hex;
use super::source::{Import, Options, Session, Source};
use super::sources::SOURCES;
use crate::config::{EvidenceConfig, Server};

/// How a source offers itself live.
pub struct LiveForm {
    /// What stands before the colon, as in `pagerduty:PABC123`; also the name of the server's table in
    /// `recount.toml`, `[evidence.pagerduty]`.
    pub scheme: &'static str,
    /// What a person types, for help and hints: `pagerduty:PABC123`.
    pub example: &'static str,
    /// What follows the colon, from the address of a page that means the same, such as
    /// `https://acme.pagerduty.com/incidents/PABC123`. `None` where the address is another's.
    pub target_of: fn(&str) -> Option<String>,
    /// The server's entry in the configuration.
    pub server: fn(&EvidenceConfig) -> &Server,
    /// The address where the configuration has none: of services that everybody reaches at one place.
    pub url: Option<&'static str>,
    /// How the token is shown to the server.
    pub auth: Auth,
    /// Whether it can only be asked for a window.
    pub needs_window: bool,
    /// Begins. An error is a sentence without its full stop: the target makes no sense.
    pub start: fn(&Place<'_>) -> Result<Box<dyn Live>, String>,
}

/// How a token is shown to a server. The token itself is the caller's.
#[derive(Clone, Copy, Debug)]
pub struct Auth {
    /// The environment variable that holds it where the configuration names none.
    pub variable: &'static str,
    /// The header it stands in.
    pub header: &'static str,
    /// What stands before it there, such as `Bearer `.
    pub prefix: &'static str,
}

impl Auth {
    /// `Authorization: Bearer …`, from this variable.
    pub const fn bearer(variable: &'static str) -> Self {
        Self { variable, header: "Authorization", prefix: "Bearer " }
    }
}

/// What a live source is asked for, and where.
#[derive(Clone, Copy, Debug)]
pub struct Place<'a> {
    /// The server's address, without a slash at its end.
    pub url: &'a str,
    /// What follows the colon; may be empty.
    pub target: &'a str,
    /// What the caller knows. Where the form needs a window, both of its ends are there.
    pub options: &'a Options,
}

impl Place<'_> {
    /// A path on the server, which begins with a slash.
    pub fn at(&self, path: &str) -> String {
        format!("{}{path}", self.url)
    }
}

/// The verb of a request.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Method {
    /// Reads.
    #[default]
    Get,
    /// Asks with a body.
    Post,
}

/// One thing to ask a server for. Credentials are added by the caller, and only where the address is the
/// configured server's.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Request {
    /// What is asked for, in prose, for progress and errors: `log entries from 100`.
    pub what: String,
    /// The verb.
    pub method: Method,
    /// The address, without what is in `query`.
    pub url: String,
    /// The query, not yet escaped.
    pub query: Vec<(String, String)>,
    /// Further headers: never credentials.
    pub headers: Vec<(String, String)>,
    /// The body and its content type.
    pub body: Option<(String, Vec<u8>)>,
    /// The content type that is expected; `application/json` where it is empty.
    pub accept: &'static str,
}

impl Request {
    /// A plain question for JSON.
    pub fn get(what: impl Into<String>, url: impl Into<String>) -> Self {
        Self { what: what.into(), url: url.into(), ..Self::default() }
    }

    /// Adds to the query.
    #[must_use]
    pub fn with(mut self, key: &str, value: impl fmt::Display) -> Self {
        self.query.push((key.to_owned(), value.to_string()));
        self
    }

    /// Adds a header.
    #[must_use]
    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }
}

/// What a server answered: a success, in whole.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reply {
    /// The status, 200 to 299.
    pub status: u16,
    /// The headers, names in lower case.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Vec<u8>,
}

impl Reply {
    /// What the first header of this name (in lower case) says.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(there, _)| there == name).map(|(_, value)| value.as_str())
    }

    /// The address behind `rel="next"` of a `Link` header.
    pub fn next_link(&self) -> Option<&str> {
        let links = self.header("link")?;
        let next = links.split(',').find(|link| link.contains("rel=\"next\""))?;
        Some(next.split_once('<')?.1.split_once('>')?.0)
    }
}

/// Why something could not be fetched.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Failure {
    /// A sentence without its full stop.
    pub message: String,
    /// What to do about it.
    pub hint: String,
    /// The status, where the server answered at all.
    pub status: Option<u16>,
    /// Whether it was asked too often: what else is asked of it fails too.
    pub is_limit: bool,
    /// What there is of a reply that was cut off.
    pub partial: Vec<u8>,
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

/// What the caller came back with.
pub type Answer = Result<Reply, Failure>;

/// What a failed request means for those that follow.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum After {
    /// Nothing more is asked for; what was read is kept.
    Stop,
    /// The rest is asked for all the same, and the import says what is missing.
    GoOn,
    /// Another request stands in for it: nothing is missing yet.
    Instead,
}

/// The parts of an input that a reply gives, each by a name of its own: the same for the same request.
pub type Parts = Vec<(String, Vec<u8>)>;

/// A source that is asked over the network.
pub trait Live {
    /// What to ask for next; nothing where all was asked for.
    fn next(&mut self) -> Option<Request>;

    /// Takes in the reply to the request that `next` gave last: what it says about the requests that follow,
    /// and the parts that the importer is given. An error says what is wrong with the reply, as a sentence
    /// without its full stop; the import ends there.
    fn reply(&mut self, reply: Reply) -> Result<Parts, String>;

    /// Hears that the request that `next` gave last failed.
    fn failed(&mut self, failure: &Failure) -> After {
        let _ = failure;
        After::Stop
    }
}

/// Goes through a live source. No bytes are read but those that the caller brings.
pub struct LiveSession {
    live: Box<dyn Live>,
    session: Session,
    hashes: Vec<String>,
    failures: Vec<Failure>,
    asked: usize,
    read: usize,
}

/// A server that answers forever is not followed forever.
pub const MOST_REQUESTS: usize = 2_000;

impl LiveSession {
    /// Begins. An error is a sentence without its full stop.
    pub fn new(source: &'static Source, form: &LiveForm, place: &Place<'_>) -> Result<Self, String> {
        Ok(Self {
            live: (form.start)(place)?,
            session: Session::new(source, place.options.clone()),
            hashes: Vec::new(),
            failures: Vec::new(),
            asked: 0,
            read: 0,
        })
    }

    /// Goes through all of it: each request is given to `ask`, and what comes back is read, until nothing more
    /// is asked for or something fails.
    pub fn run(mut self, mut ask: impl FnMut(&Request) -> Answer) -> Import {
        while let Some(request) = self.next() {
            let answer = ask(&request);
            if !self.take(&request, answer) {
                break;
            }
        }
        self.done()
    }

    fn next(&mut self) -> Option<Request> {
        let request = self.live.next()?;
        if self.asked == MOST_REQUESTS {
            self.failures.push(Failure {
                message: format!("the server has more than {MOST_REQUESTS} pages"),
                hint: "ask for a shorter window with `--from` and `--to`".to_owned(),
                ..Failure::default()
            });
            return None;
        }
        self.asked += 1;
        Some(request)
    }

    /// Takes in the answer to a request, and says whether to go on.
    fn take(&mut self, request: &Request, answer: Answer) -> bool {
        let what = &request.what;
        let failure = match answer {
            Ok(reply) => {
                self.hashes.push(hex(&Sha256::digest(&reply.body), 64));
                match self.live.reply(reply) {
                    Ok(parts) => {
                        self.read += 1;
                        for (name, bytes) in parts {
                            self.session.part(&name, &bytes);
                        }
                        return true;
                    }
                    Err(why) => Failure {
                        message: format!("the reply with {what} cannot be read: {why}"),
                        hint: "ask again later; what was read is kept".to_owned(),
                        ..Failure::default()
                    },
                }
            }
            Err(failure) => {
                let after = self.live.failed(&failure);
                if after == After::Instead {
                    return true;
                }
                // What came before the cut is evidence as good as what came whole.
                if !failure.partial.is_empty() {
                    self.hashes.push(hex(&Sha256::digest(&failure.partial), 64));
                    self.read += 1;
                    self.session.part(&format!("{what} (cut off)"), &failure.partial);
                }
                if after == After::GoOn {
                    self.failures.push(failure);
                    return true;
                }
                failure
            }
        };
        self.failures.push(failure);
        false
    }

    fn done(self) -> Import {
        let mut import = self.session.finish();
        // Of the replies as they came, whatever parts were made of them.
        import.sha256 = match &self.hashes[..] {
            [one] => one.clone(),
            all => hex(&Sha256::digest(all.join("\n").as_bytes()), 64),
        };
        import.failures = self.failures;
        import.replies = self.read;
        import
    }
}

/// An input that a person named and that is asked for over the network.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Named {
    /// What follows the colon.
    pub target: String,
    /// The address that stood there instead, `prometheus:https://prom.example.com`.
    pub url: Option<String>,
}

/// Reads `pagerduty:PABC123`, `prometheus:`, or the address of a page that a source knows.
pub fn named(text: &str) -> Option<(&'static Source, &'static LiveForm, Named)> {
    let forms = || SOURCES.iter().flat_map(|source| source.live.iter().map(move |form| (*source, form)));
    let typed = forms().find_map(|(source, form)| {
        let rest = text.strip_prefix(form.scheme)?.strip_prefix(':')?;
        Some((source, form, rest))
    });
    if let Some((source, form, rest)) = typed {
        if is_address(rest) {
            let named = match (form.target_of)(rest) {
                Some(target) => Named { target, url: None },
                None => Named { target: String::new(), url: Some(rest.trim_end_matches('/').to_owned()) },
            };
            return Some((source, form, named));
        }
        return Some((source, form, Named { target: rest.to_owned(), url: None }));
    }
    if !is_address(text) {
        return None;
    }
    forms()
        .find_map(|(source, form)| Some((source, form, Named { target: (form.target_of)(text)?, url: None })))
}

/// Whether it is the address of a page, which no file is named like.
pub fn is_address(text: &str) -> bool {
    text.starts_with("https://") || text.starts_with("http://")
}

/// What a person can type, for hints: one example a source.
pub fn examples() -> Vec<&'static str> {
    SOURCES.iter().flat_map(|source| source.live.iter().map(|form| form.example)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::evidence::sources::git_log::GIT_LOG;

    const LINES: [&str; 3] = [
        "8e0d6c970123456789abcdef0123456789abcdef\tAna\t2026-11-20T14:02:05Z\tAna\t2026-11-20T14:02:05Z\t\tFix the cart\n",
        "9e0d6c970123456789abcdef0123456789abcdef\tAna\t2026-11-20T15:02:05Z\tAna\t2026-11-20T15:02:05Z\t\tFix it again\n",
        "ae0d6c970123456789abcdef0123456789abcdef\tAna\t2026-11-20T16:02:05Z\tAna\t2026-11-20T16:02:05Z\t\tRevert all\n",
    ];

    /// Pages that are named in a header, and one that may be missing.
    #[derive(Default)]
    struct Pages {
        next: Option<String>,
        optional: bool,
        last: String,
    }

    impl Live for Pages {
        fn next(&mut self) -> Option<Request> {
            self.last = self.next.take()?;
            Some(Request::get(format!("page {}", self.last), format!("https://git.example/{}", self.last)))
        }

        fn reply(&mut self, reply: Reply) -> Result<Parts, String> {
            if reply.body == b"?" {
                return Err("it is no log".into());
            }
            self.next = reply.next_link().map(str::to_owned);
            Ok(vec![(format!("page-{}", self.last), reply.body)])
        }

        fn failed(&mut self, failure: &Failure) -> After {
            if self.optional && failure.status == Some(404) {
                self.next = Some("3".into());
                return After::GoOn;
            }
            After::Stop
        }
    }

    fn session(optional: bool) -> LiveSession {
        LiveSession {
            live: Box::new(Pages { next: Some("1".into()), optional, ..Pages::default() }),
            session: Session::new(&GIT_LOG, Options::default()),
            hashes: Vec::new(),
            failures: Vec::new(),
            asked: 0,
            read: 0,
        }
    }

    fn page(body: &str, next: &str) -> Reply {
        let link = ("link".to_owned(), format!("<0>; rel=\"prev\", <{next}>; rel=\"next\""));
        let headers = if next.is_empty() { Vec::new() } else { vec![link] };
        Reply { status: 200, headers, body: body.into() }
    }

    fn run(session: LiveSession, answer: impl Fn(&str) -> Answer) -> Import {
        session.run(|request| answer(request.url.rsplit('/').next().expect("there is one")))
    }

    #[test]
    fn pages_are_asked_for_one_after_the_other_and_read_as_one_input() {
        let import = run(session(false), |page_asked| {
            Ok(match page_asked {
                "1" => page(LINES[0], "2"),
                _ => page(LINES[1], ""),
            })
        });
        assert_eq!((import.events.len(), import.replies, import.failures.len()), (2, 2, 0));
        assert_eq!(import.sha256.len(), 64);
    }

    #[test]
    fn what_was_read_before_a_failure_is_kept_and_the_failure_said() {
        let cut = Failure {
            message: "the reply was cut off".into(),
            partial: LINES[1].into(),
            ..Failure::default()
        };
        let import = run(session(false), |page_asked| match page_asked {
            "1" => Ok(page(LINES[0], "2")),
            _ => Err(cut.clone()),
        });
        assert_eq!((import.events.len(), import.replies), (2, 2));
        assert_eq!(import.failures, [cut]);
    }

    #[test]
    fn a_reply_that_makes_no_sense_ends_the_import_and_keeps_the_rest() {
        let import = run(session(false), |page_asked| {
            Ok(match page_asked {
                "1" => page(LINES[0], "2"),
                _ => page("?", ""),
            })
        });
        assert_eq!(import.events.len(), 1);
        assert_eq!(import.failures[0].message, "the reply with page 2 cannot be read: it is no log");
    }

    #[test]
    fn a_part_that_may_be_missing_does_not_stop_what_follows() {
        let import = run(session(true), |page_asked| match page_asked {
            "1" => Ok(page(LINES[0], "2")),
            "2" => Err(Failure { status: Some(404), ..Failure::default() }),
            _ => Ok(page(LINES[2], "")),
        });
        assert_eq!((import.events.len(), import.failures.len()), (2, 1));
    }

    #[test]
    fn a_server_that_goes_on_forever_is_left() {
        let import = run(session(false), |_| Ok(page(LINES[0], "1")));
        assert_eq!(import.replies, MOST_REQUESTS);
        assert!(import.failures[0].message.contains("more than 2000 pages"));
    }

    #[test]
    fn every_live_form_has_a_scheme_of_its_own_that_its_example_begins_with() {
        let forms: Vec<&LiveForm> = SOURCES.iter().flat_map(|source| source.live.iter()).collect();
        for (index, form) in forms.iter().enumerate() {
            assert!(form.example.starts_with(&format!("{}:", form.scheme)), "{}", form.example);
            assert!(forms[..index].iter().all(|other| other.scheme != form.scheme), "{}", form.scheme);
            let (_, found, _) = named(form.example).expect("an example works");
            assert_eq!(found.scheme, form.scheme);
        }
        assert!(named("evidence.json").is_none() && named("https://example.com/").is_none());
    }
}
