use std::collections::VecDeque;

use super::*;

fn after(begun: Instant, millis: u64) -> Instant {
    begun + Duration::from_millis(millis)
}

/// Tokens taken within a second from `begun`.
fn taken(pace: &mut Pace, begun: Instant) -> u32 {
    (0..1000).map(|millis| u32::from(pace.take(after(begun, millis)).is_none())).sum()
}

#[test]
fn what_is_rated_by_itself_is_paced_by_itself() {
    let rate = |service: &str, path: &str| {
        let uri = format!("https://{service}.us-east-1.amazonaws.com{path}");
        let mut request = HttpRequest::get(uri).unwrap();
        let signed_for = if service.contains("s3-control") { "s3" } else { service };
        let credential = format!("AWS4-HMAC-SHA256 Credential=K/20260301/us-east-1/{signed_for}/x");
        request.headers_mut().insert("authorization", credential);
        rated(&request).to_owned()
    };
    assert_eq!(rate("lambda", "/2015-03-31/functions/f/policy"), LAMBDA_POLICY);
    assert_eq!(rate("lambda", "/2015-03-31/functions/"), "lambda");
    assert_eq!(rate("s3", "/bucket?policy"), "s3");
    let cloudwatch = "/service/GraniteServiceVersion20100801/operation";
    assert_eq!(rate("monitoring", &format!("{cloudwatch}/GetMetricData")), METRIC_DATA);
    assert_eq!(rate("monitoring", &format!("{cloudwatch}/DescribeAlarms")), "monitoring");
    assert_eq!(rate("123456789012.s3-control", "/v20180820/accesspoint"), S3_CONTROL);
    assert_eq!(rate("securityhub", "/findings"), SECURITY_FINDINGS);
    assert_eq!(rate("securityhub", "/securityControls/definitions"), "securityhub");
    assert!((published(LAMBDA_POLICY).per_second - 15.0).abs() < f64::EPSILON);
}

#[test]
fn a_burst_goes_at_once_and_then_the_rate_holds() {
    let begun = Instant::now();
    let mut pace = Pace::new(Rate { burst: 5.0, per_second: 10.0 }, begun);
    assert!((0..5).all(|_| pace.take(begun).is_none()));
    assert_eq!(pace.take(begun), Some(Duration::from_millis(100)));
    assert_eq!(taken(&mut pace, after(begun, 1)), 10);
}

#[test]
fn one_round_of_refusals_lowers_the_rate_once_and_answers_raise_it() {
    let begun = Instant::now();
    let mut pace = Pace::new(Rate { burst: 50.0, per_second: 100.0 }, begun);
    assert!((0..50).all(|_| pace.take(begun).is_none()));
    for _ in 0..50 {
        pace.refused(begun, after(begun, 50));
    }
    assert_eq!(taken(&mut pace, after(begun, 51)), 70);
    pace.refused(after(begun, 1051), after(begun, 1100));
    assert_eq!(taken(&mut pace, after(begun, 1101)), 49);
    for _ in 0..10_000 {
        pace.answered();
    }
    assert!((pace.per_second - 100.0).abs() < f64::EPSILON, "but not above what is published");
}

/// Requests as [`send`] sends them to a service that allows `allowed` a second and answers after a tenth of one:
/// how many were refused in all their turns, and how many refusals there were.
fn sent_to(allowed: f64, rate: Rate, requests: usize) -> (usize, usize) {
    let begun = Instant::now();
    let mut pace = Pace::new(rate, begun);
    let (mut left, mut millis) = (allowed, 0);
    let mut waiting: VecDeque<u32> = vec![1; requests].into();
    let mut under_way: VecDeque<(u64, u32, bool)> = VecDeque::new();
    let (mut lost, mut refusals) = (0, 0);
    while !(waiting.is_empty() && under_way.is_empty()) {
        let now = after(begun, millis);
        while under_way.front().is_some_and(|(sent, ..)| sent + 100 <= millis) {
            let Some((sent, turns, answered)) = under_way.pop_front() else { break };
            if answered {
                pace.answered();
                continue;
            }
            refusals += 1;
            pace.refused(after(begun, sent), now);
            if turns < TURNS { waiting.push_back(turns + 1) } else { lost += 1 }
        }
        while !waiting.is_empty() && pace.take(now).is_none() {
            under_way.extend(waiting.pop_front().map(|turns| (millis, turns, left >= 1.0)));
            left = if left >= 1.0 { left - 1.0 } else { left };
        }
        left = (left + allowed / 1000.0).min(allowed);
        millis += 1;
    }
    (lost, refusals)
}

#[test]
fn nothing_of_a_burst_is_lost_to_a_service_that_allows_one_or_two_requests_a_second() {
    for allowed in [1.0, 1.5, 2.0] {
        let (lost, refusals) = sent_to(allowed, published("another"), 200);
        assert_eq!(lost, 0, "{allowed} a second: {refusals} refusals");
        assert!(refusals < 200, "{allowed} a second: {refusals} refusals of 200 requests");
    }
}

#[tokio::test]
async fn a_request_that_waits_for_too_long_is_signed_again() {
    let slow = Pace::new(Rate { burst: 0.0, per_second: SLOWEST }, Instant::now());
    let service = Service { pace: Mutex::new(slow), ..Service::new("ec2", Instant::now()) };
    let waited = service.turn_until(Instant::now()).await.unwrap_err();
    assert_eq!(waited.as_other(), Some(ErrorKind::ThrottlingError), "so that the SDK tries again");
}

#[tokio::test]
async fn each_service_refuses_in_its_own_words() {
    let refused = async |service: &str, status: u16, body: &'static str| {
        let service = Service::new(service, Instant::now());
        let response = HttpResponse::new(status.try_into().unwrap(), SdkBody::from(body));
        read_refusal(&service.refusals, response).await.unwrap().1
    };
    let limit = r#"{"__type":"LimitExceededException"}"#;
    assert!(refused("ce", 400, limit).await);
    assert!(!refused("kms", 400, limit).await, "a quota that waiting does not mend");
    for code in ["RequestLimitExceeded", "PriorRequestNotComplete", "BandwidthLimitExceeded"] {
        let body =
            format!("<Response><Errors><Error><Code>{code}</Code></Error></Errors></Response>");
        assert!(refused("ec2", 503, body.leak()).await, "{code}");
    }
    assert!(refused(LAMBDA_POLICY, 429, "{}").await);
    assert!(!refused("ec2", 403, "<Code>UnauthorizedOperation</Code>").await);
}
