//! What commands print with `--format json` keeps to the schemas in `docs/schemas`.

use std::fs;
use std::path::Path;
use std::process::Command;

use serde_json::Value;

fn run(arguments: &[&str], folder: &Path) -> Vec<u8> {
    let output = Command::new(env!("CARGO_BIN_EXE_recount"))
        .args(arguments)
        .current_dir(folder)
        .env("RECOUNT_NOW", "2026-11-23T09:00:00Z")
        .env_remove("RECOUNT_LIBRARY")
        .output()
        .expect("the binary was built for this test");
    assert_ne!(output.status.code(), Some(2), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    output.stdout
}

#[test]
fn every_machine_format_keeps_to_its_schema() {
    let scratch = tempfile::tempdir().expect("a scratch folder");
    let library = scratch.path().join("library");
    run(&["demo", "library"], scratch.path());
    fs::write(library.join("old.md"), "# Down\n\n## Timeline\n\n- 14:02 UTC disk full\n")
        .expect("it can be written");
    for (format, arguments) in [
        ("actions", vec!["actions", "--all"]),
        ("adopt", vec!["adopt", "--dry-run", "old.md"]),
        ("candidates", vec!["candidates", "INC-0016"]),
        ("check", vec!["check"]),
        ("evidence-list", vec!["evidence", "list", "INC-0016"]),
        ("evidence-list", vec!["evidence", "list", "INC-0001"]),
        ("explain", vec!["explain"]),
        ("explain", vec!["explain", "missing-owner"]),
        ("fields", vec!["set", "--fields"]),
        ("fmt", vec!["fmt", "--check"]),
        ("fmt", vec!["fmt", "--diff"]),
        ("insights", vec!["insights"]),
        ("insights", vec!["insights", "--period", "1999", "--team", "team-payments"]),
        ("list", vec!["list"]),
        ("recurrence", vec!["recurrence"]),
        ("show", vec!["show", "INC-0003"]),
        ("show", vec!["show", "INC-0013"]),
        ("show", vec!["show", "INC-0016"]),
        ("users", vec!["user", "list"]),
        ("users", vec!["user", "token", "list"]),
    ] {
        let text = run(&[&arguments[..], &["--format", "json"]].concat(), &library);
        let answer: Value = serde_json::from_slice(&text).expect("it is JSON");
        assert_eq!(answer["recount"]["format"], format);
        let path = format!("../../docs/schemas/{format}.v{}.json", answer["recount"]["version"]);
        let schema =
            fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(path)).expect("it is documented");
        let schema = serde_json::from_str(&schema).expect("it is JSON");
        let validator = jsonschema::validator_for(&schema).expect("it is a schema");
        let faults: Vec<String> = validator
            .iter_errors(&answer)
            .map(|fault| format!("{}: {fault}", fault.instance_path()))
            .collect();
        assert!(faults.is_empty(), "{arguments:?}\n{}", faults.join("\n"));
    }
}

#[test]
fn the_example_configuration_keeps_to_the_schema_of_the_configuration() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let schema = fs::read_to_string(root.join("docs/schemas/config.json")).expect("it is documented");
    let schema = serde_json::from_str(&schema).expect("it is JSON");
    let text = fs::read_to_string(root.join("examples/recount.toml")).expect("the example has one");
    let config = recount_engine::config::Config::from_toml(&text).expect("it is well formed");
    let config = serde_json::to_value(config).expect("plain data");
    assert!(jsonschema::is_valid(&schema, &config));
    assert!(!jsonschema::is_valid(&schema, &serde_json::json!({ "rules": { "secret": "loud" } })));
}
