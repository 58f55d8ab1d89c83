//! What a command at a shell does: whether it only looks, or what it changes. Histories, recordings, `sudo`
//! and `kubectl exec` all ask here.
//!
//! What does not live here: where commands are recorded, and taking secrets out of them (`redact`).

use crate::evidence::event::Kind;

/// What a command does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Does {
    /// It shows something and changes nothing.
    Looks,
    /// Its name says neither.
    Unknown,
    /// It changes something.
    Changes(Kind),
}

use Does::{Changes, Looks, Unknown};
use Kind::{Command, ConfigChange, Deploy, Merge, Rollback, Scaling};

impl Does {
    /// The kind of the event: what changes nothing is offered and no more.
    pub(super) fn kind(self) -> Kind {
        match self {
            Changes(kind) => kind,
            Looks | Unknown => Kind::Note,
        }
    }

    fn rank(self) -> u8 {
        match self {
            Looks => 0,
            Unknown => 1,
            Changes(Rollback) => 7,
            Changes(Deploy) => 6,
            Changes(Scaling) => 5,
            Changes(ConfigChange) => 4,
            Changes(Merge) => 3,
            Changes(_) => 2,
        }
    }
}

/// A command as it stands in a row: its first line, in code.
pub(super) fn shown(command: &str) -> String {
    const LONGEST: usize = 200;
    let joined = command.replace("\\\n", " ");
    let mut lines = joined.trim().lines();
    let first = lines.next().unwrap_or("").split_whitespace().collect::<Vec<_>>().join(" ");
    let mut more = lines.any(|line| !line.trim().is_empty());
    let mut shown = in_one_span(&first);
    if shown.chars().count() > LONGEST {
        let cut: usize = shown.chars().take(LONGEST).map(char::len_utf8).sum();
        // Between words: half of a secret would not be known as one any more.
        let cut = shown[..cut].rfind(' ').unwrap_or(0);
        shown.truncate(cut);
        more = true;
    }
    if more { format!("`{} …`", shown.trim_end()) } else { format!("`{shown}`") }
}

/// A code span cannot hold a backtick: what stands in two of them is written in the shell's other way.
fn in_one_span(line: &str) -> String {
    let ticks = line.matches('`').count();
    let mut open = false;
    line.chars()
        .map(|c| match c {
            '`' if ticks.is_multiple_of(2) => {
                open = !open;
                if open { "$(".to_owned() } else { ")".to_owned() }
            }
            '`' => "'".to_owned(),
            c => c.to_string(),
        })
        .collect()
}

/// What a command does: of several joined ones, what the weightiest does.
pub(super) fn judge(command: &str) -> Does {
    judge_at(command, 0)
}

fn judge_at(command: &str, depth: usize) -> Does {
    let all = simple_commands(command);
    all.iter().map(|words| simple(words, depth)).max_by_key(|does| does.rank()).unwrap_or(Looks)
}

/// The words of each simple command in a line: quotes taken off, cut at `;`, `&&`, `||`, `|`, `&` and line ends.
fn simple_commands(command: &str) -> Vec<Vec<String>> {
    let mut all = vec![Vec::new()];
    let mut word: Option<String> = None;
    let mut quote = None;
    let mut chars = command.chars().peekable();
    while let Some(c) = chars.next() {
        match (c, quote) {
            (c, Some(open)) if c == open => quote = None,
            ('\\', None | Some('"')) => {
                if let Some(next) = chars.next().filter(|next| *next != '\n') {
                    word.get_or_insert_default().push(next);
                }
            }
            ('\'' | '"', None) => {
                quote = Some(c);
                word.get_or_insert_default();
            }
            ('#', None) if word.is_none() => while chars.next_if(|c| *c != '\n').is_some() {},
            (';' | '&' | '|' | '\n' | '(' | ')', None) => {
                if let (Some(words), Some(word)) = (all.last_mut(), word.take()) {
                    words.push(word);
                }
                all.push(Vec::new());
            }
            (c, None) if c.is_whitespace() => {
                if let (Some(words), Some(word)) = (all.last_mut(), word.take()) {
                    words.push(word);
                }
            }
            (c, _) => word.get_or_insert_default().push(c),
        }
    }
    if let (Some(words), Some(word)) = (all.last_mut(), word) {
        words.push(word);
    }
    all.retain(|words| !words.is_empty());
    all
}

/// Words that stand before a command and are none: keywords and those who run another.
const BEFORE: &str = "sudo doas time nohup exec command builtin env nice ionice watch timeout \
    xargs do then else if while until ! { stdbuf setsid unbuffer proxychains";

fn simple(words: &[String], depth: usize) -> Does {
    let mut words: Vec<&str> = words.iter().map(String::as_str).collect();
    let mut as_root = false;
    loop {
        let Some(first) = words.first().copied() else { return Looks };
        let is_assignment = first.split_once('=').is_some_and(|(name, _)| {
            !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
        });
        if is_assignment {
            words.remove(0);
        } else if BEFORE.split_ascii_whitespace().any(|before| before == first) {
            as_root |= ["sudo", "doas"].contains(&first);
            words.remove(0);
            // Their own flags, with a value where one follows: `sudo -u deploy`, `timeout 30s`.
            while let Some(next) = words.first().copied() {
                let flag = next.starts_with('-') && next.len() > 1;
                let number = next.starts_with(|c: char| c.is_ascii_digit());
                if !flag && !number {
                    break;
                }
                words.remove(0);
                let takes_value = ["-u", "-g", "-n", "-I", "-P", "-d", "--user"].contains(&next);
                if flag && takes_value && words.len() > 1 && !(first == "sudo" && next == "-n") {
                    words.remove(0);
                }
            }
        } else {
            break;
        }
    }
    let tool = words[0].rsplit('/').next().unwrap_or(words[0]);
    let arguments = &words[1..];
    if let Some(inner) = inner(tool, arguments).filter(|_| depth < 4) {
        return judge_at(&inner, depth + 1);
    }
    let only_asks =
        ["--help", "--version", "--dry-run", "--dry-run=client", "--dry-run=server", "--check", "--what-if"];
    if arguments.iter().any(|word| only_asks.contains(word)) {
        return Looks;
    }
    match known(tool, arguments, as_root) {
        Some(does) => does,
        None => by_its_name(words[0], arguments),
    }
}

/// The command that a command runs elsewhere: over SSH, in a container, in another shell.
fn inner(tool: &str, arguments: &[&str]) -> Option<String> {
    let after = |mark: &str| {
        let at = arguments.iter().position(|word| *word == mark)?;
        Some(arguments[at + 1..].join(" ")).filter(|inner| !inner.is_empty())
    };
    match tool {
        "bash" | "sh" | "zsh" | "su" | "dash" => after("-c").or_else(|| after("-lc")),
        "kubectl" | "oc" | "k" if arguments.contains(&"exec") => after("--"),
        "docker" | "podman" | "nerdctl" | "docker-compose" => {
            let at = arguments.iter().position(|word| *word == "exec")?;
            let mut rest = arguments[at + 1..].iter().skip_while(|word| word.starts_with('-'));
            rest.next()?;
            Some(rest.copied().collect::<Vec<_>>().join(" ")).filter(|inner| !inner.is_empty())
        }
        "ssh" => {
            let mut rest = arguments.iter().copied().peekable();
            while let Some(flag) = rest.next_if(|word| word.starts_with('-')) {
                if ["-i", "-p", "-l", "-o", "-J", "-F", "-L", "-R", "-D"].contains(&flag) {
                    rest.next();
                }
            }
            rest.next()?;
            Some(rest.collect::<Vec<_>>().join(" ")).filter(|inner| !inner.is_empty())
        }
        _ => None,
    }
}

/// Tools by space, what their verbs do, and what they do with any other.
struct Tool(&'static str, &'static [(&'static str, Does)], Does);

/// Verbs are tried at each word in turn, so that it does not matter which flags stand before them; a verb of two
/// words stands before one of its first word.
const TOOLS: &[Tool] = &[
    Tool(
        "kubectl oc k",
        &[
            ("get|describe|logs|top|explain|diff|version|config|port-forward|wait|auth|cluster-info", Looks),
            ("rollout undo", Changes(Rollback)),
            ("rollout restart|rollout pause|rollout resume", Changes(Command)),
            ("rollout", Looks),
            ("set image", Changes(Deploy)),
            ("scale|autoscale", Changes(Scaling)),
            ("apply|create|replace|patch|edit|label|annotate|taint|expose|set", Changes(ConfigChange)),
            ("delete|drain|cordon|uncordon|run|cp|debug", Changes(Command)),
        ],
        Looks,
    ),
    Tool(
        "helm",
        &[
            ("list|status|history|get|repo|template|diff|show|search", Looks),
            ("upgrade|install", Changes(Deploy)),
            ("rollback", Changes(Rollback)),
            ("uninstall|delete", Changes(Command)),
        ],
        Looks,
    ),
    Tool(
        "terraform tofu terragrunt pulumi cdk",
        &[
            ("plan|show|output|preview|state list|state show", Looks),
            ("state rm|state mv", Changes(ConfigChange)),
            ("apply|destroy|import|taint|untaint|up|deploy", Changes(ConfigChange)),
        ],
        Looks,
    ),
    Tool("ansible-playbook", &[], Changes(Command)),
    Tool(
        "systemctl service rc-service supervisorctl initctl",
        &[
            ("status|show|is-active|cat|list-units", Looks),
            (
                "restart|start|stop|reload|try-restart|reload-or-restart|kill|mask|unmask|enable|disable|daemon-reload|isolate|reset-failed|reboot|poweroff|set-property|edit",
                Changes(Command),
            ),
        ],
        Looks,
    ),
    Tool(
        "docker podman nerdctl docker-compose crictl",
        &[
            ("ps|logs|images|inspect|stats|service ls|service ps|version|info", Looks),
            ("service rollback", Changes(Rollback)),
            ("service scale", Changes(Scaling)),
            ("service update|stack deploy|up", Changes(Deploy)),
            (
                "restart|stop|kill|rm|rmi|run|down|start|prune|update|pause|unpause|load|tag|push",
                Changes(Command),
            ),
        ],
        Looks,
    ),
    Tool(
        "git",
        &[
            (
                "log|status|diff|show|blame|fetch|branch|grep|stash|clone|checkout|switch|add|commit|pull",
                Looks,
            ),
            ("revert", Changes(Rollback)),
            ("push|merge|cherry-pick|tag|reset", Changes(Command)),
        ],
        Looks,
    ),
    Tool(
        "gh glab",
        &[
            ("pr merge|mr merge", Changes(Merge)),
            ("release create|workflow run|run rerun|ci run|ci retry", Changes(Deploy)),
            ("variable set|secret set", Changes(ConfigChange)),
        ],
        Looks,
    ),
    Tool(
        "argocd flux kubectl-argo-rollouts",
        &[
            ("app rollback|undo|abort", Changes(Rollback)),
            ("app sync|promote", Changes(Deploy)),
            ("app set|app patch|app unset", Changes(ConfigChange)),
            ("reconcile|suspend|resume|restart|app delete|app terminate-op", Changes(Command)),
        ],
        Looks,
    ),
    Tool(
        "nomad",
        &[
            ("job revert|deployment fail", Changes(Rollback)),
            ("job run|run|deployment promote", Changes(Deploy)),
            ("job scale|scale", Changes(Scaling)),
            ("stop|restart|drain|eligibility|job stop", Changes(Command)),
        ],
        Looks,
    ),
    Tool(
        "consul vault etcdctl zkCli.sh",
        &[
            ("kv put|kv delete|write|put|del|delete|set|config write", Changes(ConfigChange)),
            ("leave|step-down|move-leader|compact|defrag", Changes(Command)),
        ],
        Looks,
    ),
    Tool(
        "heroku fly flyctl",
        &[
            ("rollback|releases:rollback", Changes(Rollback)),
            ("deploy", Changes(Deploy)),
            ("ps:scale|scale|autoscale", Changes(Scaling)),
            ("config:set|config:unset|secrets", Changes(ConfigChange)),
            (
                "restart|ps:restart|apps|machine|maintenance:on|maintenance:off|pg:killall|pg:promote",
                Changes(Command),
            ),
        ],
        Looks,
    ),
    Tool(
        "ldcli launchdarkly unleash flagsmith flipt growthbook flagd split",
        &[("list|get", Looks)],
        Changes(ConfigChange),
    ),
    Tool(
        "patronictl repmgr pg_ctl pg_ctlcluster rabbitmqctl nodetool mongosh cqlsh \
         kafka-topics.sh kafka-configs.sh kafka-consumer-groups.sh",
        &[
            ("list|status|list_queues|cluster_status|show|history|--describe|--list", Looks),
            ("pause|resume|edit-config|set_policy|clear_policy|--alter", Changes(ConfigChange)),
            (
                "failover|switchover|restart|reinit|reload|promote|stop|start|purge_queue|reset|stop_app|start_app|drain|flush|repair|rebuild|cleanup|decommission|compact|standby|--delete|--create|--reset-offsets",
                Changes(Command),
            ),
        ],
        Looks,
    ),
    Tool(
        "apt apt-get yum dnf apk snap dpkg rpm",
        &[("install|remove|upgrade|update|purge|downgrade|refresh|revert|-i|-U|-e", Changes(Command))],
        Looks,
    ),
    Tool(
        "nginx haproxy apachectl httpd varnishadm squid",
        &[("-s|-k|reload|restart|graceful|stop|start|ban", Changes(Command))],
        Looks,
    ),
    Tool(
        "ip ifconfig ethtool tc",
        &[("add|del|set|change|replace|up|down|flush", Changes(ConfigChange))],
        Looks,
    ),
    Tool(
        "iptables ip6tables nft ufw firewall-cmd",
        &[("-L|-S|list|status|--list-all", Looks)],
        Changes(ConfigChange),
    ),
    Tool("sysctl", &[("-w|-p|--system", Changes(ConfigChange))], Looks),
    Tool("crontab", &[("-l", Looks)], Changes(ConfigChange)),
    Tool(
        "kill pkill killall reboot shutdown poweroff halt mount umount swapoff swapon resize2fs \
         xfs_growfs lvextend growpart fallocate mkfs dd truncate certbot flyway liquibase alembic \
         pg_restore pt-kill gh-ost cap kexec",
        &[],
        Changes(Command),
    ),
    Tool(
        "ls ll la cat bat cd pwd grep rg egrep zgrep ag tail head less more man vim vi nvim nano \
         emacs code top htop btop ps df du free uptime w who whoami id last history fc echo \
         printf clear exit logout which type find fd locate wc sort uniq cut awk jq yq tr column \
         diff date cal ping traceroute mtr dig nslookup host netstat ss lsof tcpdump strace \
         ltrace perf dmesg journalctl vmstat iostat sar iotop lsblk uname hostname env export set \
         unset alias source . tmux screen ssh mosh k9s stern kubectx kubens promtool amtool nc \
         openssl base64 sleep test [ [[ true false for done fi } file stat md5sum sha256sum tree \
         watch z j fzf tldr open xdg-open sleep wait jobs fg bg seq read su bash sh zsh fish \
         python python3 node irb ruby dstat numactl lscpu blkid timedatectl hostnamectl loginctl \
         nproc pstree pgrep sha1sum zcat zless xxd hexdump strings tshark iperf3 telnet whois",
        &[],
        Looks,
    ),
];

fn known(tool: &str, arguments: &[&str], as_root: bool) -> Option<Does> {
    let has = |names: &[&str]| arguments.iter().any(|word| names.contains(word));
    match tool {
        "aws" | "gcloud" | "az" | "doctl" | "ibmcloud" | "oci" => return Some(cloud(arguments)),
        "psql" | "mysql" | "mariadb" | "sqlite3" | "clickhouse-client" | "sqlcmd" => {
            return Some(if changes_data(&arguments.join(" ")) { Changes(Command) } else { Looks });
        }
        "redis-cli" | "valkey-cli" => return Some(cache(arguments)),
        "curl" | "wget" | "http" | "httpie" | "xh" => {
            let text = arguments.join(" ");
            let writes =
                ["-X POST", "-XPOST", "-X PUT", "-XPUT", "-X DELETE", "-XDELETE", "-X PATCH", "-XPATCH"]
                    .iter()
                    .any(|method| text.contains(method))
                    || has(&[
                        "-d",
                        "--data",
                        "--json",
                        "--data-raw",
                        "--data-binary",
                        "--post-data",
                        "POST",
                        "PUT",
                        "DELETE",
                        "PATCH",
                    ]);
            return Some(if writes { Changes(Command) } else { Looks });
        }
        "sed" | "perl" => {
            let in_place = arguments.iter().any(|word| word.starts_with("-i") || *word == "-pi");
            return Some(if in_place { Changes(ConfigChange) } else { Looks });
        }
        "tee" => {
            let system = arguments.iter().any(|word| word.starts_with('/') && !word.starts_with("/tmp"));
            return Some(if system { Changes(ConfigChange) } else { Looks });
        }
        "rm" | "mv" | "cp" | "ln" | "chmod" | "chown" | "rsync" | "scp" | "touch" | "mkdir" => {
            let system = arguments.iter().any(|word| {
                (word.starts_with('/') && !word.starts_with("/tmp"))
                    || (word.contains(':') && tool != "chown")
            });
            return Some(if as_root || system { Changes(Command) } else { Unknown });
        }
        "echo" | "printf" | "cat" => {
            let target = arguments.iter().position(|word| word.starts_with('>'));
            let written = target.and_then(|at| {
                let glued = arguments[at].trim_start_matches('>');
                if glued.is_empty() { arguments.get(at + 1).copied() } else { Some(glued) }
            });
            let system = |path: &str| {
                ["/etc/", "/proc/", "/sys/", "/opt/", "/srv/"].iter().any(|p| path.starts_with(p))
            };
            return Some(if written.is_some_and(system) { Changes(ConfigChange) } else { Looks });
        }
        _ => {}
    }
    let Tool(_, verbs, otherwise) =
        TOOLS.iter().find(|Tool(names, ..)| names.split_ascii_whitespace().any(|name| name == tool))?;
    // A flag may be the verb itself (`nginx -s reload`); else flags are passed over.
    for (at, word) in arguments.iter().enumerate() {
        let next = arguments[at + 1..].iter().find(|word| !word.starts_with('-'));
        let fits = |verb: &str| match verb.split_once(' ') {
            Some((first, second)) => *word == first && next.is_some_and(|next| *next == second),
            None => *word == verb,
        };
        if let Some((_, does)) = verbs.iter().find(|(names, _)| names.split('|').any(fits)) {
            return Some(*does);
        }
    }
    Some(*otherwise)
}

/// A cloud's command: what its operation's first word does, `update` of `update-service`.
fn cloud(arguments: &[&str]) -> Does {
    let has = |name: &str| arguments.iter().any(|word| word.split('=').next() == Some(name));
    for word in arguments.iter().filter(|word| !word.starts_with('-')) {
        let does = match *word {
            "update-service" if has("--desired-count") && !has("--task-definition") => Changes(Scaling),
            "update-service"
            | "update-function-code"
            | "create-deployment"
            | "update-stack"
            | "create-stack"
            | "execute-change-set"
            | "update-traffic" => Changes(Deploy),
            "rollback-stack" | "cancel-update-stack" | "stop-deployment" => Changes(Rollback),
            "set-desired-capacity"
            | "update-auto-scaling-group"
            | "set-instance-size"
            | "put-function-concurrency"
            | "register-scalable-target" => Changes(Scaling),
            "configure" | "sso" | "login" | "auth" | "sts" => Looks,
            // A product of one cloud, where `run-task` is an operation of another.
            "run" => continue,
            word => match word.split('-').next().unwrap_or(word) {
                "describe" | "list" | "get" | "head" | "lookup" | "filter" | "wait" | "ls" | "tail"
                | "search" | "query" | "scan" | "show" | "read" | "info" | "logs" => Looks,
                "deploy" => Changes(Deploy),
                "rollback" | "undelete" => Changes(Rollback),
                "resize" | "scale" => Changes(Scaling),
                "reboot" | "restart" | "reset" | "start" | "stop" | "terminate" | "run" | "failover"
                | "purge" | "invoke" | "send" | "cp" | "sync" | "rm" | "mv" | "restore" | "promote"
                | "ssh" | "publish" => Changes(Command),
                "update" | "put" | "modify" | "create" | "delete" | "set" | "add" | "remove" | "attach"
                | "detach" | "enable" | "disable" | "register" | "deregister" | "associate"
                | "disassociate" | "authorize" | "revoke" | "patch" | "change" | "apply" | "import"
                | "tag" | "untag" | "swap" => Changes(ConfigChange),
                _ => continue,
            },
        };
        return does;
    }
    Looks
}

/// Words of SQL that change something, or what runs.
const CHANGE: &str = "update delete insert alter drop create truncate grant revoke kill vacuum reindex pg_terminate_backend \
    pg_cancel_backend pg_reload_conf pg_promote global merge analyze optimize call";

fn changes_data(text: &str) -> bool {
    let lower = text.to_ascii_lowercase();
    let words = lower.split(|c: char| !(c.is_ascii_alphanumeric() || c == '_'));
    words.filter(|word| !word.is_empty()).any(|word| CHANGE.split(' ').any(|change| change == word))
        || lower.contains(" < ")
        || lower.contains(" -f ")
}

/// Commands of Redis that change something.
const WRITES: &str = "flushall flushdb del unlink set setex expire failover shutdown replicaof slaveof lpush rpush hset \
    hdel rename kill bgrewriteaof reset sadd srem eval";

fn cache(arguments: &[&str]) -> Does {
    let words: Vec<String> = arguments.iter().map(|word| word.to_ascii_lowercase()).collect();
    let has = |names: &[&str]| words.iter().any(|word| names.contains(&word.as_str()));
    if has(&["config"]) {
        return if has(&["set", "rewrite"]) { Changes(ConfigChange) } else { Looks };
    }
    if words.iter().any(|word| WRITES.split(' ').any(|write| write == word)) {
        Changes(Command)
    } else {
        Looks
    }
}

/// A script or a target that no table knows, by the words of its name: `./scripts/rollback.sh`, `make deploy`.
fn by_its_name(tool: &str, arguments: &[&str]) -> Does {
    let name = tool.to_ascii_lowercase();
    let first = arguments.iter().find(|word| !word.starts_with('-')).map(|word| word.to_ascii_lowercase());
    let all: Vec<&str> = [name.as_str(), first.as_deref().unwrap_or("")]
        .into_iter()
        .flat_map(|text| text.split(|c: char| !c.is_ascii_alphanumeric()))
        .collect();
    let has = |names: &[&str]| all.iter().any(|word| names.contains(word));
    if has(&["flag", "flags", "feature", "toggle", "toggles", "killswitch"]) && arguments.len() > 1 {
        return Changes(ConfigChange);
    }
    if has(&["rollback", "revert", "undo"]) {
        Changes(Rollback)
    } else if has(&["deploy", "release", "promote", "ship", "rollout"]) {
        Changes(Deploy)
    } else if has(&["scale", "resize"]) {
        Changes(Scaling)
    } else if has(&[
        "restart",
        "migrate",
        "migrations",
        "failover",
        "flush",
        "purge",
        "drain",
        "restore",
        "reindex",
        "reboot",
        "replay",
        "backfill",
    ]) {
        Changes(Command)
    } else {
        Unknown
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_command_does_is_told_by_its_tool_and_its_verb() {
        for (command, does) in [
            ("ls -la", Looks),
            ("cd /srv && git status", Looks),
            ("kubectl get pods -n scale", Looks),
            ("kubectl -n shop rollout undo deploy/checkout", Changes(Rollback)),
            ("kubectl rollout status deploy/checkout", Looks),
            ("kubectl scale --replicas=8 deploy/cart", Changes(Scaling)),
            ("kubectl --context prod set image deploy/web web=acme/web:v42", Changes(Deploy)),
            ("kubectl apply -f shop.yaml --dry-run=client", Looks),
            ("kubectl apply -f shop.yaml", Changes(ConfigChange)),
            ("kubectl exec -it db-0 -- psql -c 'select 1'", Looks),
            ("kubectl exec db-0 -- psql -c \"UPDATE jobs SET state = 'x'\"", Changes(Command)),
            ("sudo -u root systemctl restart nginx", Changes(Command)),
            ("systemctl status nginx | grep Active", Looks),
            ("ssh -i key web-1 'sudo systemctl restart nginx'", Changes(Command)),
            ("ssh web-1", Looks),
            ("watch -n 2 kubectl get pods", Looks),
            ("helm rollback checkout 41", Changes(Rollback)),
            ("helm upgrade --install checkout ./chart", Changes(Deploy)),
            ("terraform plan", Looks),
            ("terraform apply -auto-approve", Changes(ConfigChange)),
            ("git push origin main", Changes(Command)),
            ("git revert 41c9d2e --no-edit && git push", Changes(Rollback)),
            ("aws ecs describe-services --cluster c", Looks),
            ("aws ecs update-service --service cart --desired-count 8", Changes(Scaling)),
            ("aws ecs update-service --service cart --force-new-deployment", Changes(Deploy)),
            ("aws rds reboot-db-instance --db-instance-identifier x", Changes(Command)),
            ("aws --region eu-west-1 s3 ls", Looks),
            ("gcloud run deploy web --image x", Changes(Deploy)),
            ("redis-cli -h cache FLUSHALL", Changes(Command)),
            ("redis-cli info memory", Looks),
            ("redis-cli config set maxmemory 4gb", Changes(ConfigChange)),
            ("docker restart web", Changes(Command)),
            ("docker exec -it web cat /etc/hosts", Looks),
            ("ansible-playbook deploy.yml", Changes(Command)),
            ("ansible-playbook deploy.yml --check", Looks),
            ("curl -s https://web/healthz", Looks),
            ("curl -X POST https://web/admin/drain", Changes(Command)),
            ("sed -i s/8/16/ /etc/app.conf", Changes(ConfigChange)),
            ("echo 1 > /proc/sys/vm/drop_caches", Changes(ConfigChange)),
            ("echo restart", Looks),
            ("vim deploy.sh", Looks),
            ("./scripts/rollback.sh v41", Changes(Rollback)),
            ("make deploy", Changes(Deploy)),
            ("make test", Unknown),
            ("./flags set new-checkout off", Changes(ConfigChange)),
            ("for p in a b; do kubectl delete pod $p; done", Changes(Command)),
            ("PGPASSWORD=x psql -c 'select now()'", Looks),
            ("mysql -e 'KILL 4711'", Changes(Command)),
            ("rm -rf /var/cache/app", Changes(Command)),
            ("", Looks),
            ("'", Unknown),
        ] {
            assert_eq!(judge(command), does, "`{command}`");
        }
    }

    #[test]
    fn a_command_is_shown_in_one_code_span_and_never_cut_in_a_word() {
        assert_eq!(shown("kill `pidof app`"), "`kill $(pidof app)`");
        assert_eq!(shown("cat <<EOF\nx\nEOF"), "`cat <<EOF …`");
        assert_eq!(shown("helm upgrade \\\n  shop"), "`helm upgrade shop`");
        let long = format!("run {}", "word ".repeat(60));
        assert!(shown(&long).ends_with("word …`") && shown(&long).len() < 220);
    }

    proptest::proptest! {
        #[test]
        fn any_command_is_judged_without_panic(text in "(\\PC|sudo |ssh |bash -c |kubectl |exec |-- |['\"\\\\;|&\n]){0,40}") {
            let _ = (judge(&text), shown(&text));
        }
    }
}
