//! A server as it is run, a connection to it, and how times are told, for the measurements of it.
//!
//! What does not live here: what is measured ([`crate::bench_web`], [`crate::bench_live`]).

use std::fs;
use std::io::{BufRead, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

/// A connection that is kept open.
pub(crate) struct Connected {
    stream: BufReader<TcpStream>,
    body: Vec<u8>,
}

impl Connected {
    pub(crate) fn to(server: SocketAddr) -> Result<Self, String> {
        let stream = TcpStream::connect(server).map_err(|error| format!("`{server}`: {error}"))?;
        stream.set_nodelay(true).map_err(|error| error.to_string())?;
        stream.set_read_timeout(Some(Duration::from_mins(1))).map_err(|error| error.to_string())?;
        Ok(Self { stream: BufReader::with_capacity(64 * 1024, stream), body: Vec::new() })
    }

    /// The body of an answer, which must be a good one.
    pub(crate) fn get(&mut self, address: &str) -> Result<&[u8], String> {
        self.get_with(address, "")
    }

    /// As [`Connected::get`], with further headers, each as its line.
    pub(crate) fn get_with(&mut self, address: &str, headers: &str) -> Result<&[u8], String> {
        let request = format!("GET {address} HTTP/1.1\r\nHost: localhost\r\n{headers}\r\n");
        let failed = |error: std::io::Error| format!("`{address}`: {error}");
        self.stream.get_mut().write_all(request.as_bytes()).map_err(failed)?;
        let (mut line, mut length, mut is_first) = (String::new(), None, true);
        loop {
            line.clear();
            self.stream.read_line(&mut line).map_err(failed)?;
            if is_first && !line.starts_with("HTTP/1.1 200") {
                return Err(format!("`{address}` was answered `{}`", line.trim()));
            }
            is_first = false;
            let header = line.trim_end().to_ascii_lowercase();
            if header.is_empty() {
                break;
            }
            if let Some(value) = header.strip_prefix("content-length:") {
                length = value.trim().parse::<usize>().ok();
            }
        }
        let length = length.ok_or_else(|| format!("the answer to `{address}` has no length"))?;
        self.body.resize(length, 0);
        self.stream.read_exact(&mut self.body).map_err(failed)?;
        Ok(&self.body)
    }
}

/// The server as it is run.
pub(crate) struct Server {
    child: Child,
    pub(crate) address: SocketAddr,
}

impl Server {
    pub(crate) fn start(binary: &Path, folder: &Path) -> Result<Self, String> {
        let mut child = Command::new(binary)
            .args(["serve", "--address", "127.0.0.1:0", "--api-limit", "0"])
            .current_dir(folder)
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .map_err(|error| format!("`{}`: {error}", binary.display()))?;
        let mut line = String::new();
        if let Some(out) = child.stdout.take() {
            let _ = BufReader::new(out).read_line(&mut line);
        }
        let port = line.trim().rsplit_once(':').and_then(|(_, port)| port.parse::<u16>().ok());
        let Some(port) = port else {
            let _ = child.kill();
            return Err(format!("the server said `{}` instead of its address", line.trim()));
        };
        Ok(Self { child, address: SocketAddr::from(([127, 0, 0, 1], port)) })
    }

    /// A size that the system tells of the process, in MiB; zero where it does not.
    pub(crate) fn memory(&self, which: &str) -> u64 {
        let status = fs::read_to_string(format!("/proc/{}/status", self.child.id())).unwrap_or_default();
        let line = status.lines().find_map(|line| line.strip_prefix(which));
        line.and_then(|line| line.trim().trim_end_matches(" kB").parse::<u64>().ok()).unwrap_or(0) / 1024
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// What a postmortem is called in addresses, by its path from the library's root.
pub(crate) fn key(path: &Path) -> String {
    path.display().to_string().replace('/', "%2F").replace(' ', "%20")
}

pub(crate) fn shown(time: Duration) -> String {
    format!("{:.2} ms", time.as_secs_f64() * 1e3)
}
