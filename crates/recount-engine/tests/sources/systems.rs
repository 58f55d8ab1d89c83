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

fn pieces_of_lines() -> impl Strategy<Value = String> {
    let words = prop::sample::select(vec![
        "<34>",
        "<999>",
        "1 ",
        "57 <34>1 ",
        "9 <1>",
        "- ",
        "[a b=\"]\\\"\"]",
        "Nov 20 14:02:05 ",
        "Feb 30 14:02:61 ",
        "2026-11-20T14:02:05Z ",
        "web-1 ",
        "systemd[1]: ",
        "sudo: ",
        "kernel: ",
        "Started x.service",
        "Stopped x.service",
        "Linux version 6",
        "ana : TTY=a ; PWD=b ; USER=c ; COMMAND=",
        "#1795615325\n",
        ": 1795615325:0;",
        "\\\n",
        "\n",
        "- cmd: ",
        "\\n",
        "  when: 1795615325\n",
        "2026-11-20 14:02:05\t",
        "ana@web-1\t",
        "  5  2026-11-20 14:02 ",
        "Script started on 2026-11-20 14:02:05+00:00 [COLUMNS=\"3\"]\n",
        "O 0.1 99999999999999999999\n",
        "0.1 3\n",
        "H 0.0 OUTPUT_LOG a\n",
        "I 0.1 5\n",
        "{\"version\":2,\"width\":18446744073709551615,\"height\":1,\"timestamp\":1795615325}\n",
        "[0.1,\"o\",\"ana@web-1:~$ ls\\r\\n\"]\n",
        "[1e9,\"m\",\"x\"]\n",
        "\u{1b}[",
        "9999A",
        "?1049h",
        "\r",
        "\u{8}",
        "$ ",
        "'",
        "`",
        "é",
        "\u{83}",
        "mysql -p",
        "curl -u a:",
        "{\"MESSAGE\":[1,2],\"__REALTIME_TIMESTAMP\":\"1795615325000000\"}",
        "{\"command\":\"ls\",\"timestamp\":1795615325000000000}",
        "{\"kind\":\"Event\",\"involvedObject\":{},\"lastTimestamp\":\"2026-11-20T14:02:05Z\"}",
        "{\"auditID\":\"a\",\"verb\":\"patch\",\"objectRef\":{\"resource\":\"ies\"},\"stageTimestamp\":\"2026-11-20T14:02:05Z\"}",
        "{\"eventName\":\"PutÉ\",\"eventTime\":\"2026-11-20T14:02:05Z\"}",
    ]);
    prop::collection::vec(words, 0..30).prop_map(|words| words.concat())
}

proptest! {
    #[test]
    fn lines_of_machines_and_terminals_in_any_order_are_imported_without_panic(
        text in pieces_of_lines(), name in "(a|b/root/)?(timing|typescript|ana\\.bash_history|x)"
    ) {
        let options = Options { zone: Some(TimeZone::UTC), year: Some(2026), ..Options::default() };
        for name_of_source in ["cloudtrail", "journald", "kubernetes-audit", "kubernetes-events", "shell-history", "syslog", "terminal-recording"] {
            let source = by_name(name_of_source).unwrap();
            let _ = (source.recognise)(&Part::new(&name, text.as_bytes()));
            let parts = [(name.clone(), text.clone().into_bytes()), ("a".into(), text.clone().into_bytes())];
            let _ = render(&import(source, &options, &parts));
        }
    }
}
