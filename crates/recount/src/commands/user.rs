//! `recount user`: who may come in where the library is served to others, and with which tokens.
//!
//! What does not live here: how accounts are kept and checked (`recount-web`), and what everybody changes about their
//! own account in a browser.

use std::io::Write as _;

use clap::Subcommand;
use recount_web::{Account, Accounts, LONGEST_DAYS, NewAccount, Scope, check_password};
use serde::Serialize;

use crate::Outcome;
use crate::environment::Environment;
use crate::error::{CliError, Exit};
use crate::machine::{self, Header};
use crate::table::{Column, Holds, Sheet};
use crate::workspace::Workspace;

/// Accounts of those who come in where the library is served to others
///
/// While there is no account, `recount serve` can be reached from this machine alone. From the first one on everybody
/// signs in. Accounts, sessions and tokens are in `.recount/state/accounts.db`, which git ignores; passwords and tokens
/// can be read back from nowhere.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Make an account; the password is asked for, or is the first line of the input
    Add {
        /// The name to sign in with: the person's handle, `ana`
        name: String,
        /// The name that changes carry; from the person of that handle in `recount.toml` without
        #[arg(long, value_name = "NAME")]
        display: Option<String>,
        /// The mail address that commits carry; from the person of that handle without
        #[arg(long, value_name = "ADDRESS")]
        mail: Option<String>,
    },
    /// List the accounts with their tokens
    List {
        /// How to print
        #[arg(long, value_name = "FORMAT", default_value = "table")]
        format: Format,
    },
    /// Remove an account with its sessions and tokens; what it wrote stays
    Remove {
        /// The name to sign in with
        name: String,
    },
    /// Change the names and the address that an account's changes carry from now on; the name to sign in with stays
    Change {
        /// The name to sign in with
        name: String,
        /// The name that changes carry
        #[arg(long, value_name = "NAME")]
        display: Option<String>,
        /// The mail address that commits carry; an empty one takes it away
        #[arg(long, value_name = "ADDRESS", required_unless_present = "display")]
        mail: Option<String>,
    },
    /// Give an account another password, which ends its sessions; asked for, or the first line of the input
    Password {
        /// The name to sign in with
        name: String,
    },
    /// Tokens, by which programs come in as somebody
    Token {
        #[command(subcommand)]
        what: TokenWhat,
    },
}

#[derive(Debug, Subcommand)]
enum TokenWhat {
    /// Make a token and print it, this once
    Add {
        /// Whose token it is: the name to sign in with
        name: String,
        /// What it is for: `release bot`
        token: String,
        /// What it may do
        #[arg(long, value_name = "SCOPE", default_value = "read")]
        scope: TokenScope,
        /// How many days it lasts, at most 366
        #[arg(long, value_name = "DAYS", default_value_t = 90, value_parser = clap::value_parser!(u16).range(1..=i64::from(LONGEST_DAYS)))]
        days: u16,
    },
    /// List tokens, without their secrets
    List {
        /// Whose; everybody's without
        name: Option<String>,
        /// How to print
        #[arg(long, value_name = "FORMAT", default_value = "table")]
        format: Format,
    },
    /// Revoke a token
    Revoke {
        /// Whose token it is
        name: String,
        /// What it is for
        token: String,
    },
}

#[derive(Clone, Copy, Debug, clap::ValueEnum)]
enum Format {
    /// For people
    Table,
    /// For programs: `users` version 1
    Json,
}

#[derive(Clone, Copy, Debug, clap::ValueEnum)]
enum TokenScope {
    /// Read everything, change nothing
    Read,
    /// Read and change
    Write,
}

/// Accounts in JSON.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct Output {
    /// Which format this is.
    recount: Header,
    /// By name.
    users: Vec<User>,
}

/// An account.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct User {
    /// The name to sign in with.
    name: String,
    /// The name that changes carry.
    display: String,
    /// The mail address that commits carry; may be empty.
    mail: String,
    /// Since when there is this account.
    created: String,
    /// By name.
    tokens: Vec<TokenEntry>,
}

/// A token.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct TokenEntry {
    /// What it is for.
    name: String,
    /// `read` or `write`.
    scope: String,
    /// Since when there is this token.
    created: String,
    /// When it ends.
    expires: String,
    /// When it was last used; none where it never was.
    used: Option<String>,
}

pub(crate) fn run(args: Args, environment: &mut Environment) -> Outcome {
    let workspace = Workspace::open(environment)?;
    let accounts = Accounts::of(&workspace.library);
    match args.what {
        What::Add { name, display, mail } => add(&name, display, mail, &accounts, &workspace, environment)?,
        What::List { format } => list(accounts.list()?, format, false, &accounts, environment)?,
        What::Remove { name } => {
            let gone = accounts.remove(&name)?;
            environment.note(format!("`{}` can no longer come in", gone.name));
            if !accounts.is_any()? {
                environment
                    .note("that was the last account: the library can be served to this machine alone");
            }
        }
        What::Change { name, display, mail } => {
            let before = accounts.find(&name)?;
            let after = accounts.change(&before, display.as_deref(), mail.as_deref())?;
            let shown = |account: &Account| match account.mail.as_str() {
                "" => format!("{} without an address", account.display),
                mail => format!("{} <{mail}>", account.display),
            };
            environment.note(format!(
                "changes of `{}` carry {} from now on, and no longer {}; what there is stays as it is",
                after.name,
                shown(&after),
                shown(&before)
            ));
        }
        What::Password { name } => {
            let account = accounts.find(&name)?;
            let password = password(&account.name, environment)?;
            accounts.set_password(&account, &password, None)?;
            environment
                .note(format!("`{}` has another password; sessions were ended, tokens stay", account.name));
        }
        What::Token { what: TokenWhat::Add { name, token, scope, days } } => {
            let account = accounts.find(&name)?;
            let scope = match scope {
                TokenScope::Read => Scope::Read,
                TokenScope::Write => Scope::Write,
            };
            let secret = accounts.add_token(&account, &token, scope, days, environment.now())?;
            writeln!(environment.out(), "{secret}")?;
            environment.note("it is shown this once; send it as `Authorization: Bearer rct_…`");
        }
        What::Token { what: TokenWhat::List { name, format } } => {
            let listed = match name {
                Some(name) => vec![accounts.find(&name)?],
                None => accounts.list()?,
            };
            list(listed, format, true, &accounts, environment)?;
        }
        What::Token { what: TokenWhat::Revoke { name, token } } => {
            let account = accounts.find(&name)?;
            accounts.revoke_token(&account, &token)?;
            environment.note(format!("token `{token}` of `{}` opens nothing from now on", account.name));
        }
    }
    Ok(Exit::Done)
}

fn add(
    name: &str,
    display: Option<String>,
    mail: Option<String>,
    accounts: &Accounts,
    workspace: &Workspace,
    environment: &mut Environment,
) -> Result<(), CliError> {
    let person = workspace.config().person(&format!("@{}", name.trim_start_matches('@')));
    let known = person.is_some();
    let display = display.or_else(|| person.map(|person| person.name.clone())).unwrap_or_default();
    let mail = mail.or_else(|| person.and_then(|person| person.mail.first().cloned())).unwrap_or_default();
    let is_first = !accounts.is_any()?;
    let password = password(name.trim_start_matches('@'), environment)?;
    let new = NewAccount { name, display: &display, mail: &mail, password: &password };
    let account = accounts.add(&new, environment.now())?;
    environment.note(format!("`{}` can come in; changes carry the name {}", account.name, account.display));
    if account.mail.is_empty() {
        environment.hint(format!(
            "commits carry `{name}@recount.invalid`; where they should carry an address, `recount user change {name} \
             --mail ADDRESS`",
            name = account.name
        ));
    }
    if !known && !workspace.config().people.is_empty() {
        environment.hint(format!("`recount.toml` knows no person `@{}`", account.name));
    }
    if is_first {
        environment.note("from now on everybody signs in, at this machine too");
    }
    Ok(())
}

/// A new password: typed twice where somebody sits here, else the first line of the input.
fn password(name: &str, environment: &mut Environment) -> Result<String, CliError> {
    let typed = match environment.secret(&format!("New password for {name}: "))? {
        Some(typed) => {
            // What is not good enough is told before it is typed again.
            check_password(name, &typed)?;
            let again = environment.secret("Again: ")?;
            if again.as_deref() != Some(typed.as_str()) {
                return Err(CliError::new("the two passwords are not the same").hint("try again"));
            }
            typed
        }
        None => environment.line()?,
    };
    Ok(typed)
}

fn list(
    listed: Vec<Account>,
    format: Format,
    tokens: bool,
    accounts: &Accounts,
    environment: &mut Environment,
) -> Result<(), CliError> {
    let mut users = Vec::new();
    for account in listed {
        let tokens = accounts.tokens(&account)?.into_iter().map(|token| TokenEntry {
            name: token.name,
            scope: token.scope.to_string(),
            created: token.created.to_string(),
            expires: token.expires.to_string(),
            used: token.used.map(|used| used.to_string()),
        });
        users.push(User {
            tokens: tokens.collect(),
            name: account.name,
            display: account.display,
            mail: account.mail,
            created: account.created.to_string(),
        });
    }
    if let Format::Json = format {
        return machine::write(
            environment,
            &Output { recount: Header { format: "users", version: 1 }, users },
        );
    }
    let sheet = if tokens { tokens_of(&users) } else { sheet_of(&users) };
    let Some(sheet) = sheet else {
        environment.note(if tokens { "no token" } else { "no account" });
        return Ok(());
    };
    let (header, rows) = sheet.lines(environment.width());
    for line in header.into_iter().chain(rows.into_iter().flatten()) {
        writeln!(environment.out(), "{line}")?;
    }
    Ok(())
}

fn sheet_of(users: &[User]) -> Option<Sheet> {
    let column = |name, holds, spare| Column { name, holds, spare };
    let columns = vec![
        column("Name", Holds::Values, None),
        column("Changes carry", Holds::Names(30), None),
        column("Mail", Holds::Names(40), Some(0)),
        column("Since", Holds::Named, Some(1)),
        column("Tokens", Holds::Named, None),
    ];
    let row = |user: &User| {
        let tokens = user.tokens.len().to_string();
        vec![user.name.clone(), user.display.clone(), user.mail.clone(), day(&user.created), tokens]
    };
    (!users.is_empty()).then(|| Sheet::new(columns, users.iter().map(row).collect()))
}

fn tokens_of(users: &[User]) -> Option<Sheet> {
    let column = |name, holds, spare| Column { name, holds, spare };
    let columns = vec![
        column("Account", Holds::Values, None),
        column("Token", Holds::Text, None),
        column("Scope", Holds::Values, None),
        column("Last used", Holds::Named, Some(0)),
        column("Until", Holds::Named, None),
    ];
    let rows = users.iter().flat_map(|user| {
        user.tokens.iter().map(|token| {
            let used = token.used.as_deref().map_or_else(|| "never".to_owned(), day);
            vec![user.name.clone(), token.name.clone(), token.scope.clone(), used, day(&token.expires)]
        })
    });
    let rows: Vec<Vec<String>> = rows.collect();
    (!rows.is_empty()).then(|| Sheet::new(columns, rows))
}

/// The day of an instant.
fn day(instant: &str) -> String {
    instant.get(..10).unwrap_or(instant).to_owned()
}
