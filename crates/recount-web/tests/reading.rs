//! Reading a library in a browser: search, similar incidents, figures, rules, history, what machines ask for, events.

#![allow(clippy::unwrap_used)]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::http::{Request, StatusCode};
use axum::response::Response;
use http_body_util::BodyExt as _;
use jiff::Timestamp;
use recount_store::{Author, Library};
use recount_web::{Settings, Site, router};
use tower::ServiceExt as _;

/// A library that is read.
struct Reader {
    folder: tempfile::TempDir,
    site: Arc<Site>,
    runtime: tokio::runtime::Runtime,
}

/// What a browser got.
struct Got {
    status: StatusCode,
    headers: axum::http::HeaderMap,
    body: String,
}

impl Got {
    fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    /// What a reader sees: no markup, one blank between words.
    fn seen(&self) -> String {
        let mut out = String::new();
        let mut is_tag = false;
        for c in self.body.chars() {
            match c {
                '<' => is_tag = true,
                '>' => is_tag = false,
                c if !is_tag => out.push(c),
                _ => {}
            }
        }
        let out =
            out.replace("&quot;", "\"").replace("&#34;", "\"").replace("&#39;", "'").replace("&amp;", "&");
        out.split_whitespace().collect::<Vec<_>>().join(" ")
    }
}

/// A postmortem about a certificate that ran out.
fn certificate(id: &str, title: &str, day: &str, service: &str) -> String {
    format!(
        "---\nstage: final\ntags: [tls]\n---\n\n# {title}\n\n## Incident summary\n\n- **Incident ID**: {id}\n\
         - **Severity**: Sev1\n- **Start time** (UTC): {day} 14:00\n- **End time** (UTC): {day} 15:00\n\
         - **Primary services impacted**: {service}\n- **Customer impact summary**: Nobody could pay.\n\n\
         ## Timeline\n\n| Time (UTC) | Actor | Action | Result |\n|---|---|---|---|\n\
         | {day} 14:00 | vault | **Started.** The certificate expired | |\n\
         | 14:10 | @ana | **Detected.** Saw handshakes fail | |\n\
         | 14:40 | @bo | **Mitigated.** Issued a certificate | |\n\n\
         ## Root cause\n\n- **Direct trigger**: the intermediate certificate of the vault expired\n\
         - **Root cause** (systems explanation): renewal reloaded leaf certificates and never the intermediate\n\
         - **Contributing factors**:\n  - capacity: one person knew the vault\n\n\
         ## Action items\n\n| Priority | Action item | Owner | Due date | Status | Verification plan |\n\
         |---:|---|---|---|---|---|\n\
         | P0 | Reload intermediate certificates | @ana | 2026-10-01 | Open | A drill |\n\
         | P1 | Alert before certificates expire | @bo | 2026-12-20 | Done 2026-11-01 | A drill |\n"
    )
}

impl Reader {
    fn new() -> Self {
        let down = "# Checkout was slow\n\n## Incident summary\n\n- **Incident ID**: INC-0003\n- **Severity**: Sev3\n\
                    - **Start time** (UTC): 2026-11-19 10:00\n- **Primary services impacted**: search\n\n\
                    ## Our own notes\n\nThe connection pool ran dry <script>alert(1)</script> at noon.\n";
        Self::with(&[
            ("INC-0001.md", &certificate("INC-0001", "Card payments failed", "2026-02-01", "payments")),
            ("INC-0002.md", &certificate("INC-0002", "Payouts stopped", "2026-11-02", "payouts")),
            ("INC-0003.md", down),
        ])
    }

    fn with(files: &[(&str, &str)]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let config = "[library]\nid = \"INC-{seq:04}\"\n\n[[services]]\nname = \"payments\"\nowner = \"team-money\"\n\n\
                      [[services]]\nname = \"payouts\"\n\n[[services]]\nname = \"search\"\n\n\
                      [[people]]\nhandle = \"@ana\"\nteam = \"team-money\"\n\n[rules]\nvague-action = \"off\"\n";
        fs::write(folder.path().join("recount.toml"), config).unwrap();
        fs::create_dir_all(folder.path().join("postmortems")).unwrap();
        for (name, text) in files {
            fs::write(folder.path().join("postmortems").join(name), text).unwrap();
        }
        let settings = Settings {
            program: "test".to_owned(),
            keep: false,
            clock: Box::new(|| "2026-11-23T10:00:00Z".parse::<Timestamp>().unwrap()),
            commit: false,
            author: Author { name: "@ana".to_owned(), mail: String::new() },
            hosts: Vec::new(),
        };
        let site = Site::open(Library::open(folder.path()).unwrap(), settings).unwrap();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        Self { folder, site, runtime }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join("postmortems").join(name)
    }

    fn edit(&self, name: &str, from: &str, to: &str) {
        let text = fs::read_to_string(self.path(name)).unwrap();
        assert!(text.contains(from), "{from}");
        fs::write(self.path(name), text.replacen(from, to, 1)).unwrap();
    }

    fn git(&self, args: &[&str]) {
        let identity = ["-c", "user.name=Mira Osei", "-c", "user.email=mira@example.com"];
        let status = Command::new("git").current_dir(self.folder.path()).args(identity).args(args).status();
        assert!(status.unwrap().success(), "{args:?}");
    }

    fn begin_history(&self) {
        self.git(&["init", "-q", "-b", "main"]);
        self.git(&["add", "-A"]);
        self.git(&["commit", "-qm", "Begin the library"]);
    }

    async fn answer(&self, address: &str) -> Response {
        let request = Request::get(address).header("host", "localhost").body(Body::empty()).unwrap();
        router(&self.site).oneshot(request).await.unwrap()
    }

    fn get(&self, address: &str) -> Got {
        self.runtime.block_on(async {
            let response = self.answer(address).await;
            let (status, headers) = (response.status(), response.headers().clone());
            let bytes = response.into_body().collect().await.unwrap().to_bytes();
            Got { status, headers, body: String::from_utf8(bytes.to_vec()).unwrap() }
        })
    }
}

#[test]
fn a_search_shows_why_and_leads_to_the_section() {
    let reader = Reader::new();
    let got = reader.get("/search?q=intermediate");
    assert_eq!(got.status, StatusCode::OK);
    let seen = got.seen();
    assert!(seen.contains("2 found"), "{seen}");
    assert!(seen.contains("Payouts stopped") && seen.contains("Card payments failed"), "{seen}");
    assert!(got.body.contains("<mark>intermediate</mark>"), "{}", got.body);
    assert!(got.body.contains("href=\"/p/INC-0002#root-cause\""), "{}", got.body);
    // The query stands in both boxes, for the next one.
    assert_eq!(got.body.matches("value=\"intermediate\"").count(), 2);
}

#[test]
fn a_section_of_the_documents_own_is_led_to_by_its_own_anchor_and_its_text_runs_nothing() {
    let reader = Reader::new();
    let got = reader.get("/search?q=noon");
    assert!(got.body.contains("href=\"/p/INC-0003#s-our-own-notes\""), "{}", got.body);
    assert!(!got.body.contains("<script>alert"), "{}", got.body);
    assert!(reader.get("/p/INC-0003").body.contains("id=\"s-our-own-notes\""));
}

#[test]
fn a_word_that_stands_nowhere_is_corrected_and_what_is_not_understood_is_said() {
    let reader = Reader::new();
    let got = reader.get("/search?q=certifcate");
    assert!(got.seen().contains("No postmortem has certifcate; this is for"), "{}", got.seen());
    let got = reader.get("/search?q=severity%3Aloud");
    assert!(got.body.contains("class=\"finding\""), "{}", got.seen());
    let got = reader.get("/search?q=service%3Apaymnts");
    assert!(got.seen().contains("payments"), "{}", got.seen());
}

#[test]
fn an_empty_search_teaches_with_examples_that_find_something_here() {
    let reader = Reader::new();
    let got = reader.get("/search");
    assert!(got.body.contains("<details class=\"ways-to-ask\" open>"), "{}", got.body);
    for address in ["severity%3Asev0%2Csev1", "tag%3Atls", "owner%3A%40ana", "is%3Aopen"] {
        let address = format!("/search?q={address}");
        assert!(got.body.contains(&format!("href=\"{address}\"")), "{address}: {}", got.body);
        assert!(!reader.get(&address).seen().contains("No postmortem is like that"), "{address}");
    }
}

#[test]
fn results_come_in_pages() {
    let many: Vec<(String, String)> = (1..=45)
        .map(|n| {
            (format!("INC-{n:04}.md"), certificate(&format!("INC-{n:04}"), "A stop", "2026-11-02", "payouts"))
        })
        .collect();
    let many: Vec<(&str, &str)> = many.iter().map(|(name, text)| (name.as_str(), text.as_str())).collect();
    let reader = Reader::with(&many);
    let mut seen = std::collections::BTreeSet::new();
    for (page, count) in [("1", 20), ("2", 20), ("3", 5), ("4", 0)] {
        let got = reader.get(&format!("/search?q=vault&page={page}"));
        let found: Vec<&str> =
            got.body.split("class=\"title\" href=\"").skip(1).map(|rest| &rest[..11]).collect();
        assert_eq!(found.len(), count, "page {page}");
        assert_eq!(got.body.contains("rel=\"next\""), page < "3", "page {page}");
        seen.extend(found.into_iter().map(str::to_owned));
    }
    assert_eq!(seen.len(), 45);
    // Where no word says what fits best, the youngest come first.
    let got = reader.get("/search?q=is%3Aopen");
    let (_, rest) = got.body.split_once("class=\"title\" href=\"").unwrap();
    assert!(rest.starts_with("/p/INC-0045\""), "{}", &rest[..20]);
    assert_eq!(reader.get("/search?q=vault&page=999999999999").status, StatusCode::OK);
}

#[test]
fn what_changed_on_disk_is_found_by_the_next_search() {
    let reader = Reader::new();
    assert!(reader.get("/search?q=zeppelin").seen().contains("No postmortem is like that"));
    // Prose alone: no fact of the postmortem changes with it.
    reader.edit("INC-0003.md", "ran dry", "held a zeppelin");
    for _ in 0..200 {
        if reader.get("/search?q=zeppelin").seen().contains("1 found") {
            return;
        }
        std::thread::sleep(Duration::from_millis(100));
    }
    panic!("the change was not found");
}

#[test]
fn what_is_kept_of_a_postmortem_is_told_anew_once_its_file_has_changed() {
    let reader = Reader::new();
    let list = "/api/v1/postmortems?title=payouts";
    let told = || {
        let (found, listed) = (reader.get("/search?q=connection").seen(), reader.get(list).body);
        (
            found.contains("stood still at noon"),
            listed.contains("INC-0002"),
            listed.contains("Payouts crawled"),
        )
    };
    assert!(reader.get("/search?q=connection").seen().contains("ran dry"));
    assert_eq!(told(), (false, true, false));
    // The line that shows why it was found, and what machines are told of the other one.
    reader.edit("INC-0003.md", "ran dry", "stood still");
    reader.edit("INC-0003.md", "<script>alert(1)</script> ", "");
    reader.edit("INC-0002.md", "Payouts stopped", "Payouts crawled");
    for _ in 0..200 {
        if told() == (true, true, true) {
            return;
        }
        std::thread::sleep(Duration::from_millis(100));
    }
    panic!("{:?}", told());
}

#[test]
fn a_postmortem_shows_similar_ones_with_why_and_those_seen_before_once_it_was_made() {
    let reader = Reader::new();
    let got = reader.get("/p/INC-0003");
    assert!(!got.seen().contains("Similar incidents"), "{}", got.seen());
    // What repeats a cause stands below "Seen before", and not once more.
    let got = reader.get("/p/INC-0002");
    let (_, side) = got.body.split_once("<aside").unwrap();
    assert_eq!(side.matches("href=\"/p/INC-0001\"").count(), 1, "{side}");
    assert!(!got.seen().contains("Seen before?"));
    let got = reader.get("/p/INC-0002?made");
    assert!(got.seen().contains("Seen before?") && got.seen().contains("both say:"), "{}", got.seen());
}

#[test]
fn figures_have_their_definition_and_n_and_filters_in_the_address() {
    let reader = Reader::new();
    let got = reader.get("/insights");
    let seen = got.seen();
    assert!(seen.contains("3 postmortems with 4 action items, as of 2026-11-23."), "{seen}");
    assert!(seen.contains("n = 3 incidents") && seen.contains("Left out"), "{seen}");
    assert!(got.body.contains("<svg") && !got.body.contains("<style"), "styles are a file");
    assert!(!got.body.contains(" style=\""));
    let got = reader.get("/insights?period=2026-Q1&severity=Sev1&team=team-money&service=payments");
    assert!(got.seen().contains("team-money: 1 of 3 postmortems about its services"), "{}", got.seen());
    assert!(got.seen().contains("Began 2026-01-01 to 2026-03-31."), "{}", got.seen());
    assert!(got.body.contains("<option selected>Sev1</option>"));
    let ways = "/insights/incidents.csv?period=2026-Q1&#38;service=payments";
    assert!(got.body.contains(ways) || got.body.contains(&ways.replace("#38", "amp")), "{}", got.body);
}

#[test]
fn a_period_that_is_none_is_said_and_kept_in_its_box() {
    let reader = Reader::new();
    let got = reader.get("/insights?period=lately&team=team-none");
    assert!(got.seen().contains("lately is no period: write it as 2026"), "{}", got.seen());
    assert!(got.seen().contains("There is no team team-none"), "{}", got.seen());
    assert!(got.body.contains("value=\"lately\""));
    assert_eq!(reader.get("/insights/incidents.csv?period=lately").status, StatusCode::UNPROCESSABLE_ENTITY);
}

#[test]
fn each_figure_is_a_file_in_three_forms() {
    let reader = Reader::new();
    for (ending, media_type, holds) in [
        ("csv", "text/csv; charset=utf-8", "Sev1"),
        ("json", "application/json", "\"name\": \"incidents\""),
        ("svg", "image/svg+xml", "<svg"),
    ] {
        let got = reader.get(&format!("/insights/incidents.{ending}?severity=sev1"));
        assert_eq!((got.status, got.header("content-type")), (StatusCode::OK, media_type));
        assert_eq!(got.header("content-disposition"), format!("attachment; filename=\"incidents.{ending}\""));
        assert!(got.body.contains(holds), "{}", got.body);
    }
    for address in ["/insights/incidents.exe", "/insights/nothing.csv", "/insights/incidents"] {
        assert_eq!(reader.get(address).status, StatusCode::NOT_FOUND, "{address}");
    }
}

#[test]
fn every_rule_has_its_page_and_the_library_its_levels() {
    let reader = Reader::new();
    let list = reader.get("/rules");
    for rule in recount_engine::lint::RULES {
        let address = format!("/rules/{}", rule.name);
        assert!(list.body.contains(&format!("href=\"{address}\"")), "{address}");
        let got = reader.get(&address);
        assert_eq!(got.status, StatusCode::OK, "{address}");
        assert!(got.seen().contains("Why") && got.seen().contains("Found"), "{address}: {}", got.seen());
    }
    assert!(reader.get("/rules/vague-action").seen().contains("draft silent review silent final silent"));
    let got = reader.get("/rules/missing-ownr");
    assert_eq!(got.status, StatusCode::NOT_FOUND);
    assert!(got.seen().contains("Did you mean missing-owner?"), "{}", got.seen());
    // Findings lead there.
    let findings = reader.get("/p/INC-0003").body;
    assert!(findings.contains("<a href=\"/rules/"), "{findings}");
}

#[test]
fn history_says_who_changed_what_in_the_words_of_the_document() {
    let reader = Reader::new();
    reader.begin_history();
    reader.edit("INC-0001.md", "**Severity**: Sev1", "**Severity**: Sev0");
    reader.edit("INC-0001.md", "| Open |", "| Done 2026-11-22 |");
    reader.git(&["commit", "-qam", "Close what is done"]);
    reader.edit("INC-0001.md", "Nobody could pay.", "No customer could pay.");
    let got = reader.get("/p/INC-0001/history");
    let seen = got.seen();
    for text in [
        "Not committed yet",
        "Customer impact summary",
        "is: No customer could pay.",
        "Close what is done",
        "Mira Osei",
        "Severity Incident summary was: Sev1 is: Sev0",
        "Begin the library",
        "added",
    ] {
        assert!(seen.contains(text), "{text}: {seen}");
    }
    let (_, rest) = got.body.split_once("href=\"/p/INC-0001/history/").unwrap();
    let revision = rest.split('"').next().unwrap();
    let got = reader.get(&format!("/p/INC-0001/history/{revision}"));
    assert!(got.seen().contains("Line by line"), "{}", got.seen());
    assert!(got.body.contains("<code>- **Severity**: Sev0</code>"), "{}", got.body);
    assert!(!got.seen().contains("No customer"), "what is not committed is of no commit");
    for nothing in ["0000000000", "--help", "HEAD", "a"] {
        let got = reader.get(&format!("/p/INC-0001/history/{nothing}"));
        assert_eq!(got.status, StatusCode::NOT_FOUND, "{nothing}");
    }
}

#[test]
fn a_library_without_git_says_how_to_get_a_history() {
    let reader = Reader::new();
    let got = reader.get("/p/INC-0001/history");
    assert_eq!(got.status, StatusCode::OK);
    assert!(got.seen().contains("There is no history") && got.seen().contains("git init"), "{}", got.seen());
    reader.git(&["init", "-q", "-b", "main"]);
    let got = reader.get("/p/INC-0001/history");
    assert!(got.seen().contains("No commit holds it yet"), "{}", got.seen());
}

#[test]
fn keys_are_told_on_a_page_and_in_every_pages_dialog() {
    let reader = Reader::new();
    for address in ["/keys", "/"] {
        let seen = reader.get(address).seen();
        assert!(seen.contains("/ search j k next, previous row e edit"), "{address}: {seen}");
    }
}

#[test]
fn the_server_says_that_it_is_well() {
    let reader = Reader::new();
    let got = reader.get("/health");
    assert_eq!(got.header("content-type"), "application/json");
    let version = env!("CARGO_PKG_VERSION");
    let expected = format!("{{\"ok\":true,\"postmortems\":3,\"problems\":0,\"version\":\"{version}\"}}");
    assert_eq!(got.body, expected);
}

#[test]
fn metrics_tell_of_requests_and_of_the_library() {
    let reader = Reader::new();
    reader.get("/p/INC-0001");
    reader.get("/p/nothing");
    reader.get("/made/up/by/a/scanner");
    let metrics = reader.get("/metrics").body;
    for line in [
        "recount_postmortems{stage=\"final\",severity=\"Sev1\"} 2",
        "recount_postmortems{stage=\"review\",severity=\"Sev3\"} 1",
        "recount_postmortems_unfinished{stage=\"review\",age=\"3-7d\"} 1",
        "recount_action_items_open{priority=\"P0\"} 2",
        "recount_action_items_overdue{priority=\"P0\"} 2",
        "recount_action_items_unverified{priority=\"P1\"} 2",
        "recount_library_problems 0",
        "recount_http_requests_total{method=\"GET\",route=\"/p/{key}\",status=\"200\"} 1",
        "recount_http_requests_total{method=\"GET\",route=\"/p/{key}\",status=\"404\"} 1",
        "recount_http_request_duration_seconds_bucket{route=\"/p/{key}\",le=\"+Inf\"} 2",
        "recount_http_request_duration_seconds_count{route=\"/p/{key}\"} 2",
    ] {
        assert!(metrics.lines().any(|found| found == line), "{line}\n{metrics}");
    }
    assert!(!metrics.contains("scanner"), "an address that somebody made up has no line of its own");
    promtool(&metrics);
}

/// What Prometheus itself says of metrics.
fn promtool(metrics: &str) {
    let command = Command::new("promtool").args(["check", "metrics"]).stdin(Stdio::piped()).spawn();
    let Ok(mut child) = command else {
        eprintln!("skipped: `promtool` is not here");
        return;
    };
    std::io::Write::write_all(child.stdin.as_mut().unwrap(), metrics.as_bytes()).unwrap();
    drop(child.stdin.take());
    assert!(child.wait().unwrap().success());
}

/// The names of metrics in a text.
fn metrics_in(text: &str) -> std::collections::BTreeSet<String> {
    let starts = text.match_indices("recount_").map(|(at, _)| &text[at..]);
    let is_name = |c: char| c.is_ascii_lowercase() || c == '_';
    starts.map(|rest| rest.split(|c| !is_name(c)).next().unwrap().to_owned()).collect()
}

#[test]
fn dashboard_and_manual_name_the_metrics_that_exist() {
    let reader = Reader::new();
    reader.get("/");
    let told = reader.get("/metrics").body;
    let lines = told.lines().filter_map(|line| line.strip_prefix("# TYPE ")?.split(' ').next());
    let known: std::collections::BTreeSet<String> = lines.map(str::to_owned).collect();
    let docs = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs");
    let dashboard = fs::read_to_string(docs.join("grafana/recount.json")).unwrap();
    assert!(serde_json::from_str::<serde_json::Value>(&dashboard).unwrap()["panels"].is_array());
    for name in metrics_in(&dashboard) {
        let stem = ["_bucket", "_sum", "_count"].iter().find_map(|tail| name.strip_suffix(tail));
        assert!(known.contains(stem.unwrap_or(&name)), "{name} is no metric");
    }
    let manual = fs::read_to_string(docs.join("monitoring.md")).unwrap();
    assert_eq!(metrics_in(&manual), known);
}

#[test]
fn a_page_that_is_open_is_told_of_changes_of_what_it_shows_and_of_no_other() {
    let reader = Reader::new();
    let page = reader.get("/p/INC-0001").body;
    let (_, rest) = page.split_once("data-of=\"INC-0001\" data-mark=\"").unwrap();
    let mark = rest.split('"').next().unwrap();
    let other = reader.get("/p/INC-0003").body;
    let (_, rest) = other.split_once("data-of=\"INC-0003\" data-mark=\"").unwrap();
    let other = rest.split('"').next().unwrap();
    let said = reader.runtime.block_on(async {
        let mut own = reader.answer(&format!("/events?of=INC-0001&mark={mark}")).await;
        let mut others = reader.answer(&format!("/events?of=INC-0003&mark={other}")).await;
        assert_eq!(own.headers()["content-type"], "text/event-stream");
        reader.edit("INC-0001.md", "Nobody could pay.", "No customer could pay.");
        let frame = tokio::time::timeout(Duration::from_mins(1), own.body_mut().frame()).await;
        let said = frame.expect("an event").unwrap().unwrap().into_data().unwrap();
        let quiet = tokio::time::timeout(Duration::from_millis(300), others.body_mut().frame()).await;
        assert!(quiet.is_err(), "nobody is told of what is not on the page");
        String::from_utf8(said.to_vec()).unwrap()
    });
    assert!(said.starts_with("event: changed\n"), "{said}");
    // What changed before the page listens is told at once, and so is what is gone.
    let (late, gone) = reader.runtime.block_on(async {
        let mut late = reader.answer(&format!("/events?of=INC-0001&mark={mark}")).await;
        let mut gone = reader.answer("/events?of=INC-0099&mark=00").await;
        let late = late.body_mut().frame().await.unwrap().unwrap().into_data().unwrap();
        let gone = gone.body_mut().frame().await.unwrap().unwrap().into_data().unwrap();
        (late, gone)
    });
    assert!(late.starts_with(b"event: changed") && gone.starts_with(b"event: gone"));
}

#[test]
fn pages_that_read_bring_no_script_or_style_of_their_own_and_little_of_ours() {
    let reader = Reader::new();
    reader.begin_history();
    for address in [
        "/",
        "/postmortems",
        "/p/INC-0001",
        "/p/INC-0001/history",
        "/insights",
        "/search?q=vault",
        "/rules",
        "/keys",
    ] {
        let got = reader.get(address);
        assert_eq!(got.status, StatusCode::OK, "{address}");
        assert!(!got.body.contains("<style") && !got.body.contains(" style="), "{address}");
        assert_eq!(got.body.matches("<script").count(), 1, "{address}");
    }
    let page = reader.get("/").body;
    let (_, rest) = page.split_once("<script src=\"").unwrap();
    assert!(reader.get(rest.split('"').next().unwrap()).body.len() < 30_000);
}
