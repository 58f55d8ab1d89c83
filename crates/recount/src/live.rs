//! Live sources on the command line: from what a person typed and what `recount.toml` says to an import.
//!
//! What lives here: which server is meant, its token from the environment, and the way through the engine's
//! session with the one HTTP client. What does not: HTTP (`client`) and what is asked for (the engine's sources).

use std::path::PathBuf;
use std::time::Duration;

use base64::prelude::{BASE64_STANDARD, Engine as _};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use recount_engine::config::{EvidenceConfig, Server};
use recount_engine::evidence::live::{self, LiveForm, LiveSession, Named, Place};
use recount_engine::evidence::{Import, Options, Source, redact};

use crate::client::{Access, Client, WHOLE};
use crate::environment::Environment;
use crate::error::CliError;

/// A live source that a person named.
#[derive(Clone)]
pub(crate) struct LiveInput {
    pub(crate) source: &'static Source,
    pub(crate) form: &'static LiveForm,
    named: Named,
    /// As it was typed, which is how it is called in messages and in the frozen evidence.
    pub(crate) typed: String,
}

impl LiveInput {
    /// The live sources among what a person named, and the rest, which are files. What is there is a file,
    /// whatever it is called.
    pub(crate) fn among(named: &[PathBuf]) -> Result<(Vec<Self>, Vec<PathBuf>), CliError> {
        let (mut live, mut files) = (Vec::new(), Vec::new());
        for path in named {
            let typed = path.to_str().filter(|_| !path.exists());
            match typed.map(Self::named).transpose()?.flatten() {
                Some(one) => live.push(one),
                None => files.push(path.clone()),
            }
        }
        Ok((live, files))
    }

    /// Reads what a person typed. `None` where it is no live source; an address that none knows is refused.
    fn named(typed: &str) -> Result<Option<Self>, CliError> {
        let found = live::named(typed);
        // What was typed is printed, and stands in the frozen evidence.
        let typed = redact::redact(typed).into_owned();
        if let Some((source, form, named)) = found {
            let after = named.url.as_deref().and_then(|url| url.split_once("://"));
            if after.is_some_and(|(_, rest)| rest.split('/').next().is_some_and(|host| host.contains('@'))) {
                return Err(CliError::new(format!("`{typed}` has a user name or a password in its address"))
                    .hint(format!("set `username` and `password-env` in `[evidence.{}]`", form.scheme)));
            }
            return Ok(Some(Self { source, form, named, typed }));
        }
        if live::is_address(&typed) {
            return Err(CliError::new(format!("`{typed}` is no address that a source knows")).hint(format!(
                "live sources are `{}`; save anything else to a file",
                live::examples().join("`, `")
            )));
        }
        // Not there as a file, and all but a live source: `pagerdty:PABC123`, `prometheus` without its colon.
        let is_name =
            |text: &str| text.len() > 1 && text.bytes().all(|b| b.is_ascii_lowercase() || b == b'-');
        if live::named(&format!("{typed}:")).is_some()
            || typed.split_once(':').is_some_and(|(name, _)| is_name(name))
        {
            return Err(CliError::new(format!("`{typed}` is neither a file nor a live source"))
                .hint(format!("live sources are `{}`", live::examples().join("`, `"))));
        }
        Ok(None)
    }

    /// Asks for all of it. What was read before something failed is kept: [`Import::failures`] tells.
    pub(crate) fn import(
        &self,
        config: &EvidenceConfig,
        options: &Options,
        environment: &mut Environment,
    ) -> Result<Import, CliError> {
        let access = self.access((self.form.server)(config), environment)?;
        let place = Place { url: &access.url, target: &self.named.target, options };
        let session = LiveSession::new(self.source, self.form, &place).map_err(|why| {
            CliError::new(format!("`{}`: {why}", self.typed))
                .hint(format!("give it as `{}`", self.form.example))
        })?;
        let client = Client::new();
        let spinner = spinner(environment.is_watched());
        let import = session.run(|request| {
            spinner.set_message(format!("{}: {}", self.typed, request.what));
            client.fetch(request, &access, &|why| spinner.set_message(format!("{}: {why}", self.typed)))
        });
        spinner.finish_and_clear();
        match &import.failures[..] {
            [failure, ..] if import.replies == 0 => {
                Err(CliError::new(failure.message.clone()).hint(failure.hint.clone()))
            }
            _ => Ok(import),
        }
    }

    /// The server and how it lets us in.
    fn access(&self, server: &Server, environment: &Environment) -> Result<Access, CliError> {
        let scheme = self.form.scheme;
        let table = format!("[evidence.{scheme}]");
        let configured = server.url.as_deref().or(self.form.url);
        let url = self.named.url.as_deref().or(configured).map(|url| url.trim_end_matches('/').to_owned());
        let Some(url) = url else {
            return Err(CliError::new(format!("`{}`: the address of the server is not known", self.typed))
                .hint(format!("set `url` in `{table}` of `recount.toml`, or give `{scheme}:https://…`")));
        };
        if let Some(name) = server.headers.keys().find(|name| is_credential(name)) {
            return Err(CliError::new(format!("`{table}` has the header `{name}`, which is for secrets"))
                .hint("put the token into an environment variable and name that with `token-env`"));
        }
        let is_configured = configured.is_some_and(|there| there.trim_end_matches('/') == url);
        let auth = self.form.auth;
        let variable = server.password_env.as_deref().filter(|_| server.username.is_some());
        let variable = variable.or(server.token_env.as_deref()).unwrap_or(auth.variable).to_owned();
        let secret = environment.variable(&variable).map(|secret| secret.trim().to_owned());
        // A token for one server is not shown to another that somebody typed.
        let secret = secret.filter(|secret| !secret.is_empty() && is_configured);
        let mut secrets: Vec<String> = secret.iter().cloned().collect();
        let credentials = secret.map(|secret| {
            if let Some(user) = &server.username {
                let both = BASE64_STANDARD.encode(format!("{user}:{secret}"));
                secrets.push(both.clone());
                return ("Authorization".to_owned(), format!("Basic {both}"));
            }
            secrets.extend(secret.split_once(' ').map(|(_, token)| token.trim().to_owned()));
            (auth.header.to_owned(), shown(auth.prefix, &secret))
        });
        Ok(Access {
            url,
            is_configured,
            credentials,
            secrets,
            headers: server.headers.clone(),
            timeout: server
                .timeout_seconds
                .map_or(WHOLE, |seconds| Duration::from_secs(u64::from(seconds.max(1)))),
            variable,
            table,
        })
    }
}

/// A token as its header holds it: behind the service's word for it, unless it brings one of its own, such as
/// `Bearer …` for an OAuth token where keys are usual. No token has a space in it.
fn shown(prefix: &str, secret: &str) -> String {
    if secret.contains(' ') { secret.to_owned() } else { format!("{prefix}{secret}") }
}

fn is_credential(name: &str) -> bool {
    ["authorization", "proxy-authorization", "cookie", "private-token", "x-api-key"]
        .contains(&name.to_lowercase().as_str())
}

/// Something that turns while a server is asked, where somebody watches.
fn spinner(is_watched: bool) -> ProgressBar {
    if !is_watched {
        return ProgressBar::hidden();
    }
    let spinner = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr_with_hz(10));
    // The template is a constant of ours: were it wrong, the default would be shown.
    let style = ProgressStyle::with_template("{spinner} {msg} {elapsed}");
    spinner.set_style(style.unwrap_or_else(|_| ProgressStyle::default_spinner()));
    spinner.enable_steady_tick(Duration::from_millis(250));
    spinner
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_that_brings_its_own_scheme_is_shown_as_it_is() {
        assert_eq!(shown("Token token=", "u+abc"), "Token token=u+abc");
        assert_eq!(shown("Token token=", "Bearer pdus+abc"), "Bearer pdus+abc");
    }
}
