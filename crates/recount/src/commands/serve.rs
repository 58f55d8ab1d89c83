//! `recount serve`: the library in a browser.

use std::io::Write as _;
use std::net::{IpAddr, SocketAddr};

use recount_store::{Author, Library};
use recount_web::{Settings, Site};

use crate::Outcome;
use crate::commands::log;
use crate::environment::Environment;
use crate::error::{CliError, Exit};
use crate::workspace::Workspace;

/// Serve the library to browsers
///
/// Reads, edits, action items, figures and exports, on the same Markdown files that the terminal and git see. By
/// default only this machine can reach it, and whoever sits here needs no account.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Where to listen
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:7332")]
    address: SocketAddr,

    /// A name under which this server is reached, beside those of this machine; may be given several times
    #[arg(long = "host", value_name = "NAME")]
    hosts: Vec<String>,

    /// Commit each change, with your own git
    #[arg(long)]
    commit: bool,

    /// How often one viewer may read through the API in a minute, and a fifth as often write; 0: as often as they like
    #[arg(long, value_name = "REQUESTS", default_value_t = recount_web::API_LIMIT)]
    api_limit: u32,
}

pub(crate) fn run(args: Args, environment: &mut Environment) -> Outcome {
    let workspace = Workspace::open(environment)?;
    if !args.address.ip().is_loopback() {
        let port = args.address.port();
        return Err(CliError::new(format!(
            "`{}` can be reached from elsewhere, and there is no account",
            args.address
        ))
        .hint(format!("serve this machine alone with `--address 127.0.0.1:{port}`")));
    }
    if args.commit {
        // Refused now rather than at the first change.
        workspace.library.plan_commit(&workspace.config().git.protected)?;
    }
    let settings = Settings {
        program: environment.program(),
        keep: environment.may_keep(),
        clock: environment.clock(),
        commit: args.commit,
        author: Author {
            name: log::who(&workspace).unwrap_or_else(|| "somebody".to_owned()),
            mail: String::new(),
        },
        hosts: args.hosts,
    };
    let site = Site::open(Library::open(workspace.library.root())?, settings)?;
    site.limit_api(args.api_limit);
    let ready = |address: SocketAddr| {
        let host = match address.ip() {
            IpAddr::V4(_) => "localhost".to_owned(),
            IpAddr::V6(address) => format!("[{address}]"),
        };
        let _ = writeln!(environment.out(), "http://{host}:{}", address.port());
        let _ = environment.flush();
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
