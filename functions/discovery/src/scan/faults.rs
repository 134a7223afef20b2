//! What goes wrong between discovery and AWS: each ends in coverage that says what, and the rest goes on.

use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};

use aws_smithy_types::timeout::TimeoutConfig;
use serde_json::{Value, json};

use super::*;
use crate::{
    pace::Budget,
    testing::{
        aws::{
            Answer, Asked, HANGS, STALLS, TIMEOUT, UNKNOWN_HOST, caller, cbor, empty, error, once,
            sdk,
        },
        coverage, cycle, discovery, resources, scan, scan_by,
    },
};

/// Scans with this answer to `DescribeVolumes`: why volumes are not known. Everything else is.
async fn volumes_unseen(answer: impl Fn(&Asked) -> Answer + Send + Sync + 'static) -> Unavailable {
    volumes_unseen_by(SdkConfig::clone, answer).await
}

/// The same with another configuration made of the usual one.
async fn volumes_unseen_by(
    configured: fn(&SdkConfig) -> SdkConfig,
    answer: impl Fn(&Asked) -> Answer + Send + Sync + 'static,
) -> Unavailable {
    let sdk = sdk(move |asked| match asked.operation.as_str() {
        "DescribeVolumes" => answer(asked),
        _ => empty(asked),
    });
    let scanned = scan(configured(&sdk), "us-east-1").await;
    let unseen: Vec<_> =
        scanned.manifest.coverage.iter().filter(|c| c.result.known().is_none()).collect();
    assert_eq!(unseen.len(), 1, "{unseen:?}");
    coverage(&scanned, "ec2:DescribeVolumes").get().unwrap_err().clone()
}

#[tokio::test]
async fn a_malformed_answer_is_not_an_empty_one() {
    for body in ["", "<html>maintenance</html>", "<DescribeVolumesResponse><volumeSet><item>"] {
        let why = volumes_unseen(move |_| (200, body.as_bytes().to_vec())).await;
        assert_eq!(why.missing_permission, None);
        assert!(why.reason.contains("ec2:DescribeVolumes failed"), "{body:?}: {why:?}");
    }
}

#[tokio::test]
async fn a_page_cut_off_in_the_middle_is_not_the_whole_list() {
    let cut = "<DescribeVolumesResponse><volumeSet><item><volumeId>vol-1</volumeId></item><item>\
               <volumeId>vol-2</vol";
    let why = volumes_unseen(move |_| (200, cut.as_bytes().to_vec())).await;
    assert!(why.reason.contains("ec2:DescribeVolumes failed"), "{why:?}");
}

#[tokio::test]
async fn a_cut_off_json_answer_is_not_the_whole_list_either() {
    let scanned = scan(
        sdk(|asked| match asked.service.as_str() {
            "lambda" => (200, br#"{"Functions":[{"FunctionName":"a"}"#.to_vec()),
            _ => empty(asked),
        }),
        "us-east-1",
    )
    .await;
    let why = coverage(&scanned, "lambda:ListFunctions").get().unwrap_err();
    assert!(why.reason.contains("lambda:ListFunctions failed"), "{why:?}");
}

#[tokio::test]
async fn a_page_that_leads_to_itself_is_not_the_end_of_the_list() {
    let asked = Arc::new(AtomicU32::new(0));
    let counted = Arc::clone(&asked);
    let page = "<DescribeVolumesResponse><volumeSet><item><volumeId>vol-1</volumeId></item>\
                </volumeSet><nextToken>again</nextToken></DescribeVolumesResponse>";
    let why = volumes_unseen(move |_| {
        counted.fetch_add(1, Ordering::SeqCst);
        (200, page.as_bytes().to_vec())
    })
    .await;
    assert!(why.reason.contains("the service gave the same page token twice"), "{why:?}");
    assert_eq!(why.missing_permission, None);
    assert_eq!(asked.load(Ordering::SeqCst), 2, "asked again, it would answer the same");
}

/// An empty answer, with the token of a further page under every name that a service gives it.
fn endless(asked: &Asked) -> Answer {
    let (status, body) = empty(asked);
    let names = ["ContinuationToken", "LastEvaluatedTableName", "Marker", "NextMarker"];
    let more = ["NextPageToken", "NextToken", "PaginationToken", "nextToken", "position"];
    let names = names.into_iter().chain(more);
    let json: Value = names.clone().map(|name| (name.to_owned(), json!("again"))).collect();
    let body = match std::str::from_utf8(&body).map(|text| text.rsplit_once("/>")) {
        _ if body == b"{}" => json.to_string().into_bytes(),
        _ if body == [0xa0] => cbor(&json),
        Ok(Some((before, after))) => {
            let element = before.rsplit('<').next().unwrap_or_default();
            let tokens: Vec<_> = names.map(|name| format!("<{name}>again</{name}>")).collect();
            format!("{before}>{}</{element}>{after}", tokens.concat()).into_bytes()
        }
        _ => body,
    };
    (status, body)
}

#[tokio::test]
async fn no_list_of_any_service_ends_at_a_page_that_leads_to_itself() {
    for region in ["us-east-1", "aws-global"] {
        // Bodies by what was asked, of each request for a further page.
        let further = Arc::new(Mutex::new(BTreeMap::<String, Vec<String>>::new()));
        let noted = Arc::clone(&further);
        let scanned = scan(
            sdk(move |asked| {
                if asked.operation.contains("again") || asked.body.contains("again") {
                    let operation = format!("{} {}", asked.service, asked.operation);
                    noted.lock().unwrap().entry(operation).or_default().push(asked.body.clone());
                }
                endless(asked)
            }),
            region,
        )
        .await;
        let mut further = further.lock().unwrap();
        for (operation, bodies) in &mut *further {
            let asked = bodies.len();
            bodies.sort();
            bodies.dedup();
            assert_eq!(bodies.len(), asked, "{operation} is asked for the same page twice");
        }
        let cut = scanned.manifest.coverage.iter().filter(|entry| match entry.result.get() {
            Ok(_) => false,
            Err(why) => why.reason.contains("the same page token twice"),
        });
        let cut: Vec<_> = cut.map(|entry| entry.api.as_str()).collect();
        assert_eq!(cut.len(), further.len(), "{cut:#?} {:#?}", further.keys());
    }
}

#[tokio::test]
async fn a_call_that_times_out_is_tried_again_and_then_told() {
    let tries = Arc::new(AtomicU32::new(0));
    let counted = Arc::clone(&tries);
    let why = volumes_unseen(move |_| {
        counted.fetch_add(1, Ordering::SeqCst);
        (TIMEOUT, Vec::new())
    })
    .await;
    assert!(why.reason.contains("too slow"), "{why:?}");
    assert_eq!(tries.load(Ordering::SeqCst), 3);
}

/// Attempts that may take no time at all.
fn hurried(sdk: &SdkConfig) -> SdkConfig {
    let timeouts = TimeoutConfig::builder().operation_attempt_timeout(Duration::ZERO);
    sdk.to_builder().timeout_config(timeouts.build()).build()
}

#[tokio::test]
async fn an_answer_that_does_not_come_is_given_up_whether_requests_are_paced_or_not() {
    for budget in [Budget::Published, Budget::Lifted] {
        let tries = Arc::new(AtomicU32::new(0));
        let counted = Arc::clone(&tries);
        let hangs = sdk(move |asked| match asked.operation.as_str() {
            "DescribeVolumes" => {
                counted.fetch_add(1, Ordering::SeqCst);
                (HANGS, Vec::new())
            }
            _ => empty(asked),
        });
        let hurried = Discovery { budget, ..discovery(hurried(&hangs)) };
        let scanned = scan_by(&hurried, cycle(), "us-east-1").await;
        let why = coverage(&scanned, "ec2:DescribeVolumes").get().unwrap_err();
        assert!(why.reason.contains("no whole answer within"), "{why:?}");
        assert_eq!(tries.load(Ordering::SeqCst), 3, "{budget:?}");
    }
}

#[tokio::test]
async fn an_answer_that_stalls_in_its_middle_is_given_up_and_the_rest_is_read() {
    let tries = Arc::new(AtomicU32::new(0));
    let counted = Arc::clone(&tries);
    let half = "<DescribeVolumesResponse><volumeSet><item><volumeId>vol-1</volumeId></item><item>";
    let why = volumes_unseen_by(hurried, move |_| {
        counted.fetch_add(1, Ordering::SeqCst);
        (STALLS, half.as_bytes().to_vec())
    });
    // Whoever waits for no more than its headers waits for the rest of it for ever.
    let why = tokio::time::timeout(Duration::from_mins(1), why).await;
    let why = why.expect("the time of an answer runs to its last byte");
    assert!(why.reason.starts_with("ec2:DescribeVolumes failed"), "{why:?}");
    assert!(why.reason.contains("no whole answer within"), "{why:?}");
    assert_eq!(why.missing_permission, None);
    assert_eq!(tries.load(Ordering::SeqCst), 3);
}

#[tokio::test]
async fn the_time_that_a_request_waits_for_its_turn_is_not_the_services() {
    let first = once();
    let throttled = sdk(move |asked| match asked.operation.as_str() {
        "DescribeVolumes" if first() => error(asked, 503, "RequestLimitExceeded"),
        _ => empty(asked),
    });
    let scanned = scan(hurried(&throttled), "us-east-1").await;
    for entry in &scanned.manifest.coverage {
        assert!(entry.result.known().is_some(), "{entry:?}");
    }
}

#[tokio::test]
async fn a_service_that_is_not_offered_in_the_region_is_told_at_once() {
    let tries = Arc::new(AtomicU32::new(0));
    let counted = Arc::clone(&tries);
    let why = volumes_unseen(move |_| {
        counted.fetch_add(1, Ordering::SeqCst);
        (UNKNOWN_HOST, Vec::new())
    })
    .await;
    assert!(why.reason.contains("not offered there"), "{why:?}");
    assert_eq!(tries.load(Ordering::SeqCst), 1, "an unknown host is not asked again");
}

#[tokio::test]
async fn a_region_that_is_not_enabled_says_so_and_is_not_taken_for_bad_credentials() {
    let disabled = |asked: &Asked| {
        if asked.authorization.contains("/ap-east-1/") {
            return error(asked, 403, "InvalidClientTokenId");
        }
        caller("123456789012")
    };
    let scanned = scan(sdk(disabled), "ap-east-1").await;
    assert!(resources(&scanned).is_empty());
    for entry in &scanned.manifest.coverage {
        let why = entry.result.get().unwrap_err();
        assert_eq!(why.reason, "the region ap-east-1 is not enabled for the account");
        assert_eq!(why.missing_permission, None);
    }
}

#[tokio::test]
async fn a_clock_that_is_wrong_is_told_as_that() {
    for code in ["RequestTimeTooSkewed", "InvalidSignatureException", "RequestInTheFuture"] {
        let why = volumes_unseen(move |asked| error(asked, 403, code)).await;
        assert!(why.reason.contains("is the clock right?"), "{code}: {why:?}");
        assert_eq!(why.missing_permission, None, "no permission would mend it");
    }
}

#[tokio::test]
async fn throttling_without_end_is_told_and_names_no_permission() {
    let throttled = |asked: &Asked| match asked.operation.as_str() {
        "DescribeVolumes" => error(asked, 503, "RequestLimitExceeded"),
        _ => empty(asked),
    };
    // The pace would wait for the service; what it then tells is the same.
    let impatient = Discovery { budget: Budget::Lifted, ..discovery(sdk(throttled)) };
    let scanned = scan_by(&impatient, cycle(), "us-east-1").await;
    let why = coverage(&scanned, "ec2:DescribeVolumes").get().unwrap_err();
    assert!(why.reason.contains("RequestLimitExceeded"), "{why:?}");
    assert_eq!(why.missing_permission, None);
}

#[tokio::test]
async fn an_action_that_an_organizations_policy_denies_is_named() {
    let denied = "<Response><Errors><Error><Code>UnauthorizedOperation</Code><Message>User: \
                  arn:aws:iam::123456789012:user/ada is not authorized to perform: ec2:DescribeVolumes \
                  with an explicit deny in a service control policy</Message></Error></Errors></Response>";
    let why = volumes_unseen(|_| (403, denied.as_bytes().to_vec())).await;
    assert_eq!(why.reason, "access denied: explicit deny in a service control policy");
    assert_eq!(why.missing_permission.unwrap().as_str(), "ec2:DescribeVolumes");
}

#[tokio::test]
async fn credentials_that_expire_during_the_scan_are_told_and_name_no_permission() {
    let why = volumes_unseen(|asked| error(asked, 400, "RequestExpired")).await;
    assert!(why.reason.contains("expired or not valid"), "{why:?}");
    assert_eq!(why.missing_permission, None);
}

#[tokio::test]
async fn a_service_that_the_account_is_not_subscribed_to_says_so() {
    for code in ["OptInRequired", "SubscriptionRequiredException"] {
        let why = volumes_unseen(move |asked| error(asked, 403, code)).await;
        assert!(why.reason.contains("not subscribed"), "{code}: {why:?}");
        assert_eq!(why.missing_permission, None, "no permission would mend it");
    }
}

#[tokio::test]
async fn a_cut_off_answer_of_cloudwatch_is_not_an_idle_instance() {
    let instance = "<DescribeInstancesResponse><reservationSet><item><instancesSet><item>\
                    <instanceId>i-1</instanceId><instanceState><name>running</name></instanceState>\
                    </item></instancesSet></item></reservationSet></DescribeInstancesResponse>";
    let scanned = scan(
        sdk(move |asked| match asked.operation.as_str() {
            "DescribeInstances" => (200, instance.as_bytes().to_vec()),
            // CBOR: a map that ends in the middle of its first key.
            "GetMetricData" => (200, b"\xa1\x71Metric".to_vec()),
            _ => empty(asked),
        }),
        "us-east-1",
    )
    .await;
    let why = coverage(&scanned, "cloudwatch:GetMetricData").get().unwrap_err();
    assert!(why.reason.contains("cloudwatch:GetMetricData failed"), "{why:?}");
    let instance = resources(&scanned).into_iter().find(|resource| resource.id == "i-1").unwrap();
    assert!(instance.utilization.known().is_none(), "{:?}", instance.utilization);
}
