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
