//! Any bytes as the output of `git log`.

#![no_main]

use libfuzzer_sys::fuzz_target;
use recount_engine::evidence::sources::git_log::GIT_LOG;

mod evidence;

fuzz_target!(|bytes: &[u8]| evidence::reading(&GIT_LOG, &[("checkout.gitlog.tsv", bytes)]));
