//! Many documents at once: read and worked on in parallel, answered in order, in bounded memory.
//!
//! Two numbers matter, and they differ. *Computing* is bounded by cores: more threads than that only
//! evict each other's caches. *Reading from a cold disk* is bounded by how many reads are in flight:
//! sixteen readers are three times as fast as two. So there are sixteen workers and as many **permits**
//! as cores. A worker computes only while it holds a permit. While files come out of the page cache it
//! keeps its permit from one document to the next and the other workers sleep, so that a warm scan costs
//! no hand-over at all. As soon as a read takes long enough to have waited for the disk, workers give
//! their permit back before each read, and up to sixteen reads are under way.
//!
//! What does not live here: which files ([`crate::walk`]), and what is done with them (the closure).

use std::collections::VecDeque;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use crate::read::{Reader, Unreadable};
use crate::walk::{Listed, path_of};

/// Reads in flight on a cold disk.
const READERS: usize = 16;
/// A 10 KB file comes out of the page cache in some 10 µs; on a fast disk the two or three blocks of a
/// cold one (folder, inode, content) take twice this and more.
const WAITED_FOR_DISK: Duration = Duration::from_micros(150);
/// Documents that a worker takes and hands over at once, so that locks and wake-ups are paid rarely.
const BATCH: usize = 16;
/// Batches that may be finished or under way before the oldest has been emitted.
const WINDOW: usize = 2 * READERS;

/// How many threads should compute: the cores that this process may use.
pub fn threads() -> usize {
    thread::available_parallelism().map_or(1, usize::from)
}

/// Runs `work` over the bytes of every candidate, at most `threads` at a time, and hands the answers to
/// `emit` on the calling thread in the order of `listed`.
///
/// Memory holds at most a window of some hundred answers and one buffer per worker, whatever the number
/// of documents. A candidate that cannot be read, or has more than `size_limit` bytes, reaches `work` as
/// an error and stops nothing.
///
/// # Panics
///
/// Where `work` or `emit` panics, after all workers have stopped.
pub fn scan<T: Send>(
    listed: &[Listed],
    threads: usize,
    size_limit: u64,
    work: impl Fn(&Path, Result<&[u8], Unreadable>) -> T + Sync,
    mut emit: impl FnMut(T),
) {
    if let [one] = listed {
        return emit(work(path_of(one), read(&mut Reader::new(size_limit), one)));
    }
    let threads = threads.max(1);
    let batch = listed.len().div_ceil(threads * 4).clamp(1, BATCH);
    let batches: Vec<&[Listed]> = listed.chunks(batch).collect();
    let queue = Queue::new(batches.len());
    let permits = Permits::new(threads);
    let cold = AtomicBool::new(false);

    let worker = || {
        let _stop = StopOnPanic(&queue);
        let mut reader = Reader::new(size_limit);
        let mut permit = None;
        loop {
            if permit.is_none() && !cold.load(Ordering::Relaxed) {
                permit = Some(permits.acquire());
            }
            // Who waits for the window gives the permit back: the worker that holds the oldest batch,
            // and thereby the key to the window, may be waiting for it.
            let Some(index) = queue.claim(|| permit = None) else { break };
            let answers = batches[index].iter().map(|listed| {
                if cold.load(Ordering::Relaxed) {
                    permit = None;
                }
                let started = Instant::now();
                let bytes = read(&mut reader, listed);
                cold.store(started.elapsed() > WAITED_FOR_DISK, Ordering::Relaxed);
                if permit.is_none() {
                    permit = Some(permits.acquire());
                }
                work(path_of(listed), bytes)
            });
            let answers = answers.collect();
            queue.finish(index, answers);
        }
    };

    thread::scope(|scope| {
        let _stop = StopOnPanic(&queue);
        for _ in 0..READERS.max(threads).min(batches.len()) {
            scope.spawn(worker);
        }
        while let Some(answers) = queue.next() {
            answers.into_iter().for_each(&mut emit);
        }
    });
}

fn read<'a>(reader: &'a mut Reader, listed: &Listed) -> Result<&'a [u8], Unreadable> {
    match listed {
        Ok(path) => reader.read(path),
        Err(unreadable) => Err(unreadable.clone()),
    }
}

/// Batches on their way from the workers to the calling thread, which takes them in order.
struct Queue<T> {
    batches: usize,
    state: Mutex<State<T>>,
    /// The window moved, or there is nothing left to claim.
    moved: Condvar,
    /// The oldest batch is finished.
    ready: Condvar,
}

struct State<T> {
    claimed: usize,
    emitted: usize,
    /// The batch `emitted + n` stands at `n` once it is finished.
    finished: VecDeque<Option<Vec<T>>>,
    stopped: bool,
}

impl<T> Queue<T> {
    fn new(batches: usize) -> Self {
        let finished = std::iter::repeat_with(|| None).take(WINDOW).collect();
        let state = State { claimed: 0, emitted: 0, finished, stopped: false };
        Self { batches, state: Mutex::new(state), moved: Condvar::new(), ready: Condvar::new() }
    }

    /// The next batch to work on; waits for the window, after `before_waiting`.
    fn claim(&self, before_waiting: impl FnOnce()) -> Option<usize> {
        let mut state = lock(&self.state);
        if state.claimed == state.emitted + WINDOW && state.claimed < self.batches && !state.stopped {
            drop(state);
            before_waiting();
            state = lock(&self.state);
        }
        while state.claimed == state.emitted + WINDOW && state.claimed < self.batches && !state.stopped {
            state = self.moved.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
        if state.claimed == self.batches || state.stopped {
            return None;
        }
        state.claimed += 1;
        if state.claimed == self.batches {
            self.moved.notify_all();
        }
        Some(state.claimed - 1)
    }

    fn finish(&self, index: usize, answers: Vec<T>) {
        let mut state = lock(&self.state);
        let place = index - state.emitted;
        state.finished[place] = Some(answers);
        if place == 0 {
            self.ready.notify_one();
        }
    }

    /// The next batch to emit; waits for it. `None` after the last.
    fn next(&self) -> Option<Vec<T>> {
        let mut state = lock(&self.state);
        loop {
            if state.emitted == self.batches || state.stopped {
                return None;
            }
            if let Some(answers) = state.finished[0].take() {
                state.finished.rotate_left(1);
                state.emitted += 1;
                drop(state);
                self.moved.notify_one();
                return Some(answers);
            }
            state = self.ready.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
    }
}

/// Lets everybody else finish when one side panics, so that the panic arrives instead of a deadlock.
struct StopOnPanic<'a, T>(&'a Queue<T>);

impl<T> Drop for StopOnPanic<'_, T> {
    fn drop(&mut self) {
        if thread::panicking() {
            lock(&self.0.state).stopped = true;
            self.0.moved.notify_all();
            self.0.ready.notify_all();
        }
    }
}

/// The right to compute, as many times as there are threads for it.
struct Permits {
    free: Mutex<usize>,
    returned: Condvar,
}

struct Permit<'a>(&'a Permits);

impl Permits {
    fn new(count: usize) -> Self {
        Self { free: Mutex::new(count), returned: Condvar::new() }
    }

    fn acquire(&self) -> Permit<'_> {
        let mut free = lock(&self.free);
        while *free == 0 {
            free = self.returned.wait(free).unwrap_or_else(PoisonError::into_inner);
        }
        *free -= 1;
        Permit(self)
    }
}

impl Drop for Permit<'_> {
    fn drop(&mut self) {
        *lock(&self.0.free) += 1;
        self.0.returned.notify_one();
    }
}

/// No code of a caller runs under these locks, so that poison cannot mean a broken state.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;
    use std::sync::atomic::AtomicUsize;

    use super::*;
    use crate::read::DEFAULT_SIZE_LIMIT;

    fn library_of(documents: usize) -> (tempfile::TempDir, Vec<Listed>) {
        let folder = tempfile::tempdir().expect("a scratch folder");
        let listed = (0..documents).map(|n| {
            let path = folder.path().join(format!("{n:05}.md"));
            std::fs::write(&path, format!("document {n}")).expect("a writable folder");
            Ok(path)
        });
        let listed = listed.collect();
        (folder, listed)
    }

    #[test]
    fn answers_come_in_the_order_of_the_listing() {
        for (documents, threads) in [(0, 2), (1, 2), (2, 1), (17, 3), (1500, 1), (1500, 2), (1500, 40)] {
            let (_folder, listed) = library_of(documents);
            let mut answers = Vec::new();
            scan(
                &listed,
                threads,
                DEFAULT_SIZE_LIMIT,
                |_, bytes| String::from_utf8(bytes.expect("readable").to_vec()).expect("text"),
                |answer| answers.push(answer),
            );
            let expected: Vec<String> = (0..documents).map(|n| format!("document {n}")).collect();
            assert_eq!(answers, expected, "{documents} documents, {threads} threads");
        }
    }

    #[test]
    fn no_more_threads_compute_than_were_asked_for() {
        let (_folder, listed) = library_of(200);
        let (now, most) = (AtomicUsize::new(0), AtomicUsize::new(0));
        let work = |_: &Path, _: Result<&[u8], Unreadable>| {
            most.fetch_max(now.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
            thread::sleep(Duration::from_micros(200));
            now.fetch_sub(1, Ordering::SeqCst);
        };
        scan(&listed, 3, DEFAULT_SIZE_LIMIT, work, |()| ());
        assert!(most.into_inner() <= 3);
    }

    #[test]
    fn answers_that_wait_are_bounded_when_the_receiver_is_slow() {
        let (_folder, listed) = library_of(2000);
        let (made, mut taken, mut most) = (AtomicUsize::new(0), 0, 0);
        let work = |_: &Path, _: Result<&[u8], Unreadable>| made.fetch_add(1, Ordering::SeqCst);
        scan(&listed, 2, DEFAULT_SIZE_LIMIT, work, |_| {
            thread::sleep(Duration::from_micros(50));
            taken += 1;
            most = most.max(made.load(Ordering::SeqCst) - taken);
        });
        assert_eq!(taken, 2000);
        assert!(most <= (WINDOW + 1) * BATCH, "{most} answers waited");
    }

    #[test]
    fn what_cannot_be_read_takes_its_place_among_the_answers() {
        let (_folder, mut listed) = library_of(40);
        listed[7] = Ok(PathBuf::from("/nowhere/at/all.md"));
        listed[9] = Err(Unreadable::other(Path::new("odd.md"), "is odd".to_owned()));
        let mut answers = Vec::new();
        scan(
            &listed,
            2,
            DEFAULT_SIZE_LIMIT,
            |_, bytes| bytes.err().map(|unreadable| unreadable.to_string()),
            |answer| answers.push(answer),
        );
        assert_eq!(answers[7].as_deref(), Some("`/nowhere/at/all.md` does not exist"));
        assert_eq!(answers[9].as_deref(), Some("`odd.md` is odd"));
        assert_eq!(answers.iter().flatten().count(), 2);
    }

    #[test]
    fn a_panic_on_either_side_arrives_instead_of_a_deadlock() {
        let (_folder, listed) = library_of(1000);
        for (in_work, in_emit) in [(true, false), (false, true)] {
            let outcome = std::panic::catch_unwind(|| {
                let made = AtomicUsize::new(0);
                let work = |_: &Path, _: Result<&[u8], Unreadable>| {
                    assert!(!in_work || made.fetch_add(1, Ordering::SeqCst) < 300, "told to");
                };
                scan(&listed, 2, DEFAULT_SIZE_LIMIT, work, |()| assert!(!in_emit, "told to"));
            });
            assert!(outcome.is_err());
        }
    }
}
