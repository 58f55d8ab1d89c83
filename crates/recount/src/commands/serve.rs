//! `recount serve`: the library in a browser.

use std::io::Write as _;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use recount_store::{Author, Library};
use recount_web::{Access, Accounts, Settings, Site, Surroundings};

use crate::Outcome;
use crate::client::Poster;
use crate::commands::log;
use crate::environment::Environment;
use crate::error::{CliError, Exit};
use crate::workspace::Workspace;

/// Where the library is served unless another port is named.
const PORT: u16 = 7332;

/// Serve the library to browsers
///
/// Reads, edits, action items, figures and exports, on the same Markdown files that the terminal and git see.
///
/// Without accounts only this machine can reach it, and whoever sits here needs no password. Another address, `--host`
/// and `--proxy` need an account first: `recount user add NAME`. From the first one on everybody signs in.
///
/// To others the library is served by https, by a proxy in front that holds the certificate. It passes on `Host` and
/// `Origin` as they come, sets `X-Forwarded-For` and `X-Forwarded-Proto` itself, redirects http to https and sends
/// `Strict-Transport-Security`. Then: `recount serve --host NAME --proxy ADDRESS`. docs/security.md has a
/// configuration for nginx and one for Caddy.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Where to listen
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:7332")]
    address: SocketAddr,

    /// A name under which browsers reach this server, beside those of this machine; may be given several times
    #[arg(long = "host", value_name = "NAME")]
    hosts: Vec<String>,

    /// The address of a proxy whose `X-Forwarded-For` and `X-Forwarded-Proto` are believed; may be given several times
    #[arg(long = "proxy", value_name = "ADDRESS")]
    proxies: Vec<IpAddr>,

    /// Browsers reach this server by https although no proxy says so: cookies are sent by https alone
    #[arg(long)]
    secure: bool,

    /// Commit each change, with your own git
    #[arg(long)]
    commit: bool,

    /// Send a message for trying out to everybody under `[[webhooks]]`, say what came of it, and serve nothing
    #[arg(long)]
    test_webhooks: bool,

    /// How often one viewer may read through the API in a minute, and a fifth as often write; 0: as often as they like
    #[arg(long, value_name = "REQUESTS", default_value_t = recount_web::API_LIMIT)]
    api_limit: u32,
}

pub(crate) fn run(args: Args, environment: &mut Environment) -> Outcome {
    let workspace = Workspace::open(environment)?;
    serve(args, &workspace, environment)
}

/// Serves a library at an address; without one to this machine alone, on the usual port where that is free.
pub(crate) fn here(
    address: Option<SocketAddr>,
    workspace: &Workspace,
    environment: &mut Environment,
) -> Outcome {
    let is_free = |address: &SocketAddr| std::net::TcpListener::bind(address).is_ok();
    let any = SocketAddr::from(([127, 0, 0, 1], 0));
    let usual = Some(SocketAddr::from(([127, 0, 0, 1], PORT)));
    let address = address.or_else(|| usual.filter(is_free)).unwrap_or(any);
    let args = Args {
        address,
        hosts: Vec::new(),
        proxies: Vec::new(),
        secure: false,
        commit: false,
        test_webhooks: false,
        api_limit: recount_web::API_LIMIT,
    };
    serve(args, workspace, environment)
}

fn serve(args: Args, workspace: &Workspace, environment: &mut Environment) -> Outcome {
    let access = access(&args, workspace)?;
    if args.commit {
        // Refused now rather than at the first change.
        workspace.library.plan_commit(&workspace.config().git.protected)?;
    }
    let mut hosts = args.hosts;
    if !args.address.ip().is_unspecified() {
        // Whoever types the address reaches no other machine by it.
        hosts.push(args.address.ip().to_string());
    }
    let settings = Settings {
        program: environment.program(),
        keep: environment.may_keep(),
        clock: environment.clock(),
        commit: args.commit,
        author: Author {
            name: log::who(workspace).unwrap_or_else(|| "somebody".to_owned()),
            mail: String::new(),
        },
        hosts,
    };
    let is_plain = !args.address.ip().is_loopback() && !args.secure && args.proxies.is_empty();
    let site = Site::open_for(Library::open(workspace.library.root())?, settings, access)?;
    site.limit_api(args.api_limit);
    site.log_to(environment.log());
    if args.test_webhooks {
        return test_webhooks(&site, environment);
    }
    for (doubt, hint) in site.connect(surroundings(environment)) {
        environment.warn(doubt);
        environment.hint(hint);
    }
    let ready = |address: SocketAddr| {
        let host = match address.ip() {
            IpAddr::V4(_) => "localhost".to_owned(),
            IpAddr::V6(address) => format!("[{address}]"),
        };
        let _ = writeln!(environment.out(), "http://{host}:{}", address.port());
        let _ = environment.flush();
        if is_plain {
            environment.warn("without a TLS proxy passwords can be read on their way");
            environment.hint("put one in front, and name it with `--proxy`; docs/security.md says how");
        }
        environment.note("stop it with Ctrl-C");
    };
    recount_web::serve(&site, args.address, ready).map_err(|error| {
        let message = CliError::new(format!("`{}` cannot be listened on: {error}", args.address));
        match error.kind() {
            std::io::ErrorKind::AddrInUse => {
                message.hint("something listens there already; name another port with `--address`")
            }
            _ => message,
        }
    })?;
    Ok(Exit::Done)
}

/// How long the first wait is before a webhook that did not arrive is sent again.
const FIRST_WAIT: Duration = Duration::from_secs(5);

/// What the process brings for webhooks.
fn surroundings(environment: &Environment) -> Surroundings {
    let poster = Poster::new();
    Surroundings {
        variable: Box::new(environment.variables()),
        post: Box::new(move |post| poster.post(post)),
        first_wait: FIRST_WAIT,
    }
}

/// Sends everybody a message for trying out.
fn test_webhooks(site: &Arc<Site>, environment: &mut Environment) -> Outcome {
    let answers = site.test_webhooks(surroundings(environment));
    if answers.is_empty() {
        return Err(CliError::new("`recount.toml` has no `[[webhooks]]`")
            .hint("docs/webhooks.md says how to write one"));
    }
    let mut exit = Exit::Done;
    for (to, answer) in answers {
        match answer {
            Ok(status @ 200..=299) => writeln!(environment.out(), "{to}: took it ({status})")?,
            Ok(status) => {
                exit = Exit::Failed;
                environment.warn(format!("`{to}` did not take it: status {status}"));
            }
            Err(why) => {
                exit = Exit::Failed;
                environment.warn(format!("`{to}` was not told: {why}"));
            }
        }
    }
    Ok(exit)
}

/// From where the library is reached; what others can reach needs an account.
fn access(args: &Args, workspace: &Workspace) -> Result<Access, CliError> {
    let port = args.address.port();
    let open = if !args.address.ip().is_loopback() {
        Some(format!("`{}` can be reached from elsewhere", args.address))
    } else if let Some(proxy) = args.proxies.first() {
        Some(format!("others come in by the proxy `{proxy}`"))
    } else {
        args.hosts.first().map(|host| format!("others come in as `{host}`"))
    };
    let required = open.is_some();
    if let Some(open) = open
        && !Accounts::of(&workspace.library).is_any()?
    {
        return Err(CliError::new(format!("{open}, and there is no account")).hint(format!(
            "make one with `recount user add NAME`, or serve this machine alone with `--address 127.0.0.1:{port}`"
        )));
    }
    Ok(Access { required, secure: args.secure, proxies: args.proxies.clone() })
}
