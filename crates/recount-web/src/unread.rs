//! Requests that are not even read: an address with a quote in it, a head that is too large. The server answers them by
//! itself, with a bare status; on its way out that gets the shape of every other problem.
//!
//! What does not live here: what is refused once it was read (`dress`, `api::envelope`).

use std::io::{self, IoSlice};
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use serde_json::json;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use crate::api::UNREADABLE;

/// A connection on which bare refusals become problems.
pub(crate) struct Explained<S> {
    stream: S,
    /// What is to be written in place of a bare refusal.
    problem: Vec<u8>,
}

impl<S> Explained<S> {
    pub(crate) fn new(stream: S) -> Self {
        Self { stream, problem: Vec::new() }
    }
}

impl<S: AsyncWrite + Unpin> Explained<S> {
    /// Writes what is left of a problem.
    fn drain(&mut self, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        while !self.problem.is_empty() {
            let written = ready!(Pin::new(&mut self.stream).poll_write(context, &self.problem))?;
            if written == 0 {
                return Poll::Ready(Err(io::ErrorKind::WriteZero.into()));
            }
            self.problem.drain(..written);
        }
        Poll::Ready(Ok(()))
    }
}

/// What takes the place of a refusal that the server gives by itself: a head and nothing else, without what every answer
/// of ours carries.
fn explained(head: &[u8]) -> Option<Vec<u8>> {
    let rest = head.strip_prefix(b"HTTP/1.1 ").or_else(|| head.strip_prefix(b"HTTP/1.0 "))?;
    let head =
        std::str::from_utf8(rest.strip_suffix(b"\r\n\r\n").filter(|rest| rest.starts_with(b"4"))?).ok()?;
    let (reason, fields) = head.split_once("\r\n")?;
    let mut fields = fields.split("\r\n").filter_map(|field| field.split_once(':'));
    if fields.any(|(name, _)| name.eq_ignore_ascii_case("x-content-type-options")) {
        return None;
    }
    let status: u16 = reason.split(' ').next()?.parse().ok()?;
    let (detail, hint) = match status {
        400 => (
            "the address or a header of the request cannot be read",
            "encode what stands in an address: a quote is `%22`, a blank `%20`",
        ),
        414 | 431 => ("the head of the request is too large", "send a shorter address, and fewer headers"),
        _ => return None,
    };
    let problem = json!({
        "type": format!("/api#{}", UNREADABLE.name),
        "title": UNREADABLE.title,
        "status": status,
        "detail": detail,
        "hint": hint,
    });
    let problem = problem.to_string();
    let length = problem.len();
    Some(
        format!(
            "HTTP/1.1 {reason}\r\ncontent-type: application/problem+json\r\ncontent-length: {length}\r\n\
             x-content-type-options: nosniff\r\nconnection: close\r\n\r\n{problem}"
        )
        .into_bytes(),
    )
}

impl<S: AsyncRead + Unpin> AsyncRead for Explained<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(context, buffer)
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Explained<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        ready!(self.drain(context))?;
        match explained(bytes) {
            Some(problem) => {
                self.problem = problem;
                Poll::Ready(Ok(bytes.len()))
            }
            None => Pin::new(&mut self.stream).poll_write(context, bytes),
        }
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffers: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        // A refusal of the server's own is a head alone.
        if let [only] = buffers {
            return self.poll_write(context, only);
        }
        ready!(self.drain(context))?;
        Pin::new(&mut self.stream).poll_write_vectored(context, buffers)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(self.drain(context))?;
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(self.drain(context))?;
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use std::convert::Infallible;
    use std::io::{Read as _, Write as _};

    use axum::body::Body;
    use hyper_util::rt::TokioIo;

    use super::*;

    async fn answered(head: &'static str) -> String {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let asked = tokio::task::spawn_blocking(move || {
            let mut browser = std::net::TcpStream::connect(address).unwrap();
            browser.write_all(head.as_bytes()).unwrap();
            let mut answer = String::new();
            browser.read_to_string(&mut answer).unwrap();
            answer
        });
        let (stream, _) = listener.accept().await.unwrap();
        let service = hyper::service::service_fn(|_| async {
            let answer = axum::http::Response::builder().header("x-content-type-options", "nosniff");
            Ok::<_, Infallible>(answer.status(400).body(Body::empty()).unwrap())
        });
        let stream = TokioIo::new(Explained::new(stream));
        let _ = hyper::server::conn::http1::Builder::new().serve_connection(stream, service).await;
        asked.await.unwrap()
    }

    #[tokio::test]
    async fn an_address_that_cannot_be_read_is_told_as_a_problem() {
        let answer = answered("GET /api/v1/search?q=\"pool\" HTTP/1.1\r\nhost: localhost\r\n\r\n").await;
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        assert!(head.starts_with("HTTP/1.1 400 "), "{answer}");
        assert!(head.contains("content-type: application/problem+json"), "{answer}");
        let problem: serde_json::Value = serde_json::from_str(body).unwrap();
        assert_eq!((&problem["type"], &problem["status"]), (&json!("/api#unreadable"), &json!(400)));
        assert!(problem["hint"].as_str().unwrap().contains("%22"), "{answer}");
    }

    #[tokio::test]
    async fn what_the_application_answers_goes_out_as_it_is() {
        let answer = answered("GET / HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n").await;
        assert!(answer.ends_with("\r\n\r\n") && answer.contains("content-length: 0"), "{answer}");
    }
}
