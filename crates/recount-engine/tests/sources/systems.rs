//! Real evidence of clusters and clouds: what must come out of it, whatever else does.

use super::*;

fn read(path: &str, name: &str) -> Option<Import> {
    let parts = [(path.to_owned(), real(path)?)];
    let recognised = recognise(&[Part::new(path, &parts[0].1)]).map(|source| source.name);
    assert_eq!(recognised.ok(), Some(name), "{path}");
    Some(import(by_name(name).unwrap(), &Options::default(), &parts))
}

fn taken(import: &Import) -> Vec<&str> {
    let taken = import.events.iter().filter(|event| Curation::default().choose(event).is_taken());
    taken.map(|event| event.action.as_str()).collect()
}

#[test]
fn real_events_of_a_cluster_give_their_warnings_with_their_ranges() {
    let path = "kubernetes/troubleshoot_message-pod-init-crashloop-backoff.json";
    let Some(import) = read(path, "kubernetes-events") else { return };
    assert_eq!((import.events.len(), import.skipped.len()), (17, 0));
    let back_off = import.events.iter().find(|event| event.details["reason"] == "BackOff").unwrap();
    assert_eq!(
        (back_off.details["count"].as_str(), &*back_off.details["until"]),
        ("111", "2023-07-11T03:56:47Z")
    );
    assert!(back_off.action.contains("(111 times until 03:56)"), "{}", back_off.action);
    // What was bound without a count has its time in `eventTime`.
    assert!(import.events.iter().any(|event| event.details["reason"] == "Scheduled"));
    assert_eq!(taken(&import).len(), 6);
}

#[test]
fn real_records_of_a_cloud_are_counted_where_they_only_read() {
    let Some(import) = read("cloudtrail/invictus_sample.json", "cloudtrail") else { return };
    assert_eq!(import.left_out.get("calls that only read"), Some(&9));
    assert_eq!((import.events.len(), import.skipped.len()), (1, 0));
    // An agent's inventory changes nothing that anybody asks about.
    assert!(taken(&import).is_empty());
    assert!(import.events[0].details["region"].starts_with("us-"), "{:?}", import.events[0]);
}
