//! What a token may do: one that reads changes nothing, by whatever address.

use axum::http::Method;
use recount_store::Library;
use recount_web::{Accounts, NewAccount, Scope};
use serde_json::{Value, json};

use crate::served::{DESCRIPTION, served};

#[tokio::test]
async fn a_token_that_may_read_changes_nothing_and_without_one_nobody_is_let_in() {
    let served = served();
    let accounts = Accounts::of(&Library::open(served.folder.path()).unwrap());
    let now = "2026-11-23T10:00:00Z".parse().unwrap();
    let new =
        NewAccount { name: "ana", display: "Ana Li", mail: "", password: "a long pass phrase of words" };
    accounts.add(&new, now).unwrap();
    let account = accounts.find("ana").unwrap();
    let token =
        |name, scope| format!("Bearer {}", accounts.add_token(&account, name, scope, 7, now).unwrap());
    let (read, write) = (token("reader", Scope::Read), token("writer", Scope::Write));
    let before = served.text("INC-0003");
    let mut writes = 0;
    for (path, methods) in DESCRIPTION["paths"].as_object().unwrap() {
        let address = path
            .replace("{key}", "INC-0003")
            .replace("{number}", "1")
            .replace("{item}", "1")
            .replace("{format}", "md")
            .replace("{name}", "missing-owner");
        for method in methods.as_object().unwrap().keys() {
            let asked: Method = method.to_uppercase().parse().unwrap();
            let stranger = served.send(asked.clone(), &address, &[], "").await;
            assert_eq!(stranger.status, 401, "{method} {path}");
            assert_eq!(stranger.json()["type"], "/api#signed-out");
            let reader = served.send(asked.clone(), &address, &[("authorization", &read)], "").await;
            if asked == Method::GET {
                assert_ne!(reader.status, 401, "{method} {path}");
                continue;
            }
            writes += 1;
            assert_eq!(reader.status, 403, "{method} {path}");
            assert_eq!(reader.json()["type"], "/api#forbidden");
            assert_eq!(methods[method]["security"], json!([{}, { "token": ["write"] }]));
        }
    }
    assert!(writes > 8);
    assert_eq!(served.text("INC-0003"), before);
    let row = json!({ "action": "Looked twice" });
    let path = "/api/v1/postmortems/INC-0003/timeline?force=true";
    let written = served.json(Method::POST, path, &[("authorization", &write)], &row).await;
    assert_eq!(written.status, 200, "{}", written.text);
    let rows: Vec<Value> = written.json()["timeline"].as_array().unwrap().clone();
    assert!(rows.iter().any(|row| row["action"] == "Looked twice" && row["actor"] == "Ana Li"), "{rows:?}");
}
