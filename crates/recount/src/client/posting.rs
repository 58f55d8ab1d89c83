//! Sending to addresses that `recount.toml` names, on behalf of the server: no redirect is followed, and this machine
//! and private networks are reached only where that is asked for.
//!
//! The address behind a name is looked at when the name is looked up for the connection itself, so that it cannot lead
//! elsewhere a moment later. Whoever sets a proxy in the environment lets that decide what it reaches. What does not
//! live here: what is sent and when it is tried again (`recount-web`).

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::time::Duration;

use recount_web::{Post, Posted};
use ureq::config::Config;
use ureq::http::Uri;
use ureq::tls::{RootCerts, TlsConfig};
use ureq::unversioned::resolver::{DefaultResolver, ResolvedSocketAddrs, Resolver};
use ureq::unversioned::transport::{DefaultConnector, NextTimeout};

use super::{CONNECT, Origin};

/// How long a receiver may take in whole: longer, and it has not taken the message.
const WHOLE: Duration = Duration::from_secs(15);

/// What sends.
#[derive(Clone, Debug)]
pub(crate) struct Poster {
    public: ureq::Agent,
    internal: ureq::Agent,
}

impl Poster {
    pub(crate) fn new() -> Self {
        let config = || {
            ureq::Agent::config_builder()
                .http_status_as_error(false)
                .max_redirects(0)
                .max_redirects_will_error(false)
                .timeout_connect(Some(CONNECT))
                .timeout_global(Some(WHOLE))
                // A connection that is kept open is to where the name led before.
                .max_idle_connections(0)
                .user_agent(concat!("recount/", env!("CARGO_PKG_VERSION")))
                .tls_config(TlsConfig::builder().root_certs(RootCerts::PlatformVerifier).build())
                .build()
        };
        let public = ureq::Agent::with_parts(config(), DefaultConnector::default(), Public::default());
        Self { public, internal: ureq::Agent::new_with_config(config()) }
    }

    /// Sends once. A sentence where it did not arrive, or may not be sent there.
    pub(crate) fn post(&self, post: &Post) -> Result<Posted, String> {
        let place = Origin::of(&post.url).ok_or("the address is none")?;
        if !post.internal {
            let host = place.host.parse::<IpAddr>();
            if place.scheme != "https" {
                return Err(format!("`{place}` is not told without TLS"));
            }
            // Behind a proxy no name is looked up here.
            if place.host == "localhost" || host.is_ok_and(|address| !is_public(address)) {
                return Err(refused(&place));
            }
        }
        let agent = if post.internal { &self.internal } else { &self.public };
        let mut request = agent.post(&post.url);
        if place.is_loopback() {
            request = request.config().proxy(None).build();
        }
        for (name, value) in &post.headers {
            request = request.header(*name, value);
        }
        let response = request.send(post.body.as_str()).map_err(|error| match error {
            ureq::Error::Io(error) if error.kind() == io::ErrorKind::PermissionDenied => refused(&place),
            ureq::Error::Timeout(_) => format!("`{place}` did not answer within {} s", WHOLE.as_secs()),
            ureq::Error::HostNotFound => format!("the host `{}` is not known", place.host),
            error => format!("`{place}` cannot be told: {error}"),
        })?;
        let asked = response.headers().get("retry-after").and_then(|value| value.to_str().ok());
        let retry_after = asked.and_then(|text| text.trim().parse().ok()).map(Duration::from_secs);
        Ok(Posted { status: response.status().as_u16(), retry_after })
    }
}

fn refused(place: &Origin) -> String {
    format!(
        "`{place}` leads to this machine or into a private network, and its webhook has no `internal = true`"
    )
}

/// Looks names up, and refuses those of which any address is not public.
#[derive(Debug, Default)]
struct Public(DefaultResolver);

impl Resolver for Public {
    fn resolve(
        &self,
        uri: &Uri,
        config: &Config,
        timeout: NextTimeout,
    ) -> Result<ResolvedSocketAddrs, ureq::Error> {
        let resolved = self.0.resolve(uri, config, timeout)?;
        // With a proxy this is the proxy's own address.
        if config.proxy().is_none() && !resolved.iter().all(|address| is_public(address.ip())) {
            return Err(ureq::Error::Io(io::ErrorKind::PermissionDenied.into()));
        }
        Ok(resolved)
    }
}

/// Whether an address is one of the internet at large, by the registries of special addresses (RFC 6890).
fn is_public(address: IpAddr) -> bool {
    match address.to_canonical() {
        IpAddr::V4(address) => is_public_4(address),
        IpAddr::V6(address) => is_public_6(address),
    }
}

fn is_public_4(address: Ipv4Addr) -> bool {
    let [a, b, c, _] = address.octets();
    let is_special = address.is_loopback()
        || address.is_private()
        || address.is_link_local()
        || address.is_broadcast()
        || address.is_documentation()
        || address.is_multicast()
        || a == 0
        || a >= 240
        // Shared by a provider's customers; assignments of protocols; measuring of networks.
        || (a == 100 && (64..128).contains(&b))
        || (a == 192 && b == 0 && c == 0)
        || (a == 198 && (b == 18 || b == 19));
    !is_special
}

fn is_public_6(address: Ipv6Addr) -> bool {
    let segments = address.segments();
    // What carries an address of version 4 leads where that does.
    let [.., high, low] = segments;
    let carried = |high: u16, low: u16| {
        let ([a, b], [c, d]) = (high.to_be_bytes(), low.to_be_bytes());
        is_public_4(Ipv4Addr::new(a, b, c, d))
    };
    match segments {
        [0x64, 0xff9b, 0, 0, 0, 0, ..] => carried(high, low),
        [0x2002, high, low, ..] => carried(high, low),
        // Global unicast, without documentation, Teredo and what else is set apart.
        [0x2001, second, ..] => second >= 0x200 && second != 0xdb8,
        [first, ..] => (0x2000..0x4000).contains(&first) && first != 0x3fff,
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn this_machine_and_private_networks_are_not_public() {
        for (address, expected) in [
            ("93.184.216.34", true),
            ("2606:2800:220:1::1", true),
            ("127.0.0.1", false),
            ("127.8.0.1", false),
            ("0.0.0.0", false),
            ("10.1.2.3", false),
            ("172.16.0.1", false),
            ("172.32.0.1", true),
            ("192.168.1.1", false),
            ("169.254.169.254", false),
            ("100.64.0.1", false),
            ("198.18.0.1", false),
            ("224.0.0.1", false),
            ("255.255.255.255", false),
            ("::1", false),
            ("::", false),
            ("::ffff:127.0.0.1", false),
            ("::ffff:93.184.216.34", true),
            ("64:ff9b::7f00:1", false),
            ("2002:7f00:1::1", false),
            ("fe80::1", false),
            ("fd00:ec2::254", false),
            ("ff02::1", false),
            ("2001:db8::1", false),
        ] {
            assert_eq!(is_public(address.parse().unwrap()), expected, "{address}");
        }
    }

    #[test]
    fn nothing_is_sent_to_this_machine_unless_that_is_asked_for() {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        listener.set_nonblocking(true).unwrap();
        let poster = Poster::new();
        for (url, why) in [
            (format!("https://127.0.0.1:{port}/"), "private network"),
            (format!("https://localhost:{port}/"), "private network"),
            (format!("https://[::ffff:127.0.0.1]:{port}/"), "private network"),
            ("https://169.254.169.254/latest/meta-data".to_owned(), "private network"),
            (format!("http://127.0.0.1:{port}/"), "without TLS"),
            ("nonsense".to_owned(), "is none"),
        ] {
            let post = Post { url, headers: Vec::new(), body: "{}".to_owned(), internal: false };
            let error = poster.post(&post).unwrap_err();
            assert!(error.contains(why), "{}: {error}", post.url);
        }
        assert!(listener.accept().is_err());
    }

    #[test]
    fn a_redirect_is_an_answer_and_not_followed() {
        use std::io::{Read as _, Write as _};
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}/hook", listener.local_addr().unwrap());
        let server = std::thread::spawn(move || {
            let (mut stream, _) = listener.accept().unwrap();
            let mut head = [0; 4096];
            let _ = stream.read(&mut head).unwrap();
            let answer =
                "HTTP/1.1 302 Found\r\nlocation: /elsewhere\r\nretry-after: 7\r\ncontent-length: 0\r\n\r\n";
            stream.write_all(answer.as_bytes()).unwrap();
            drop(stream);
            listener.set_nonblocking(true).unwrap();
            listener.accept().is_err()
        });
        let post = Post {
            url,
            headers: vec![("webhook-id", "a".to_owned())],
            body: "{}".to_owned(),
            internal: true,
        };
        let posted = Poster::new().post(&post).unwrap();
        assert_eq!((posted.status, posted.retry_after), (302, Some(Duration::from_secs(7))));
        assert!(server.join().unwrap());
    }
}
