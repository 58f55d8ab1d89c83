//! Several sources about one thing are one row with a link to each; what only looks alike stays apart. Events
//! are as the sources read them, in one line each: clock, source, kind, actor, action, details.

use recount_engine::evidence::Event;

use super::merging::Postmortem;

/// An event: `14:00:05 kubernetes-events deploy | kubelet | Rolled out … | service=shop; namespace=shop`.
fn told(index: usize, line: &str) -> Event {
    let parts: Vec<&str> = line.split('|').map(str::trim).collect();
    let [head, actor, action, details] = parts[..] else { panic!("four parts: {line}") };
    let [at, source, kind] = head.split(' ').collect::<Vec<_>>()[..] else { panic!("three words: {head}") };
    let json = serde_json::json!({
        "id": format!("{source}:{index}"), "at": format!("2026-11-20T{at}Z"), "kind": kind, "source": source,
        "actor": actor, "action": action, "link": format!("https://{source}.example/{index}"),
    });
    let mut event: Event = serde_json::from_value(json).unwrap();
    for (name, value) in details.split("; ").filter_map(|detail| detail.split_once('=')) {
        match name {
            "bot" => event.signals.bot = true,
            "thread" => event.thread = Some(value.to_owned()),
            _ => event = event.with(name, value),
        }
    }
    event
}

/// The rows of one import of all.
fn rows(lines: &[&str]) -> Vec<String> {
    let events: Vec<Event> = lines.iter().enumerate().map(|(index, line)| told(index, line)).collect();
    let mut mine = Postmortem::new();
    mine.import(&events);
    let before = mine.text().to_owned();
    mine.import(&events.iter().rev().cloned().collect::<Vec<_>>());
    assert_eq!(mine.text(), before, "twice is once");
    mine.text().lines().filter(|line| line.starts_with("| 2026-11-20 ")).map(str::to_owned).collect()
}

/// Each case: why, the lines, and how many rows they are; where that is one, each has its link there.
fn check(cases: &[(&str, &[&str], usize)]) {
    for (why, lines, count) in cases {
        let rows = rows(lines);
        assert_eq!(rows.len(), *count, "{why}:\n{}", rows.join("\n"));
        if *count == 1 {
            let links = rows[0].matches("](https://").count();
            let sources: std::collections::BTreeSet<_> =
                lines.iter().map(|line| line.split(' ').nth(1)).collect();
            assert!(links >= sources.len(), "{why}: {}", rows[0]);
        }
    }
}

const GITHUB: &str = "14:01:51 github deploy | github-actions | Deployed shop 1f3a9c0d (main) to production | \
    bot=yes; environment=production; repository=acme/shop; version=1f3a9c0d (main); state=success";
const ROLLOUT: &str = "14:02:05 kubernetes-events deploy | deployment-controller | \
    Rolled out deployment shop/shop to replica set shop-7d9f8b6c4d | namespace=shop; object=deployment shop/shop; service=shop";
const BOT: &str =
    "14:02:20 slack-export deploy | deploybot | Deployed shop v42 to prod | bot=yes; channel=ops";

#[test]
fn a_deploy_that_a_forge_a_cluster_and_a_bot_tell_of_is_one_row_and_another_services_is_not() {
    check(&[
        ("the same service within minutes", &[GITHUB, ROLLOUT, BOT], 1),
        (
            "another service",
            &[
                GITHUB,
                "14:02:05 kubernetes-events deploy | c | Rolled out deployment shop/cart to replica set cart-7d9f8b6c4d | object=deployment shop/cart; service=cart",
            ],
            2,
        ),
        (
            "another environment",
            &[
                GITHUB,
                "14:02:20 slack-export deploy | deploybot | Deployed shop v42 to staging | bot=yes; channel=ops",
            ],
            2,
        ),
        (
            "two versions within minutes: the rollout may be of either",
            &[
                BOT,
                "14:07:20 slack-export deploy | deploybot | Deployed shop v43 to prod | bot=yes; channel=ops",
                ROLLOUT,
            ],
            3,
        ),
        (
            "one that failed and one that went out",
            &[
                "14:00:20 argo deploy | argo | Failed to deploy shop to production | environment=production; service=shop",
                BOT,
            ],
            2,
        ),
        (
            "an hour later",
            &[
                GITHUB,
                "15:02:20 slack-export deploy | deploybot | Deployed shop v42 to prod | bot=yes; channel=ops",
            ],
            2,
        ),
        (
            "the way there and the way back",
            &[
                GITHUB,
                "14:03:20 slack-export rollback | deploybot | Rolled back shop to v41 in prod | bot=yes; channel=ops",
            ],
            2,
        ),
    ]);
}

#[test]
fn a_deploys_beginning_its_run_and_its_end_are_one_row_at_the_end() {
    let lines = [
        "13:58:42 github deploy | Ana | Started deploying shop 1f3a9c0d (main) by the workflow Deploy | bot=yes; repository=acme/shop; run=7301; state=started; version=1f3a9c0d (main); thread=github:acme/shop:run:7301",
        "13:59:02 github deploy | github-actions | Started deploying shop 1f3a9c0d (main) to production | bot=yes; environment=production; repository=acme/shop; state=created; version=1f3a9c0d (main); thread=github:acme/shop:deployment:145001",
        "14:01:51 github deploy | github-actions | Deployed shop 1f3a9c0d (main) to production | bot=yes; environment=production; repository=acme/shop; run=7301; state=success; version=1f3a9c0d (main); thread=github:acme/shop:deployment:145001",
        "14:01:58 github deploy | Ana | Deployed shop 1f3a9c0d (main) by the workflow Deploy | bot=yes; repository=acme/shop; run=7301; state=success; version=1f3a9c0d (main); thread=github:acme/shop:run:7301",
    ];
    let one = rows(&lines);
    assert_eq!(one.len(), 1, "{one:#?}");
    assert!(one[0].starts_with("| 2026-11-20 14:01:51 |") && one[0].contains("to production"), "{one:#?}");
    check(&[
        (
            "a run that failed is told beside the deployment that did not",
            &[
                lines[2],
                "14:02:58 github deploy | Ana | Failed to deploy shop 1f3a9c0d (main) by the workflow Deploy | bot=yes; repository=acme/shop; run=7301; state=failure; version=1f3a9c0d (main); thread=github:acme/shop:run:7301",
            ],
            2,
        ),
        (
            "two deployments of one source",
            &[
                lines[2],
                "14:03:51 github deploy | github-actions | Deployed cart 1f3a9c0d (main) to production | bot=yes; environment=production; repository=acme/cart; run=7301; state=success; thread=github:acme/cart:deployment:145002",
            ],
            2,
        ),
    ]);
}

#[test]
fn a_flag_is_turned_once_whoever_tells_of_it_and_two_flags_are_two() {
    let tool = "14:20:00 table config-change | Ana Li | Turned off the flag new-checkout in production | flag=new-checkout";
    check(&[
        (
            "tool, bot, command and audit log",
            &[
                tool,
                "14:20:02 slack-export config-change | LaunchBot | Ana Li turned off the `new-checkout` flag in production | bot=yes; channel=ops",
                "14:19:58 shell-history command | ana | Ran `curl -X POST https://flags.acme.example/api/flags/new-checkout/off` |",
                "14:20:01 cloudtrail config-change | ana | Updated feature flag new-checkout: disabled | region=eu-west-1",
            ],
            1,
        ),
        (
            "another flag",
            &[
                tool,
                "14:20:02 slack-export config-change | LaunchBot | Turned off the `new-cart` flag in production | bot=yes; channel=ops",
            ],
            2,
        ),
        (
            "off and on",
            &[
                tool,
                "14:22:02 slack-export config-change | LaunchBot | Turned on the `new-checkout` flag in production | bot=yes; channel=ops",
            ],
            2,
        ),
        (
            "another environment",
            &[
                tool,
                "14:20:02 slack-export config-change | LaunchBot | Turned off the `new-checkout` flag in staging | bot=yes; channel=ops",
            ],
            2,
        ),
    ]);
}

#[test]
fn a_command_and_the_record_of_what_it_did_are_one_row_in_the_commands_words() {
    let scale =
        "14:12:28 shell-history scaling | @ana | Ran `kubectl -n shop scale deploy/cart --replicas=8` |";
    let record = |at: &str, actor: &str, what: &str, object: &str| {
        format!(
            "{at} kubernetes-audit scaling | {actor} | {what} | code=200; namespace=shop; object={object}; service=cart"
        )
    };
    let same = record("14:12:30", "ana", "Scaled deployment shop/cart to 8 replicas", "deployment shop/cart");
    let rows = rows(&[scale, &same]);
    assert_eq!(rows.len(), 1, "{rows:#?}");
    assert!(rows[0].contains("kubectl -n shop scale") && rows[0].contains("14:12:28"), "{rows:#?}");
    let size = record("14:12:30", "ana", "Scaled deployment shop/cart to 1 replica", "deployment shop/cart");
    let other =
        record("14:12:30", "ana", "Scaled deployment shop/search to 8 replicas", "deployment shop/search");
    let elsewhere =
        record("14:12:30", "ana", "Scaled deployment stage/cart to 8 replicas", "deployment stage/cart");
    let later =
        record("14:22:30", "ana", "Scaled deployment shop/cart to 8 replicas", "deployment shop/cart");
    let by_another =
        record("14:12:30", "@bo", "Scaled deployment shop/cart to 8 replicas", "deployment shop/cart");
    let restart = "14:14:00 kubernetes-audit command | ana | Restarted deployment shop/checkout | namespace=shop; object=deployment shop/checkout";
    let desired = "14:13:01 cloudtrail scaling | bo | Updated service cart (ECS): desired count 8 | call=ecs:UpdateService; resource=cart; service=cart";
    check(&[
        ("another size", &[scale, &size], 2),
        ("another object", &[scale, &other], 2),
        ("another namespace", &[scale, &elsewhere], 2),
        ("ten minutes later", &[scale, &later], 2),
        ("somebody else on the roster", &[scale, &by_another], 2),
        (
            "a restart",
            &[
                "14:13:59 shell-history command | ana | Ran `kubectl rollout restart deployment checkout -n shop` |",
                restart,
            ],
            1,
        ),
        (
            "a restart of another",
            &[
                "14:13:59 shell-history command | ana | Ran `kubectl rollout restart deployment cart -n shop` |",
                restart,
            ],
            2,
        ),
        (
            "a call of a cloud",
            &[
                "14:13:00 shell-history scaling | bo | Ran `aws --region eu-west-1 ecs update-service --cluster shop --service cart --desired-count 8` |",
                desired,
            ],
            1,
        ),
        (
            "a call about another resource",
            &[
                "14:13:00 shell-history scaling | bo | Ran `aws ecs update-service --cluster shop --service search --desired-count 8` |",
                desired,
            ],
            2,
        ),
        (
            "a rollback by command, its record and what the cluster says",
            &[
                "14:31:38 shell-history rollback | ana | Ran `kubectl -n shop rollout undo deployment/checkout` |",
                "14:31:39 kubernetes-audit rollback | ana | Rolled back deployment shop/checkout | namespace=shop; object=deployment shop/checkout; service=checkout",
                "14:31:40 kubernetes-events rollback | deployment-controller | Rolled back deployment shop/checkout to replica set checkout-5c8d7f9b64 | namespace=shop; object=deployment shop/checkout; service=checkout",
            ],
            1,
        ),
        (
            "one line in a history and in what sudo logs",
            &[
                "14:09:59 journald command | @ana | Ran `systemctl restart checkout.service` on web-1 | host=web-1",
                "14:09:59 shell-history command | ana | Ran `sudo systemctl restart checkout.service` | host=web-1",
            ],
            1,
        ),
        (
            "the same line on two machines",
            &[
                "14:09:59 journald command | @ana | Ran `systemctl restart checkout.service` on web-1 | host=web-1",
                "14:10:09 shell-history command | ana | Ran `sudo systemctl restart checkout.service` | host=web-2",
            ],
            2,
        ),
    ]);
}

#[test]
fn what_happens_to_the_pods_of_one_replica_set_is_one_row_with_their_number() {
    let pod = |at: &str, name: &str, reason: &str| {
        format!(
            "{at} kubernetes-events note | kubelet | Pod shop/{name}: Back-off restarting failed container web | \
            stands-out=a warning of the cluster; namespace=shop; object=pod shop/{name}; reason={reason}"
        )
    };
    let one = pod("14:01:40", "checkout-7d9f8b6c4d-x2x9z", "BackOff");
    let two = pod("14:03:40", "checkout-7d9f8b6c4d-kk4q8", "BackOff");
    let three = pod("14:04:10", "checkout-7d9f8b6c4d-tt9lm", "BackOff");
    let all = rows(&[&one, &two, &three]);
    assert_eq!(all.len(), 1, "{all:#?}");
    assert!(all[0].contains("3 pods until 14:04"), "{all:#?}");
    check(&[
        ("another replica set", &[&one, &pod("14:03:40", "checkout-5c8d7f9b64-kk4q8", "BackOff")], 2),
        ("another service", &[&one, &pod("14:03:40", "cart-7d9f8b6c4d-kk4q8", "BackOff")], 2),
        ("another reason", &[&one, &pod("14:03:40", "checkout-7d9f8b6c4d-kk4q8", "Unhealthy")], 2),
        ("an hour later", &[&one, &pod("15:03:40", "checkout-7d9f8b6c4d-kk4q8", "BackOff")], 2),
    ]);
}

#[test]
fn milestones_of_two_tools_are_one_and_so_is_what_two_logs_of_a_machine_hold() {
    let mark = |at: &str, source: &str, milestone: &str, service: &str| {
        format!(
            "{at} {source} note | {source} | Impact {milestone}: \"Checkout fails\" | milestone={milestone}; service={service}"
        )
    };
    let hydrant = mark("14:02:11", "firehydrant", "detected", "checkout");
    let line = |at: &str, source: &str, host: &str, text: &str| {
        format!(
            "{at} {source} note | systemd | {text} on {host} | host={host}; service=checkout; stands-out=a unit that failed"
        )
    };
    let failed = line("14:02:00.1988", "journald", "web-1", "checkout.service failed (exit-code)");
    check(&[
        ("within minutes", &[&hydrant, &mark("14:04:00", "incident-io", "detected", "checkout")], 1),
        ("another milestone", &[&hydrant, &mark("14:04:00", "incident-io", "mitigated", "checkout")], 2),
        ("another service", &[&hydrant, &mark("14:04:00", "incident-io", "detected", "search")], 2),
        ("half an hour later", &[&hydrant, &mark("14:34:00", "incident-io", "detected", "checkout")], 2),
        (
            "one line",
            &[&failed, &line("14:02:00", "syslog", "web-1", "checkout.service failed (exit-code)")],
            1,
        ),
        (
            "a long name",
            &[
                &failed,
                &line("14:02:00", "syslog", "web-1.acme.example", "checkout.service failed (exit-code)"),
            ],
            1,
        ),
        (
            "another machine",
            &[&failed, &line("14:02:00", "syslog", "web-2", "checkout.service failed (exit-code)")],
            2,
        ),
        (
            "another line",
            &[&failed, &line("14:02:00", "syslog", "web-1", "cart.service failed (exit-code)")],
            2,
        ),
        (
            "seconds later",
            &[&failed, &line("14:02:05", "syslog", "web-1", "checkout.service failed (exit-code)")],
            2,
        ),
    ]);
}

#[test]
fn an_alert_and_the_line_of_its_own_log_are_one_where_only_one_can_be_meant() {
    let fired = "14:05:00.126 opsgenie alert-firing | Opsgenie | CheckoutErrors on checkout (P1) fired | alert=CheckoutErrors; service=checkout; fingerprint=f1";
    let taken = "14:06:35.828 opsgenie acknowledgement | @ana | Acknowledged CheckoutErrors on checkout (P1) | alert=CheckoutErrors; service=checkout; fingerprint=f1";
    let line = "14:06:35.828 opsgenie acknowledgement | person-cf9d2351b7 | Alert acknowledged via mobile |";
    let all = rows(&[fired, taken, line]);
    assert_eq!(all.len(), 2, "{all:#?}");
    let another = "14:06:36.100 opsgenie acknowledgement | @ana | Acknowledged DiskFull on db (P2) | alert=DiskFull; service=db; fingerprint=f2";
    assert_eq!(rows(&[fired, taken, another, line]).len(), 4, "it may be of either");
    check(&[(
        "two alerts of one name on two services",
        &[
            fired,
            "14:05:10 alertmanager alert-firing | Alertmanager | CheckoutErrors fired for search | alert=CheckoutErrors; service=search",
        ],
        2,
    )]);
}

#[test]
fn a_merge_that_a_log_a_forge_and_a_bot_tell_of_is_one_row_and_of_two_requests_two() {
    let log = "13:58:31 git-log merge | Ana Li | Merged #88 | commit=1f3a9c0de4b57a6689d2c1e05f7b3a9480c6d2e1; request=88; repository=shop";
    let forge = "13:58:32 github merge | ana-li | Merged #88: Cache carts | commit=1f3a9c0de4b57a6689d2c1e05f7b3a9480c6d2e1; request=88; repository=acme/shop; title=Cache carts";
    let bot = |number: &str| {
        format!(
            "13:59:10 slack-export merge | GitBot | Merged #{number}: Cache carts | bot=yes; channel=ops; request={number}; title=Cache carts"
        )
    };
    let squashed = "13:58:40 github merge | ana-li | Merged #88: Cache carts | commit=9999999de4b57a6689d2c1e05f7b3a9480c6d2e1; request=88; repository=acme/shop; title=Cache carts";
    check(&[
        ("all three", &[log, forge, &bot("88")], 1),
        ("another request", &[log, &bot("89")], 2),
        ("two commits", &[log, squashed], 2),
        (
            "another repository",
            &[
                forge,
                "13:58:50 gitlab merge | bo | Merged #88: Sort lists | request=88; repository=acme/lists; title=Sort lists",
            ],
            2,
        ),
    ]);
}
