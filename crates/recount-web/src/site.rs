//! A library that is served: its state as it was last seen, and keeping that in step with the files.
//!
//! A thread waits for changes, whoever makes them, and sets a new [`Shelf`] in place of the old one; a request works
//! on the one that it found when it came. What does not live here: what a shelf holds.

use std::net::IpAddr;
use std::num::NonZeroU32;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError, RwLock};
use std::thread;
use std::time::Duration;

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use recount_store::{Author, Library, Store as _};
use recount_workspace::Failure;
use tokio::sync::{Semaphore, watch};

use crate::auth::{Accounts, Pace, Passwords};
use crate::hooks::{self, Hooks, Surroundings};
use crate::live::Live;
use crate::recent::Recent;
use crate::shelf::Shelf;
use crate::traffic::Traffic;

/// How often everything is looked at where changes are not told, or one was missed.
const LOOK: Duration = Duration::from_secs(20);

/// What the process brings.
pub struct Settings {
    /// Which program this is, so that what one build kept is never taken for another's.
    pub program: String,
    /// Whether what is derived from files may be kept beside them.
    pub keep: bool,
    /// Now.
    pub clock: Box<dyn Fn() -> Timestamp + Send + Sync>,
    /// Whether each change becomes a commit.
    pub commit: bool,
    /// Whoever sits at this machine: the author of changes where there are no accounts.
    pub author: Author,
    /// Names under which this server is reached, beside those of the machine itself.
    pub hosts: Vec<String>,
}

/// From where a site is reached.
#[derive(Clone, Debug, Default)]
pub struct Access {
    /// Whether everybody needs an account, even while there is none: others can reach the server.
    pub required: bool,
    /// Whether browsers come by https although nothing in a request says so.
    pub secure: bool,
    /// Proxies whose word counts for where a request comes from.
    pub proxies: Vec<IpAddr>,
}

/// What stands at the doors of a site.
pub(crate) struct Doors {
    pub(crate) accounts: Accounts,
    pub(crate) passwords: Passwords,
    pub(crate) pace: Pace,
    /// Places for requests that are worked on.
    pub(crate) places: Semaphore,
}

/// So many requests are worked on at a time.
const PLACES: usize = 256;

/// Told what nobody sees in a browser: a line, without its end.
type Log = dyn Fn(&str) + Send + Sync;

/// A library, served.
pub struct Site {
    library: Library,
    pub(crate) settings: Settings,
    pub(crate) access: Access,
    pub(crate) doors: Doors,
    /// What was edited lately.
    pub(crate) recent: Recent,
    pub(crate) hooks: Hooks,
    /// What is written in together.
    pub(crate) live: Live,
    /// Where it is told what nobody sees in a browser.
    log: OnceLock<Box<Log>>,
    shelf: RwLock<Arc<Shelf>>,
    /// The number of the shelf, for those who wait for changes.
    number: watch::Sender<u64>,
    /// Held while a new shelf is made.
    making: Mutex<()>,
    /// Whether no more is answered.
    closing: watch::Sender<bool>,
    /// What it answered so far.
    pub(crate) traffic: Traffic,
    /// How often one viewer may read through the API in a minute; 0 where there is no limit.
    api_limit: AtomicU32,
}

/// How often one viewer may read through the API in a minute, where nobody says otherwise.
pub const API_LIMIT: u32 = 1200;

impl Site {
    /// Reads a library and keeps up with it from now on, for this machine alone.
    ///
    /// # Errors
    ///
    /// Where its configuration cannot be used.
    pub fn open(library: Library, settings: Settings) -> Result<Arc<Self>, Failure> {
        Self::open_for(library, settings, Access::default())
    }

    /// As [`Site::open`], reached from elsewhere.
    ///
    /// # Errors
    ///
    /// Where its configuration cannot be used.
    pub fn open_for(library: Library, settings: Settings, access: Access) -> Result<Arc<Self>, Failure> {
        // Whoever can write into the library must not make the server read what else is on its disk.
        let library = library.confined();
        let doors = Doors {
            accounts: Accounts::of(&library),
            passwords: Passwords::new(),
            pace: Pace::new(),
            places: Semaphore::new(PLACES),
        };
        let shelf = Shelf::read(&library, &settings, 1)?;
        let site = Arc::new(Self {
            hooks: Hooks::of(&library),
            live: Live::default(),
            library,
            settings,
            access,
            doors,
            recent: Recent::default(),
            log: OnceLock::new(),
            shelf: RwLock::new(Arc::new(shelf)),
            number: watch::Sender::new(1),
            making: Mutex::new(()),
            closing: watch::Sender::new(false),
            traffic: Traffic::default(),
            api_limit: AtomicU32::new(API_LIMIT),
        });
        let weak = Arc::downgrade(&site);
        // A process that can start no thread cannot answer requests either.
        let _ = thread::Builder::new().name("watch".to_owned()).spawn(move || {
            let Some(watch) = weak.upgrade().map(|site| site.shelf().workspace.library.watch()) else {
                return;
            };
            let mut watch = watch.ok();
            loop {
                // Without a word from the system everything is looked at now and then: it may have missed one.
                if let Some(watch) = &mut watch {
                    drop(watch.next(LOOK));
                } else {
                    thread::sleep(LOOK / 10);
                }
                let Some(site) = weak.upgrade() else { return };
                site.refresh();
                // Also where nothing changed that a shelf shows: a branch, a file that is gone.
                site.live.follow(&site);
            }
        });
        Live::begin(&site);
        Ok(site)
    }

    /// Sets how often one viewer may read through the API in a minute, and write a fifth as often: before a router is
    /// made of the site. 0 is no limit.
    pub fn limit_api(&self, reads: u32) {
        self.api_limit.store(reads, Ordering::Relaxed);
    }

    /// How often one viewer may read through the API in a minute; none where there is no limit.
    pub(crate) fn api_limit(&self) -> Option<NonZeroU32> {
        NonZeroU32::new(self.api_limit.load(Ordering::Relaxed))
    }

    /// The library as it was last seen.
    pub(crate) fn shelf(&self) -> Arc<Shelf> {
        Arc::clone(&self.shelf.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Looks at the files again, and gives back what they hold now.
    pub(crate) fn refresh(&self) -> Arc<Shelf> {
        let _making = self.making.lock().unwrap_or_else(PoisonError::into_inner);
        let old = self.shelf();
        if old.is_current() {
            return old;
        }
        // A configuration that cannot be used is told by `check`; pages go on with the last one that could.
        let Ok(new) = Shelf::read(&self.library, &self.settings, old.number + 1) else { return old };
        let new = Arc::new(new);
        *self.shelf.write().unwrap_or_else(PoisonError::into_inner) = Arc::clone(&new);
        self.number.send_replace(new.number);
        self.hooks.follow(self, &new);
        new
    }

    /// Lets what nobody sees in a browser be told: sign-ins that failed, webhooks. The first one to come is told.
    pub fn log_to(&self, log: impl Fn(&str) + Send + Sync + 'static) {
        let _ = self.log.set(Box::new(log));
    }

    pub(crate) fn log(&self, line: &str) {
        if let Some(log) = self.log.get() {
            log(line);
        }
    }

    /// Lets webhooks in and out from now on, and gives back what is wrong with their configuration: each with a hint.
    pub fn connect(self: &Arc<Self>, surroundings: Surroundings) -> Vec<(String, String)> {
        hooks::connect(self, surroundings)
    }

    /// Sends everybody whom `recount.toml` names under `[[webhooks]]` a message for trying out, once: where to, and the
    /// status that came back, or why none did.
    pub fn test_webhooks(&self, surroundings: Surroundings) -> Vec<(String, Result<u16, String>)> {
        self.hooks.test(self, surroundings)
    }

    /// Tells of each new shelf.
    pub(crate) fn changes(&self) -> watch::Receiver<u64> {
        self.number.subscribe()
    }

    /// Ends what would go on as long as somebody listens.
    pub(crate) fn close(&self) {
        self.closing.send_replace(true);
    }

    /// Tells when it closes.
    pub(crate) fn closing(&self) -> watch::Receiver<bool> {
        self.closing.subscribe()
    }

    /// Now.
    pub(crate) fn now(&self) -> Timestamp {
        (self.settings.clock)()
    }

    /// Today, UTC.
    pub(crate) fn today(&self) -> Date {
        TimeZone::UTC.to_datetime(self.now()).date()
    }
}
