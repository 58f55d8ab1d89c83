//! Live sources through the binary, against a server of a few lines on this machine that answers as recorded:
//! pages, limits, expired tokens, time-outs, replies that are cut off, redirects. What the real servers say is
//! tried in `servers`.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Write};
use std::net::TcpListener;
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use serde_json::{Value, json};

use crate::harness::{Folder, Run};

const TOKEN: &str = "u+pd-s3cr3t-planted";
const INCIDENT: &str = "Q2SHOP4CHECKOUT";
const PATH: &str = "postmortems/2026/INC-0001-checkout-fails.md";

/// What a path is answered with, one after the other; the last again and again.
type Answers = BTreeMap<&'static str, Vec<String>>;

struct Server {
    url: String,
    asked: Arc<Mutex<Vec<String>>>,
}

impl Server {
    fn new(mut answers: Answers) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let url = format!("http://{}", listener.local_addr().expect("it is bound"));
        let asked = Arc::new(Mutex::new(Vec::new()));
        let heads = Arc::clone(&asked);
        thread::spawn(move || {
            for mut stream in listener.incoming().flatten() {
                let mut head = String::new();
                let mut input = BufReader::new(stream.try_clone().expect("a socket can be shared"));
                while let Ok(3..) = input.read_line(&mut head) {}
                let line = head.lines().next().unwrap_or("").to_owned();
                heads.lock().expect("nobody panics while holding it").push(head);
                // The longest path that the request begins with.
                let found = answers.iter_mut().rev().find(|(path, _)| line.contains(**path));
                let answer = match found {
                    Some((_, all)) if all.len() > 1 => all.remove(0),
                    Some((_, all)) => all[0].clone(),
                    None => answer("404 Not Found", "", "{}"),
                };
                if answer == "silence" {
                    // The next is not kept waiting.
                    thread::spawn(move || {
                        thread::sleep(Duration::from_secs(3));
                        drop(stream);
                    });
                    continue;
                }
                let _ = stream.write_all(answer.as_bytes());
            }
        });
        Self { url, asked }
    }

    fn asked(&self) -> Vec<String> {
        self.asked.lock().expect("nobody panics while holding it").clone()
    }
}

fn answer(status: &str, headers: &str, body: &str) -> String {
    format!("HTTP/1.1 {status}\r\nconnection: close\r\ncontent-length: {}\r\n{headers}\r\n{body}", body.len())
}

fn good(body: &Value) -> String {
    answer("200 OK", "content-type: application/json\r\n", &body.to_string())
}

fn person(id: &str, name: &str) -> Value {
    json!({ "id": id, "type": "user_reference", "summary": name })
}

fn entry(kind: &str, at: &str, agent: &Value) -> Value {
    json!({
        "id": format!("R{kind}{}", at.replace(':', "")), "type": format!("{kind}_log_entry"),
        "created_at": format!("2026-11-20T{at}Z"), "agent": agent, "channel": { "type": "auto" },
        "incident": { "id": INCIDENT, "type": "incident_reference", "summary": "[#412] Checkout fails" },
    })
}

fn incident() -> Value {
    json!({ "incident": {
        "id": INCIDENT, "type": "incident", "incident_number": 412, "title": "Checkout fails",
        "html_url": format!("https://shop.pagerduty.com/incidents/{INCIDENT}"), "status": "resolved",
        "created_at": "2026-11-20T14:03:10Z", "service": { "id": "PS", "type": "service_reference", "summary": "Checkout" },
        "self": format!("https://api.pagerduty.com/incidents/{INCIDENT}"), "incident_key": TOKEN,
    } })
}

fn first_page() -> Value {
    let integration = json!({ "id": "PI", "type": "events_api_v2_inbound_integration_reference", "summary": "Alertmanager" });
    let entries = [
        entry("trigger", "14:03:10", &integration),
        entry("acknowledge", "14:09:44", &person("PA", "Ana Li")),
    ];
    json!({ "log_entries": entries, "limit": 2, "offset": 0, "more": true })
}

fn second_page() -> Value {
    json!({ "log_entries": [entry("resolve", "14:42:05", &person("PA", "Ana Li"))], "limit": 2, "offset": 2, "more": false })
}

fn notes() -> Value {
    json!({ "notes": [{ "id": "PN", "user": person("PB", "Bo Chen"), "created_at": "2026-11-20T14:30:00Z",
        "content": "Rolling back checkout v41 now" }] })
}

/// All that the service knows, and what is answered otherwise.
fn answers(otherwise: Vec<(&'static str, Vec<String>)>) -> Answers {
    let mut all = Answers::from([
        ("/incidents/Q2SHOP4CHECKOUT", vec![good(&incident())]),
        ("/incidents/Q2SHOP4CHECKOUT/log_entries", vec![good(&first_page()), good(&second_page())]),
        ("/incidents/Q2SHOP4CHECKOUT/notes", vec![good(&notes())]),
    ]);
    all.extend(otherwise);
    all
}

fn library(url: &str) -> Folder {
    let folder = Folder::library();
    let config = folder.read("recount.toml");
    folder.write(
        "recount.toml",
        format!("{config}\n[evidence.pagerduty]\nurl = \"{url}\"\ntoken-env = \"PAGER_KEY\"\ntimeout-seconds = 1\n"),
    );
    folder
}

fn draft(folder: &Folder, inputs: &[&str]) -> Run {
    let run = run(folder, &[&["draft", "Checkout fails"][..], inputs].concat(), Some(TOKEN));
    // Wherever a token may have gone: not to the terminal, not to the disk.
    assert!(!run.out.contains(TOKEN) && !run.err.contains(TOKEN), "{run:?}");
    for file in folder.files("") {
        assert!(!folder.read(&file).contains(TOKEN), "{file}");
    }
    run
}

fn run(folder: &Folder, args: &[&str], token: Option<&str>) -> Run {
    let mut command = folder.command(args);
    for name in [
        "PAGER_KEY",
        "PAGERDUTY_TOKEN",
        "HTTP_PROXY",
        "HTTPS_PROXY",
        "ALL_PROXY",
        "http_proxy",
        "https_proxy",
    ] {
        command.env_remove(name);
    }
    command.envs(token.map(|token| ("PAGER_KEY", token)));
    folder.finish(command)
}

fn actions(folder: &Folder) -> Vec<String> {
    let text = folder.read(PATH);
    let rows = text.lines().filter(|line| line.starts_with("| 2026"));
    rows.map(|row| row.split(" | ").nth(2).unwrap_or_default().to_owned()).collect()
}

const ALL: [&str; 4] = [
    "**Detected.** Incident #412 triggered: Checkout fails",
    "**Acknowledged.** Acknowledged incident #412",
    "Rolling back checkout v41 now",
    "Resolved incident #412",
];

#[test]
fn an_incident_comes_in_whole_over_all_pages_and_again_adds_nothing() {
    let server = Server::new(answers(vec![]));
    let folder = library(&server.url);
    draft(&folder, &["pagerduty:Q2SHOP4CHECKOUT"]).is(0);
    let rows = actions(&folder);
    for (row, want) in rows.iter().zip(ALL) {
        assert!(row.starts_with(want), "{rows:?}");
    }
    assert_eq!(rows.len(), ALL.len());
    let asked = server.asked();
    assert!(asked.iter().all(|head| head.contains(&format!("Token token={TOKEN}"))), "{asked:?}");
    assert!(asked.iter().any(|head| head.contains("offset=2&")), "{asked:?}");

    // The address of its page says the same.
    let server = Server::new(answers(vec![]));
    let config = folder.read("recount.toml");
    let line = config.lines().find(|line| line.starts_with("url = ")).expect("it was written").to_owned();
    folder.replace("recount.toml", &line, &format!("url = \"{}\"", server.url));
    let address = "https://shop.pagerduty.com/incidents/Q2SHOP4CHECKOUT?utm=mail";
    let again = run(&folder, &["import", "1", address], Some(TOKEN)).is(0);
    assert!(again.out.starts_with("0 rows added"), "{}", again.out);
}

#[test]
fn a_busy_service_is_asked_again() {
    let limit = answer(
        "429 Too Many Requests",
        "ratelimit-reset: 0\r\n",
        "{\"error\":{\"message\":\"Rate Limit Exceeded\"}}",
    );
    let log = vec![good(&first_page()), limit.clone(), limit, good(&second_page())];
    let server = Server::new(answers(vec![("/incidents/Q2SHOP4CHECKOUT/log_entries", log)]));
    let folder = library(&server.url);
    draft(&folder, &["pagerduty:Q2SHOP4CHECKOUT"]).is(0);
    assert_eq!(actions(&folder).len(), ALL.len());
}

#[test]
fn what_was_read_before_a_failure_is_kept_and_the_exit_code_says_that_it_is_not_all() {
    let page = second_page().to_string();
    let cut = format!("HTTP/1.1 200 OK\r\ncontent-length: 4000\r\n\r\n{}", &page[..page.len() - 10]);
    let refused = format!("{{\"error\":{{\"message\":\"Token token={TOKEN} expired\"}}}}");
    for (answers_then, warning, rows) in [
        (
            vec![answer("401 Unauthorized", "", &refused)],
            "refuses the token in `PAGER_KEY` (401): Token token=",
            2,
        ),
        (vec![answer("429 Too Many Requests", "retry-after: 3600\r\n", "")], "asks to wait 60 min", 2),
        (vec!["silence".to_owned()], "did not answer within 1 s", 2),
        // The resolution stood before the cut.
        (vec![cut], "was cut off, 4 times", 3),
        (
            vec![answer("200 OK", "content-type: text/html\r\n", "<html>Sign in</html>")],
            "answered with a web page",
            2,
        ),
        (vec![answer("200 OK", "", "[1,2")], "cannot be read: ", 2),
    ] {
        let log = [vec![good(&first_page())], answers_then].concat();
        let server = Server::new(answers(vec![("/incidents/Q2SHOP4CHECKOUT/log_entries", log)]));
        let folder = library(&server.url);
        let run = draft(&folder, &["pagerduty:Q2SHOP4CHECKOUT"]).is(2);
        assert!(run.err.contains("`pagerduty:Q2SHOP4CHECKOUT` is not complete: "), "{}", run.err);
        assert!(run.err.contains(warning) && run.err.contains("hint: "), "{warning}: {}", run.err);
        assert_eq!(actions(&folder).len(), rows, "{warning}: {}", folder.read(PATH));
        assert!(run.out.contains(PATH), "{}", run.out);
    }
}

#[test]
fn notes_that_may_not_be_read_do_not_cost_the_log() {
    let server = Server::new(answers(vec![(
        "/incidents/Q2SHOP4CHECKOUT/notes",
        vec![answer("403 Forbidden", "", "{}")],
    )]));
    let folder = library(&server.url);
    let run = draft(&folder, &["pagerduty:Q2SHOP4CHECKOUT"]).is(2);
    assert!(run.err.contains("does not show notes of incident Q2SHOP4CHECKOUT"), "{}", run.err);
    assert_eq!(actions(&folder).len(), 3);
}

#[test]
fn where_nothing_could_be_read_nothing_is_made() {
    let server = Server::new(Answers::from([("/incidents/", vec![answer("401 Unauthorized", "", "{}")])]));
    let folder = library(&server.url);
    let refused = draft(&folder, &["pagerduty:Q2SHOP4CHECKOUT"]).is(2);
    assert!(refused.err.starts_with("error: `127.0.0.1:"), "{}", refused.err);
    assert!(refused.err.contains("refuses the token in `PAGER_KEY` (401)"), "{}", refused.err);
    assert_eq!(folder.files("postmortems"), Vec::<String>::new());
    let missing = run(&folder, &["draft", "Checkout fails", "pagerduty:Q2SHOP4CHECKOUT"], None).is(2);
    assert!(missing.err.contains("wants a token for incident Q2SHOP4CHECKOUT (401)"), "{}", missing.err);
    assert!(missing.err.contains("hint: set `PAGER_KEY`"), "{}", missing.err);
}

#[test]
fn a_server_that_fails_does_not_cost_the_files_beside_it() {
    let server = Server::new(Answers::from([("/incidents/", vec![answer("404 Not Found", "", "{}")])]));
    let folder = library(&server.url);
    folder.write("log.json", first_page().to_string());
    let run = draft(&folder, &["pagerduty:Q2SHOP4CHECKOUT", "log.json"]).is(2);
    assert!(run.err.contains("has no incident Q2SHOP4CHECKOUT (404)"), "{}", run.err);
    assert_eq!(actions(&folder).len(), 2);
}

#[test]
fn a_redirect_to_another_host_gets_no_token() {
    let other = Server::new(answers(vec![]));
    let to = format!("location: {}/incidents/{INCIDENT}\r\n", other.url);
    let server = Server::new(Answers::from([("/incidents/", vec![answer("302 Found", &to, "")])]));
    let folder = library(&server.url);
    draft(&folder, &["pagerduty:Q2SHOP4CHECKOUT"]);
    let asked = other.asked();
    assert!(!asked.is_empty() && asked.iter().all(|head| !head.contains(TOKEN)), "{asked:?}");
    assert!(server.asked().iter().all(|head| head.contains(TOKEN)));
}

#[test]
fn a_user_name_goes_with_its_password_and_neither_form_of_it_is_printed() {
    // `recount:u+pd-s3cr3t-planted` as the header has it.
    let both = "cmVjb3VudDp1K3BkLXMzY3IzdC1wbGFudGVk";
    let refused = format!("{{\"status\":\"error\",\"error\":\"no access for Basic {both} or {TOKEN}\"}}");
    let server =
        Server::new(Answers::from([("/prom/api/v1/query", vec![answer("403 Forbidden", "", &refused)])]));
    let folder = Folder::library();
    let config = folder.read("recount.toml");
    let table = format!(
        "[evidence.prometheus]\nurl = \"{}/prom/\"\nusername = \"recount\"\npassword-env = \"PAGER_KEY\"",
        server.url
    );
    folder.write("recount.toml", format!("{config}\n{table}\nheaders = {{ X-Scope-OrgID = \"shop\" }}\n"));
    let window = ["prometheus:", "--from", "2026-11-20 14:00", "--to", "2026-11-20 15:00"];
    let run = draft(&folder, &window).is(2);
    assert!(
        run.err.contains("to the token in `PAGER_KEY` (403): no access for Basic (token) or (token)"),
        "{}",
        run.err
    );
    let asked = server.asked();
    assert!(asked[0].to_lowercase().contains("x-scope-orgid: shop"), "{asked:?}");
    assert!(asked[0].contains(&format!("Basic {both}")), "{asked:?}");
}

#[test]
fn what_is_no_live_source_is_refused_with_those_that_are() {
    let folder = Folder::library();
    for (input, sentence, hint) in [
        ("https://example.com/incident/7", "is no address that a source knows", "`pagerduty:Q2ABCDEF3GHIJK`"),
        ("pagerduty:a/../b", "`pagerduty:a/../b`: it names no incident by its ID", "give it as `pagerduty:"),
        (
            "prometheus:",
            "is asked for a window, and the incident's hours are not known",
            "`--from` and `--to`",
        ),
    ] {
        let run = folder.recount(&["draft", "Checkout fails", input]).is(2);
        assert!(run.err.contains(sentence) && run.err.contains(hint), "{}", run.err);
        assert!(!run.err.contains("s3cr3t"), "{}", run.err);
        assert_eq!(folder.files("postmortems"), Vec::<String>::new());
    }
    let window = ["--from", "2026-11-20 14:00", "--to", "2026-11-20 15:00"];
    let asked =
        |input: &str| folder.recount(&[&["draft", "Checkout fails", input][..], &window[..]].concat()).is(2);
    let run = asked("prometheus:");
    assert!(run.err.contains("the address of the server is not known"), "{}", run.err);
    assert!(run.err.contains("`[evidence.prometheus]`"), "{}", run.err);
    let run = asked("prometheus:http://prometheus.shop.example");
    assert!(run.err.contains("is not asked over `http://`"), "{}", run.err);
    folder.write("recount.toml", "[evidence.pagerduty]\nheaders = { Authorization = \"Bearer s3cr3t\" }\n");
    let run = asked("pagerduty:Q2SHOP4CHECKOUT");
    assert!(run.err.contains("has the header `Authorization`, which is for secrets"), "{}", run.err);
    assert!(!run.err.contains("s3cr3t"), "{}", run.err);
}
