//! Evidence: bytes in, events out; redaction, identity, curation, derivation.
