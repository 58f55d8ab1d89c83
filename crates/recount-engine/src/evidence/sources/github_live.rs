//! Asking GitHub for what happened in a repository in a window: merged pull requests, deployments with their
//! statuses, releases, and workflow runs that deploy.
//!
//! What does not live here: what the answers mean (`github`), and the network.

use std::collections::VecDeque;

use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;
use serde_json::value::RawValue;

use super::forge;
use crate::evidence::instants::Scalar;
use crate::evidence::json::parse;
use crate::evidence::live::{After, Auth, Failure, Live, LiveForm, Parts, Place, Reply, Request};

/// How GitHub is asked.
pub(super) const FORM: LiveForm = LiveForm {
    scheme: "github",
    example: "github:acme/shop",
    target_of,
    server: |config| &config.github,
    url: Some("https://api.github.com"),
    auth: Auth::bearer("GITHUB_TOKEN"),
    needs_window: true,
    start,
};

/// The version of the API whose answers are known here.
const VERSION: &str = "2022-11-28";
/// A deploy or a run may have begun this long before the window in which it ended.
const LONGEST: SignedDuration = SignedDuration::from_hours(2);
/// What a search shows at most, whatever it found.
const SHOWN: u64 = 1_000;
/// A window that is not halved any more.
const SHORTEST: SignedDuration = SignedDuration::from_mins(1);

/// The repository of an address of it.
fn target_of(address: &str) -> Option<String> {
    let rest =
        address.strip_prefix("https://github.com/").or(address.strip_prefix("https://www.github.com/"))?;
    let name = rest.trim_end_matches('/').trim_end_matches(".git");
    is_repository(name).then(|| name.to_owned())
}

fn is_repository(name: &str) -> bool {
    let is_name = |name: &str| {
        !name.is_empty()
            && !name.starts_with('.')
            && name.bytes().all(|b| b.is_ascii_alphanumeric() || b"._-".contains(&b))
    };
    name.split_once('/').is_some_and(|(owner, name)| is_name(owner) && is_name(name))
}

fn start(place: &Place<'_>) -> Result<Box<dyn Live>, String> {
    if !is_repository(place.target) {
        return Err("a repository is `owner/name`".to_owned());
    }
    let (Some(from), Some(to)) = (place.options.from, place.options.to) else {
        return Err("the window is not known".to_owned());
    };
    let began = from.saturating_sub(LONGEST).unwrap_or(from);
    let asks = [
        What::Repository,
        What::Merged { from, to },
        What::Deployments,
        What::Releases,
        What::Runs { from: began, to },
    ];
    Ok(Box::new(GitHubLive {
        base: place.url.to_owned(),
        name: place.target.to_owned(),
        from: began,
        to,
        asks: asks.map(Ask::first).into(),
        asked: Ask::first(What::Repository),
    }))
}

struct GitHubLive {
    base: String,
    name: String,
    from: Timestamp,
    to: Timestamp,
    asks: VecDeque<Ask>,
    asked: Ask,
}

#[derive(Clone)]
struct Ask {
    what: What,
    /// The page, from 1.
    page: usize,
    /// Its address, where an answer gave it.
    next: Option<String>,
}

#[derive(Clone)]
enum What {
    /// Whether it is there, and may be seen: everything else fails in stranger ways.
    Repository,
    Merged {
        from: Timestamp,
        to: Timestamp,
    },
    /// One request: only by its number does GitHub say who merged it.
    Pull(String),
    Deployments,
    Statuses(String),
    Releases,
    Runs {
        from: Timestamp,
        to: Timestamp,
    },
}

impl Ask {
    fn first(what: What) -> Self {
        Self { what, page: 1, next: None }
    }

    fn words(&self, repository: &str) -> String {
        let what = match &self.what {
            What::Repository => return format!("repository {repository}"),
            What::Pull(number) => return format!("pull request {repository}#{number}"),
            What::Statuses(id) => return format!("statuses of deployment {id} of {repository}"),
            What::Merged { .. } => "merged pull requests",
            What::Deployments => "deployments",
            What::Releases => "releases",
            What::Runs { .. } => "workflow runs",
        };
        match self.page {
            1 => format!("{what} of {repository}"),
            page => format!("{what} of {repository}, page {page}"),
        }
    }
}

impl Live for GitHubLive {
    fn next(&mut self) -> Option<Request> {
        self.asked = self.asks.pop_front()?;
        let Self { base, name, asked, .. } = self;
        let path = |rest: &str| format!("{base}/repos/{name}{rest}");
        let words = asked.words(name);
        let request = match (&asked.next, &asked.what) {
            (Some(next), _) => Request::get(words, next),
            (None, What::Repository) => Request::get(words, path("")),
            (None, What::Pull(number)) => Request::get(words, path(&format!("/pulls/{number}"))),
            (None, What::Merged { from, to }) => Request::get(words, format!("{base}/search/issues"))
                .with("q", format!("repo:{name} is:pr is:merged merged:{}", range(*from, *to)))
                .with("per_page", 100),
            (None, What::Deployments) => Request::get(words, path("/deployments")).with("per_page", 100),
            (None, What::Statuses(id)) => {
                Request::get(words, path(&format!("/deployments/{id}/statuses"))).with("per_page", 100)
            }
            (None, What::Releases) => Request::get(words, path("/releases")).with("per_page", 100),
            (None, What::Runs { from, to }) => Request::get(words, path("/actions/runs"))
                .with("created", range(*from, *to))
                .with("per_page", 100),
        };
        let request = request.header("X-GitHub-Api-Version", VERSION);
        Some(Request { accept: "application/vnd.github+json", ..request })
    }

    fn reply(&mut self, reply: Reply) -> Result<Parts, String> {
        let next = reply.next_link().map(str::to_owned);
        let part = self.asked.words(&self.name);
        let body = match self.asked.what.clone() {
            What::Repository => {
                let seen: Seen<'_> = parse(&reply.body)?;
                // A repository that was renamed answers, and its new name is what the rest is found under.
                if let Some(name) = seen.full_name.given().filter(|name| is_repository(name)) {
                    name.clone_into(&mut self.name);
                }
                return Ok(Parts::new());
            }
            What::Merged { from, to } => {
                let found: Found<'_> = parse(&reply.body)?;
                if found.total_count > SHOWN
                    && let Some(middle) = middle(from, to)
                {
                    self.asks.push_front(Ask::first(What::Merged { from: middle, to }));
                    self.asks.push_front(Ask::first(What::Merged { from, to: middle }));
                    return Ok(Parts::new());
                }
                self.follow(next);
                for number in found.items.iter().filter_map(|item| item.number.given()) {
                    self.asks.push_back(Ask::first(What::Pull(number.to_owned())));
                }
                reply.body
            }
            What::Deployments => {
                let seen: Vec<Seen<'_>> = parse(&reply.body)?;
                let in_window = |seen: &&Seen<'_>| {
                    let at = instant(&seen.created_at);
                    at.is_none_or(|at| at >= self.from && at <= self.to)
                };
                let ids: Vec<String> = seen
                    .iter()
                    .filter(in_window)
                    .filter(|seen| !forge::is_rehearsal(seen.environment.as_str()))
                    .filter_map(|seen| seen.id.given().map(str::to_owned))
                    .collect();
                if seen.iter().filter_map(|seen| instant(&seen.created_at)).all(|at| at >= self.from) {
                    self.follow(next);
                }
                self.asks.extend(ids.into_iter().map(|id| Ask::first(What::Statuses(id))));
                reply.body
            }
            What::Releases => {
                let seen: Vec<Seen<'_>> = parse(&reply.body)?;
                if seen.iter().filter_map(|seen| instant(&seen.published_at)).any(|at| at >= self.from) {
                    self.follow(next);
                }
                reply.body
            }
            What::Runs { from, to } => {
                let runs: Runs<'_> = parse(&reply.body)?;
                if runs.total_count > SHOWN
                    && let Some(middle) = middle(from, to)
                {
                    self.asks.push_front(Ask::first(What::Runs { from: middle, to }));
                    self.asks.push_front(Ask::first(What::Runs { from, to: middle }));
                    return Ok(Parts::new());
                }
                self.follow(next);
                // A busy repository runs its tests a hundred times an hour: only what deploys is kept.
                let deploys = runs.workflow_runs.iter().filter(|run| deploys(run)).map(|run| run.get());
                deploys.collect::<Vec<_>>().join("\n").into_bytes()
            }
            What::Pull(_) | What::Statuses(_) => {
                self.follow(next);
                reply.body
            }
        };
        Ok(vec![(part, body)])
    }

    fn failed(&mut self, failure: &Failure) -> After {
        // Each kind of thing wants a right of its own, and not every repository has each of them. A limit and
        // a token that is refused concern all.
        match (&self.asked.what, failure.status) {
            (What::Repository, _) => After::Stop,
            (_, Some(403 | 404 | 410 | 422)) if !failure.is_limit => After::GoOn,
            _ => After::Stop,
        }
    }
}

impl GitHubLive {
    /// Asks for the next page first.
    fn follow(&mut self, next: Option<String>) {
        if let Some(next) = next {
            let page = self.asked.page + 1;
            self.asks.push_front(Ask { what: self.asked.what.clone(), page, next: Some(next) });
        }
    }
}

/// `2026-11-20T12:00:00Z..2026-11-20T20:00:00Z`
fn range(from: Timestamp, to: Timestamp) -> String {
    let shown = |at: Timestamp| at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string();
    format!("{}..{}", shown(from), shown(to))
}

/// Where a window is cut in two, if it is long enough.
fn middle(from: Timestamp, to: Timestamp) -> Option<Timestamp> {
    let length = to.duration_since(from);
    if length <= SHORTEST { None } else { from.checked_add(length / 2).ok() }
}

fn instant(text: &Scalar<'_>) -> Option<Timestamp> {
    text.as_str().parse().ok()
}

fn deploys(run: &RawValue) -> bool {
    let Ok(seen) = serde_json::from_str::<Seen<'_>>(run.get()) else { return true };
    [&seen.name, &seen.path].iter().any(|name| forge::says_deploy(name.as_str()))
}

/// As much of an answer as the next question needs.
#[derive(Deserialize)]
struct Seen<'a> {
    #[serde(borrow, default)]
    id: Scalar<'a>,
    #[serde(borrow, default)]
    number: Scalar<'a>,
    #[serde(borrow, default)]
    name: Scalar<'a>,
    #[serde(borrow, default)]
    full_name: Scalar<'a>,
    #[serde(borrow, default)]
    path: Scalar<'a>,
    #[serde(borrow, default)]
    environment: Scalar<'a>,
    #[serde(borrow, default)]
    created_at: Scalar<'a>,
    #[serde(borrow, default)]
    published_at: Scalar<'a>,
}

#[derive(Deserialize)]
struct Found<'a> {
    #[serde(default)]
    total_count: u64,
    #[serde(borrow, default)]
    items: Vec<Seen<'a>>,
}

#[derive(Deserialize)]
struct Runs<'a> {
    #[serde(default)]
    total_count: u64,
    #[serde(borrow, default)]
    workflow_runs: Vec<&'a RawValue>,
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unnecessary_wraps, reason = "a server that always answers is a server")]

    use super::*;
    use crate::evidence::live::LiveSession;
    use crate::evidence::source::{Import, Options, by_name};

    /// Runs against a server that is a function: from an address to an answer.
    fn ask(target: &str, server: impl Fn(&str) -> Result<Reply, Failure>) -> (Import, Vec<String>) {
        let options = Options {
            from: Some("2026-11-20T12:00:00Z".parse().expect("a time")),
            to: Some("2026-11-20T16:00:00Z".parse().expect("a time")),
            ..Options::default()
        };
        let place = Place { url: "https://api.github.com", target, options: &options };
        let source = by_name("github").expect("it is there");
        let session = LiveSession::new(source, &FORM, &place).expect("a good target");
        let mut asked = Vec::new();
        let import = session.run(|request| {
            let query: Vec<String> =
                request.query.iter().map(|(key, value)| format!("{key}={value}")).collect();
            let url = format!("{}?{}", request.url, query.join("&"));
            let path = url.trim_start_matches("https://api.github.com").trim_end_matches('?');
            asked.push(path.to_owned());
            server(path)
        });
        (import, asked)
    }

    fn json(body: &str) -> Result<Reply, Failure> {
        Ok(Reply { status: 200, headers: vec![], body: body.as_bytes().to_vec() })
    }

    fn page(body: &str, next: &str) -> Result<Reply, Failure> {
        let link = format!("<https://api.github.com{next}>; rel=\"next\", <https://x/>; rel=\"last\"");
        Ok(Reply { status: 200, headers: vec![("link".into(), link)], body: body.as_bytes().to_vec() })
    }

    fn refused(status: u16, is_limit: bool) -> Result<Reply, Failure> {
        Err(Failure {
            message: format!("no ({status})"),
            status: Some(status),
            is_limit,
            ..Failure::default()
        })
    }

    const PULL: &str = r#"{"number":88,"title":"Cache carts","html_url":"https://github.com/acme/shop/pull/88","diff_url":"d","user":{"login":"bo"},"created_at":"2026-11-19T09:00:00Z","merged_at":"2026-11-20T13:58:31Z","merged_by":{"login":"ana"},"merge_commit_sha":"1f3a9c0d"}"#;
    const DEPLOYMENT: &str = r#"{"id":7,"url":"https://api.github.com/repos/acme/shop/deployments/7","task":"deploy","ref":"v41","sha":"1f3a","environment":"production","created_at":"2026-11-20T13:59:00Z","statuses_url":"s"}"#;

    fn github(path: &str) -> Result<Reply, Failure> {
        match path {
            "/repos/acme/shop" => json(r#"{"full_name":"acme/shop","default_branch":"main"}"#),
            "/repos/acme/shop/pulls/88" => json(PULL),
            "/repos/acme/shop/pulls/89" => refused(404, false),
            "/repos/acme/shop/deployments?per_page=100" => {
                page(&format!("[{DEPLOYMENT}]"), "/repos/acme/shop/deployments?page=2")
            }
            "/repos/acme/shop/deployments?page=2" => page(
                r#"[{"id":6,"task":"deploy","environment":"pr-9","created_at":"2026-11-20T10:30:00Z","statuses_url":"s"},
                    {"id":5,"task":"deploy","environment":"production","created_at":"2026-11-19T10:00:00Z","statuses_url":"s"}]"#,
                "/repos/acme/shop/deployments?page=3",
            ),
            "/repos/acme/shop/deployments/7/statuses?per_page=100" => json(
                r#"[{"id":70,"state":"success","created_at":"2026-11-20T14:02:05Z","environment":"production","deployment_url":"https://api.github.com/repos/acme/shop/deployments/7"}]"#,
            ),
            "/repos/acme/shop/releases?per_page=100" => page("[]", "/never"),
            path if path.starts_with("/search/issues?q=repo:acme/shop is:pr is:merged merged:2026") => json(
                r#"{"total_count":2,"items":[{"number":88,"title":"Cache carts","html_url":"https://github.com/acme/shop/pull/88","created_at":"2026-11-19T09:00:00Z","pull_request":{"merged_at":"2026-11-20T13:58:31Z"}},{"number":89}]}"#,
            ),
            path if path.starts_with("/repos/acme/shop/actions/runs?created=2026-11-20T10:00:00Z..") => json(
                r#"{"total_count":2,"workflow_runs":[{"id":1,"name":"Deploy","run_number":3,"status":"completed","conclusion":"success","html_url":"https://github.com/acme/shop/actions/runs/1","run_started_at":"2026-11-20T13:58:50Z","updated_at":"2026-11-20T14:02:00Z","head_branch":"v41"},{"id":2,"name":"CI","run_number":4,"status":"completed","conclusion":"failure","updated_at":"2026-11-20T14:02:00Z"}]}"#,
            ),
            other => panic!("nobody asks for `{other}`"),
        }
    }

    #[test]
    fn what_happened_in_a_window_is_asked_for_page_by_page_and_no_further() {
        let (import, asked) = ask("acme/shop", github);
        let said: Vec<String> =
            import.events.iter().map(|event| format!("{} {}", event.actor, event.action)).collect();
        let want = [
            "ana Merged #88: Cache carts",
            " Started deploying shop v41 by the workflow Deploy",
            " Started deploying shop v41 to production",
            " Deployed shop v41 by the workflow Deploy",
            " Deployed shop v41 to production",
        ];
        assert_eq!(said, want);
        // The third page of deployments lies before the window, and a preview's statuses tell nothing.
        assert!(!asked.iter().any(|path| path.contains("page=3") || path.contains("/6/")), "{asked:#?}");
        // One request is gone; the rest is there, and the import says what is missing.
        assert_eq!(import.failures.len(), 1);
    }

    #[test]
    fn a_right_that_the_token_lacks_costs_one_kind_of_thing_and_a_limit_ends_it_all() {
        let (import, asked) = ask("acme/shop", |path| match path {
            "/repos/acme/shop/deployments?per_page=100" => refused(403, false),
            path if path.starts_with("/search/") => refused(422, false),
            path => github(path),
        });
        assert_eq!((import.failures.len(), import.events.len()), (2, 2), "{asked:#?}");

        let (import, asked) = ask("acme/shop", |path| match path {
            "/repos/acme/shop/deployments?per_page=100" => refused(403, true),
            path => github(path),
        });
        assert_eq!((import.failures.len(), import.events.len()), (1, 1), "{asked:#?}");
        assert_eq!(asked.len(), 3);
        let (import, asked) = ask("acme/shop", |_| refused(404, false));
        assert_eq!((import.failures.len(), asked.len(), import.replies), (1, 1, 0));
    }

    #[test]
    fn a_search_that_finds_more_than_it_shows_is_cut_in_two() {
        let (import, asked) = ask("acme/shop", |path| {
            if path.contains("merged:2026-11-20T12:00:00Z..2026-11-20T16:00:00Z") {
                return json(r#"{"total_count":1001,"items":[{"number":88}]}"#);
            }
            github(path)
        });
        let halves = ["T12:00:00Z..2026-11-20T14:00:00Z", "T14:00:00Z..2026-11-20T16:00:00Z"];
        for half in halves {
            assert_eq!(asked.iter().filter(|path| path.contains(half)).count(), 1, "{asked:#?}");
        }
        assert_eq!(import.events.len(), 5);
    }

    #[test]
    fn a_repository_is_named_by_owner_and_name_or_by_its_page() {
        for (address, target) in [
            ("https://github.com/acme/shop", Some("acme/shop")),
            ("https://github.com/acme/shop.git", Some("acme/shop")),
            ("https://github.com/acme/shop/", Some("acme/shop")),
            ("https://github.com/acme", None),
            ("https://github.com/acme/shop/pull/1", None),
            ("https://github.com.evil.example/acme/shop", None),
        ] {
            assert_eq!(target_of(address).as_deref(), target, "{address}");
        }
        let options = Options::default();
        for target in ["", "shop", "acme/shop/pulls", "acme/../x", "a b/c", "acme/shop?x"] {
            let place = Place { url: "https://api.github.com", target, options: &options };
            assert!(start(&place).is_err(), "{target}");
        }
    }
}
