//! The API over a copy of the example library, and each answer held against the description.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Arc, LazyLock};

use axum::Router;
use axum::body::Body;
use axum::http::{Method, Request, StatusCode};
use http_body_util::BodyExt as _;
use recount_store::{Author, Library};
use recount_web::{Settings, Site, router};
use serde_json::{Value, json};
use tower::ServiceExt as _;

pub(crate) static DESCRIPTION: LazyLock<Value> = LazyLock::new(|| {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/reference/openapi.json");
    serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap()
});

/// An application over a copy of the examples.
pub(crate) struct Served {
    pub(crate) folder: tempfile::TempDir,
    pub(crate) router: Router,
    pub(crate) site: Arc<Site>,
}

/// An answer that kept to the description.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: axum::http::HeaderMap,
    pub(crate) text: String,
}

impl Answer {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|_| panic!("no JSON: {}", self.text))
    }

    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map(|value| value.to_str().unwrap()).unwrap_or_default()
    }
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap().map(Result::unwrap) {
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            if entry.file_name() != ".recount" {
                copy(&entry.path(), &target);
            }
        } else {
            fs::copy(entry.path(), target).unwrap();
        }
    }
}

pub(crate) fn served() -> Served {
    let folder = tempfile::tempdir().unwrap();
    copy(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples"), folder.path());
    let settings = Settings {
        program: "test".to_owned(),
        keep: false,
        clock: Box::new(|| "2026-11-23T10:00:00Z".parse().unwrap()),
        commit: false,
        author: Author { name: "Ana".to_owned(), mail: String::new() },
        hosts: Vec::new(),
    };
    let site = Site::open(Library::open(folder.path()).unwrap(), settings).unwrap();
    Served { folder, router: router(&site), site }
}

impl Served {
    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.send(Method::GET, path, &[], "").await
    }

    pub(crate) async fn send(
        &self,
        method: Method,
        path: &str,
        headers: &[(&str, &str)],
        body: &str,
    ) -> Answer {
        self.send_bytes(method, path, headers, body.as_bytes().to_vec()).await
    }

    pub(crate) async fn json(
        &self,
        method: Method,
        path: &str,
        headers: &[(&str, &str)],
        body: &Value,
    ) -> Answer {
        let headers = [&[("content-type", "application/json")], headers].concat();
        self.send(method, path, &headers, &body.to_string()).await
    }

    pub(crate) async fn send_bytes(
        &self,
        method: Method,
        path: &str,
        headers: &[(&str, &str)],
        body: Vec<u8>,
    ) -> Answer {
        let mut request = Request::builder().method(method.clone()).uri(path);
        if !headers.iter().any(|(name, _)| *name == "host") {
            request = request.header("host", "localhost");
        }
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let response = self.router.clone().oneshot(request.body(Body::from(body)).unwrap()).await.unwrap();
        let (parts, body) = response.into_parts();
        let bytes = body.collect().await.unwrap().to_bytes();
        let answer = Answer {
            status: parts.status,
            headers: parts.headers,
            text: String::from_utf8(bytes.to_vec()).unwrap(),
        };
        keeps_to_description(&method, path, &answer);
        answer
    }

    pub(crate) fn file(&self, id: &str) -> PathBuf {
        let mut found = Vec::new();
        let mut folders = vec![self.folder.path().join("postmortems")];
        while let Some(folder) = folders.pop() {
            for entry in fs::read_dir(folder).unwrap().map(Result::unwrap) {
                let name = entry.file_name().to_string_lossy().into_owned();
                if entry.path().is_dir() {
                    folders.push(entry.path());
                } else if name.starts_with(id)
                    && entry.path().extension().is_some_and(|ending| ending == "md")
                {
                    found.push(entry.path());
                }
            }
        }
        found.sort();
        found.remove(0)
    }

    pub(crate) fn text(&self, id: &str) -> String {
        fs::read_to_string(self.file(id)).unwrap()
    }
}

/// Holds an answer against what the description says of its operation; an address that is none has problems alone.
fn keeps_to_description(method: &Method, path: &str, answer: &Answer) {
    let bare = path.split('?').next().unwrap();
    let is_like = |template: &str| {
        let (own, theirs): (Vec<_>, Vec<_>) = (bare.split('/').collect(), template.split('/').collect());
        own.len() == theirs.len()
            && own.iter().zip(&theirs).all(|(own, their)| their.starts_with('{') || own == their)
    };
    let paths = DESCRIPTION["paths"].as_object().unwrap();
    // An address without a part to fill in comes before one with.
    let mut like: Vec<_> = paths.iter().filter(|(template, _)| is_like(template)).collect();
    like.sort_by_key(|(template, _)| template.matches('{').count());
    let operation = like.first().map(|(_, methods)| &methods[method.as_str().to_lowercase()]);
    let operation = operation.filter(|operation| operation.is_object());
    let content_type = answer.header("content-type");
    let problem = json!({ "$ref": "#/components/responses/missing" });
    let described = match operation {
        Some(operation) => {
            let described = &operation["responses"][answer.status.as_str()];
            assert!(
                described.is_object(),
                "{method} {path}: {} is not described: {}",
                answer.status,
                answer.text
            );
            described
        }
        None if answer.status.is_client_error() => &problem,
        None => return,
    };
    let described = match described["$ref"].as_str() {
        Some(target) => DESCRIPTION.pointer(target.strip_prefix('#').unwrap()).unwrap(),
        None => described,
    };
    let Some(content) = described.get("content") else {
        assert_eq!(answer.text, "", "{method} {path}");
        return;
    };
    let bare_type = content_type.split(';').next().unwrap();
    let content = &content[bare_type];
    assert!(content.is_object(), "{method} {path}: `{content_type}` is not described for {}", answer.status);
    if bare_type.ends_with("json") {
        let mut schema = content["schema"].clone();
        schema["components"] = DESCRIPTION["components"].clone();
        let validator = jsonschema::validator_for(&schema).unwrap();
        let told = answer.json();
        let faults: Vec<String> =
            validator.iter_errors(&told).map(|fault| format!("{}: {fault}", fault.instance_path())).collect();
        assert!(faults.is_empty(), "{method} {path}\n{}", faults.join("\n"));
    }
    if !answer.status.is_success() && answer.status != StatusCode::NOT_MODIFIED {
        let told = answer.json();
        assert_eq!(told["status"], answer.status.as_u16());
        assert!(!told["detail"].as_str().unwrap().ends_with('.'), "{told}");
    }
}
