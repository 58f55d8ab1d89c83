//! A catalog once more, so that several can be asked at a time: a connection to a database is for one thread.
//!
//! What does not live here: opening a catalog in step with the files ([`super::refresh`]).

use std::cell::OnceCell;

use super::Catalog;
use super::disk::Disk;
use super::near::Rare;

impl Catalog {
    /// The same state once more, without a look at the files; none where what is kept was changed since. What could not
    /// be read, and what is to be said of the catalog, only the first one tells.
    pub fn twin(&self) -> Option<Self> {
        let disk = match &self.disk {
            None => None,
            Some(disk) => Some(Disk {
                facts: disk.twin().open().ok()?,
                text: disk.text.clone(),
                head: disk.head.clone(),
                place: disk.place.clone(),
            }),
        };
        Some(Self {
            library: self.library.clone(),
            files: self.files.clone(),
            problems: Vec::new(),
            disk,
            memory: self.memory.clone(),
            notes: Vec::new(),
            places: OnceCell::new(),
            rare: Rare::default(),
        })
    }
}
