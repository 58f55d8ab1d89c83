//! Making postmortems, finding them again, changing their promises, and handing them out.

use axum::http::{Method, StatusCode};
use serde_json::{Value, json};

use crate::served::served;

const ALL: &str = "/api/v1/postmortems";

#[tokio::test]
async fn a_postmortem_is_made_from_the_template_and_says_what_is_like_it() {
    let served = served();
    let new = json!({
        "title": "Retry storm after the cache was flushed",
        "severity": "sev2", "start": "2026-11-20 14:02", "services": ["inventory", "nonsense"],
    });
    let answer = served.json(Method::POST, ALL, &[], &new).await;
    assert_eq!(answer.status, StatusCode::CREATED, "{}", answer.text);
    let told = answer.json();
    assert_eq!(told["stage"], "draft");
    assert_eq!(told["fields"]["severity"], json!(["Sev2"]));
    assert_eq!(told["fields"]["start-time"], json!(["2026-11-20 14:02"]));
    let own = answer.header("location").to_owned();
    assert_eq!(told["links"]["self"], own.as_str());
    assert!(told["similar"].as_array().unwrap().iter().any(|one| one["id"] == "INC-0003"), "{told}");
    assert!(told["notes"][0].as_str().unwrap().starts_with("`nonsense` is no service"), "{told}");
    let read = served.get(&own).await;
    assert_eq!((read.status, read.header("etag")), (StatusCode::OK, answer.header("etag")));
    let similar = served.get(&format!("{own}/similar?limit=2")).await.json();
    assert_eq!(similar["recount"]["format"], "similar");
    let similar = similar["similar"].as_array().unwrap();
    assert!((1..=2).contains(&similar.len()), "{similar:?}");
    assert_eq!(served.get(similar[0]["href"].as_str().unwrap()).await.status, StatusCode::OK);
}

#[tokio::test]
async fn an_id_that_is_named_is_taken_once_and_what_makes_no_sense_is_refused() {
    let served = served();
    let named = json!({ "title": "Down", "id": "INC-7000" });
    assert_eq!(served.json(Method::POST, ALL, &[], &named).await.status, StatusCode::CREATED);
    for (new, status, detail) in [
        (named.clone(), 409, "the ID `INC-7000` is taken"),
        (json!({ "title": "Down", "id": "inc-0003" }), 409, "the ID `inc-0003` is taken"),
        (json!({ "title": "Down", "id": "../../etc" }), 422, "`../../etc` cannot be an ID"),
        (json!({ "title": " " }), 422, ""),
        (json!({ "title": "Down", "severity": "bad" }), 422, "`bad` is not a severity"),
        (json!({ "title": "Down", "start": "soon" }), 422, "`soon` of `start` is not a time"),
        (json!({ "titel": "Down" }), 422, "there is no property `titel`"),
        (json!({}), 422, "the body cannot be read: missing field `title`"),
    ] {
        let answer = served.json(Method::POST, ALL, &[], &new).await;
        assert_eq!(answer.status, status, "{new}: {}", answer.text);
        assert!(answer.json()["detail"].as_str().unwrap().starts_with(detail), "{}", answer.text);
        assert!(!answer.text.contains("--") && !answer.text.contains("`recount "), "{}", answer.text);
        let kind = if status == 409 { "/api#taken" } else { "/api#refused" };
        assert_eq!(answer.json()["type"], kind);
    }
}

#[tokio::test]
async fn a_title_that_nobody_reads_as_it_is_is_refused() {
    let served = served();
    let long = "x".repeat(5_000);
    for (title, detail) in [
        ("Checkout \u{202e}nwod", "the title holds a control character (U+202E)"),
        ("Checkout \u{2066}down", "the title holds a control character (U+2066)"),
        ("Checkout \u{1b}[31mdown", "the title holds a control character (U+001B)"),
        (&long, "the title has 5000 characters, and 300 are the most"),
    ] {
        let answer = served.json(Method::POST, ALL, &[], &json!({ "title": title })).await;
        assert_eq!(answer.status, 422, "{}", answer.text);
        let told = answer.json();
        assert!(told["detail"].as_str().unwrap().starts_with(detail), "{told}");
        assert!(!told["hint"].as_str().unwrap().is_empty());
    }
    // Letters that run from right to left are no controls.
    for title in ["الدفع لا يعمل", &"é".repeat(300)] {
        let answer = served.json(Method::POST, ALL, &[], &json!({ "title": title })).await;
        assert_eq!(answer.status, StatusCode::CREATED, "{}", answer.text);
    }
}

#[tokio::test]
async fn no_answer_sends_a_program_to_a_terminal() {
    let served = served();
    let new = json!({ "title": "Down", "id": "INC-7000" });
    served.json(Method::POST, ALL, &[], &new).await;
    let any = [("if-match", "*")];
    let row = json!({ "action": "x", "time": "2027-11-20 14:02" });
    let wrong = json!({ "events": ["git:nothing"] });
    let taken = json!({ "fields": { "incident-id": "INC-0003" } });
    let group = json!({ "fields": { "contributing-factors": "x" } });
    let own = format!("{ALL}/INC-7000");
    let answers = [
        served.json(Method::POST, &format!("{own}/timeline"), &[], &row).await,
        served.json(Method::POST, &format!("{own}/timeline"), &[], &wrong).await,
        served.json(Method::PATCH, &own, &any, &taken).await,
        served.json(Method::PATCH, &own, &any, &group).await,
        served.json(Method::POST, ALL, &[], &new).await,
        served.get(&format!("{own}/export/html?audience=public")).await,
        served.get(&format!("{ALL}/INC-9999")).await,
    ];
    for answer in answers {
        assert!(answer.status.is_client_error(), "{}", answer.text);
        assert!(!answer.text.contains("`recount "), "{}", answer.text);
    }
}

#[tokio::test]
async fn a_search_tells_why_each_was_found_page_by_page() {
    let served = served();
    let all = served.get("/api/v1/search?q=cache%20OR%20retry&limit=200").await.json();
    assert_eq!(all["recount"]["format"], "search");
    let hits = all["hits"].as_array().unwrap();
    assert!(hits.len() > 2 && all["total"] == hits.len(), "{all}");
    assert!(hits[0]["excerpt"].as_array().unwrap().iter().any(|piece| piece["hit"] == true), "{all}");
    assert_eq!(served.get(hits[0]["href"].as_str().unwrap()).await.status, StatusCode::OK);
    let (mut paths, mut next) = (Vec::new(), Some("/api/v1/search?q=cache%20OR%20retry&limit=2".to_owned()));
    while let Some(address) = next {
        let page = served.get(&address).await.json();
        paths.extend(page["hits"].as_array().unwrap().iter().map(|hit| hit["path"].clone()));
        next = page["next"].as_str().map(str::to_owned);
    }
    assert_eq!(paths, hits.iter().map(|hit| hit["path"].clone()).collect::<Vec<Value>>());
    let corrected = served.get("/api/v1/search?q=inventry").await.json();
    assert_eq!(corrected["corrected"][0]["word"], "inventry");
    let strange = served.get("/api/v1/search?q=severity:awful").await.json();
    assert!(!strange["notes"].as_array().unwrap().is_empty(), "{strange}");
    assert_eq!(served.get("/api/v1/search").await.status, StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn a_promise_is_settled_with_what_its_status_asks_for() {
    let served = served();
    let path = "/api/v1/postmortems/INC-0003/actions";
    let any = [("if-match", "*")];
    let item = |told: &Value, number: usize| told["actions"][number - 1].clone();
    let unconditional =
        served.json(Method::PATCH, &format!("{path}/5"), &[], &json!({ "status": "done" })).await;
    assert_eq!(unconditional.status, StatusCode::PRECONDITION_REQUIRED);
    for (number, change, detail, hint) in [
        ("5", json!({ "status": "verified" }), "refused, because at stage `final`", "force=true"),
        (
            "5",
            json!({ "status": "verified", "evidence": "yes" }),
            "`yes` shows nobody that it works",
            "force=true",
        ),
        ("5", json!({ "status": "wont-do" }), "`Won't do` needs a reason", "force=true"),
        ("1", json!({ "status": "open" }), "action item #1 is `Verified 2025-06-02`", "force=true"),
        (
            "5",
            json!({ "date": "2027-01-01", "status": "done" }),
            "`2027-01-01` has not come yet",
            "force=true",
        ),
        ("5", json!({ "status": "finished" }), "`finished` is no status", "use `open`"),
        ("5", json!({ "priority": "high" }), "`high` is no priority", "use `P0`"),
        ("5", json!({ "due": "someday" }), "`someday` of `due` is no day", ""),
        ("5", json!({ "action": "" }), "an action item needs a text", ""),
        ("5", json!({}), "there is nothing to change", "send `status`"),
        ("5", json!({ "state": "done" }), "there is no property `state`", ""),
    ] {
        let answer = served.json(Method::PATCH, &format!("{path}/{number}"), &any, &change).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{change}: {}", answer.text);
        let told = answer.json();
        assert!(told["detail"].as_str().unwrap().starts_with(detail), "{change}: {told}");
        assert!(told["hint"].as_str().unwrap_or_default().contains(hint), "{change}: {told}");
        assert!(!answer.text.contains("--force"), "{told}");
    }
    for item in ["0", "99", "no-such-id"] {
        let gone =
            served.json(Method::PATCH, &format!("{path}/{item}"), &any, &json!({ "owner": "@ana" })).await;
        assert_eq!(gone.status, StatusCode::NOT_FOUND);
    }
    let change = json!({ "status": "verified", "evidence": "https://grafana.kestrelrow.example/d/cold", "by": "@mei" });
    let first = served.json(Method::PATCH, &format!("{path}/5"), &any, &change).await;
    assert_eq!(first.status, StatusCode::OK, "{}", first.text);
    let told = item(&first.json(), 5);
    assert_eq!(told["status"], "Verified 2026-11-23");
    assert!(told["verification_plan"].as_str().unwrap().contains("verified by @mei 2026-11-23"), "{told}");
    // The same again changes nothing more.
    let again = served.json(Method::PATCH, &format!("{path}/5"), &any, &change).await;
    assert_eq!(again.header("etag"), first.header("etag"));
    let forced = json!({ "status": "open" });
    let forced = served.json(Method::PATCH, &format!("{path}/1?force=true"), &any, &forced).await;
    assert_eq!(forced.status, StatusCode::OK, "{}", forced.text);
    let new = json!({ "action": "Rehearse it", "owner": "@ana", "priority": "p2", "due": "2026-12-20", "plan": "The game day of January" });
    let added = served.json(Method::POST, path, &[], &new).await;
    assert_eq!(added.status, StatusCode::OK, "{}", added.text);
    let items = added.json()["actions"].as_array().unwrap().clone();
    let number = 1 + items.iter().position(|item| item["action"] == "Rehearse it").unwrap();
    let cleared = json!({ "due": "", "action": "Rehearse it twice" });
    let cleared = served.json(Method::PATCH, &format!("{path}/{number}?force=true"), &any, &cleared).await;
    let told = item(&cleared.json(), number);
    assert_eq!((&told["due"], &told["action"]), (&json!(""), &json!("Rehearse it twice")), "{told}");
}

#[tokio::test]
async fn fields_say_what_they_can_mean_and_durations_follow_their_times() {
    let served = served();
    let new = json!({ "title": "Down", "id": "INC-7000", "start": "2026-11-20 14:00" });
    let own = served.json(Method::POST, ALL, &[], &new).await.header("location").to_owned();
    let set = async |fields: Value, query: &str| {
        let any = [("if-match", "*")];
        served.json(Method::PATCH, &format!("{own}{query}"), &any, &json!({ "fields": fields })).await
    };
    for (fields, detail) in [
        (json!({ "data-loss": "maybe" }), "`maybe` is no answer to"),
        (json!({ "customers-affected": "many" }), "`many` is no answer to"),
        (json!({ "incident-id": "INC-0003" }), "the ID `INC-0003` is taken"),
    ] {
        let refused = set(fields.clone(), "").await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{fields}: {}", refused.text);
        let told = refused.json();
        assert!(told["detail"].as_str().unwrap().starts_with(detail), "{told}");
        assert!(
            told["hint"].as_str().unwrap().ends_with("send `force=true` to write it all the same"),
            "{told}"
        );
        if fields.get("incident-id").is_none() {
            assert_eq!(set(fields, "?force=true").await.status, StatusCode::OK);
        }
    }
    let both = json!({ "end-time": "2026-11-20 15:00", "duration": "1h" });
    assert_eq!(set(both, "").await.status, StatusCode::OK);
    let later = set(json!({ "end-time": "2026-11-20 16:00" }), "").await.json();
    assert_eq!(later["fields"]["duration"], json!(["2h"]), "{later}");
    // What is said goes before what would follow.
    let said = json!({ "end-time": "2026-11-20 17:00", "duration": "about 3h" });
    assert_eq!(set(said, "?force=true").await.json()["fields"]["duration"], json!(["about 3h"]));
}

#[tokio::test]
async fn a_postmortem_is_handed_out_in_each_format_and_the_public_gets_no_leak() {
    let served = served();
    for (format, media_type) in [
        ("html", "text/html; charset=utf-8"),
        ("md", "text/markdown; charset=utf-8"),
        ("json", "application/json"),
    ] {
        for audience in ["internal", "public"] {
            let path = format!("/api/v1/postmortems/INC-0003/export/{format}?audience={audience}");
            let answer = served.get(&path).await;
            assert_eq!(answer.status, StatusCode::OK, "{path}: {}", answer.text);
            assert_eq!(answer.header("content-type"), media_type);
            assert_eq!(answer.text.contains("@lucia"), audience == "internal", "{path}");
        }
    }
    assert_eq!(served.get("/api/v1/postmortems/INC-0003/export/docx").await.status, StatusCode::NOT_FOUND);
    let new = json!({ "title": "Down", "id": "INC-7000" });
    served.json(Method::POST, ALL, &[], &new).await;
    let draft = served.get("/api/v1/postmortems/INC-7000/export/html?audience=public").await;
    assert_eq!(draft.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(draft.json()["hint"].as_str().unwrap().contains("`force=true`"), "{}", draft.text);
    let forced = served.get("/api/v1/postmortems/INC-7000/export/html?audience=public&force=true").await;
    assert_eq!(forced.status, StatusCode::OK);
}

#[tokio::test]
async fn what_would_leak_is_refused_in_each_format_by_its_kind_and_never_in_its_words() {
    let served = served();
    let file = served.file("INC-0003");
    let text = served.text("INC-0003");
    let label = "- **Customer impact summary**:";
    // Written so that taking out what the document names does not find them, and a reader reads them all the same.
    for (planted, kind, words) in [
        ("seen by R**ibeir**o", "the name of a person", "ibeir"),
        ("on db1.eu-west.&#105;nternal", "an internal host", "db1"),
        ("at https:&#47;/wiki.corp.example/x", "a link to a server that is not listed as public", "wiki"),
        ("with pass&#119;ord=hunter2hunter2", "a secret", "hunter2"),
    ] {
        let (before, after) = text.split_once(label).unwrap();
        std::fs::write(&file, format!("{before}{label} {planted}. {}", after.trim_start())).unwrap();
        for format in ["html", "json", "md"] {
            let path = format!("/api/v1/postmortems/INC-0003/export/{format}?audience=public");
            let refused = served.get(&path).await;
            assert_eq!(
                refused.status,
                StatusCode::UNPROCESSABLE_ENTITY,
                "{planted} as {format}: {}",
                refused.text
            );
            assert!(refused.text.contains(kind), "{planted} as {format}: {}", refused.text);
            assert!(!refused.text.contains(words), "{planted} as {format}: {}", refused.text);
            let internal = served.get(&format!("/api/v1/postmortems/INC-0003/export/{format}")).await;
            assert_eq!(internal.status, StatusCode::OK, "{format}");
        }
    }
}
