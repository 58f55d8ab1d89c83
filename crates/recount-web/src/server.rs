//! The socket: connections in, answers out, and an end to those that are slow.
//!
//! What does not live here: what a request is answered with ([`crate::router`]).

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::ConnectInfo;
use hyper::body::Incoming;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, watch};
use tower::Service as _;

use crate::site::Site;
use crate::unread::Explained;

/// The head of a request arrives within this time; a connection that is kept open asks again within it.
const HEAD: Duration = Duration::from_secs(20);
/// The largest head of a request, in bytes.
const LARGEST_HEAD: usize = 32 * 1024;
/// The most lines of a head.
const MOST_LINES: usize = 100;
/// So many connections are open at a time; others wait to be accepted.
const CONNECTIONS: usize = 1024;
/// How long answers may take to end after the server was told to stop.
const FAREWELL: Duration = Duration::from_secs(5);
/// How long accepting rests where the system has no more files or memory for a connection.
const REST: Duration = Duration::from_millis(200);

/// Answers requests until the process is told to stop.
///
/// # Errors
///
/// Where the address cannot be bound, or there are no threads.
pub fn serve(
    site: &Arc<Site>,
    address: SocketAddr,
    ready: impl FnOnce(SocketAddr) + Send,
) -> std::io::Result<()> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(async {
        let listener = TcpListener::bind(address).await?;
        ready(listener.local_addr()?);
        answer(listener, site).await;
        Ok::<(), std::io::Error>(())
    })?;
    // Nobody writes any more.
    site.live.end(site);
    Ok(())
}

async fn answer(listener: TcpListener, site: &Arc<Site>) {
    let router: Router = crate::router(site);
    let places = Arc::new(Semaphore::new(CONNECTIONS));
    // Told once, and closed when the last connection has ended.
    let (ending, told) = watch::channel(false);
    let mut stopped = std::pin::pin!(stop());
    loop {
        let accepted = tokio::select! {
            accepted = accept(&listener, &places) => accepted,
            () = &mut stopped => break,
        };
        let Some((stream, peer, place)) = accepted else { continue };
        let router = router.clone();
        let service = hyper::service::service_fn(move |request: hyper::Request<Incoming>| {
            let mut request = request.map(Body::new);
            request.extensions_mut().insert(ConnectInfo(peer));
            router.clone().call(request)
        });
        let mut http = hyper::server::conn::http1::Builder::new();
        http.timer(TokioTimer::new())
            .header_read_timeout(HEAD)
            .max_headers(MOST_LINES)
            .max_buf_size(LARGEST_HEAD);
        let connection = http.serve_connection(TokioIo::new(Explained::new(stream)), service).with_upgrades();
        let mut told = told.clone();
        tokio::spawn(async move {
            let mut connection = std::pin::pin!(connection);
            // One that breaks off is the other side's affair.
            tokio::select! {
                _ = &mut connection => {}
                () = async { drop(told.wait_for(|is_ending| *is_ending).await) } => {
                    connection.as_mut().graceful_shutdown();
                    let _ = connection.await;
                }
            }
            drop(place);
        });
    }
    drop((listener, told));
    // What would go on as long as a browser listens ends now.
    site.close();
    ending.send_replace(true);
    tokio::select! {
        () = ending.closed() => {}
        () = tokio::time::sleep(FAREWELL) => {}
    }
}

type Accepted = (TcpStream, SocketAddr, tokio::sync::OwnedSemaphorePermit);

async fn accept(listener: &TcpListener, places: &Arc<Semaphore>) -> Option<Accepted> {
    let place = Arc::clone(places).acquire_owned().await.ok()?;
    if let Ok((stream, peer)) = listener.accept().await {
        // Answers are small: waiting to fill a packet only delays them. Without it they still arrive.
        let _ = stream.set_nodelay(true);
        return Some((stream, peer, place));
    }
    tokio::time::sleep(REST).await;
    None
}

/// Until somebody interrupts or ends the process.
async fn stop() {
    let interrupted = async {
        // Where signals cannot be heard, nobody can ask.
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
    };
    #[cfg(unix)]
    let ended = async {
        match tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate()) {
            Ok(mut signal) => {
                signal.recv().await;
            }
            Err(_) => std::future::pending().await,
        }
    };
    #[cfg(not(unix))]
    let ended = std::future::pending::<()>();
    tokio::select! {
        () = interrupted => {}
        () = ended => {}
    }
}
