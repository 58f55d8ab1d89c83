//! The source `kubernetes-audit`: who asked a cluster for what. What came of it in the cluster stands in its
//! events (`kubernetes_events`).

use serde::Deserialize;
use serde_json::Value;

use super::shell_command;
use crate::evidence::event::{Event, Kind};
use crate::evidence::identity::{hashed_id, own_id};
use crate::evidence::instants::Scalar;
use crate::evidence::json::Record;
use crate::evidence::reader::{self, JsonSource, Reader};
use crate::evidence::source::{Confidence, Part, source};

source! {
    /// # What it reads
    ///
    /// The audit log of a Kubernetes API server (`audit.k8s.io/v1` and its betas): one event a line, as the
    /// server writes it, an `EventList` as it sends it to a webhook, or CloudWatch's `filter-log-events` around
    /// them.
    ///
    /// # How to get it
    ///
    /// On the control plane's nodes (`--audit-log-path` says where; the log rotates):
    ///
    /// ```sh
    /// jq -c 'select(.stage == "ResponseComplete" and (.verb | IN("get", "list", "watch") | not))' \
    ///   /var/log/kubernetes/audit/audit*.log > audit.jsonl
    /// ```
    ///
    /// From EKS:
    ///
    /// ```sh
    /// aws logs filter-log-events --log-group-name /aws/eks/shop/cluster \
    ///   --log-stream-name-prefix kube-apiserver-audit --output json \
    ///   --start-time 1795608000000 --end-time 1795622400000 > audit.json
    /// ```
    ///
    /// # What becomes an event
    ///
    /// Each write that was answered, once, when it was asked for, by who asked: the user, and as whom where
    /// they acted as another. People come in, and the programs that deploy and scale. A new image is a deploy;
    /// `kubectl rollout undo` a rollback; another number of replicas a scaling; `rollout restart`, `exec`,
    /// `drain`, `cordon` and deleted pods are commands; the rest are config changes. A command that only looks,
    /// and what other programs wrote, are candidates. What was refused to a person comes in as that.
    ///
    /// Left out and counted: reads, other stages of the same request, dry runs, and the cluster's own
    /// housekeeping: leases, events, tokens, reviews, endpoints, status, nodes' heartbeats, its controllers.
    ///
    /// # Traps
    ///
    /// - A log of level `Metadata` holds no bodies: which image or how many replicas is then not known, and a
    ///   rollout is told by the name that `kubectl` gives to its writes.
    /// - The server's answer is not the outcome: `200` means that the wish was stored.
    /// - Bodies hold secrets. Only names, images and numbers of replicas are taken from them.
    KUBERNETES_AUDIT: "kubernetes-audit", "The audit log of a Kubernetes API server", recognise, reader::json::<KubernetesAudit>
}

fn recognise(part: &Part<'_>) -> Confidence {
    let peek = part.peek();
    let is_event = |at: &str| {
        peek.has(&format!("{at}auditID"))
            && (peek.has(&format!("{at}verb")) || peek.has(&format!("{at}stage")))
    };
    // A policy or a shipper may drop the ID.
    let sparse = peek.has_all(&["stage", "verb", "objectRef", "requestReceivedTimestamp"]);
    if is_event("") || is_event("items.") || sparse {
        return Confidence::Sure;
    }
    let wrapped = peek.values("events.message").chain(peek.values("message"));
    if wrapped.into_iter().any(|text| text.contains("audit.k8s.io")) {
        Confidence::Sure
    } else {
        Confidence::No
    }
}

#[derive(Deserialize, Default)]
#[serde(default, rename_all = "camelCase")]
struct Wire<'a> {
    /// The event as text, where a log service stands around it.
    message: Option<String>,
    #[serde(rename = "auditID")]
    audit_id: Option<String>,
    stage: Option<String>,
    #[serde(rename = "requestURI")]
    request_uri: Option<String>,
    verb: Option<String>,
    user: Option<User>,
    impersonated_user: Option<User>,
    user_agent: Option<String>,
    object_ref: Option<Object>,
    response_status: Option<Status>,
    #[serde(borrow)]
    request_object: Option<&'a serde_json::value::RawValue>,
    #[serde(borrow)]
    request_received_timestamp: Scalar<'a>,
    #[serde(borrow)]
    stage_timestamp: Scalar<'a>,
    #[serde(borrow)]
    timestamp: Scalar<'a>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct User {
    username: Option<String>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Object {
    resource: Option<String>,
    namespace: Option<String>,
    name: Option<String>,
    subresource: Option<String>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Status {
    code: Option<u16>,
    reason: Option<String>,
}

/// What a cluster writes for itself, all day.
const HOUSEKEEPING: &[&str] = &[
    "leases",
    "events",
    "tokenreviews",
    "subjectaccessreviews",
    "selfsubjectaccessreviews",
    "selfsubjectrulesreviews",
    "selfsubjectreviews",
    "localsubjectaccessreviews",
    "endpoints",
    "endpointslices",
    "controllerrevisions",
    "componentstatuses",
    "bindings",
    "csinodes",
    "volumeattachments",
];
const STATUS: &[&str] =
    &["status", "token", "binding", "finalize", "log", "proxy", "approval", "portforward"];
const WORKLOADS: &[&str] = &["deployments", "statefulsets", "daemonsets", "rollouts", "deploymentconfigs"];

#[derive(Default)]
struct KubernetesAudit;

impl JsonSource for KubernetesAudit {
    const LISTS: &'static [&'static str] = &["items", "events"];

    fn record(&mut self, record: &Record<'_>, reader: &mut Reader) -> Result<(), String> {
        let wire: Wire<'_> = reader.parse(record)?;
        match (&wire.audit_id, &wire.message) {
            (None, Some(text)) if text.trim_start().starts_with('{') => {
                let inner = Record { bytes: text.as_bytes(), ..*record };
                event(&reader.parse(&inner)?, reader)
            }
            _ => event(&wire, reader),
        }
    }
}

fn event(wire: &Wire<'_>, reader: &mut Reader) -> Result<(), String> {
    let verb = wire.verb.as_deref().unwrap_or("");
    let uri = wire.request_uri.as_deref().unwrap_or("");
    if wire.audit_id.is_none() && verb.is_empty() {
        return Err("this is no event of an audit log".into());
    }
    let none = Object::default();
    let object = wire.object_ref.as_ref().unwrap_or(&none);
    let resource = object.resource.as_deref().unwrap_or("");
    let sub = object.subresource.as_deref().unwrap_or("");
    let runs = resource == "pods" && ["exec", "attach"].contains(&sub);
    let user = wire.user.as_ref().and_then(|user| user.username.as_deref()).unwrap_or("");
    let body: Value =
        wire.request_object.and_then(|raw| serde_json::from_str(raw.get()).ok()).unwrap_or(Value::Null);
    let scales = sub == "scale" && user.ends_with(":horizontal-pod-autoscaler");

    let left_out = if wire.stage.as_deref().is_some_and(|stage| stage != "ResponseComplete") {
        Some("other stages of a request")
    } else if ["get", "list", "watch", "head", ""].contains(&verb) && !runs {
        Some("read-only requests")
    } else if uri.contains("dryRun=") {
        Some("dry runs")
    } else if HOUSEKEEPING.contains(&resource) || STATUS.contains(&sub) || resource.is_empty() {
        Some("housekeeping of the cluster")
    } else if is_the_cluster(user) && !scales {
        Some("writes of the cluster's own controllers")
    } else {
        None
    };
    if let Some(why) = left_out {
        reader.import.leave_out(why, 1);
        return Ok(());
    }
    let code = wire.response_status.as_ref().and_then(|status| status.code).unwrap_or(0);
    let release = object.name.as_deref().and_then(|name| name.strip_prefix("sh.helm.release.v1."));
    // A release's older revisions are marked as replaced; a conflict is tried again.
    if (release.is_some() && verb != "create") || code == 409 {
        reader.import.leave_out("housekeeping of the cluster", 1);
        return Ok(());
    }

    let times = [&wire.request_received_timestamp, &wire.stage_timestamp, &wire.timestamp];
    let time = times.iter().find_map(|time| time.given()).ok_or("this event has no time")?;
    let at = reader.instant(time)?;
    let act = Act {
        verb,
        uri,
        resource,
        sub,
        object,
        body: &body,
        agent: wire.user_agent.as_deref().unwrap_or(""),
    };
    let (mut kind, mut action) = match release {
        Some(release) => {
            let (name, revision) = release.rsplit_once(".v").unwrap_or((release, "?"));
            let namespace = object.namespace.as_deref().map_or_else(String::new, |space| format!("{space}/"));
            (Kind::Deploy, format!("Released revision {revision} of Helm release {namespace}{name}"))
        }
        None => act.told(),
    };
    let person = is_person(user);
    let mut stands_out = None;
    if code >= 400 {
        kind = Kind::Note;
        action = match &*action {
            told if told.starts_with("Ran ") => format!("Tried to run {}", &told[4..]),
            _ => format!(
                "Tried to {} {}",
                if verb == "deletecollection" { "delete all" } else { verb },
                act.object_name()
            ),
        };
        stands_out = person.then_some("a request of a person that was refused");
    } else if !person && kind == Kind::ConfigChange {
        // Operators write their settings all day; what people and deployers do is rarer.
        kind = Kind::Note;
    }

    let mut actor = name_of(user, reader);
    let impersonated =
        wire.impersonated_user.as_ref().and_then(|user| user.username.as_deref()).unwrap_or("");
    let acted_as = if impersonated.is_empty() { String::new() } else { name_of(impersonated, reader) };
    if !acted_as.is_empty() {
        actor = format!("{actor} (as {acted_as})");
    }
    let id = match wire.audit_id.as_deref().filter(|id| !id.is_empty()) {
        Some(id) => own_id("k8s-audit", &[id]),
        None => hashed_id("k8s-audit", at.at, &actor, &format!("{action} {uri}")),
    };
    let reason = wire.response_status.as_ref().and_then(|status| status.reason.as_deref()).unwrap_or("");
    let result = match code {
        0 => String::new(),
        1..400 => format!("Accepted ({code})"),
        _ if reason.is_empty() => format!("Refused ({code})"),
        _ => format!("Refused ({code} {reason})"),
    };
    let mut event = Event::new(id, &at, kind)
        .doing(actor, action)
        .giving(result)
        .with("object", act.object_name())
        .with("namespace", object.namespace.as_deref().unwrap_or(""))
        .with("impersonated", acted_as)
        .with("stands-out", stands_out.unwrap_or(""));
    if code > 0 {
        event = event.with("code", code.to_string());
    }
    if let Some((release, _)) = release.and_then(|release| release.rsplit_once(".v")) {
        event = event.with("service", release);
    } else if WORKLOADS.contains(&resource)
        || ["services", "ingresses", "horizontalpodautoscalers"].contains(&resource)
    {
        event = event.with("service", object.name.as_deref().unwrap_or(""));
    }
    if let Some(version) = act.images().first().and_then(|image| image.rsplit('/').next()?.split_once(':')) {
        event = event.with("version", version.1.split('@').next().unwrap_or(""));
    }
    reader.push(event);
    Ok(())
}

/// One request, as what it asks for.
struct Act<'a> {
    verb: &'a str,
    uri: &'a str,
    resource: &'a str,
    sub: &'a str,
    object: &'a Object,
    body: &'a Value,
    agent: &'a str,
}

impl Act<'_> {
    /// What it is, and in words.
    fn told(&self) -> (Kind, String) {
        let named = self.object_name();
        match (self.resource, self.sub) {
            ("pods", "exec") => {
                let command = self.command();
                if command.is_empty() {
                    return (Kind::Command, format!("Opened a shell in {named}"));
                }
                let kind = shell_command::judge(&command).kind();
                return (kind, format!("Ran {} in {named}", shell_command::shown(&command)));
            }
            ("pods", "attach") => return (Kind::Note, format!("Attached to {named}")),
            ("pods", "eviction") => return (Kind::Command, format!("Evicted {named}")),
            ("pods", "ephemeralcontainers") => {
                return (Kind::Command, format!("Added a debugging container to {named}"));
            }
            (_, "rollback") => return (Kind::Rollback, format!("Rolled back {named}")),
            _ => {}
        }
        let spec = &self.body["spec"];
        let replicas = spec["replicas"].as_u64().or_else(|| self.patched("/spec/replicas")?.as_u64());
        let restarted =
            spec["template"]["metadata"]["annotations"]["kubectl.kubernetes.io/restartedAt"].is_string();
        let changes = ["patch", "update"].contains(&self.verb);
        if self.sub == "scale" || (changes && replicas.is_some() && self.images().is_empty()) {
            let to = replicas
                .map_or_else(String::new, |to| format!(" to {to} replica{}", if to == 1 { "" } else { "s" }));
            return (Kind::Scaling, format!("Scaled {named}{to}"));
        }
        if WORKLOADS.contains(&self.resource) && changes {
            let by_rollout = self.uri.contains("fieldManager=kubectl-rollout");
            if restarted {
                return (Kind::Command, format!("Restarted {named}"));
            }
            let replaced =
                self.patched("/spec/template").is_some() || spec["template"]["$patch"] == "replace";
            if replaced && (by_rollout || self.agent.starts_with("kubectl")) {
                return (Kind::Rollback, format!("Rolled back {named}{}", self.to_images()));
            }
            if by_rollout && self.body.is_null() {
                return (Kind::Command, format!("Changed the rollout of {named} (restart, undo or pause)"));
            }
            if let Some(paused) = spec["paused"].as_bool().filter(|_| by_rollout) {
                let word = if paused { "Paused" } else { "Resumed" };
                return (Kind::Command, format!("{word} the rollout of {named}"));
            }
        }
        if self.resource == "nodes"
            && let Some(cordoned) =
                spec["unschedulable"].as_bool().or_else(|| spec.get("unschedulable").map(|_| false))
        {
            return (Kind::Command, format!("{} {named}", if cordoned { "Cordoned" } else { "Uncordoned" }));
        }
        let past = match self.verb {
            "create" => "Created",
            "update" => "Updated",
            "patch" => "Patched",
            "delete" => "Deleted",
            "deletecollection" => "Deleted all",
            verb => return (Kind::Note, format!("Asked to {verb} {named}")),
        };
        let kind = match self.resource {
            "pods" | "jobs" => Kind::Command,
            workload if WORKLOADS.contains(&workload) && !self.images().is_empty() => Kind::Deploy,
            _ => Kind::ConfigChange,
        };
        (kind, format!("{past} {named}{}", self.to_images()))
    }

    /// `deployment shop/checkout`; of a collection its plural.
    fn object_name(&self) -> String {
        let name = self.object.name.as_deref().or_else(|| self.body["metadata"]["name"].as_str());
        let namespace = self.object.namespace.as_deref().filter(|space| !space.is_empty());
        match (name.filter(|name| !name.is_empty()), namespace) {
            (Some(name), Some(namespace)) => format!("{} {namespace}/{name}", singular(self.resource)),
            (Some(name), None) => format!("{} {name}", singular(self.resource)),
            (None, Some(namespace)) => format!("{} in {namespace}", self.resource),
            (None, None) => self.resource.to_owned(),
        }
    }

    /// What a JSON patch puts at a path.
    fn patched(&self, path: &str) -> Option<&Value> {
        let steps = self.body.as_array()?;
        steps.iter().find(|step| step["path"] == path && step["op"] != "remove").map(|step| &step["value"])
    }

    fn images(&self) -> Vec<&str> {
        let by_path = self.patched("/spec/template");
        let template = by_path.unwrap_or(&self.body["spec"]["template"]);
        let containers = template["spec"]["containers"].as_array().into_iter().flatten();
        let mut images: Vec<&str> = containers.filter_map(|container| container["image"].as_str()).collect();
        if let Some(steps) = self.body.as_array() {
            let image = |step: &&Value| step["path"].as_str().is_some_and(|path| path.ends_with("/image"));
            images.extend(steps.iter().filter(image).filter_map(|step| step["value"].as_str()));
        }
        images
    }

    fn to_images(&self) -> String {
        match &self.images()[..] {
            [] => String::new(),
            images => format!(" ({})", images.join(", ")),
        }
    }

    /// The command of an `exec`, which stands in the address word by word.
    fn command(&self) -> String {
        let query = self.uri.split_once('?').map_or("", |(_, query)| query);
        let words: Vec<String> =
            query.split('&').filter_map(|pair| pair.strip_prefix("command=")).map(from_url).collect();
        match &words[..] {
            [shell] if ["sh", "bash", "/bin/sh", "/bin/bash", "ash", "zsh"].contains(&shell.as_str()) => {
                String::new()
            }
            [_, flag, script] if flag == "-c" => script.clone(),
            words => words.join(" "),
        }
    }
}

/// Whether a name is the cluster's own: its controllers, its nodes, its provider's.
fn is_the_cluster(user: &str) -> bool {
    let own =
        ["system:node:", "system:kube-", "system:apiserver", "system:controller:", "eks:", "aks", "gke-"];
    let spaces = ["kube-system:", "kube-node-lease:", "kube-public:", "gke-managed-", "openshift-"];
    let in_own_space = user
        .strip_prefix("system:serviceaccount:")
        .is_some_and(|rest| spaces.iter().any(|space| rest.starts_with(space)));
    own.iter().any(|prefix| user.starts_with(prefix)) || in_own_space || user == "system:anonymous"
}

fn is_person(user: &str) -> bool {
    !user.is_empty() && !user.starts_with("system:serviceaccount:")
}

/// How a user appears: people by name, service accounts by namespace and name, AWS roles by their session.
fn name_of(user: &str, reader: &mut Reader) -> String {
    if let Some(account) = user.strip_prefix("system:serviceaccount:") {
        return account.replacen(':', "/", 1);
    }
    let name = if user.starts_with("arn:") { user.rsplit('/').next().unwrap_or(user) } else { user };
    // What an identity provider is called stands before the name: `oidc:ana@…`.
    let name = name.rsplit([':', '#']).next().filter(|_| name.contains('@')).unwrap_or(name);
    let mail = if name.contains('@') { name } else { "" };
    reader.who("", &[name], mail)
}

fn singular(resource: &str) -> String {
    match resource {
        "endpoints" => resource.to_owned(),
        _ if resource.ends_with("ies") => format!("{}y", &resource[..resource.len() - 3]),
        _ if resource.ends_with("sses") => resource[..resource.len() - 2].to_owned(),
        _ => resource.strip_suffix('s').unwrap_or(resource).to_owned(),
    }
}

fn from_url(text: &str) -> String {
    let (mut bytes, mut rest) = (Vec::with_capacity(text.len()), text.as_bytes());
    while let [byte, after @ ..] = rest {
        rest = after;
        let escaped =
            after.get(..2).and_then(|two| u8::from_str_radix(std::str::from_utf8(two).ok()?, 16).ok());
        match (byte, escaped) {
            (b'+', _) => bytes.push(b' '),
            (b'%', Some(byte)) => {
                bytes.push(byte);
                rest = &after[2..];
            }
            _ => bytes.push(*byte),
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}
