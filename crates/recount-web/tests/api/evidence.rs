//! Evidence that is sent, what is left out of the timeline, and taking it in.

use std::fs;
use std::io::Write as _;
use std::path::Path;

use axum::http::{Method, StatusCode};
use serde_json::{Value, json};

use crate::served::{Answer, Served, served};

const OWN: &str = "/api/v1/postmortems/INC-7000";

/// The examples, with a draft that has no evidence yet.
async fn drafted() -> Served {
    let served = served();
    let new = json!({ "title": "The page that nobody answered", "id": "INC-7000" });
    let made = served.json(Method::POST, "/api/v1/postmortems", &[], &new).await;
    assert_eq!(made.status, StatusCode::CREATED, "{}", made.text);
    served
}

fn example(name: &str) -> Vec<u8> {
    fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples/evidence").join(name)).unwrap()
}

impl Served {
    async fn evidence(&self, query: &str, body: Vec<u8>) -> Answer {
        let headers = [("content-type", "application/octet-stream")];
        self.send_bytes(Method::POST, &format!("{OWN}/evidence?{query}"), &headers, body).await
    }
}

#[tokio::test]
async fn an_export_that_is_sent_becomes_a_timeline_once() {
    let served = drafted().await;
    let body = example("page-nobody-answered/pagerduty-log-entries.json");
    let first = served.evidence("name=pagerduty-log-entries.json", body.clone()).await;
    assert_eq!(first.status, StatusCode::OK, "{}", first.text);
    let told = first.json();
    assert_eq!(told["recount"], json!({ "format": "imported", "version": 1 }));
    assert_eq!(told["inputs"][0]["source"], "pagerduty");
    assert!(!told["added"].as_array().unwrap().is_empty(), "{told}");
    let now = served.get(OWN).await;
    assert_eq!(now.header("etag"), first.header("etag"));
    assert!(!now.json()["timeline"].as_array().unwrap().is_empty());
    let again = served.evidence("name=pagerduty-log-entries.json", body).await;
    assert_eq!(again.json()["added"], json!([]));
    assert_eq!(again.header("etag"), first.header("etag"));
    let stale = [("content-type", "application/octet-stream"), ("if-match", "\"0\"")];
    let path = format!("{OWN}/evidence?name=a.jsonl");
    let stale = served
        .send_bytes(Method::POST, &path, &stale, example("page-nobody-answered/alertmanager.jsonl"))
        .await;
    assert_eq!(stale.status, StatusCode::PRECONDITION_FAILED);
}

#[tokio::test]
async fn a_zip_and_a_gzip_are_unpacked_and_what_cannot_be_read_is_told_with_its_place() {
    let served = drafted().await;
    let gzip = served
        .evidence("name=events.json.gz", example("page-nobody-answered/kubernetes-events.json.gz"))
        .await;
    assert_eq!(gzip.status, StatusCode::OK, "{}", gzip.text);
    let mut zip = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    let options = zip::write::SimpleFileOptions::default();
    for (name, bytes) in [
        ("log.jsonl", example("page-nobody-answered/alertmanager.jsonl")),
        ("notes.json", b"{\"what\": \"nobody knows\"}".to_vec()),
    ] {
        zip.start_file(name, options).unwrap();
        zip.write_all(&bytes).unwrap();
    }
    let zip = served.evidence("name=export.zip", zip.finish().unwrap().into_inner()).await;
    assert_eq!(zip.status, StatusCode::OK, "{}", zip.text);
    let warnings = zip.json()["warnings"].to_string();
    assert!(warnings.contains("`notes.json` is not read") && !warnings.contains("--"), "{warnings}");
    let broken =
        [example("page-nobody-answered/alertmanager.jsonl"), b"\n{\"version\": no JSON}\n".to_vec()].concat();
    let broken =
        served.evidence("name=alerts.jsonl&from=2026-10-01%2000:00&to=2026-10-09%2000:00", broken).await;
    let told = broken.json();
    assert_eq!(told["inputs"][0]["skipped_total"], 1, "{told}");
    let skipped = &told["inputs"][0]["skipped"][0];
    assert!(skipped["line"].as_u64().or(skipped["record"].as_u64()).unwrap() > 1, "{told}");
}

#[tokio::test]
async fn evidence_of_which_nothing_could_be_read_is_refused_with_what_was_skipped_and_why() {
    let served = drafted().await;
    let before = served.text("INC-7000");
    let table = "time,actor,action\nsoon,ana,did it\nlater,bo,did more\n";
    let refused = served.evidence("name=log.csv&zone=UTC", table.into()).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{}", refused.text);
    let told = refused.json();
    assert_eq!(told["detail"], "no event could be read: 2 records skipped");
    let skipped = told["skipped"].as_array().unwrap();
    assert!(skipped.len() == 2 && skipped[0].as_str().unwrap().contains("`log.csv`, line 2"), "{told}");
    assert_eq!(served.text("INC-7000"), before);
    assert!(!recount_store::evidence_folder(&served.file("INC-7000")).exists());
}

#[tokio::test]
async fn what_is_no_evidence_is_refused_and_nothing_of_it_is_kept() {
    let served = drafted().await;
    let before = served.text("INC-7000");
    for (query, body, status, detail) in [
        ("name=a.txt", "hello", 422, "`a.txt` is not read"),
        ("name=a.txt", "", 422, "the body is empty"),
        ("name=..%2F..%2Fa.txt", "hello", 422, "`a.txt` is not read"),
        ("name=.ssh", "hello", 422, "that is no plain file name"),
        ("name=a%00b", "hello", 422, "that is no plain file name"),
        ("name=", "hello", 422, "that is no plain file name"),
        ("", "hello", 400, "the query cannot be read: missing field `name`"),
        ("name=a&source=pager", "hello", 400, "there is no source `pager`"),
        ("name=a&zone=Mars", "hello", 400, "there is no time zone `Mars`"),
        ("name=a&from=soon", "hello", 400, "`soon` of `from` is not a time"),
        ("name=a&map==", "hello", 400, "`map` cannot be read"),
        ("name=a&url=http://localhost", "hello", 400, "there is no parameter `url`"),
        ("name=a.zip", "PK\u{3}\u{4}cut off", 422, "`a.zip` is not a zip that can be read"),
    ] {
        let answer = served.evidence(query, body.as_bytes().to_vec()).await;
        assert_eq!(answer.status, status, "{query}: {}", answer.text);
        let told = answer.json();
        assert!(told["detail"].as_str().unwrap().starts_with(detail), "{query}: {told}");
        assert!(!answer.text.contains("`--") && !answer.text.contains("/tmp"), "{told}");
    }
    assert_eq!(served.text("INC-7000"), before);
    assert!(!recount_store::evidence_folder(&served.file("INC-7000")).exists());
    let json = served.json(Method::POST, &format!("{OWN}/evidence?name=a"), &[], &json!({})).await;
    assert_eq!(json.status, StatusCode::UNSUPPORTED_MEDIA_TYPE);
    let large = served.evidence("name=a.log", vec![b'a'; (64 << 20) + 1]).await;
    assert_eq!(large.status, StatusCode::PAYLOAD_TOO_LARGE);
}

#[tokio::test]
async fn an_archive_that_unpacks_to_more_than_a_server_holds_is_refused() {
    let served = drafted().await;
    let mut zip = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    let options = zip::write::SimpleFileOptions::default();
    zip.start_file("a.log", options).unwrap();
    let piece = vec![b'a'; 1 << 20];
    for _ in 0..65 {
        zip.write_all(&piece).unwrap();
    }
    let zip = zip.finish().unwrap().into_inner();
    assert!(zip.len() < 1 << 20);
    let refused = served.evidence("name=a.zip&source=syslog&year=2026&zone=UTC", zip).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{}", refused.text);
    assert!(refused.json()["detail"].as_str().unwrap().contains("is larger than 64 MiB"), "{}", refused.text);
}

#[tokio::test]
async fn candidates_are_listed_page_by_page_and_taken_in_by_their_ids() {
    let served = drafted().await;
    for name in ["pagerduty-log-entries.json", "kubernetes-events.json.gz", "alertmanager.jsonl"] {
        let sent =
            served.evidence(&format!("name={name}"), example(&format!("page-nobody-answered/{name}"))).await;
        assert_eq!(sent.status, StatusCode::OK, "{name}: {}", sent.text);
    }
    let all = served.get(&format!("{OWN}/candidates?limit=200")).await;
    let told = all.json();
    assert_eq!(told["recount"]["format"], "candidates");
    let ids = |page: &Value| -> Vec<String> {
        let events = page["candidates"].as_array().unwrap();
        events.iter().map(|one| one["id"].as_str().unwrap().to_owned()).collect()
    };
    let wanted = ids(&told);
    assert!(wanted.len() > 2 && told["total"] == wanted.len(), "{told}");
    assert!(!told["candidates"][0]["left_out_because"].as_str().unwrap().is_empty());
    let (mut found, mut next) = (Vec::new(), Some(format!("{OWN}/candidates?limit=2")));
    while let Some(address) = next {
        let page = served.get(&address).await.json();
        found.extend(ids(&page));
        next = page["next"].as_str().map(str::to_owned);
    }
    assert_eq!(found, wanted);
    let rows = served.get(OWN).await.json()["timeline"].as_array().unwrap().len();
    let taking = json!({ "events": [wanted[0], wanted[1]] });
    let path = format!("{OWN}/timeline");
    let tag = all.header("etag").to_owned();
    let taken = served.json(Method::POST, &path, &[("if-match", &tag)], &taking).await;
    assert_eq!(taken.status, StatusCode::OK, "{}", taken.text);
    assert!(taken.json()["timeline"].as_array().unwrap().len() > rows);
    let left = ids(&served.get(&format!("{OWN}/candidates?limit=200")).await.json());
    assert!(!left.contains(&wanted[0]) && !left.contains(&wanted[1]));
    let again = served.json(Method::POST, &path, &[], &taking).await;
    assert_eq!(again.header("etag"), taken.header("etag"));
    let stale =
        served.json(Method::POST, &path, &[("if-match", &tag)], &json!({ "events": [wanted[2]] })).await;
    assert_eq!(stale.status, StatusCode::PRECONDITION_FAILED);
}

#[tokio::test]
async fn what_is_dismissed_is_offered_no_more_until_somebody_wants_it_back() {
    let served = drafted().await;
    for name in ["pagerduty-log-entries.json", "kubernetes-events.json.gz"] {
        let sent =
            served.evidence(&format!("name={name}"), example(&format!("page-nobody-answered/{name}"))).await;
        assert_eq!(sent.status, StatusCode::OK, "{name}: {}", sent.text);
    }
    let path = format!("{OWN}/candidates");
    let ids = |page: &Value| -> Vec<String> {
        let events = page["candidates"].as_array().unwrap();
        events.iter().map(|one| one["id"].as_str().unwrap().to_owned()).collect()
    };
    let before = served.get(&path).await;
    let wanted = ids(&before.json());
    assert!(wanted.len() > 2, "{}", before.text);
    let two = json!({ "dismiss": [wanted[0], wanted[1], wanted[0]] });
    let gone = served.json(Method::POST, &path, &[], &two).await;
    assert_eq!(gone.status, StatusCode::OK, "{}", gone.text);
    assert_eq!(gone.json(), json!({ "dismissed": 2, "offered": 0 }));
    assert_eq!(ids(&served.get(&path).await.json()), wanted[2..]);
    // Nothing of it stands in the document, and the same evidence sent again does not bring them back.
    assert_eq!(served.get(OWN).await.header("etag"), before.header("etag"));
    let name = "kubernetes-events.json.gz";
    served.evidence(&format!("name={name}"), example(&format!("page-nobody-answered/{name}"))).await;
    assert_eq!(ids(&served.get(&path).await.json()), wanted[2..]);
    let again = served.json(Method::POST, &path, &[], &two).await;
    assert_eq!(again.json(), json!({ "dismissed": 0, "offered": 0 }));
    let back = served.json(Method::POST, &path, &[], &json!({ "offer": [wanted[1]] })).await;
    assert_eq!(back.json(), json!({ "dismissed": 0, "offered": 1 }));
    assert_eq!(ids(&served.get(&path).await.json()), wanted[1..]);
    for (body, status) in [
        (json!({}), 422),
        (json!({ "dismiss": [wanted[1]], "offer": [wanted[0]] }), 422),
        (json!({ "dismiss": ["no-such-event"] }), 422),
        (json!({ "drop": [wanted[1]] }), 422),
    ] {
        let refused = served.json(Method::POST, &path, &[], &body).await;
        assert_eq!(refused.status, status, "{body}: {}", refused.text);
    }
    assert_eq!(ids(&served.get(&path).await.json()), wanted[1..]);
}

#[cfg(unix)]
#[tokio::test]
async fn evidence_is_not_written_and_not_read_through_a_link_that_leads_out() {
    let served = drafted().await;
    let elsewhere = tempfile::tempdir().unwrap();
    fs::write(elsewhere.path().join("a.jsonl"), "{}\n").unwrap();
    std::os::unix::fs::symlink(elsewhere.path(), recount_store::evidence_folder(&served.file("INC-7000")))
        .unwrap();
    let sent =
        served.evidence("name=a.json", example("page-nobody-answered/pagerduty-log-entries.json")).await;
    assert!(sent.status.is_client_error() || sent.status == StatusCode::SERVICE_UNAVAILABLE, "{}", sent.text);
    let listed = served.get(&format!("{OWN}/candidates")).await;
    assert_eq!(listed.status, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(fs::read_dir(elsewhere.path()).unwrap().count(), 1);
}

#[tokio::test]
async fn what_the_evidence_says_of_fields_is_offered_with_its_reason() {
    let served = drafted().await;
    let none = served.get(&format!("{OWN}/offers")).await;
    assert_eq!(none.json()["offers"].as_array().unwrap().len(), 0);
    served.evidence("name=a.json", example("page-nobody-answered/pagerduty-log-entries.json")).await;
    let got = served.get(&format!("{OWN}/offers")).await;
    assert_eq!(got.status, StatusCode::OK);
    for offer in got.json()["offers"].as_array().unwrap() {
        for part in ["field", "value", "reason"] {
            assert!(!offer[part].as_str().unwrap().is_empty(), "{offer}");
        }
        assert!(!offer["events"].as_array().unwrap().is_empty(), "{offer}");
    }
    assert_eq!(served.get("/api/v1/postmortems/INC-9999/offers").await.status, StatusCode::NOT_FOUND);
}
