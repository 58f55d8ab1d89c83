//! A scratch folder to run `recount` in, with a clock that stands still, and what a run gave.

use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::Value;
use tempfile::TempDir;

/// What the clock shows in every run.
pub(crate) const NOW: &str = "2026-11-23T10:00:00Z";
/// No command may take longer; one that waits for a pipe would wait for ever.
const DEADLINE: Duration = Duration::from_mins(1);

/// A folder that is removed afterwards.
pub(crate) struct Folder {
    dir: TempDir,
    root: PathBuf,
}

/// How a run ended and what it printed; the scratch folder is called `ROOT` in both.
#[derive(Debug)]
pub(crate) struct Run {
    pub(crate) code: i32,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Folder {
    /// An empty folder.
    pub(crate) fn empty() -> Self {
        let dir = tempfile::tempdir().expect("a scratch folder");
        let root = dir.path().canonicalize().expect("it was just made");
        Self { dir, root }
    }

    /// A library that `recount init` made.
    pub(crate) fn library() -> Self {
        let folder = Self::empty();
        folder.recount(&["init"]).is(0);
        folder
    }

    /// A copy of the example library.
    pub(crate) fn examples() -> Self {
        let folder = Self::empty();
        copy(&repository().join("examples"), folder.root());
        folder
    }

    /// As [`Folder::examples`], committed to a git repository.
    pub(crate) fn repository() -> Self {
        let folder = Self::examples();
        folder.git(&["init", "--quiet", "--initial-branch=main"]);
        folder.commit("Add the library");
        folder
    }

    /// Its path, without symbolic links.
    pub(crate) fn root(&self) -> &Path {
        debug_assert!(self.dir.path().exists());
        &self.root
    }

    pub(crate) fn path(&self, relative: &str) -> PathBuf {
        self.root.join(relative)
    }

    pub(crate) fn write(&self, relative: &str, content: impl AsRef<[u8]>) {
        let path = self.path(relative);
        let folder = path.parent().expect("a file is in a folder");
        fs::create_dir_all(folder).expect("the folder can be made");
        fs::write(path, content).expect("the file can be written");
    }

    pub(crate) fn read(&self, relative: &str) -> String {
        fs::read_to_string(self.path(relative)).expect("the file is there and is text")
    }

    /// Replaces the only place that holds `old`.
    pub(crate) fn replace(&self, relative: &str, old: &str, new: &str) {
        let text = self.read(relative);
        assert_eq!(text.matches(old).count(), 1, "`{old}` in {text}");
        self.write(relative, text.replace(old, new));
    }

    /// Files below a folder, sorted, with `/` between folders.
    pub(crate) fn files(&self, relative: &str) -> Vec<String> {
        let mut files = Vec::new();
        list(&self.path(relative), &mut files);
        let mut files: Vec<String> = files
            .iter()
            .map(|path| {
                path.strip_prefix(&self.root).expect("it is below").display().to_string().replace('\\', "/")
            })
            .collect();
        files.sort();
        files
    }

    /// The command, not yet run.
    pub(crate) fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_recount"));
        command.args(args).current_dir(&self.root);
        command.env("RECOUNT_NOW", NOW).env("NO_COLOR", "1").env("USER", "tester");
        for name in ["RECOUNT_LIBRARY", "RECOUNT_ACTOR", "COLUMNS", "CLICOLOR", "CLICOLOR_FORCE"] {
            command.env_remove(name);
        }
        without_git_settings(&mut command);
        command
    }

    /// Runs `recount` in the folder.
    pub(crate) fn recount(&self, args: &[&str]) -> Run {
        self.finish(self.command(args))
    }

    /// Runs a command to its end.
    pub(crate) fn finish(&self, mut command: Command) -> Run {
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().expect("the binary was built");
        let out = drain(child.stdout.take().expect("it is piped"));
        let err = drain(child.stderr.take().expect("it is piped"));
        let code = wait(&mut child, &command);
        let root = self.root.display().to_string();
        let text = |bytes: thread::JoinHandle<Vec<u8>>| {
            let bytes = bytes.join().expect("reading does not panic");
            String::from_utf8(bytes).expect("output is UTF-8").replace(&root, "ROOT")
        };
        Run { code, out: text(out), err: text(err) }
    }

    pub(crate) fn git(&self, args: &[&str]) {
        let output = self.git_output(args);
        assert!(output.status.success(), "git {args:?}: {}", String::from_utf8_lossy(&output.stderr));
    }

    /// What git prints.
    pub(crate) fn git_says(&self, args: &[&str]) -> String {
        String::from_utf8_lossy(&self.git_output(args).stdout).trim_end().to_owned()
    }

    /// How a run of git ended.
    pub(crate) fn git_output(&self, args: &[&str]) -> std::process::Output {
        let mut command = Command::new("git");
        command
            .arg("-C")
            .arg(&self.root)
            .args(["-c", "user.name=Test", "-c", "user.email=test@example.org"])
            .args(args);
        without_git_settings(&mut command);
        command.env("PATH", path_with_recount()).env("RECOUNT_NOW", NOW);
        command.output().expect("git is installed")
    }

    pub(crate) fn commit(&self, message: &str) {
        self.git(&["add", "--all"]);
        self.git(&["commit", "--quiet", "--message", message]);
    }
}

impl Run {
    /// Asserts the exit code.
    #[track_caller]
    pub(crate) fn is(self, code: i32) -> Self {
        assert_eq!(self.code, code, "stdout:\n{}\nstderr:\n{}", self.out, self.err);
        self
    }

    /// Asserts that the command was refused with this sentence and a hint, and printed no result.
    #[track_caller]
    pub(crate) fn refuses(self, sentence: &str, hint: &str) {
        let run = self.is(2);
        assert_eq!(run.err, format!("error: {sentence}\nhint: {hint}\n"));
        assert_eq!(run.out, "");
    }

    /// The output as JSON.
    #[track_caller]
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.out).unwrap_or_else(|error| panic!("{error}: {}\n{}", self.out, self.err))
    }

    /// The last line of the output.
    #[track_caller]
    pub(crate) fn last(&self) -> &str {
        self.out.lines().last().unwrap_or("")
    }
}

/// Where programs are found, our own first: git runs it to merge.
fn path_with_recount() -> std::ffi::OsString {
    let ours = Path::new(env!("CARGO_BIN_EXE_recount")).parent().expect("a file is in a folder").to_owned();
    let others = std::env::var_os("PATH").unwrap_or_default();
    let paths = std::iter::once(ours).chain(std::env::split_paths(&others));
    std::env::join_paths(paths).expect("they were joined before")
}

/// The numbers of the processes that a test kills: `usual` of them and no more than take `most`, or as many as
/// `RECOUNT_KILLS` asks for, however long they take.
pub(crate) fn kills(usual: u32, most: Duration) -> impl Iterator<Item = u32> {
    let asked = std::env::var("RECOUNT_KILLS").ok().and_then(|text| text.parse().ok());
    let started = Instant::now();
    (0..asked.unwrap_or(usual)).take_while(move |_| asked.is_some() || started.elapsed() < most)
}

/// How long to let a process run before it is killed: every moment of a run of that length, and a little after it,
/// comes up, in steps that are no divisors of it.
pub(crate) fn moment_of_kill(kill: u32, run: Duration) -> Duration {
    let share = f64::from(kill) * 0.618_034;
    run.mul_f64(share.fract() * 1.1)
}

/// The root of this project's repository.
pub(crate) fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().expect("the crate is in its workspace")
}

/// A folder that an environment variable names; says so where it is unset.
pub(crate) fn folder_named(variable: &str) -> Option<PathBuf> {
    let path = std::env::var_os(variable).map(PathBuf::from);
    if path.is_none() {
        eprintln!("SKIPPED: `{variable}` is not set, and this test reads what it names");
    }
    path
}

/// Runs git without what the user or the machine has set.
fn without_git_settings(command: &mut Command) {
    command.env("GIT_CONFIG_GLOBAL", "/dev/null").env("GIT_CONFIG_NOSYSTEM", "1");
    for name in ["GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_AUTHOR_NAME", "GIT_COMMITTER_NAME"] {
        command.env_remove(name);
    }
}

fn drain(mut stream: impl Read + Send + 'static) -> thread::JoinHandle<Vec<u8>> {
    thread::spawn(move || {
        let mut bytes = Vec::new();
        stream.read_to_end(&mut bytes).expect("a pipe can be read");
        bytes
    })
}

fn wait(child: &mut Child, command: &Command) -> i32 {
    let started = Instant::now();
    loop {
        if let Some(status) = child.try_wait().expect("it is our child") {
            return status.code().unwrap_or_else(|| panic!("{command:?} was ended by a signal: {status}"));
        }
        if started.elapsed() > DEADLINE {
            child.kill().expect("it is our child");
            panic!("{command:?} hangs");
        }
        thread::sleep(Duration::from_millis(2));
    }
}

pub(crate) fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).expect("the folder can be made");
    for entry in fs::read_dir(from).expect("the folder can be read") {
        let entry = entry.expect("the folder can be read");
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).expect("the file can be copied");
        }
    }
}

fn list(folder: &Path, files: &mut Vec<PathBuf>) {
    let Ok(entries) = fs::read_dir(folder) else { return };
    for entry in entries {
        let path = entry.expect("the folder can be read").path();
        if path.is_dir() { list(&path, files) } else { files.push(path) }
    }
}
