//! The source `cloudtrail`: who asked AWS for what. What an operation's name means stands in [`kind_of`] and
//! [`told`]; which of its parameters may be shown in [`NAMES`].

use jiff::tz::TimeZone;
use serde::Deserialize;
use serde_json::Value;

use crate::evidence::event::{Event, Kind};
use crate::evidence::identity::{hashed_id, own_id};
use crate::evidence::instants::{self, Instant, Scalar};
use crate::evidence::json::Record;
use crate::evidence::reader::{self, JsonSource, Reader};
use crate::evidence::source::{Confidence, Part, source};

source! {
    /// # What it reads
    ///
    /// CloudTrail's records as JSON: the files of a trail (`{"Records":[…]}`), what `lookup-events` prints, one
    /// record a line, a single one, and those that EventBridge or CloudWatch wrap (`detail`, `message`).
    ///
    /// # How to get it
    ///
    /// The last 90 days of one region, without a trail:
    ///
    /// ```sh
    /// aws cloudtrail lookup-events --region eu-west-1 --output json \
    ///   --lookup-attributes AttributeKey=ReadOnly,AttributeValue=false \
    ///   --start-time 2026-11-20T12:00:00Z --end-time 2026-11-20T20:00:00Z > cloudtrail.json
    /// ```
    ///
    /// Ask in each region that is involved, and in `us-east-1` for IAM, Route 53 and CloudFront. With a trail:
    /// `aws s3 cp --recursive s3://BUCKET/AWSLogs/ACCOUNT/CloudTrail/eu-west-1/2026/11/20/ trail/`.
    ///
    /// # What becomes an event
    ///
    /// Each call that changes something, once, at `eventTime`, by who made it: an IAM user, the session of an
    /// assumed role, the root of an account, or an AWS service. A new task definition, function code or stack is
    /// a deploy; another number or size a scaling; a reboot, a failover, a purge and the like a command; the rest
    /// a config change. Sign-ins to the console, tags, queries and what AWS services and agents do for themselves
    /// are candidates. A call of a person that failed comes in as an attempt with its error.
    ///
    /// Calls that only read are left out and counted.
    ///
    /// # Traps
    ///
    /// - Records come late (up to 15 minutes) and in no order.
    /// - Records before 2019 do not say whether a call only reads; its name does then.
    /// - Request parameters hold passwords, code and policies. Only names, numbers and sizes are taken.
    /// - The time is when the call was answered. What it set going (a stack's update) ends later and is not here.
    CLOUDTRAIL: "cloudtrail", "AWS CloudTrail records", recognise, reader::json::<CloudTrail>
}

fn recognise(part: &Part<'_>) -> Confidence {
    let peek = part.peek();
    for at in ["", "Records.", "detail.", "records."] {
        let has = |key: &str| peek.has(&format!("{at}{key}"));
        if has("eventSource") && has("eventName") && (has("awsRegion") || has("userIdentity")) {
            return Confidence::Sure;
        }
    }
    if peek.has("Events.CloudTrailEvent") || peek.has("CloudTrailEvent") {
        return Confidence::Sure;
    }
    let mut wrapped = peek.values("events.message").chain(peek.values("message"));
    if wrapped.any(|text| text.contains("eventVersion") && text.contains("userIdentity")) {
        return Confidence::Sure;
    }
    // Files of a trail may be empty.
    let empty = part.text().trim() == r#"{"Records":[]}"#;
    if empty { Confidence::Possible } else { Confidence::No }
}

#[derive(Deserialize, Default)]
#[serde(default, rename_all = "camelCase")]
struct Wire<'a> {
    /// The record as text, as `lookup-events` has it.
    #[serde(rename = "CloudTrailEvent")]
    event: Option<String>,
    /// The same around it by CloudWatch.
    message: Option<String>,
    /// The record inside EventBridge's.
    #[serde(borrow)]
    detail: Option<&'a serde_json::value::RawValue>,
    #[serde(rename = "eventID")]
    event_id: Option<String>,
    #[serde(rename = "sharedEventID")]
    shared_event_id: Option<String>,
    event_name: Option<String>,
    event_source: Option<String>,
    #[serde(borrow)]
    event_time: Scalar<'a>,
    event_type: Option<String>,
    aws_region: Option<String>,
    error_code: Option<String>,
    read_only: Option<Value>,
    user_identity: Option<Identity>,
    request_parameters: Option<Value>,
    response_elements: Option<Value>,
}

#[derive(Deserialize, Default)]
#[serde(default, rename_all = "camelCase")]
struct Identity {
    #[serde(rename = "type")]
    kind: Option<String>,
    user_name: Option<String>,
    arn: Option<String>,
    account_id: Option<String>,
    principal_id: Option<String>,
    invoked_by: Option<String>,
    session_context: Option<Context>,
}

#[derive(Deserialize, Default)]
#[serde(default, rename_all = "camelCase")]
struct Context {
    session_issuer: Option<Issuer>,
}

#[derive(Deserialize, Default)]
#[serde(default, rename_all = "camelCase")]
struct Issuer {
    user_name: Option<String>,
}

#[derive(Default)]
struct CloudTrail;

impl JsonSource for CloudTrail {
    const LISTS: &'static [&'static str] = &["Records", "records", "Events", "events"];

    fn record(&mut self, record: &Record<'_>, reader: &mut Reader) -> Result<(), String> {
        let wire: Wire<'_> = reader.parse(record)?;
        let text = wire.event.as_deref().or(wire.message.as_deref());
        let inner = match (&wire.event_name, text, wire.detail) {
            (None, Some(text), _) => text.as_bytes(),
            (None, None, Some(detail)) => detail.get().as_bytes(),
            _ => return call(&wire, reader),
        };
        call(&reader.parse(&Record { bytes: inner, ..*record })?, reader)
    }
}

/// Names of operations that only read, where the record does not say.
const READS: &[&str] = &[
    "Describe",
    "List",
    "Get",
    "Head",
    "Lookup",
    "Search",
    "BatchGet",
    "Filter",
    "Query",
    "Scan",
    "Select",
    "Check",
    "Estimate",
    "Preview",
    "Simulate",
    "Test",
    "Validate",
    "View",
    "Discover",
    "AssumeRole",
    "Decrypt",
];
/// What agents and services do all day, each a thousand times.
const HOUSEKEEPING: &[&str] = &[
    "UpdateInstanceInformation",
    "PutComplianceItems",
    "UpdateInstanceAssociationStatus",
    "CreateLogStream",
    "GenerateDataKey",
    "CreateGrant",
    "RetireGrant",
    "PutEvaluations",
    "RegisterManagedInstance",
    "PutMetricData",
    "OpenDataChannel",
    "CreateControlChannel",
    "SubmitTaskStateChange",
    "SubmitContainerStateChange",
    "DiscoverPollEndpoint",
    "RenewAuthorizationToken",
];

fn call(wire: &Wire<'_>, reader: &mut Reader) -> Result<(), String> {
    let Some(name) = wire.event_name.as_deref().filter(|name| !name.is_empty()) else {
        return Err("this record does not say which call it is about".into());
    };
    // `UpdateFunctionCode20150331v2` carries its API's version.
    let dated = name.find(|c: char| c.is_ascii_digit()).filter(|at| name[*at..].len() >= 8);
    let name = &name[..dated.unwrap_or(name.len())];
    let api = wire.event_source.as_deref().unwrap_or("").split('.').next().unwrap_or("");
    let begins = |prefixes: &[&str]| prefixes.iter().any(|prefix| name.starts_with(prefix));
    let reads = match &wire.read_only {
        Some(Value::Bool(reads)) => *reads,
        Some(Value::String(text)) => text == "true",
        _ => begins(READS),
    };
    let none = Identity::default();
    let identity = wire.user_identity.as_ref().unwrap_or(&none);
    if reads && api != "signin" {
        reader.import.leave_out("calls that only read", 1);
        return Ok(());
    }
    if begins(HOUSEKEEPING) {
        reader.import.leave_out("housekeeping of agents and services", 1);
        return Ok(());
    }
    let time = wire.event_time.given().ok_or("this record has no time")?;
    let at = at(time, reader)?;

    let (actor, is_person) = who(identity, reader);
    let request = wire.request_parameters.as_ref().unwrap_or(&Value::Null);
    let subject = subject(request);
    let region = wire.aws_region.as_deref().unwrap_or("");
    let error = wire.error_code.as_deref().unwrap_or("");
    let by_service = identity.kind.as_deref() == Some("AWSService")
        || wire.event_type.as_deref() == Some("AwsServiceEvent");

    let mut kind = kind_of(api, name, request);
    let mut action = told(api, name, &subject, request);
    let mut stands_out = "";
    let mut result = String::new();
    if api == "signin" {
        kind = Kind::Note;
        let answer = wire.response_elements.as_ref().and_then(|answer| answer[name].as_str());
        answer.unwrap_or(error).clone_into(&mut result);
    } else if !error.is_empty() {
        kind = Kind::Note;
        result = format!("Failed: {error}");
        action = format!("Tried to call {name}{}", named(api, &subject));
        stands_out = if is_person { "a call of a person that failed" } else { "" };
    } else if by_service && api != "autoscaling" && kind != Kind::Scaling {
        kind = Kind::Note;
    }
    let own = wire.shared_event_id.as_deref().or(wire.event_id.as_deref()).filter(|id| !id.is_empty());
    let id = match own {
        Some(id) => own_id("cloudtrail", &[id]),
        None => hashed_id("cloudtrail", at.at, &actor, &format!("{region} {action}")),
    };
    let role = identity
        .session_context
        .as_ref()
        .and_then(|context| context.session_issuer.as_ref()?.user_name.as_deref());
    let mut event = Event::new(id, &at, kind)
        .doing(actor, action)
        .giving(result)
        .with("call", format!("{api}:{name}"))
        .with("region", region)
        .with("resource", subject.clone())
        .with("role", role.unwrap_or(""))
        .with("error", error)
        .with("stands-out", stands_out);
    if ["ecs", "lambda", "apprunner", "elasticbeanstalk"].contains(&api) {
        event = event.with("service", subject);
    }
    reader.push(event);
    Ok(())
}

/// The AWS service that called for itself or as the step of something else, such as a stack's update.
fn invoker(identity: &Identity) -> Option<&str> {
    identity.invoked_by.as_deref()?.strip_suffix(".amazonaws.com")
}

/// Who called, and whether that is a person as far as can be told.
fn who(identity: &Identity, reader: &mut Reader) -> (String, bool) {
    let last = |text: &Option<String>, by: char| {
        text.as_deref().and_then(|text| text.rsplit(by).next()).unwrap_or("").to_owned()
    };
    if let Some(service) = invoker(identity) {
        return (format!("AWS ({service})"), false);
    }
    match identity.kind.as_deref().unwrap_or("") {
        "Root" => (format!("root of account {}", identity.account_id.as_deref().unwrap_or("?")), true),
        "AWSService" => ("AWS".to_owned(), false),
        "AWSAccount" => (format!("account {}", identity.account_id.as_deref().unwrap_or("?")), false),
        "AssumedRole" => {
            let session = match last(&identity.arn, '/') {
                session if session.is_empty() => last(&identity.principal_id, ':'),
                session => session,
            };
            let role =
                identity.session_context.as_ref().and_then(|c| c.session_issuer.as_ref()?.user_name.clone());
            let machine =
                session.starts_with("i-") || session.chars().filter(char::is_ascii_digit).count() >= 8;
            // What a library calls a session says nothing: `aws-go-sdk-1795615325000000000`.
            let by_library =
                ["aws-go-sdk", "botocore-session", "aws-sdk"].iter().any(|sdk| session.starts_with(sdk));
            match role {
                Some(role) if by_library => (role, false),
                Some(role) if machine && !session.contains('@') => (format!("{role} ({session})"), false),
                _ => (person(&session, reader), true),
            }
        }
        _ => {
            let name = identity.user_name.clone().filter(|name| !name.is_empty());
            let name = name.unwrap_or_else(|| match last(&identity.arn, '/') {
                name if name.is_empty() => last(&identity.principal_id, ':'),
                name => name,
            });
            (person(&name, reader), true)
        }
    }
}

fn person(name: &str, reader: &mut Reader) -> String {
    reader.who("", &[name], if name.contains('@') { name } else { "" })
}

/// Parameters that name what a call is about, the most telling first. Nothing else of a request is ever shown
/// but the numbers and sizes in [`told`].
const NAMES: &[&str] = &[
    "service",
    "serviceName",
    "functionName",
    "dBInstanceIdentifier",
    "dBClusterIdentifier",
    "replicationGroupId",
    "cacheClusterId",
    "autoScalingGroupName",
    "stackName",
    "nodegroupName",
    "deploymentGroupName",
    "environmentName",
    "pipelineName",
    "tableName",
    "loadBalancerName",
    "targetGroupArn",
    "listenerArn",
    "ruleArn",
    "bucketName",
    "queueUrl",
    "queueName",
    "topicArn",
    "streamName",
    "stateMachineArn",
    "alarmName",
    "roleName",
    "groupName",
    "secretId",
    "keyId",
    "hostedZoneId",
    "distributionId",
    "domainName",
    "repositoryName",
    "logGroupName",
    "groupId",
    "instanceId",
    "volumeId",
    "snapshotId",
    "vpcId",
    "subnetId",
    "routeTableId",
    "networkAclId",
    "imageId",
    "dbName",
    "userName",
    "policyName",
    "policyArn",
    "clusterName",
    "cluster",
    "ruleName",
    "rule",
    "jobName",
    "documentName",
    "family",
    "resourceArn",
    "resourceId",
    "name",
    "id",
];

/// The name of what a call is about.
fn subject(request: &Value) -> String {
    let short = |text: &str| {
        let text = text.trim_end_matches('/');
        // `arn:aws:…:function:checkout`, `arn:aws:…:service/shop/checkout`, a queue's address.
        let text = if text.starts_with("arn:") || text.contains("://") {
            text.rsplit(['/', ':']).next().unwrap_or(text)
        } else {
            text
        };
        text.chars().take(120).collect::<String>()
    };
    for name in NAMES {
        if let Some(text) = request[*name].as_str().filter(|text| !text.is_empty()) {
            return short(text);
        }
    }
    let items = request["instancesSet"]["items"].as_array().into_iter().flatten();
    let ids: Vec<String> = items.filter_map(|item| item["instanceId"].as_str()).map(short).collect();
    match ids.len() {
        0 => String::new(),
        1..=3 => ids.join(", "),
        more => format!("{} and {} more", ids[0], more - 1),
    }
}

/// What kind of change a call is.
fn kind_of(api: &str, name: &str, request: &Value) -> Kind {
    let given = |key: &str| !request[key].is_null();
    match (api, name) {
        ("ecs", "UpdateService") if given("desiredCount") && !given("taskDefinition") => Kind::Scaling,
        ("ecs", "UpdateService" | "CreateService" | "UpdateServicePrimaryTaskSet")
        | ("lambda", "UpdateFunctionCode" | "UpdateAlias" | "CreateFunction")
        | ("cloudformation", "CreateStack" | "UpdateStack" | "ExecuteChangeSet")
        | ("codedeploy" | "apigateway" | "amplify" | "apprunner", "CreateDeployment" | "StartDeployment")
        | ("elasticbeanstalk", "UpdateEnvironment")
        | ("codepipeline", "StartPipelineExecution")
        | ("eks", "UpdateClusterVersion" | "UpdateNodegroupVersion") => Kind::Deploy,
        ("cloudformation", "RollbackStack" | "CancelUpdateStack" | "ContinueUpdateRollback")
        | ("codedeploy", "StopDeployment")
        | ("elasticbeanstalk", "AbortEnvironmentUpdate")
        | ("ecs", "StopServiceDeployment") => Kind::Rollback,
        (
            "autoscaling",
            "SetDesiredCapacity" | "UpdateAutoScalingGroup" | "TerminateInstanceInAutoScalingGroup",
        )
        | ("eks", "UpdateNodegroupConfig")
        | (
            "lambda",
            "PutFunctionConcurrency" | "PutProvisionedConcurrencyConfig" | "DeleteFunctionConcurrency",
        )
        | (_, "RegisterScalableTarget" | "UpdateShardCount" | "ModifyReplicationGroupShardConfiguration")
        | ("elasticache", "IncreaseReplicaCount" | "DecreaseReplicaCount") => Kind::Scaling,
        ("dynamodb", "UpdateTable") if given("provisionedThroughput") => Kind::Scaling,
        ("rds", "ModifyDBInstance") if given("dBInstanceClass") => Kind::Scaling,
        ("ec2", "ModifyInstanceAttribute") if given("instanceType") => Kind::Scaling,
        ("ecs", "RegisterTaskDefinition")
        | ("lambda", "PublishVersion")
        | ("athena" | "logs", "StartQuery" | "StartQueryExecution" | "StopQuery")
        | ("ssm", "PutInventory")
        | ("tagging" | "ecr" | "sts" | "signin" | "sso" | "cloudshell", _)
        | (_, "BackupJobCompleted" | "CreateNetworkInterface") => Kind::Note,
        _ if name.contains("Tag") && !name.contains("Target") => Kind::Note,
        _ => {
            let commands = [
                "Reboot",
                "Failover",
                "Start",
                "Stop",
                "Run",
                "Terminate",
                "Invoke",
                "Send",
                "Purge",
                "Restore",
                "Promote",
                "CreateInvalidation",
                "Execute",
                "Cancel",
                "Switchover",
                "Redrive",
                "Reset",
                "Rotate",
                "CreateSnapshot",
                "CreateDBSnapshot",
                "Publish",
            ];
            let is_command = commands.iter().any(|command| name.starts_with(command));
            if is_command { Kind::Command } else { Kind::ConfigChange }
        }
    }
}

/// A call in words: `UpdateService` of ECS is `Updated service checkout (ECS): desired count 8`.
fn told(api: &str, name: &str, subject: &str, request: &Value) -> String {
    if name == "ConsoleLogin" {
        return "Signed in to the console".into();
    }
    let words = words_of(name);
    let (verb, rest) = words.split_first().map_or(("", &[][..]), |(verb, rest)| (verb.as_str(), rest));
    let mut text = past(verb);
    for word in rest {
        text.push(' ');
        // `DB` and `VPC` stay as they are.
        let shouted = word.len() > 1 && word.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit());
        text.push_str(&if shouted { word.clone() } else { word.to_ascii_lowercase() });
    }
    text.push_str(&named(api, subject));
    let mut values = Vec::new();
    let sizes = [
        ("desiredCount", "desired count"),
        ("desiredCapacity", "desired capacity"),
        ("minSize", "minimum"),
        ("maxSize", "maximum"),
        ("newReplicaCount", "replicas"),
        ("targetShardCount", "shards"),
        ("reservedConcurrentExecutions", "concurrency"),
        ("taskDefinition", "task definition"),
        ("dBInstanceClass", "class"),
        ("engineVersion", "engine"),
        ("forceNewDeployment", "forced"),
    ];
    for (key, name) in sizes {
        let value = match &request[key] {
            Value::Number(number) => number.to_string(),
            Value::String(text) => text.rsplit('/').next().unwrap_or(text).chars().take(80).collect(),
            Value::Bool(true) => String::new(),
            _ => continue,
        };
        values.push(format!("{name} {value}").trim_end().to_owned());
    }
    if !values.is_empty() {
        text = format!("{text}: {}", values.join(", "));
    }
    text
}

fn named(api: &str, subject: &str) -> String {
    let api = match api {
        "monitoring" => "CloudWatch",
        "elasticloadbalancing" => "load balancing",
        "cloudformation" => "CloudFormation",
        "lambda" => "Lambda",
        "route53" => "Route 53",
        "autoscaling" => "Auto Scaling",
        short if short.len() <= 3 => &short.to_ascii_uppercase(),
        other => other,
    };
    let subject = if subject.is_empty() { String::new() } else { format!(" {subject}") };
    if api.is_empty() { subject } else { format!("{subject} ({api})") }
}

/// `ModifyDBInstance` as `Modify`, `DB`, `Instance`.
fn words_of(name: &str) -> Vec<String> {
    let chars: Vec<char> = name.chars().collect();
    let mut words: Vec<String> = Vec::new();
    for (index, c) in chars.iter().enumerate() {
        let before = index.checked_sub(1).and_then(|before| chars.get(before));
        let begins = c.is_uppercase()
            && (before.is_none_or(|before| !before.is_uppercase())
                || chars.get(index + 1).is_some_and(|next| next.is_lowercase()));
        match words.last_mut() {
            Some(word) if !begins => word.push(*c),
            _ => words.push(c.to_string()),
        }
    }
    words
}

/// When it was. AWS writes UTC; lakes that normalise records write the same without saying so.
fn at(time: &str, reader: &Reader) -> Result<Instant, String> {
    reader.instant(time).or_else(|why| match reader.options.zone {
        None => instants::read(time, Some(&TimeZone::UTC)).map_err(|_| why),
        Some(_) => Err(why),
    })
}

fn past(verb: &str) -> String {
    match verb {
        // `SharedSnapshotCopyInitiated` is what a service tells, and stands in the past already.
        _ if verb.len() > 4 && verb.ends_with("ed") => verb.to_owned(),
        "Put" | "Set" | "Reset" | "Split" => verb.to_owned(),
        "Run" => "Ran".into(),
        "Send" => "Sent".into(),
        "Begin" => "Began".into(),
        "Stop" => "Stopped".into(),
        "Swap" => "Swapped".into(),
        _ if verb.ends_with('e') => format!("{verb}d"),
        _ if verb.ends_with("ny") || verb.ends_with("fy") || verb.ends_with("py") => {
            format!("{}ied", &verb[..verb.len() - 1])
        }
        _ => format!("{verb}ed"),
    }
}
