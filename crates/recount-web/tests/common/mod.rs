//! A library in a temporary folder, served in-process.

#![allow(clippy::unwrap_used, dead_code, unreachable_pub, reason = "each test binary uses a part of this")]

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use axum::body::Body;
use axum::http::{Request, StatusCode};
use http_body_util::BodyExt as _;
use jiff::Timestamp;
use recount_store::{Author, Library};
use recount_web::{Settings, Site, router};
use tower::ServiceExt as _;

/// A postmortem in the template, with something of everything.
pub const DOWN: &str = "---\nstage: draft\n---\n\n# Checkout was down\n\n## Incident summary\n\n- **Incident ID**: INC-0001\n\
- **Severity**: Sev2\n- **Start time** (UTC): 2026-11-20 14:00\n- **End time** (UTC): 2026-11-20 15:00\n- **Duration**: 1h\n\
- **Primary services impacted**: checkout\n- **Customer impact summary**: Nobody could pay.\n\n\
## Impact\n\n- **Customer facing symptoms**: Errors at the till\n- **Regions impacted**: eu-west\n\
- **% of customers affected** (estimate): about 12%\n- **Requests affected** (error rates, timeouts): 4%\n- **Data impact**:\n  - Data loss: no\n\n\
## Detection\n\n- **How was it detected**:\n  - Alert name(s): CheckoutDown\n- **Time to detect**: 2m\n\n\
## Timeline\n\n| Time (UTC) | Actor | Action | Result |\n|---|---|---|---|\n\
| 2026-11-20 14:00 | @ana | **Started.** The pool ran dry | |\n| 14:10 | @bo | Restarted it | Better |\n\n\
## Root cause\n\n- **Direct trigger**: a deploy\n\n## Mitigation and resolution\n\n- **What stopped the bleeding**: a restart\n\n\
## What went well\n\n- The alert came at once\n\n## What went poorly\n\n- \n\n## Where we got lucky\n\n- \n\n\
## Action items\n\n| Priority | Action item | Owner | Due date | Status | Verification plan |\n|---:|---|---|---|---|---|\n\
| P1 | Limit the pool | @ana | 2026-11-21 | Open | Load test |\n| P2 | Tell people | @bo | 2026-12-20 | Open | |\n\n\
## Follow-up verification\n\n- How will we prove this is fixed?\n- What metrics should improve?\n- What game day will we run?\n";

/// A library with one postmortem, and its application.
pub struct Served {
    pub folder: tempfile::TempDir,
    pub site: Arc<Site>,
    runtime: tokio::runtime::Runtime,
}

/// What a browser got.
pub struct Got {
    pub status: StatusCode,
    pub location: String,
    pub body: String,
}

impl Served {
    /// With [`DOWN`] in it.
    pub fn new() -> Self {
        Self::with(&[("postmortems/INC-0001-checkout-was-down.md", DOWN)], false)
    }

    pub fn with(files: &[(&str, &str)], commit: bool) -> Self {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("recount.toml"), "[library]\nid = \"INC-{seq:04}\"\nlayout = \"\"\n")
            .unwrap();
        fs::create_dir_all(folder.path().join("postmortems")).unwrap();
        for (path, text) in files {
            fs::write(folder.path().join(path), text).unwrap();
        }
        if commit {
            git(folder.path(), &["init", "-q", "-b", "main"]);
            git(folder.path(), &["config", "user.name", "Server"]);
            git(folder.path(), &["config", "user.email", "server@example.com"]);
            git(folder.path(), &["add", "-A"]);
            git(folder.path(), &["commit", "-qm", "Begin"]);
        }
        let settings = Settings {
            program: "test".to_owned(),
            keep: false,
            clock: Box::new(|| "2026-11-23T10:00:00Z".parse::<Timestamp>().unwrap()),
            commit,
            author: Author { name: "@ana".to_owned(), mail: "ana@example.com".to_owned() },
            hosts: Vec::new(),
        };
        let site = Site::open(Library::open(folder.path()).unwrap(), settings).unwrap();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        Self { folder, site, runtime }
    }

    pub fn path(&self) -> PathBuf {
        self.folder.path().join("postmortems/INC-0001-checkout-was-down.md")
    }

    pub fn text(&self) -> String {
        fs::read_to_string(self.path()).unwrap()
    }

    /// Somebody else changes the file.
    pub fn elsewhere(&self, from: &str, to: &str) {
        let text = self.text();
        assert!(text.contains(from), "{from}");
        fs::write(self.path(), text.replacen(from, to, 1)).unwrap();
    }

    pub fn get(&self, address: &str) -> Got {
        self.send(Request::get(address).header("host", "localhost").body(Body::empty()).unwrap())
    }

    pub fn post(&self, address: &str, inputs: &[(&str, &str)]) -> Got {
        self.post_from("same-origin", address, inputs)
    }

    pub fn post_from(&self, origin: &str, address: &str, inputs: &[(&str, &str)]) -> Got {
        let body: Vec<String> =
            inputs.iter().map(|(name, value)| format!("{}={}", encoded(name), encoded(value))).collect();
        let request = Request::post(address)
            .header("host", "localhost")
            .header("sec-fetch-site", origin)
            .header("content-type", "application/x-www-form-urlencoded")
            .body(Body::from(body.join("&")))
            .unwrap();
        self.send(request)
    }

    /// Sends a form with files, each by its name.
    pub fn post_files(&self, address: &str, inputs: &[(&str, &str)], files: &[(&str, &[u8])]) -> Got {
        const BOUNDARY: &str = "----between-the-parts";
        let mut body = Vec::new();
        for (name, value) in inputs {
            let head =
                format!("--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n");
            body.extend(head.into_bytes());
        }
        for (name, bytes) in files {
            let head = format!(
                "--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"files\"; filename=\"{name}\"\r\n\
                 Content-Type: application/octet-stream\r\n\r\n"
            );
            body.extend(head.into_bytes());
            body.extend(*bytes);
            body.extend(b"\r\n");
        }
        body.extend(format!("--{BOUNDARY}--\r\n").into_bytes());
        let request = Request::post(address)
            .header("host", "localhost")
            .header("sec-fetch-site", "same-origin")
            .header("content-type", format!("multipart/form-data; boundary={BOUNDARY}"))
            .body(Body::from(body))
            .unwrap();
        self.send(request)
    }

    fn send(&self, request: Request<Body>) -> Got {
        self.runtime.block_on(async {
            let response = router(&self.site).oneshot(request).await.unwrap();
            let status = response.status();
            let location = response.headers().get("location").map(|to| to.to_str().unwrap().to_owned());
            let bytes = response.into_body().collect().await.unwrap().to_bytes();
            let body = String::from_utf8(bytes.to_vec()).unwrap();
            Got { status, location: location.unwrap_or_default(), body }
        })
    }

    /// The hidden inputs of the form that goes to an address and holds a text.
    pub fn hidden(&self, page: &str, action: &str, holding: &str) -> Vec<(String, String)> {
        hidden(&self.get(page).body, action, holding)
    }
}

/// The hidden inputs of the form of a page that goes to an address and holds a text.
pub fn hidden(page: &str, action: &str, holding: &str) -> Vec<(String, String)> {
    let mut forms = page.split("<form ").skip(1).map(|form| form.split("</form>").next().unwrap());
    let is_it = |form: &&str| form.contains(&format!("action=\"{action}\"")) && form.contains(holding);
    let form = forms.find(is_it).unwrap_or_else(|| panic!("no form {action} with {holding}"));
    let hidden = form.split("<input type=\"hidden\" name=\"").skip(1);
    hidden
        .map(|input| {
            let (name, rest) = input.split_once("\" value=\"").unwrap();
            (name.to_owned(), decoded(rest.split('"').next().unwrap()))
        })
        .collect()
}

/// A form's hidden inputs with others over them.
pub fn filled<'a>(hidden: &'a [(String, String)], typed: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
    let mut inputs: Vec<(&str, &str)> = hidden
        .iter()
        .map(|(name, value)| (name.as_str(), value.as_str()))
        .filter(|(name, _)| !typed.iter().any(|(other, _)| other == name))
        .collect();
    inputs.extend(typed);
    inputs
}

fn encoded(text: &str) -> String {
    text.bytes()
        .map(|byte| match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' => char::from(byte).to_string(),
            byte => format!("%{byte:02X}"),
        })
        .collect()
}

fn decoded(text: &str) -> String {
    let text = text.replace("&#60;", "<").replace("&#62;", ">").replace("&#34;", "\"").replace("&#39;", "'");
    text.replace("&#38;", "&")
        .replace("&lt;", "<")
        .replace("&gt;", ">")
        .replace("&quot;", "\"")
        .replace("&amp;", "&")
}

pub fn git(folder: &Path, args: &[&str]) -> String {
    let output = std::process::Command::new("git").arg("-C").arg(folder).args(args).output().unwrap();
    assert!(output.status.success(), "{args:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}
