//! The API over a copy of the example library: what every endpoint answers, and every reason why it does not. Whatever
//! comes back is held against the description: its status is one that is named there, its body of the shape.
#![allow(clippy::unwrap_used)]

mod evidence;
mod making;
mod served;
mod tokens;

use axum::http::{Method, StatusCode};
use recount_web::router;
use serde_json::{Value, json};

use served::{DESCRIPTION, Served, served};

#[tokio::test]
async fn a_list_is_paged_without_leaving_anything_out() {
    let served = served();
    let all = served.get("/api/v1/postmortems?limit=200").await.json();
    assert_eq!(all["recount"], json!({ "format": "list", "version": 1 }));
    assert_eq!(all["next"], Value::Null);
    let total = usize::try_from(all["total"].as_u64().unwrap()).unwrap();
    assert!(total > 10);
    for sort in ["newest", "oldest", "severity", "longest", "overdue"] {
        let mut paths = Vec::new();
        let mut next = format!("/api/v1/postmortems?limit=3&sort={sort}");
        loop {
            let page = served.get(&next).await.json();
            assert_eq!(page["total"], total);
            let shown = page["postmortems"].as_array().unwrap();
            paths.extend(shown.iter().map(|one| one["path"].as_str().unwrap().to_owned()));
            match page["next"].as_str() {
                Some(address) => address.clone_into(&mut next),
                None => break,
            }
        }
        assert_eq!(paths.len(), total, "{sort}");
        let mut once = paths.clone();
        once.sort();
        once.dedup();
        assert_eq!(once.len(), total, "{sort}");
    }
}

#[tokio::test]
async fn a_list_is_filtered_as_the_page_is() {
    let served = served();
    let total = served.get("/api/v1/postmortems").await.json()["total"].as_u64().unwrap();
    for query in [
        "severity=sev1",
        "severity=sev0,Sev2",
        "stage=draft",
        "open=true",
        "after=2026-06",
        "before=2026-06-01",
        "title=INC-0003",
        "owner=@ana",
    ] {
        let page = served.get(&format!("/api/v1/postmortems?{query}")).await.json();
        let found = page["total"].as_u64().unwrap();
        assert!(found < total, "{query}: {found} of {total}");
    }
    let one = served.get("/api/v1/postmortems?title=INC-0003").await.json();
    let addresses: Vec<&Value> =
        one["postmortems"].as_array().unwrap().iter().map(|one| &one["href"]).collect();
    assert!(addresses.contains(&&json!("/api/v1/postmortems/INC-0003")), "{addresses:?}");
    assert_eq!(
        served.get("/api/v1/postmortems?severity=sev1").await.json()["postmortems"][0]["severity"],
        "Sev1"
    );
}

#[tokio::test]
async fn what_nobody_knows_is_refused_with_what_was_probably_meant() {
    let served = served();
    for (path, detail, hint) in [
        ("/api/v1/postmortems?severty=sev1", "there is no parameter `severty`", "did you mean `severity`?"),
        ("/api/v1/postmortems?severity=high", "`high` is no value of `severity`", "use `Sev0`"),
        ("/api/v1/postmortems?after=soon", "`soon` is no value of `after`", "write a day of the calendar"),
        ("/api/v1/postmortems?limit=0", "`0` is no value of `limit`", "ask for 1 to 200"),
        (
            "/api/v1/postmortems?after=2026-99-99",
            "`2026-99-99` is no value of `after`",
            "write a day of the calendar as `2026-11-20`",
        ),
        (
            "/api/v1/postmortems?limit=many",
            "`many` is no value of `limit`",
            "give a whole number from 1 to 200",
        ),
        ("/api/v1/postmortems?limit=-1", "`-1` is no value of `limit`", "give a whole number from 1 to 200"),
        ("/api/v1/postmortems?limit=", "`` is no value of `limit`", "give a whole number from 1 to 200"),
        (
            "/api/v1/search?q=dns&limit=99999",
            "`99999` is no value of `limit`",
            "give a whole number from 1 to",
        ),
        (
            "/api/v1/postmortems/INC-0003/similar?limit=-1",
            "`-1` is no value of `limit`",
            "give a whole number from 1 to 50",
        ),
        ("/api/v1/postmortems?open=maybe", "`maybe` is no value of `open`", "use `true` or `false`"),
        ("/api/v1/postmortems?cursor=x", "`x` is no value of `cursor`", "take it from `next`"),
        ("/api/v1/postmortems?sort=best", "`best` is no value of `sort`", "use `newest`"),
        ("/api/v1/actions?statsu=open", "there is no parameter `statsu`", "did you mean `status`?"),
        ("/api/v1/actions?status=finished", "`finished` is no value of `status`", "use `open`"),
        ("/api/v1/insights?figure=frequence", "there is no figure `frequence`", ""),
        ("/api/v1/insights?period=lately", "`lately` is no value of `period`", "write it as `2026`"),
        (
            "/api/v1/insights?period=9999y",
            "`9999y` is no value of `period`",
            "a period goes back 100 years at most; without `period`",
        ),
        ("/api/v1/insights?period=90d&after=2026", "`90d` is no value of `period`", "leave it out"),
        ("/api/v1/search?q=dns&page=2", "there is no parameter `page`", ""),
        ("/api/v1/search?q=dns&cursor=1000", "`1000` of `cursor` is behind", "ask for less"),
        ("/api/v1/postmortems/INC-0003/similar?limit=0", "`0` is no value of `limit`", "ask for 1 to 50"),
        ("/api/v1/postmortems/INC-0003/candidates?cursor=x", "`x` is no value of `cursor`", "take it from"),
        ("/api/v1/postmortems/INC-0003/export/html?audience=all", "`all` is no value of `audience`", "use"),
        ("/api/v1/insights?team=nobody", "there is no team `nobody`", "teams are"),
        ("/api/v1/rules?x=1", "there is no parameter `x`", "this takes no parameter"),
        ("/api/v1/postmortems/INC-0003/findings?stage=done", "`done` is no value of `stage`", "use `draft`"),
    ] {
        let answer = served.get(path).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{path}");
        let told = answer.json();
        assert!(told["detail"].as_str().unwrap().starts_with(detail), "{path}: {told}");
        assert!(told["hint"].as_str().unwrap().starts_with(hint), "{path}: {told}");
        assert_eq!(told["type"], "/api#unreadable");
    }
}

#[tokio::test]
async fn a_postmortem_is_read_with_its_version_and_not_sent_twice() {
    let served = served();
    let answer = served.get("/api/v1/postmortems/inc-0003").await;
    assert_eq!(answer.status, StatusCode::OK);
    let told = answer.json();
    assert_eq!(told["fields"]["incident-id"][0], "INC-0003");
    let links = &told["links"];
    assert_eq!(links["self"], "/api/v1/postmortems/INC-0003");
    assert_eq!(links["page"], "/p/INC-0003");
    let tag = answer.header("etag");
    assert_eq!(tag, format!("\"{}\"", told["version"].as_str().unwrap()));
    for link in ["self", "markdown", "findings", "timeline", "similar", "candidates", "page"] {
        assert_eq!(served.get(links[link].as_str().unwrap()).await.status, StatusCode::OK, "{link}");
    }
    for path in ["", "/markdown", "/timeline"] {
        let path = format!("/api/v1/postmortems/INC-0003{path}");
        for known in [tag.to_owned(), format!("W/{tag}"), format!("\"other\", {tag}"), "*".to_owned()] {
            let again = served.send(Method::GET, &path, &[("if-none-match", &known)], "").await;
            assert_eq!((again.status, again.text.as_str()), (StatusCode::NOT_MODIFIED, ""), "{path} {known}");
            assert_eq!(again.header("etag"), tag);
        }
        let other = served.send(Method::GET, &path, &[("if-none-match", "\"other\"")], "").await;
        assert_eq!(other.status, StatusCode::OK);
    }
    let text = served.get("/api/v1/postmortems/INC-0003/markdown").await;
    assert_eq!(text.text, served.text("INC-0003"));
    assert_eq!(text.header("content-type"), "text/markdown; charset=utf-8");
}

#[tokio::test]
async fn what_is_not_there_is_told_as_a_problem() {
    let served = served();
    for (method, path, status, kind) in [
        (Method::GET, "/api/v1/postmortems/INC-9999", 404, "missing"),
        (Method::GET, "/api/v1/postmortems/INC-9999/markdown", 404, "missing"),
        (Method::GET, "/api/v1/postmortems/INC-9999/findings", 404, "missing"),
        (Method::GET, "/api/v1/postmortems/INC-9999/timeline", 404, "missing"),
        (Method::GET, "/api/v1/rules/missing-ownr", 404, "missing"),
        (Method::GET, "/api/v1/nothing", 404, "missing"),
        (Method::GET, "/api/v2/postmortems", 404, "missing"),
        (Method::GET, "/api/", 404, "missing"),
        (Method::GET, "/api/v1/postmortems/%ff", 400, "unreadable"),
        (Method::DELETE, "/api/v1/postmortems/INC-0003", 405, "method"),
        (Method::PUT, "/api/v1/postmortems", 405, "method"),
    ] {
        let answer = served.send(method.clone(), path, &[], "").await;
        assert_eq!(answer.status, status, "{method} {path}: {}", answer.text);
        assert_eq!(answer.json()["type"], format!("/api#{kind}"), "{method} {path}");
    }
    let near = served.get("/api/v1/rules/missing-ownr").await.json();
    assert_eq!(near["hint"], "did you mean `missing-owner`?");
    let method = served.send(Method::DELETE, "/api/v1/postmortems/INC-0003", &[], "").await;
    assert!(method.header("allow").contains("PATCH"), "{:?}", method.headers);
}

#[tokio::test]
async fn what_comes_from_elsewhere_is_refused_as_a_problem() {
    let served = served();
    let path = "/api/v1/postmortems/INC-0003";
    let other = served.send(Method::GET, path, &[("host", "evil.example")], "").await;
    assert_eq!((other.status.as_u16(), &other.json()["type"]), (421, &json!("/api#misdirected")));
    assert_eq!(other.header("x-content-type-options"), "nosniff");
    let headers = [("origin", "https://evil.example"), ("sec-fetch-site", "cross-site")];
    let forged =
        served.json(Method::PATCH, path, &headers, &json!({ "fields": { "severity": "Sev0" } })).await;
    assert_eq!((forged.status.as_u16(), &forged.json()["type"]), (403, &json!("/api#forbidden")));
}

#[tokio::test]
async fn a_body_is_read_strictly() {
    let served = served();
    let path = "/api/v1/postmortems/INC-0003";
    for (content_type, body, status, detail) in [
        ("text/plain", "{}", 415, "`text/plain` cannot be read here"),
        ("", "{}", 415, "the request does not say what its body is"),
        ("application/json", "{", 400, "the body cannot be read: EOF"),
        ("application/json", "[]", 422, "the body cannot be read: invalid length"),
        ("application/json", "[{},[],null,false]", 422, "the body is a list"),
        ("application/json", "3", 422, "the body cannot be read: invalid type"),
        ("application/json", "{\"field\":{}}", 422, "there is no property `field`"),
        ("application/json", "{\"fields\":{\"severity\":1}}", 422, "the body cannot be read"),
        (
            "application/json",
            "{\"fields\":{\"severty\":\"Sev1\"}}",
            422,
            "the template has no field `severty`",
        ),
        ("application/json; charset=utf-8", "{}", 422, "there is nothing to change"),
    ] {
        let headers = [("if-match", "*"), ("content-type", content_type)];
        let headers = if content_type.is_empty() { &headers[..1] } else { &headers };
        let answer = served.send(Method::PATCH, path, headers, body).await;
        assert_eq!(answer.status, status, "{body}: {}", answer.text);
        assert!(answer.json()["detail"].as_str().unwrap().starts_with(detail), "{}", answer.text);
    }
    let near = served.json(Method::PATCH, path, &[], &json!({ "field": {} })).await.json();
    assert_eq!(near["hint"], "did you mean `fields`?");
}

#[tokio::test]
async fn a_body_that_is_larger_than_a_postmortem_may_be_is_refused() {
    let served = served();
    let headers = [("content-type", "text/markdown"), ("if-match", "*")];
    let body = vec![b'a'; 17 * 1024 * 1024];
    let answer =
        served.send_bytes(Method::PUT, "/api/v1/postmortems/INC-0003/markdown", &headers, body).await;
    assert_eq!(answer.status, StatusCode::PAYLOAD_TOO_LARGE);
}

#[tokio::test]
async fn a_text_takes_the_place_of_the_version_that_was_read() {
    let served = served();
    let path = "/api/v1/postmortems/INC-0003/markdown";
    let first = served.get(path).await;
    let tag = first.header("etag").to_owned();
    let text = first.text.replacen("\n# ", "\n# Again: ", 1);
    let headers = [("content-type", "text/markdown")];
    let unconditional = served.send(Method::PUT, path, &headers, &text).await;
    assert_eq!(unconditional.status, StatusCode::PRECONDITION_REQUIRED);
    let headers = [("content-type", "text/markdown; charset=utf-8"), ("if-match", tag.as_str())];
    let written = served.send(Method::PUT, path, &headers, &text).await;
    assert_eq!(written.status, StatusCode::OK, "{}", written.text);
    assert_eq!(served.text("INC-0003"), text);
    let now = written.header("etag").to_owned();
    assert_eq!(served.get(path).await.header("etag"), now);
    // The version is another by now: what changed since is told, and nothing is written.
    let stale = served.send(Method::PUT, path, &headers, "# All mine\n").await;
    assert_eq!(stale.status, StatusCode::PRECONDITION_FAILED);
    let told = stale.json();
    assert_eq!(format!("\"{}\"", told["version"].as_str().unwrap()), now);
    assert!(!told["changes"].as_array().unwrap().is_empty(), "{told}");
    assert_eq!(served.text("INC-0003"), text);
    // A weak tag says too little for writing.
    let weak = format!("W/{now}");
    let headers = [("content-type", "text/markdown"), ("if-match", weak.as_str())];
    assert_eq!(served.send(Method::PUT, path, &headers, "x").await.status, StatusCode::PRECONDITION_FAILED);
    let headers = [("content-type", "text/markdown"), ("if-match", now.as_str())];
    let binary = served.send_bytes(Method::PUT, path, &headers, vec![b'#', 0xff]).await;
    assert_eq!(binary.status, StatusCode::UNPROCESSABLE_ENTITY);
}

#[tokio::test]
async fn fields_are_set_by_name_and_what_a_rule_forbids_is_refused() {
    let served = served();
    let path = "/api/v1/postmortems/INC-0003";
    let before = served.get(path).await.json();
    assert_eq!(before["stage"], "final");
    let change = json!({ "fields": { "Severity": "Sev1", "regions": ["eu-west", "us-east"] } });
    let unread = served.json(Method::PATCH, path, &[], &change).await;
    assert_eq!(unread.status, StatusCode::PRECONDITION_REQUIRED, "{}", unread.text);
    assert_eq!(served.get(path).await.json(), before);
    let any = [("if-match", "*")];
    let answer = served.json(Method::PATCH, path, &any, &change).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text);
    let told = answer.json();
    assert_eq!(told["fields"]["severity"], json!(["Sev1"]));
    assert_eq!(told["fields"]["regions"], json!(["eu-west", "us-east"]));
    let blank = json!({ "fields": { "root-cause": null } });
    let refused = served.json(Method::PATCH, path, &any, &blank).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(refused.json()["detail"].as_str().unwrap().starts_with("refused, because at stage `final`"));
    let forced = json!({ "fields": { "root-cause": null }, "force": true });
    assert_eq!(served.json(Method::PATCH, path, &any, &forced).await.status, StatusCode::OK);
    let named = json!({ "fields": { "severity": "Sev2" }, "version": "0" });
    let stale = served.json(Method::PATCH, path, &[], &named).await;
    assert_eq!(stale.status, StatusCode::PRECONDITION_FAILED);
    let stale = served.json(Method::PATCH, path, &[("if-match", "\"0\"")], &change).await;
    assert_eq!(stale.status, StatusCode::PRECONDITION_FAILED);
}

#[tokio::test]
async fn edits_are_made_to_the_version_that_they_are_of() {
    let served = served();
    let path = "/api/v1/postmortems/INC-0003";
    let read = served.get(path).await.json();
    let version = read["version"].as_str().unwrap();
    let at = served.text("INC-0003").find("Severity").unwrap();
    let edit = json!([{ "start": at, "end": at + 8, "text": "Severity" }]);
    let none = served.json(Method::PATCH, path, &[], &json!({ "edits": edit })).await;
    assert_eq!(none.status, StatusCode::PRECONDITION_REQUIRED);
    let both = json!({ "edits": edit, "fields": { "severity": "Sev1" }, "version": version });
    assert_eq!(served.json(Method::PATCH, path, &[], &both).await.status, StatusCode::UNPROCESSABLE_ENTITY);
    for edits in [
        json!([{ "start": 9, "end": 3, "text": "" }]),
        json!([{ "start": 0, "end": 99_999_999, "text": "" }]),
        json!([{ "start": 0, "end": 9, "text": "" }, { "start": 5, "end": 12, "text": "" }]),
    ] {
        let change = json!({ "edits": edits, "version": version });
        let answer = served.json(Method::PATCH, path, &[], &change).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{edits}");
    }
    let text = served.text("INC-0003");
    let title = text.find("# ").unwrap() + 2;
    let change =
        json!({ "edits": [{ "start": title, "end": title, "text": "Indeed: " }], "version": version });
    let answer = served.json(Method::PATCH, path, &[], &change).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text);
    assert!(answer.json()["title"].as_str().unwrap().starts_with("Indeed: "));
    let again = served.json(Method::PATCH, path, &[], &change).await;
    assert_eq!(again.status, StatusCode::PRECONDITION_FAILED);
    let told = again.json();
    assert!(told["changes"][0].as_str().unwrap().starts_with("the title is `Indeed: "), "{told}");
}

#[tokio::test]
async fn findings_say_where_and_how_and_their_fixes_are_edits_that_are_taken() {
    let served = served();
    let path = "/api/v1/postmortems/INC-0003/markdown";
    let tag = served.get(path).await.header("etag").to_owned();
    let text = served.text("INC-0003").replacen("Sev", "SEV-", 1);
    let headers = [("content-type", "text/markdown"), ("if-match", tag.as_str())];
    let written = served.send(Method::PUT, &format!("{path}?force=true"), &headers, &text).await;
    assert_eq!(written.status, StatusCode::OK, "{}", written.text);
    let found = served.get("/api/v1/postmortems/INC-0003/findings?stage=final&due=true").await;
    let tag = found.header("etag").to_owned();
    let found = found.json();
    assert_eq!(found["stage"], "final");
    let fixes = found["findings"].as_array().unwrap().iter().filter(|finding| finding["fix"].is_object());
    for finding in fixes.take(1) {
        let change = json!({ "edits": finding["fix"]["edits"], "force": true });
        let answer = served
            .json(Method::PATCH, "/api/v1/postmortems/INC-0003", &[("if-match", tag.as_str())], &change)
            .await;
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.text);
    }
}

#[tokio::test]
async fn rows_of_a_timeline_are_added_changed_and_removed() {
    let served = served();
    let path = "/api/v1/postmortems/INC-0003/timeline";
    let rows = |told: &Value| told["timeline"].as_array().unwrap().clone();
    let first = served.get(path).await.json();
    let count = first["rows"].as_array().unwrap().len();
    let time = first["rows"][0]["time"].as_str().unwrap();
    let row = json!({ "time": time, "actor": "@ana", "action": "Looked | twice", "result": "nothing" });
    let answer = served.json(Method::POST, path, &[], &row).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text);
    let now = rows(&answer.json());
    assert_eq!(now.len(), count + 1);
    let added = now.iter().find(|row| row["action"] == "Looked | twice").unwrap();
    let number = added["number"].as_u64().unwrap();
    let tag = answer.header("etag").to_owned();
    let own = format!("{path}/{number}");
    let change = json!({ "result": "something" });
    let unconditional = served.json(Method::PATCH, &own, &[], &change).await;
    assert_eq!(unconditional.status, StatusCode::PRECONDITION_REQUIRED);
    let changed = served.json(Method::PATCH, &own, &[("if-match", &tag)], &change).await;
    assert_eq!(changed.status, StatusCode::OK, "{}", changed.text);
    let place = usize::try_from(number).unwrap() - 1;
    assert_eq!(rows(&changed.json())[place]["result"], "something");
    assert_eq!(rows(&changed.json())[place]["actor"], "@ana");
    let stale = served.send(Method::DELETE, &own, &[("if-match", &tag)], "").await;
    assert_eq!(stale.status, StatusCode::PRECONDITION_FAILED);
    let tag = changed.header("etag").to_owned();
    let removed = served.send(Method::DELETE, &own, &[("if-match", &tag)], "").await;
    assert_eq!(removed.status, StatusCode::OK, "{}", removed.text);
    assert_eq!(rows(&removed.json()).len(), count);
}

#[tokio::test]
async fn what_comes_out_of_a_row_goes_in_again_unchanged() {
    let served = served();
    let path = "/api/v1/postmortems/INC-0003/timeline";
    for action in [r"Ran a | b \| c", r"Ran `grep 'a\|b'` twice", r"Ran a \\| b", r"Ran \|"] {
        let row = json!({ "time": "2026-11-20 14:02", "actor": "@ana", "action": action });
        let added = served.json(Method::POST, &format!("{path}?force=true"), &[], &row).await;
        assert_eq!(added.status, StatusCode::OK, "{}", added.text);
        let rows = added.json()["timeline"].as_array().unwrap().clone();
        let row = rows.iter().find(|row| row["action"] == action);
        let row = row.unwrap_or_else(|| panic!("{action} is not in {rows:?}"));
        let text = served.text("INC-0003");
        let own = format!("{path}/{}?force=true", row["number"]);
        let same = json!({ "action": row["action"], "result": row["result"], "actor": row["actor"] });
        let again = served.json(Method::PATCH, &own, &[("if-match", "*")], &same).await;
        assert_eq!(again.status, StatusCode::OK, "{}", again.text);
        assert_eq!(served.text("INC-0003"), text);
        served.send(Method::DELETE, &own, &[("if-match", "*")], "").await;
    }
    let path = "/api/v1/postmortems/INC-0003/actions";
    let plan = r"Run `grep 'a\|b'`";
    let new = json!({ "action": r"Alert on a \| b", "owner": "@ana", "plan": plan });
    let added = served.json(Method::POST, &format!("{path}?force=true"), &[], &new).await;
    let items = added.json()["actions"].as_array().unwrap().clone();
    let number = 1 + items.iter().position(|item| item["action"] == r"Alert on a \| b").unwrap();
    assert_eq!(items[number - 1]["verification_plan"], plan);
    let proof = json!({ "status": "verified", "evidence": r"we saw that a \| b is found", "by": "@mei" });
    let proven = served.json(Method::PATCH, &format!("{path}/{number}"), &[("if-match", "*")], &proof).await;
    let told = proven.json();
    let proven = told["actions"][number - 1]["verification_plan"].as_str().unwrap();
    assert!(proven.starts_with(plan) && proven.ends_with(r"we saw that a \| b is found"), "{proven}");
}

#[tokio::test]
async fn a_value_that_cannot_stand_there_is_refused_with_its_place_and_what_to_write() {
    let served = served();
    let own = "/api/v1/postmortems/INC-0003";
    for (path, change, detail, hint) in [
        (
            own.to_owned(),
            json!({ "fields": { "root-cause": "a\n## Injected" } }),
            "`Root cause`: the change was refused",
            "a line that begins as a heading",
        ),
        (
            own.to_owned(),
            json!({ "fields": { "impact-summary": "a <!-- b -->" } }),
            "`Customer impact summary`: a value cannot hold an HTML comment",
            "leave `<!--` out",
        ),
        (
            format!("{own}/timeline/1"),
            json!({ "result": "a <!-- b" }),
            "`Result`: a value cannot hold an HTML comment",
            "leave `<!--` out",
        ),
        (
            format!("{own}/actions/1"),
            json!({ "action": "a <!-- b" }),
            "`Action item`: a value cannot hold an HTML comment",
            "leave `<!--` out",
        ),
    ] {
        let refused = served.json(Method::PATCH, &path, &[("if-match", "*")], &change).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{change}: {}", refused.text);
        let told = refused.json();
        assert!(told["detail"].as_str().unwrap().starts_with(detail), "{told}");
        assert!(told["hint"].as_str().unwrap_or_default().starts_with(hint), "{told}");
    }
}

#[tokio::test]
async fn a_row_that_makes_no_sense_is_refused() {
    let served = served();
    let path = "/api/v1/postmortems/INC-0003/timeline";
    for (row, detail) in [
        (json!({ "action": " " }), "a row needs a text"),
        (json!({ "action": "x", "time": "later" }), "`later` of `time` is not a time"),
        (
            json!({ "action": "x", "time": "2027-11-20 14:02" }),
            "`2027-11-20 14:02` of `time` has not come yet",
        ),
        (json!({ "action": "x", "link": "over there" }), "`over there` of `link` is not an address"),
        (json!({ "action": "x", "events": ["git:1"] }), "a row and events at once"),
        (json!({ "events": ["git:nothing"] }), "the evidence of `INC-0003` has no event"),
        (json!({ "action": "x", "milestone": "fixed" }), "`fixed` is no milestone"),
        (json!({ "action": "x", "who": "@ana" }), "there is no property `who`"),
        (json!({ "actor": "@ana" }), "a row needs a text"),
    ] {
        let answer = served.json(Method::POST, path, &[], &row).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{row}");
        assert!(answer.json()["detail"].as_str().unwrap().starts_with(detail), "{}", answer.text);
    }
    let any = [("if-match", "*")];
    let nothing = served.json(Method::PATCH, &format!("{path}/1"), &any, &json!({})).await;
    assert_eq!(nothing.status, StatusCode::UNPROCESSABLE_ENTITY);
    for number in ["0", "999"] {
        let gone = served.send(Method::DELETE, &format!("{path}/{number}"), &any, "").await;
        assert_eq!(gone.status, StatusCode::NOT_FOUND);
    }
    let word = served.send(Method::DELETE, &format!("{path}/first"), &any, "").await;
    assert_eq!(word.status, StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn action_items_are_listed_over_the_library_page_by_page() {
    let served = served();
    let open = served.get("/api/v1/actions?limit=200").await.json();
    assert_eq!(open["recount"]["format"], "actions");
    let total = open["total"].as_u64().unwrap();
    let all = served.get("/api/v1/actions?status=all").await.json()["total"].as_u64().unwrap();
    let done = served.get("/api/v1/actions?status=done,verified").await.json()["total"].as_u64().unwrap();
    assert!(total > 0 && done > 0 && all >= total + done);
    let mut names = Vec::new();
    let mut next = "/api/v1/actions?limit=2".to_owned();
    loop {
        let page = served.get(&next).await.json();
        names.extend(page["items"].as_array().unwrap().iter().map(|item| item["name"].to_string()));
        match page["next"].as_str() {
            Some(address) => address.clone_into(&mut next),
            None => break,
        }
    }
    let expected: Vec<String> =
        open["items"].as_array().unwrap().iter().map(|item| item["name"].to_string()).collect();
    assert_eq!(names, expected);
    let item = &open["items"][0];
    let incident = item["incident"].as_str().unwrap();
    let of_one = served.get(&format!("/api/v1/actions?status=all&incident={incident}")).await.json();
    assert!(of_one["items"].as_array().unwrap().iter().all(|item| item["incident"] == incident));
    for query in
        ["status=overdue", "status=unverified", "priority=p0,P1", "due_before=2026-12", "due_after=2026-12"]
    {
        assert_eq!(served.get(&format!("/api/v1/actions?{query}")).await.status, StatusCode::OK, "{query}");
    }
}

#[tokio::test]
async fn figures_rules_and_the_library_are_told() {
    let served = served();
    let all = served.get("/api/v1/insights").await.json();
    let figures = all["figures"].as_array().unwrap();
    assert!(figures.len() > 3);
    let name = figures[0]["name"].as_str().unwrap();
    let one =
        served.get(&format!("/api/v1/insights?figure={name}&after=2026-01&severity=sev1,sev2")).await.json();
    assert_eq!(one["figures"].as_array().unwrap().len(), 1);
    assert_eq!(one["from"], "2026-01-01");
    assert!(one["selected"].as_u64() < one["postmortems"].as_u64());
    let rules = served.get("/api/v1/rules").await.json();
    let rule = served.get("/api/v1/rules/missing-owner").await.json();
    assert!(rules["rules"].as_array().unwrap().contains(&rule["rules"][0]));
    let library = served.get("/api/v1/library").await.json();
    assert_eq!(library["today"], "2026-11-23");
    assert!(library["fields"].as_array().unwrap().iter().any(|field| field["name"] == "root-cause"));
}

#[tokio::test]
async fn the_description_is_served_and_every_reference_in_it_leads_somewhere() {
    let served = served();
    let answer = served.get("/api/openapi.json").await;
    assert_eq!(answer.json(), *DESCRIPTION);
    assert!(DESCRIPTION["openapi"].as_str().unwrap().starts_with("3.1"));
    let mut values = vec![&*DESCRIPTION];
    let mut references = 0;
    while let Some(value) = values.pop() {
        if let Some(target) = value.get("$ref").and_then(Value::as_str) {
            references += 1;
            let place = target.strip_prefix('#').unwrap();
            assert!(DESCRIPTION.pointer(place).is_some(), "`{target}` leads nowhere");
        }
        match value {
            Value::Object(members) => values.extend(members.values()),
            Value::Array(items) => values.extend(items),
            _ => {}
        }
    }
    assert!(references > 50);
    let operations =
        DESCRIPTION["paths"].as_object().unwrap().values().flat_map(|path| path.as_object().unwrap());
    for (_, operation) in operations {
        assert!(operation.get("parameters").is_none_or(Value::is_array), "{}", operation["operationId"]);
    }
}

#[tokio::test]
async fn the_reference_page_names_every_address_shape_and_problem() {
    let served = served();
    let page = served.get("/api").await;
    assert_eq!(page.status, StatusCode::OK);
    for path in DESCRIPTION["paths"].as_object().unwrap().keys() {
        assert!(page.text.contains(path), "{path}");
    }
    for name in DESCRIPTION["components"]["schemas"].as_object().unwrap().keys() {
        assert!(page.text.contains(&format!("id=\"shape-{name}\"")), "{name}");
    }
    for name in DESCRIPTION["components"]["responses"].as_object().unwrap().keys() {
        assert!(page.text.contains(&format!("id=\"{name}\"")), "{name}");
    }
    assert!(!page.text.contains("<script>") && !page.text.contains("<style"));
}

#[tokio::test]
async fn who_asks_too_often_is_told_how_long_to_wait() {
    let served = served();
    let first = served.get("/api/v1/rules/missing-owner").await;
    assert!(first.header("ratelimit").starts_with("\"read\";r="), "{:?}", first.headers);
    assert_eq!(first.header("ratelimit-policy"), "\"read\";q=1200;w=60");
    let mut refused = None;
    for _ in 0..2_000 {
        let answer = served.send(Method::DELETE, "/api/v1/nothing", &[], "").await;
        if answer.status == StatusCode::TOO_MANY_REQUESTS {
            refused = Some(answer);
            break;
        }
    }
    let refused = refused.unwrap();
    assert!(refused.header("retry-after").parse::<u64>().unwrap() >= 1);
    assert!(refused.header("ratelimit").starts_with("\"write\";r=0"));
    // Reading goes on.
    assert_eq!(served.get("/api/v1/rules/missing-owner").await.status, StatusCode::OK);
    served.site.limit_api(0);
    let free = Served { router: router(&served.site), ..served };
    assert_eq!(free.get("/api/v1/rules/missing-owner").await.header("ratelimit"), "");
}
