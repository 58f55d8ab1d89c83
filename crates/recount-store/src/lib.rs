//! The store: postmortems in a folder, read and written safely.
