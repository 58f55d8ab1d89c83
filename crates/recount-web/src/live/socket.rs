//! The sockets of rooms: who may open one, what comes in, and how much of it.
//!
//! What does not live here: what is done with it ([`super::open`]).

use std::num::NonZeroU32;
use std::panic::catch_unwind;
use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::Router;
use axum::extract::ws::{CloseFrame, Message as Frame, WebSocket, WebSocketUpgrade};
use axum::extract::{Extension, Path, Query, State};
use axum::http::header::{HOST, ORIGIN};
use axum::http::{HeaderMap, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use governor::{DefaultDirectRateLimiter, Quota, RateLimiter};
use serde::Deserialize;
use tokio::sync::mpsc;
use yrs::sync::{Message, SyncMessage};
use yrs::updates::decoder::Decode as _;

use super::open::{Open, Out, Peer, QUEUE, Refusal, end, text};
use super::wire::{Answer, Person, Said, Told};
use super::words::Words;
use crate::auth::Scope;
use crate::auth::gate::Who;
use crate::error::{Answer as Answering, Refusal as Page};
use crate::site::Site;
use crate::viewer::Viewer;

/// The protocol that both sides speak.
const PROTOCOL: &str = "recount.1";
/// The largest frame.
const LARGEST: usize = 1 << 20;
/// So many frames may come at once, and then each second.
const BURST: NonZeroU32 = NonZeroU32::new(600).expect("it is not 0");
const EACH_SECOND: NonZeroU32 = NonZeroU32::new(120).expect("it is not 0");
/// So many questions that make work may come at once, and then each second.
const ASKS: NonZeroU32 = NonZeroU32::new(20).expect("it is not 0");
/// How often it is asked whether the other side is there, and may be.
const BEAT: Duration = Duration::from_secs(20);
/// A side that says nothing for so long is gone.
const SILENCE: Duration = Duration::from_secs(65);
/// A frame goes out within this time.
const SENDING: Duration = Duration::from_secs(15);
/// A program's token opens a socket for so long; then it shows it again.
const TOKEN: Duration = Duration::from_hours(1);

pub(super) fn router() -> Router<Arc<Site>> {
    Router::new().route("/live/{key}", get(live))
}

#[derive(Debug, Deserialize)]
#[serde(default)]
#[derive(Default)]
struct Asked {
    client: u64,
    epoch: String,
    build: String,
}

/// Opens a socket into the room of a postmortem.
async fn live(
    State(site): State<Arc<Site>>,
    Path(key): Path<String>,
    Query(asked): Query<Asked>,
    viewer: Viewer,
    Extension(who): Extension<Who>,
    headers: HeaderMap,
    upgrade: WebSocketUpgrade,
) -> Answering<Response> {
    if !is_own_page(&headers) {
        let refusal = Page {
            status: StatusCode::FORBIDDEN,
            title: "That came from elsewhere",
            message: "this socket was not opened by a page of this server".to_owned(),
            hint: "open the page here; where a proxy stands in front, it has to pass on `Host` and `Origin`"
                .to_owned(),
            is_program: true,
        };
        return Ok(refusal.into_response());
    }
    if asked.client == 0 || asked.client >= 1 << 53 {
        let failure = recount_workspace::Failure::new("`client` must be a number from 1 to 2^53 - 1")
            .of(recount_workspace::FailureKind::Refused);
        return Err(failure.into());
    }
    let path = {
        let shelf = site.shelf();
        shelf.find(&key)?.path.clone()
    };
    let (owned, opened) = (Arc::clone(&site), path.clone());
    let open = tokio::task::spawn_blocking(move || owned.live.room(&owned, &opened)).await;
    let open = open.map_err(|_| recount_workspace::Failure::new("the postmortem was not opened"))??;
    let upgrade = upgrade
        .protocols([PROTOCOL])
        .max_message_size(LARGEST)
        .max_frame_size(LARGEST)
        .write_buffer_size(0)
        .max_write_buffer_size(8 * LARGEST);
    let guest = Guest { site, open, path, asked, viewer, who };
    Ok(upgrade.on_upgrade(move |socket| guest.stay(socket)))
}

/// Whether a browser opened it from a page of ours. What is no browser says no origin.
fn is_own_page(headers: &HeaderMap) -> bool {
    let Some(origin) = headers.get(ORIGIN) else { return true };
    let origin = origin.to_str().ok().and_then(|origin| origin.parse::<Uri>().ok());
    let Some(authority) = origin.as_ref().and_then(|origin| origin.authority()) else { return false };
    let host = headers.get(HOST).and_then(|host| host.to_str().ok()).unwrap_or_default();
    // A proxy that ends TLS passes on a name without the port that browsers leave out.
    authority.as_str().eq_ignore_ascii_case(host)
}

/// Somebody with a socket.
struct Guest {
    site: Arc<Site>,
    open: Arc<Open>,
    path: String,
    asked: Asked,
    viewer: Viewer,
    who: Who,
}

impl Guest {
    async fn stay(self, mut socket: WebSocket) {
        let end = self.talk(&mut socket).await;
        if let Some((code, reason)) = end {
            let frame = CloseFrame { code, reason: reason.into() };
            // Whoever is gone needs no farewell.
            let _ = tokio::time::timeout(SENDING, socket.send(Frame::Close(Some(frame)))).await;
        }
    }

    /// Until one side ends it; how, where it is ours to say.
    async fn talk(&self, socket: &mut WebSocket) -> Option<(u16, &'static str)> {
        let person = person(&self.viewer.author.name);
        let may_write = !matches!(self.who, Who::Token(_, Scope::Read));
        let words = self.words();
        let (id, title) = self.named();
        let build = crate::assets::editor().map_or("", |editor| editor.build);
        let hello = Told::Hello {
            epoch: &self.open.epoch,
            build,
            id: &id,
            title: &title,
            you: &person,
            writable: may_write,
            words: &words,
        };
        send(socket, text(&hello)).await?;
        if !self.asked.build.is_empty() && self.asked.build != build {
            send(socket, text(&Told::Reload)).await?;
            return Some((end::RELOAD, "the server is of another build"));
        }
        if !self.asked.epoch.is_empty() && self.asked.epoch != self.open.epoch {
            send(socket, text(&Told::Stale)).await?;
            return Some((end::STALE, "another history"));
        }
        let (out, mut outgoing) = mpsc::channel(QUEUE);
        let peer = Peer::new(self.asked.client, self.viewer.author.clone(), person, may_write, out.clone());
        let synced = Arc::clone(&peer.synced);
        let number = match self.open.enter(peer) {
            Ok(number) => number,
            Err(end) => return Some(end),
        };
        let telling = super::advice::tell(&self.open, synced, out.clone());
        let end = self.exchange(socket, number, &out, &mut outgoing).await;
        telling.abort();
        self.open.leave(number);
        end
    }

    async fn exchange(
        &self,
        socket: &mut WebSocket,
        number: u64,
        out: &mpsc::Sender<Out>,
        outgoing: &mut mpsc::Receiver<Out>,
    ) -> Option<(u16, &'static str)> {
        let pace: DefaultDirectRateLimiter =
            RateLimiter::direct(Quota::per_second(EACH_SECOND).allow_burst(BURST));
        let asks: DefaultDirectRateLimiter = RateLimiter::direct(Quota::per_second(ASKS));
        let mut beat = tokio::time::interval(BEAT);
        let mut closing = self.site.closing();
        let (began, mut heard) = (Instant::now(), Instant::now());
        loop {
            tokio::select! {
                frame = outgoing.recv() => match frame {
                    None => return Some((end::AGAIN, "too slow")),
                    Some(Out::End(code, reason)) => return Some((code, reason)),
                    Some(frame) => send(socket, frame).await?,
                },
                came = socket.recv() => {
                    heard = Instant::now();
                    let frame = came?.ok()?;
                    let result = match frame {
                        Frame::Binary(_) | Frame::Text(_) if pace.check().is_err() => {
                            Err(Refusal::of(end::TOO_FAST, "more comes than anybody types", "it is connected again by itself"))
                        }
                        Frame::Binary(bytes) => self.binary(number, &bytes),
                        Frame::Text(said) => self.said(number, said.as_str(), out, &asks),
                        Frame::Close(_) => return None,
                        Frame::Ping(_) | Frame::Pong(_) => Ok(()),
                    };
                    if let Err(refusal) = result {
                        let Refusal { code, sentence, hint } = refusal;
                        send(socket, text(&Told::Refused { sentence, hint })).await?;
                        return Some((code, sentence));
                    }
                }
                _ = beat.tick() => {
                    if heard.elapsed() > SILENCE {
                        return None;
                    }
                    if !self.is_still_let_in(began).await {
                        return Some((end::NOT_ALLOWED, "signed out"));
                    }
                    send(socket, Out::Binary(axum::body::Bytes::new())).await?;
                }
                _ = closing.changed() => return Some((end::AGAIN, "the server ends")),
            }
        }
    }

    /// What the CRDT's own protocol says.
    fn binary(&self, number: u64, bytes: &[u8]) -> Result<(), Refusal> {
        let refused =
            || Refusal::of(end::NOT_UNDERSTOOD, "what came is not of this protocol", "reload the page");
        let bytes = bytes.to_vec();
        // Whatever the bytes are, nothing worse happens than that they are not understood.
        let message =
            catch_unwind(move || Message::decode_v1(&bytes).ok()).ok().flatten().ok_or_else(refused)?;
        match message {
            Message::Sync(SyncMessage::SyncStep1(state)) => {
                self.open.answer(number, &state);
                Ok(())
            }
            Message::Sync(SyncMessage::SyncStep2(update) | SyncMessage::Update(update)) => {
                self.open.take(number, &update)
            }
            Message::Awareness(update) => self.open.point(number, &update),
            _ => Err(refused()),
        }
    }

    /// What our own protocol says.
    fn said(
        &self,
        number: u64,
        said: &str,
        out: &mpsc::Sender<Out>,
        asks: &DefaultDirectRateLimiter,
    ) -> Result<(), Refusal> {
        let Ok(said) = serde_json::from_str::<Said>(said) else {
            return Err(Refusal::of(
                end::NOT_UNDERSTOOD,
                "what came is not of this protocol",
                "reload the page",
            ));
        };
        if asks.check().is_err() {
            return Err(Refusal::of(
                end::TOO_FAST,
                "more is asked than anybody asks",
                "it is connected again by itself",
            ));
        }
        let (site, open, path, out) =
            (Arc::clone(&self.site), Arc::clone(&self.open), self.path.clone(), out.clone());
        tokio::task::spawn_blocking(move || match said {
            Said::Ask { request, operation } => {
                let answered = super::asks::answer(&site, &open, &path, operation);
                let answer = serde_json::to_string(&Answer::to(request, answered)).unwrap_or_default();
                // Whoever is too slow for it is cut off anyway.
                let _ = out.try_send(Out::Text(answer));
            }
            Said::Decide { question, choice } => {
                if let Err(failure) = open.decide(&site, number, question, &choice) {
                    site.log(&format!("error: writing together: {failure}"));
                }
            }
            Said::Write => {
                open.write(&site);
                open.commit(&site);
            }
        });
        Ok(())
    }

    async fn is_still_let_in(&self, began: Instant) -> bool {
        let (site, who) = (Arc::clone(&self.site), self.who.clone());
        let asked = tokio::task::spawn_blocking(move || {
            let accounts = &site.doors.accounts;
            match who {
                Who::Local => accounts.is_any().is_ok_and(|any| !any),
                Who::Session(_, sum) => {
                    accounts.session(&sum, site.now()).is_ok_and(|account| account.is_some())
                }
                Who::Token(..) => began.elapsed() < TOKEN,
            }
        });
        asked.await.unwrap_or(false)
    }

    fn words(&self) -> Words {
        Words::of(self.site.shelf().workspace.config())
    }

    fn named(&self) -> (String, String) {
        let shelf = self.site.shelf();
        let known = shelf.at(&self.path);
        let title = known.and_then(|known| known.record.title.clone()).unwrap_or_default();
        (known.map_or_else(|| self.path.clone(), |known| known.name().to_owned()), title)
    }
}

/// Colours that can be told from each other and from the page, in light and dark.
const COLORS: [&str; 8] =
    ["#0b6bcb", "#b3261e", "#1b7f4b", "#8a4baf", "#9a6700", "#00796b", "#c2185b", "#5c6b1f"];

/// Somebody as others see them: always in the same colour, which can be told from the page in light and dark.
fn person(name: &str) -> Person {
    let sum: u32 = name.bytes().fold(7, |sum: u32, byte| sum.wrapping_mul(31).wrapping_add(u32::from(byte)));
    let color = COLORS[sum as usize % COLORS.len()];
    Person { name: name.to_owned(), color: color.to_owned(), color_light: format!("{color}33") }
}

/// Sends a frame; none where the other side takes nothing.
async fn send(socket: &mut WebSocket, frame: Out) -> Option<()> {
    let frame = match frame {
        Out::Binary(bytes) if bytes.is_empty() => Frame::Ping(bytes),
        Out::Binary(bytes) => Frame::Binary(bytes),
        Out::Text(text) => Frame::Text(text.into()),
        Out::End(code, reason) => Frame::Close(Some(CloseFrame { code, reason: reason.into() })),
    };
    tokio::time::timeout(SENDING, socket.send(frame)).await.ok()?.ok()
}
