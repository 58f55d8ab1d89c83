//! What somebody did, as far as it can be told apart from what others did: from a command at a shell, from the
//! record that a service keeps of the call, from a word about a flag.
//!
//! What does not live here: what a command is worth (`sources/shell_command`), and who is compared with whom.

use std::collections::BTreeSet;

use super::{detail, plain, short};
use crate::evidence::event::{Event, Kind};

/// What was done to what.
#[derive(Clone, Debug, Default)]
pub(super) struct Deed {
    /// Names of the deed: two events can only tell of one where they share one of these.
    pub(super) names: Vec<String>,
    /// The one thing that a deploy or a rollback by command is of.
    pub(super) of: Option<String>,
    namespace: String,
    host: String,
    /// How many replicas it is now, where that is said.
    replicas: Option<String>,
    /// Whether a flag is on now.
    is_on: Option<bool>,
    environment: String,
    /// The words of a command that calls a cloud; its record has the resource's name.
    words: BTreeSet<String>,
    resource: Option<String>,
}

impl Deed {
    pub(super) fn of(event: &Event) -> Self {
        let mut deed = Self {
            host: short_host(detail(event, "host")),
            environment: environment(event),
            ..Self::default()
        };
        if !(event.kind.is_change() || event.kind == Kind::Note) {
            return deed;
        }
        match command(event) {
            Some(text) => deed.read_command(text),
            None => deed.read_record(event),
        }
        if event.kind.is_change()
            && let Some(flag) = flag(event)
        {
            deed.names.push(format!("flag {}", plain(&flag)));
            deed.is_on = is_on(event);
        }
        deed
    }

    /// Whether two can be one: nothing that both say differs.
    pub(super) fn agrees(&self, other: &Self) -> bool {
        let agree = |one: &str, two: &str| one.is_empty() || two.is_empty() || one == two;
        let named = |record: &Self, command: &Self| match &record.resource {
            // A call without its resource could be any.
            Some(resource) => command.words.is_empty() || command.words.contains(resource),
            None => true,
        };
        agree(&self.namespace, &other.namespace)
            && agree(&self.host, &other.host)
            && agree(&self.environment, &other.environment)
            && self.replicas.as_ref().zip(other.replicas.as_ref()).is_none_or(|(one, two)| one == two)
            && self.is_on.zip(other.is_on).is_none_or(|(one, two)| one == two)
            && named(self, other)
            && named(other, self)
    }

    fn read_command(&mut self, text: &str) {
        for simple in text.split(['\n', ';', '|', '&']) {
            let words: Vec<&str> = simple
                .split_whitespace()
                .map(|word| word.trim_matches(['"', '\'', '(', ')']))
                .skip_while(|word| *word == "sudo" || word.contains('=') && !word.starts_with('-'))
                .collect();
            let Some((tool, arguments)) = words.split_first() else { continue };
            match tool.rsplit('/').next().unwrap_or(tool) {
                "kubectl" | "oc" => self.read_kubectl(arguments),
                "helm" => self.read_helm(arguments),
                "aws" => self.read_aws(arguments),
                _ => {}
            }
        }
        // The same line, by a history, by a recording and by what `sudo` logs.
        let line: Vec<&str> = text.split_whitespace().filter(|word| *word != "sudo").collect();
        let line = plain(&line.join(" "));
        if line.len() >= 8 {
            self.names.push(format!("ran {line}"));
        }
    }

    fn read_kubectl(&mut self, arguments: &[&str]) {
        const WITH_VALUE: [&str; 14] = [
            "-n",
            "--namespace",
            "-c",
            "--container",
            "--context",
            "--cluster",
            "--kubeconfig",
            "--user",
            "-f",
            "-l",
            "-o",
            "-p",
            "--patch",
            "--type",
        ];
        let mut plain_words: Vec<&str> = Vec::new();
        let mut rest = arguments.iter();
        while let Some(word) = rest.next() {
            let (flag, value) = word.split_once('=').unwrap_or((word, ""));
            let takes = WITH_VALUE.contains(word) || *word == "--replicas";
            let value = if takes { rest.next().copied().unwrap_or("") } else { value };
            match flag {
                "-n" | "--namespace" => value.clone_into(&mut self.namespace),
                "--replicas" => self.replicas = Some(value.to_owned()),
                _ if word.starts_with('-') => {}
                _ => plain_words.push(word),
            }
        }
        let (verb, objects) = match plain_words[..] {
            ["scale", ref objects @ ..] => ("scale", objects),
            ["rollout", "restart", ref objects @ ..] => ("restart", objects),
            ["rollout", "undo", ref objects @ ..] => ("undo", objects),
            ["delete", ref objects @ ..] => ("delete", objects),
            ["set", _, ref objects @ ..] | ["patch" | "edit" | "replace", ref objects @ ..] => {
                ("change", objects)
            }
            ["cordon", ref nodes @ ..] => return self.name_nodes("cordon", nodes),
            ["uncordon", ref nodes @ ..] => return self.name_nodes("uncordon", nodes),
            _ => return,
        };
        let mut kind = "";
        let mut named: Vec<String> = Vec::new();
        for object in objects.iter().filter(|object| !object.contains('=')) {
            match object.split_once('/') {
                Some((of, name)) => named.push(format!("{}/{name}", singular(of))),
                None if kind.is_empty() => kind = object,
                None => named.push(format!("{}/{object}", singular(kind))),
            }
        }
        if let ([one], "change" | "undo") = (&named[..], verb) {
            self.of = one.split_once('/').map(|(_, name)| name.to_owned());
        }
        self.names.extend(named.iter().map(|object| format!("{verb} {object}")));
    }

    fn name_nodes(&mut self, verb: &str, nodes: &[&str]) {
        self.names
            .extend(nodes.iter().map(|node| format!("{verb} node/{}", node.trim_start_matches("node/"))));
    }

    fn read_helm(&mut self, arguments: &[&str]) {
        let mut words = arguments.iter().filter(|word| !word.starts_with('-'));
        if let (Some(&("upgrade" | "rollback" | "install")), Some(name)) = (words.next(), words.next()) {
            self.of = Some((*name).to_owned());
        }
    }

    fn read_aws(&mut self, arguments: &[&str]) {
        const WITH_VALUE: [&str; 4] = ["--region", "--profile", "--output", "--endpoint-url"];
        let mut rest = arguments.iter();
        let mut calls: Vec<&str> = Vec::new();
        while let (true, Some(word)) = (calls.len() < 2, rest.next()) {
            if WITH_VALUE.contains(word) {
                rest.next();
            } else if !word.starts_with('-') {
                calls.push(word);
            }
        }
        if let [service, call] = calls[..] {
            self.names.push(format!("call {service}:{}", plain(call)));
            let values = rest.flat_map(|word| word.split(['=', ',']));
            self.words.extend(values.map(|word| word.rsplit('/').next().unwrap_or(word).to_owned()));
        }
    }

    /// What an audit log or a cluster says of a thing: `Scaled deployment shop/cart to 8 replicas`.
    fn read_record(&mut self, event: &Event) {
        if let Some((service, call)) = detail(event, "call").split_once(':')
            && !detail(event, "resource").is_empty()
        {
            self.names.push(format!("call {service}:{}", plain(call)));
            self.resource = detail(event, "resource").rsplit('/').next().map(str::to_owned);
        }
        let Some((kind, name)) = detail(event, "object").split_once(' ') else { return };
        let (namespace, name) = name.split_once('/').unwrap_or(("", name));
        namespace.clone_into(&mut self.namespace);
        let verbs: &[&str] = match event.action.split_whitespace().next().unwrap_or("") {
            "Scaled" => &["scale"],
            "Restarted" => &["restart"],
            "Rolled" if event.kind == Kind::Rollback => &["undo"],
            // Which of them the log does not say.
            "Changed" => &["restart", "undo"],
            "Deleted" => &["delete"],
            "Patched" | "Updated" => &["change"],
            "Cordoned" => &["cordon"],
            "Uncordoned" => &["uncordon"],
            _ => &[],
        };
        self.names.extend(verbs.iter().map(|verb| format!("{verb} {kind}/{name}")));
        if let Some((_, rest)) = event.action.split_once(" to ")
            && let Some((number, "replica" | "replicas")) = rest.split_once(' ')
        {
            self.replicas = Some(number.to_owned());
        }
    }
}

/// The command that an event is of: all of it where the row shows its first line.
pub(super) fn command(event: &Event) -> Option<&str> {
    let shown = event.action.strip_prefix("Ran `")?.split('`').next()?;
    // What ran inside a pod ran there, and not at the shell.
    if event.action.contains("` in pod ") {
        return None;
    }
    Some(event.details.get("command").map_or(shown, String::as_str))
}

fn singular(kind: &str) -> String {
    let kind = kind.split('.').next().unwrap_or(kind).to_lowercase();
    match kind.as_str() {
        "deploy" => "deployment",
        "sts" => "statefulset",
        "ds" => "daemonset",
        "po" => "pod",
        "cm" => "configmap",
        "svc" => "service",
        "ing" | "ingresses" => "ingress",
        "no" => "node",
        "rs" => "replicaset",
        "hpa" => "horizontalpodautoscaler",
        "cj" => "cronjob",
        kind => kind.strip_suffix('s').filter(|_| kind != "ingress").unwrap_or(kind),
    }
    .to_owned()
}

fn short_host(host: &str) -> String {
    host.split('.').next().unwrap_or(host).to_lowercase()
}

/// Where something went, by the detail, else by the text's own word.
pub(super) fn environment(event: &Event) -> String {
    const PLACES: [&str; 12] = [
        "prod",
        "production",
        "staging",
        "stage",
        "canary",
        "dev",
        "development",
        "test",
        "qa",
        "preprod",
        "sandbox",
        "live",
    ];
    let told = detail(event, "environment");
    let words = || {
        let mut words = event.action.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
        let before = |word: &str| matches!(word, "to" | "in" | "on" | "into");
        let mut last = "";
        words.find(|word| {
            before(std::mem::replace(&mut last, word)) && PLACES.contains(&word.to_lowercase().as_str())
        })
    };
    match plain(if told.is_empty() { words().unwrap_or("") } else { told }).as_str() {
        "prod" | "live" => "production".to_owned(),
        "stage" => "staging".to_owned(),
        name => name.to_owned(),
    }
}

/// The key of the flag that an event is about: as its source names it, else the one word of the text that is
/// surely a key. Where two could be it, none is.
fn flag(event: &Event) -> Option<String> {
    for name in ["flag", "flag-key", "flag_key", "feature-flag", "feature_flag"] {
        if let Some(key) = event.details.get(name).filter(|key| !key.is_empty()) {
            return Some(key.clone());
        }
    }
    let text = command(event).unwrap_or(&event.action);
    let words: Vec<&str> = text
        .split(|c: char| c.is_whitespace() || "`'\",:;()=".contains(c))
        .filter(|word| !word.is_empty())
        .collect();
    let is_word = |word: &str| {
        matches!(
            word.to_lowercase().trim_start_matches('-'),
            "flag" | "flags" | "toggle" | "toggles" | "feature"
        )
    };
    let is_key = |word: &str| {
        word.len() > 3
            && !word.starts_with('-')
            && word.contains(['-', '_', '.'])
            && word.chars().all(|c| c.is_ascii_alphanumeric() || "-_.".contains(c))
            && word.starts_with(|c: char| c.is_ascii_alphabetic())
    };
    let mut found: BTreeSet<&str> = BTreeSet::new();
    for (index, word) in words.iter().enumerate() {
        if is_word(word) {
            let near = index.saturating_sub(2)..(index + 3).min(words.len());
            found.extend(words[near].iter().copied().filter(|word| is_key(word)));
        }
        // `https://flags.acme.example/api/flags/new-checkout/off`
        for mark in ["/flags/", "/toggles/", "/features/"] {
            if let Some((_, rest)) = word.split_once(mark) {
                let steps: Vec<&str> = rest.split(['/', '?', '#']).collect();
                found.extend(steps.iter().copied().filter(|step| is_key(step)));
            }
        }
    }
    match found.len() {
        1 => found.first().map(|key| (*key).to_owned()),
        _ => None,
    }
}

/// Whether a flag is on or off now, where the text says one of the two.
fn is_on(event: &Event) -> Option<bool> {
    let text = format!("{} {}", command(event).unwrap_or(&event.action), event.result);
    let text = text.to_lowercase();
    let (mut on, mut off) = (false, false);
    let mut words = text.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).peekable();
    let mut before = "";
    while let Some(word) = words.next() {
        match word {
            // `disabled on web-1` is off.
            "on" if words.peek().is_none()
                || matches!(before, "turn" | "turns" | "turned" | "switched" | "flipped" | "is" | "to") =>
            {
                on = true;
            }
            "enabled" | "enable" | "enables" | "true" => on = true,
            "off" | "disabled" | "disable" | "disables" | "false" | "killed" => off = true,
            _ => {}
        }
        before = word;
    }
    (on != off).then_some(on)
}

/// The service that the text of a deploy or a rollback names: the word behind the verb.
pub(super) fn deployed(action: &str) -> Option<String> {
    let words: Vec<&str> = action
        .split(|c: char| c.is_whitespace() || ":,()`*".contains(c))
        .filter(|word| !word.is_empty())
        .collect();
    let verb = words.iter().position(|word| {
        matches!(
            word.to_lowercase().as_str(),
            "deployed" | "deploying" | "released" | "shipped" | "promoted" | "out" | "back" | "reverted"
        )
    })?;
    let name = words[verb + 1..]
        .iter()
        .find(|word| !matches!(**word, "the" | "of" | "service" | "app" | "deployment"))?;
    let is_name = name.len() > 1
        && name.starts_with(|c: char| c.is_ascii_lowercase())
        && name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || "-_/@.".contains(c))
        && !matches!(
            *name,
            "to" | "from" | "in" | "on" | "by" | "a" | "an" | "all" | "version" | "commit" | "it" | "our"
        );
    is_name.then(|| short(name.split('@').next().unwrap_or(name)))
}
