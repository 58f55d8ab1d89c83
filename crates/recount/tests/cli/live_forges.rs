//! `github:` and `grafana:` against a server on this machine that gives recorded answers: pages, limits,
//! a token that expired, silence, a reply cut in half. What was read is kept, what is missing is said, and a
//! token is never printed.

use std::io::{BufRead, BufReader, Write};
use std::net::TcpListener;
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::Duration;

use crate::harness::{Folder, Run};

const TOKEN: &str = "planted-s3cr3t-token";
const DOCUMENT: &str = "postmortems/2026/INC-0001-carts-are-stale.md";

/// What a server does with one request.
enum Does {
    /// Answers with a status, headers and a body.
    Says(&'static str, String, String),
    /// Promises more than it sends.
    Cuts(String),
    /// Says nothing for longer than anybody waits.
    Sleeps,
}

fn says(body: impl Into<String>) -> Does {
    Does::Says("200 OK", String::new(), body.into())
}

fn refuses(status: &'static str, headers: &str, message: &str) -> Does {
    Does::Says(status, headers.to_owned(), format!("{{\"message\":\"{message}\"}}"))
}

/// A server that answers each path as told; gives its address and the heads of what it was asked.
fn server(answer: impl Fn(&str, &str) -> Does + Send + 'static) -> (String, Receiver<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let url = format!("http://{}", listener.local_addr().expect("it is bound"));
    let (told, asked) = channel();
    let own = url.clone();
    thread::spawn(move || {
        for stream in listener.incoming() {
            let Ok(mut stream) = stream else { return };
            let Ok(copy) = stream.try_clone() else { return };
            let (mut head, mut input) = (String::new(), BufReader::new(copy));
            while let Ok(2..) = input.read_line(&mut head) {
                if head.ends_with("\r\n\r\n") {
                    break;
                }
            }
            let path = head.split(' ').nth(1).unwrap_or("").to_owned();
            let _ = told.send(head);
            let text = match answer(&path, &own) {
                Does::Says(status, headers, body) => format!(
                    "HTTP/1.1 {status}\r\nconnection: close\r\ncontent-length: {}\r\n{headers}\r\n{body}",
                    body.len()
                ),
                Does::Cuts(body) => {
                    format!("HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: 9999\r\n\r\n{body}")
                }
                Does::Sleeps => {
                    thread::sleep(Duration::from_secs(3));
                    String::new()
                }
            };
            let _ = stream.write_all(text.as_bytes());
        }
    });
    (url, asked)
}

/// Imports from a live source into a postmortem of 20 November 2026, 14:00.
fn import(source: &str, table: &str, variable: &str) -> (Folder, Run) {
    let folder = Folder::library();
    folder.recount(&["new", "Carts are stale", "--start", "2026-11-20 14:00"]).is(0);
    folder.write("recount.toml", format!("{}\n{table}", folder.read("recount.toml")));
    let args = ["import", "1", source, "--from", "2026-11-20T12:00Z", "--to", "2026-11-20T16:00Z"];
    let mut command = folder.command(&args);
    command.env(variable, TOKEN).env_remove("HTTP_PROXY").env_remove("HTTPS_PROXY");
    let run = folder.finish(command);
    for text in [&run.out, &run.err] {
        assert!(!text.contains(TOKEN) && !text.contains("s3cr3t"), "{text}");
    }
    for file in folder.files("postmortems") {
        assert!(!folder.read(&file).contains("s3cr3t"), "{file}");
    }
    (folder, run)
}

fn github(answer: impl Fn(&str, &str) -> Option<Does> + Send + 'static) -> (Folder, Run, Receiver<String>) {
    let (url, asked) = server(move |path, own| answer(path, own).unwrap_or_else(|| shop(path)));
    let table = format!("[evidence.github]\nurl = \"{url}/api/v3\"\ntimeout-seconds = 1\n");
    let (folder, run) = import("github:acme/shop", &table, "GITHUB_TOKEN");
    (folder, run, asked)
}

fn grafana(answer: impl Fn(&str, &str) -> Does + Send + 'static) -> (Folder, Run, Receiver<String>) {
    let (url, asked) = server(answer);
    let table = format!(
        "[evidence.grafana]\nurl = \"{url}\"\nheaders = {{ X-Grafana-Org-Id = \"2\" }}\ntimeout-seconds = 1\n"
    );
    let (folder, run) = import("grafana:", &table, "GRAFANA_TOKEN");
    (folder, run, asked)
}

/// A GitHub Enterprise that holds one merge, one deployment, one release.
fn shop(path: &str) -> Does {
    let (path, _) = path.split_once('?').unwrap_or((path, ""));
    match path {
        "/api/v3/repos/acme/shop" => says(r#"{"full_name":"acme/shop","default_branch":"main"}"#),
        "/api/v3/search/issues" => says(
            r#"{"total_count":1,"items":[{"number":88,"title":"Cache carts","user":{"login":"bo"},"html_url":"https://ghe.example.com/acme/shop/pull/88","created_at":"2026-11-20T12:10:00Z","pull_request":{"merged_at":"2026-11-20T13:58:31Z"}}]}"#,
        ),
        "/api/v3/repos/acme/shop/pulls/88" => says(
            r#"{"number":88,"title":"Cache carts","diff_url":"d","user":{"login":"bo"},"html_url":"https://ghe.example.com/acme/shop/pull/88","created_at":"2026-11-20T12:10:00Z","merged_at":"2026-11-20T13:58:31Z","merged_by":{"login":"ana"},"merge_commit_sha":"1f3a9c0d"}"#,
        ),
        "/api/v3/repos/acme/shop/deployments" => says(
            r#"[{"id":7,"url":"https://ghe.example.com/api/v3/repos/acme/shop/deployments/7","task":"deploy","ref":"v41","sha":"1f3a9c0d","environment":"production","creator":{"login":"ana"},"created_at":"2026-11-20T13:59:00Z","statuses_url":"s"}]"#,
        ),
        "/api/v3/repos/acme/shop/deployments/7/statuses" => says(
            r#"[{"id":70,"state":"success","creator":{"login":"ana"},"created_at":"2026-11-20T14:02:05Z","environment":"production","log_url":"https://ghe.example.com/acme/shop/actions/runs/1?token=s3cr3ts3cr3ts3cr3t","deployment_url":"https://ghe.example.com/api/v3/repos/acme/shop/deployments/7"}]"#,
        ),
        "/api/v3/repos/acme/shop/releases" => says(
            r#"[{"tag_name":"v41","name":"v41","tarball_url":"t","author":{"login":"ana"},"html_url":"https://ghe.example.com/acme/shop/releases/tag/v41","published_at":"2026-11-20T13:58:50Z"}]"#,
        ),
        "/api/v3/repos/acme/shop/actions/runs" => says(r#"{"total_count":0,"workflow_runs":[]}"#),
        _ => refuses("404 Not Found", "", "Not Found"),
    }
}

fn rows(folder: &Folder) -> Vec<String> {
    let text = folder.read(DOCUMENT);
    let rows = text.lines().filter(|line| line.starts_with("| 20"));
    rows.filter_map(|line| Some(line.split('|').nth(3)?.trim().to_owned())).collect()
}

const ALL: [&str; 3] = ["Merged #88: Cache carts", "Released shop v41", "Deployed shop v41 to production"];

#[test]
fn github_is_asked_for_merges_deploys_and_releases_with_the_token_in_a_header() {
    let (folder, run, asked) = github(|_, _| None);
    run.is(0);
    assert_eq!(rows(&folder), ALL);
    let asked: Vec<String> = asked.try_iter().collect();
    assert!(asked.iter().all(|head| head.to_lowercase().contains(&format!("authorization: bearer {TOKEN}"))));
    assert!(asked.iter().all(|head| !head.lines().next().is_some_and(|line| line.contains(TOKEN))));
}

#[test]
fn pages_of_github_are_followed() {
    let (folder, run, asked) = github(|path, own| {
        if !path.starts_with("/api/v3/repos/acme/shop/releases") || path.contains("page=2") {
            return None;
        }
        let link =
            format!("link: <{own}/api/v3/repos/acme/shop/releases?per_page=100&page=2>; rel=\"next\"\r\n");
        let body = r#"[{"tag_name":"v42","tarball_url":"t","html_url":"https://ghe.example.com/acme/shop/releases/tag/v42","published_at":"2026-11-20T15:00:00Z"}]"#;
        Some(Does::Says("200 OK", link, body.into()))
    });
    run.is(0);
    assert!(rows(&folder).contains(&"Released shop v41".to_owned()), "{:?}", rows(&folder));
    assert!(rows(&folder).contains(&"Released shop v42".to_owned()), "{:?}", rows(&folder));
    assert_eq!(asked.try_iter().filter(|head| head.contains("/releases")).count(), 2);
}

#[test]
fn a_token_that_expired_and_a_repository_that_is_not_there_are_told_apart() {
    let (_, run, _) =
        github(|_, _| Some(refuses("401 Unauthorized", "", &format!("Bad credentials {TOKEN}"))));
    let run = run.is(2);
    assert!(run.err.contains("refuses the token in `GITHUB_TOKEN` (401)"), "{}", run.err);
    let (_, run, _) = github(|_, _| Some(refuses("404 Not Found", "", "Not Found")));
    let run = run.is(2);
    assert!(run.err.contains("has no repository acme/shop (404)"), "{}", run.err);
}

#[test]
fn a_limit_ends_the_questions_and_keeps_what_was_read() {
    for (status, headers) in [
        ("403 Forbidden", "x-ratelimit-remaining: 0\r\nx-ratelimit-reset: 4102444800\r\n"),
        ("403 Forbidden", "retry-after: 3600\r\n"),
        ("429 Too Many Requests", "retry-after: 3600\r\n"),
    ] {
        let (folder, run, asked) = github(move |path, _| {
            let limited = path.contains("/deployments");
            limited.then(|| refuses(status, headers, "You have exceeded a secondary rate limit"))
        });
        let run = run.is(2);
        assert!(run.err.contains("is asked too often"), "{}", run.err);
        assert_eq!(rows(&folder), ["Merged #88: Cache carts"]);
        assert!(!asked.try_iter().any(|head| head.contains("/releases")), "{}", run.err);
    }
}

#[test]
fn a_short_wait_that_github_asks_for_is_waited() {
    let tries = std::sync::atomic::AtomicUsize::new(0);
    let (folder, run, _) = github(move |path, _| {
        let first =
            path.contains("/releases") && tries.fetch_add(1, std::sync::atomic::Ordering::SeqCst) == 0;
        first.then(|| refuses("403 Forbidden", "retry-after: 1\r\n", "secondary rate limit"))
    });
    run.is(0);
    assert_eq!(rows(&folder), ALL);
}

#[test]
fn a_right_that_the_token_lacks_is_said_and_the_rest_is_read() {
    let (folder, run, _) = github(|path, _| {
        path.contains("/deployments")
            .then(|| refuses("403 Forbidden", "", "Resource not accessible by personal access token"))
    });
    let run = run.is(2);
    assert!(run.err.contains("does not show deployments of acme/shop"), "{}", run.err);
    assert_eq!(rows(&folder), ["Merged #88: Cache carts", "Released shop v41"]);
}

#[test]
fn silence_and_a_reply_cut_in_half_keep_what_was_there() {
    let (folder, run, _) = github(|path, _| path.contains("/releases").then_some(Does::Sleeps));
    let run = run.is(2);
    assert!(run.err.contains("did not answer within 1 s"), "{}", run.err);
    assert!(rows(&folder).contains(&"Merged #88: Cache carts".to_owned()));

    let half = r#"[{"tag_name":"v41","tarball_url":"t","html_url":"https://ghe.example.com/acme/shop/releases/tag/v41","published_at":"2026-11-20T13:58:50Z"},{"tag_name":"v4"#;
    let (folder, run, _) = github(move |path, _| path.contains("/releases").then(|| Does::Cuts(half.into())));
    let run = run.is(2);
    assert!(run.err.contains("cut"), "{}", run.err);
    assert!(rows(&folder).contains(&"Released shop v41".to_owned()), "{}", run.err);
}

#[test]
fn annotations_of_grafana_are_asked_for_with_the_organisation_and_link_to_their_dashboard() {
    let (folder, run, asked) = grafana(|path, _| {
        assert!(
            path.starts_with("/api/annotations?from=1795176000000&to=1795190400001&limit=1000"),
            "{path}"
        );
        says(
            r#"[{"id":2,"time":1795184650000,"text":"HighErrorRate {service=carts, severity=critical} - B=0","newState":"Normal","prevState":"Alerting","dashboardUID":"carts","panelId":4},
                {"id":1,"time":1795183450000,"text":"HighErrorRate {service=carts, severity=critical} - B=12","newState":"Alerting","prevState":"Normal","dashboardUID":"carts","panelId":4},
                {"id":3,"time":1795183140000,"text":"Deployed carts v41, key api_key=s3cr3ts3cr3ts3cr3t","tags":["deploy"],"login":"ana","email":"ana@example.com","created":1,"updated":1}]"#,
        )
    });
    run.is(0);
    assert_eq!(rows(&folder).len(), 3, "{:?}", rows(&folder));
    let text = folder.read(DOCUMENT);
    assert!(text.contains("/d/carts?from="), "{text}");
    assert!(
        text.contains("HighErrorRate fired for carts (critical)") && !text.contains("ana@example.com"),
        "{text}"
    );
    let head = asked.try_iter().next().expect("it was asked").to_lowercase();
    assert!(head.contains("x-grafana-org-id: 2") && head.contains("authorization: bearer"), "{head}");
}

#[test]
fn grafana_in_trouble_is_told_and_what_it_sent_is_kept() {
    let (_, run, _) = grafana(|_, _| refuses("401 Unauthorized", "", "Expired API key"));
    let run = run.is(2);
    assert!(run.err.contains("refuses the token in `GRAFANA_TOKEN` (401): Expired API key"), "{}", run.err);
    let (_, run, _) = grafana(|_, _| Does::Sleeps);
    let run = run.is(2);
    assert!(run.err.contains("did not answer within 1 s"), "{}", run.err);
    let (folder, run, _) = grafana(|_, _| {
        Does::Cuts(
            r#"[{"id":1,"time":1795183140000,"text":"Deployed carts v41","tags":["deploy"]},{"id":2,"#.into(),
        )
    });
    run.is(2);
    assert_eq!(rows(&folder), ["Deployed carts v41"]);
    let (_, run, _) = grafana(|_, _| says("<html>sign in</html>"));
    let run = run.is(2);
    assert!(run.err.contains("answered with a web page"), "{}", run.err);
}

#[test]
fn a_password_goes_along_where_the_configuration_names_a_user() {
    let (url, asked) = server(|_, _| says("[]"));
    let table = format!(
        "[evidence.grafana]\nurl = \"{url}\"\nusername = \"recount\"\npassword-env = \"GRAFANA_PASSWORD\"\n"
    );
    let (_, run) = import("grafana:", &table, "GRAFANA_PASSWORD");
    run.is(0);
    assert!(asked.recv().expect("it was asked").to_lowercase().contains("authorization: basic "));
}
