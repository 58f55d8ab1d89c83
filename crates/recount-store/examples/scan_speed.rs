//! How near a scan is to its floor: `cargo run --release -p recount-store --example scan_speed -- FOLDER [TURNS]`.
//!
//! The floor is the same files read one after the other by as many threads, without order, window or
//! hand-over.
#![allow(clippy::unwrap_used)]

use std::fs;
use std::io::Read;
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

use recount_store::{DEFAULT_SIZE_LIMIT, list_paths, scan, threads};

fn main() {
    let mut arguments = std::env::args_os().skip(1);
    let folder = arguments.next().expect("a folder of documents");
    let turns: u32 = arguments.next().and_then(|turns| turns.to_str()?.parse().ok()).unwrap_or(5);
    let started = Instant::now();
    let listed = list_paths([Path::new(&folder)]);
    println!("{} candidates listed in {:.1?}", listed.len(), started.elapsed());

    for turn in 0..turns {
        let started = Instant::now();
        let mut bytes = 0;
        let count = |_: &Path, read: Result<&[u8], _>| read.map_or(0, <[u8]>::len);
        scan(&listed, threads(), DEFAULT_SIZE_LIMIT, count, |length| bytes += length);
        let scanned = started.elapsed();

        let started = Instant::now();
        let (next, total) = (AtomicUsize::new(0), AtomicUsize::new(0));
        std::thread::scope(|scope| {
            for _ in 0..threads() {
                scope.spawn(|| {
                    let mut buffer = vec![0; 1 << 20];
                    while let Some(listed) = listed.get(next.fetch_add(1, Ordering::Relaxed)) {
                        let Ok(path) = listed else { continue };
                        let mut file = fs::File::open(path).unwrap();
                        let length = file.metadata().unwrap().len() as usize;
                        total.fetch_add(file.read(&mut buffer[..=length]).unwrap(), Ordering::Relaxed);
                    }
                });
            }
        });
        let floor = started.elapsed();
        assert_eq!(bytes, total.into_inner());
        println!("turn {turn}: scan {scanned:.1?}, floor {floor:.1?} ({bytes} bytes)");
    }
}
