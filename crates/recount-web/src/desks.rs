//! Several catalogs of one state, so that questions do not wait for each other.
//!
//! What does not live here: what is asked.

use std::sync::{Condvar, Mutex, PoisonError};

use recount_store::catalog::Catalog;
use recount_store::threads;

/// More than this answer at a time only where there are more threads to do so.
const MOST: usize = 8;

/// Catalogs of one state. Whoever asks takes one and brings it back.
pub(crate) struct Desks {
    free: Mutex<Vec<Catalog>>,
    brought: Condvar,
}

impl Desks {
    /// A catalog and its twins; fewer where what is kept changes right now.
    pub(crate) fn of(first: Catalog) -> Self {
        let mut all: Vec<Catalog> = (1..threads().clamp(2, MOST)).map_while(|_| first.twin()).collect();
        all.push(first);
        Self { free: Mutex::new(all), brought: Condvar::new() }
    }

    /// Asks one of them.
    pub(crate) fn ask<T>(&self, question: impl FnOnce(&Catalog) -> T) -> T {
        let mut free = self.free.lock().unwrap_or_else(PoisonError::into_inner);
        let catalog = loop {
            match free.pop() {
                Some(catalog) => break catalog,
                None => free = self.brought.wait(free).unwrap_or_else(PoisonError::into_inner),
            }
        };
        drop(free);
        let taken = Taken { desks: self, catalog: Some(catalog) };
        // It is there until it is brought back.
        taken.catalog.as_ref().map(question).expect("a catalog was taken")
    }
}

/// A catalog that is asked; it is brought back also where the question panics.
struct Taken<'d> {
    desks: &'d Desks,
    catalog: Option<Catalog>,
}

impl Drop for Taken<'_> {
    fn drop(&mut self) {
        self.desks.free.lock().unwrap_or_else(PoisonError::into_inner).extend(self.catalog.take());
        self.desks.brought.notify_one();
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use std::sync::Barrier;
    use std::thread;

    use recount_store::Library;
    use recount_store::catalog::{Opening, Want};

    use super::*;

    #[test]
    fn two_questions_are_answered_at_once() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("recount.toml"), "").unwrap();
        std::fs::create_dir(folder.path().join("postmortems")).unwrap();
        for nth in 0..3 {
            let text = format!("# The pool of number {nth} ran dry\n");
            std::fs::write(folder.path().join(format!("postmortems/{nth}.md")), text).unwrap();
        }
        let library = Library::open(folder.path()).unwrap();
        for keep in [false, true] {
            let opening = Opening {
                program: "test",
                want: Want::Text,
                keep,
                always: keep,
                at_most: usize::MAX,
                progress: &|_, _| {},
            };
            let desks = Desks::of(Catalog::open(&library, &opening));
            // Each waits in the middle of its question for the other to be there.
            let both = Barrier::new(2);
            let question = |catalog: &Catalog| {
                both.wait();
                let config = recount_engine::config::Config::default();
                let today = jiff::civil::date(2026, 11, 23);
                let query = recount_store::catalog::Query::read("pool", &config, today);
                catalog.search(&query, 10).hits.len()
            };
            let ask = || desks.ask(question);
            let found =
                thread::scope(|scope| [scope.spawn(ask), scope.spawn(ask)].map(|one| one.join().unwrap()));
            assert_eq!(found, [3, 3], "{keep}");
        }
    }
}
