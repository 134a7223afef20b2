//! Lists that are interrupted in their middle.

use super::*;

#[tokio::test]
async fn more_functions_than_one_invocation_has_time_for_are_each_read_once() {
    let cycle = cycle();
    let account = Account::of(Arc::default(), functions);
    let whole = account.scan_until(&cycle, future::pending()).await;
    assert_eq!(*coverage(&whole, "lambda:ListFunctions"), Evidence::Known(FUNCTIONS as u64));

    let store = Arc::<MemoryStore>::default();
    let (mut details, mut invocations) = (BTreeMap::<String, u32>::new(), 0);
    let (last, ended) = loop {
        let invocation = Account::of(Arc::clone(&store), functions);
        let scanned = invocation.scan_until(&cycle, invocation.after(100, is_detail)).await;
        for detail in invocation.asked.lock().unwrap().iter().filter(|asked| is_detail(asked)) {
            *details.entry(detail.clone()).or_default() += 1;
        }
        invocations += 1;
        assert!(invocations < 20, "it does not come further");
        if scanned.remaining.is_none() {
            break (invocation, scanned);
        }
    };
    assert!(invocations > 2, "{invocations}");
    assert!(details.len() >= 3 * FUNCTIONS, "{}", details.len());
    let twice: Vec<_> = details.iter().filter(|(_, times)| **times > 1).collect();
    assert!(twice.is_empty(), "{twice:?}");

    assert_eq!(ended.manifest.coverage, whole.manifest.coverage);
    assert_eq!(ended.manifest.resources, whole.manifest.resources);
    assert_eq!(ended.manifest.metrics_requested, whole.manifest.metrics_requested);
    let (lines, expected) = (last.lines(&cycle, &ended).await, account.lines(&cycle, &whole).await);
    assert_eq!(lines, expected);
    let owned = lines.iter().filter(|line| match line {
        ChunkLine::Resource(one) => matches!(
            &one.managed_by,
            ManagedBy::CloudFormation { logical_id: Some(id), .. } if id == "Last"
        ),
        _ => false,
    });
    assert_eq!(owned.count(), 1, "though its owner was read in an earlier invocation");
}

/// An account with three pages of volumes; `hangs` is the token of one that never comes.
fn volumes(hangs: &'static str) -> impl Fn(&Asked) -> Answer + Send + Sync {
    move |asked| {
        let token = asked.body.split_once("NextToken=").map(|(_, rest)| rest);
        let token = token.and_then(|rest| rest.split('&').next()).unwrap_or("1");
        let next = match (asked.operation.as_str(), token) {
            ("DescribeVolumes", token) if token == hangs => return (HANGS, Vec::new()),
            ("DescribeVolumes", "1") => "<nextToken>2</nextToken>",
            ("DescribeVolumes", "2") => "<nextToken>3</nextToken>",
            ("DescribeVolumes", _) => "",
            _ => return answer(asked),
        };
        let body = format!(
            "<DescribeVolumesResponse><volumeSet><item><volumeId>vol-{token}</volumeId></item>\
             </volumeSet>{next}</DescribeVolumesResponse>"
        );
        (200, body.into_bytes())
    }
}

#[tokio::test]
async fn a_list_that_was_interrupted_goes_on_with_what_is_not_known_of_it() {
    let cycle = cycle();
    let first = Account::of(Arc::default(), volumes("3"));
    assert_eq!(first.scan(&cycle).await.remaining, Some(1), "all but EC2 is read");
    let second = Account::of(Arc::clone(&first.store), volumes(""));
    let ended = second.scan(&cycle).await;
    assert_eq!(ended.remaining, None);

    let account = Account::of(Arc::default(), volumes(""));
    let whole = account.scan(&cycle).await;
    assert_eq!(*coverage(&ended, "ec2:DescribeVolumes"), Evidence::Known(3));
    assert_eq!(ended.manifest.coverage, whole.manifest.coverage);
    assert_eq!(ended.manifest.resources, whole.manifest.resources);
    assert_eq!(ended.manifest.sizes, whole.manifest.sizes);
    assert_eq!(ended.manifest.metrics_requested, whole.manifest.metrics_requested);
    assert_eq!(second.lines(&cycle, &ended).await, account.lines(&cycle, &whole).await);
}

/// Lists whose items take calls of their own: service, operation, the first page, and one of those calls.
const LISTS: [(&str, &str, &str, &str); 8] = [
    (
        "acm",
        "ListCertificates",
        r#"{"CertificateSummaryList":[{"CertificateArn":"arn:aws:acm:us-east-1:123456789012:certificate/item"}],"NextToken":"2"}"#,
        "DescribeCertificate",
    ),
    (
        "dynamodb",
        "ListTables",
        r#"{"TableNames":["item"],"LastEvaluatedTableName":"2"}"#,
        "DescribeTable",
    ),
    (
        "api",
        "DescribeRepositories",
        r#"{"repositories":[{"repositoryName":"item","repositoryArn":"arn:aws:ecr:us-east-1:123456789012:repository/item"}],"nextToken":"2"}"#,
        "GetLifecyclePolicy",
    ),
    (
        "elasticloadbalancing",
        "DescribeLoadBalancers",
        "<DescribeLoadBalancersResponse><DescribeLoadBalancersResult><LoadBalancers><member><LoadBalancerArn>\
         arn:aws:elasticloadbalancing:us-east-1:123456789012:loadbalancer/app/item/1</LoadBalancerArn>\
         <LoadBalancerName>item</LoadBalancerName><Type>application</Type></member></LoadBalancers>\
         <NextMarker>2</NextMarker></DescribeLoadBalancersResult></DescribeLoadBalancersResponse>",
        "DescribeLoadBalancerAttributes",
    ),
    (
        "kms",
        "ListKeys",
        r#"{"Keys":[{"KeyId":"item","KeyArn":"arn:aws:kms:us-east-1:123456789012:key/item"}],"Truncated":true,"NextMarker":"2"}"#,
        "DescribeKey",
    ),
    (
        "rds",
        "DescribeDBSnapshots",
        "<DescribeDBSnapshotsResponse><DescribeDBSnapshotsResult><DBSnapshots><DBSnapshot>\
         <DBSnapshotIdentifier>item</DBSnapshotIdentifier><DBSnapshotArn>\
         arn:aws:rds:us-east-1:123456789012:snapshot:item</DBSnapshotArn></DBSnapshot></DBSnapshots>\
         <Marker>2</Marker></DescribeDBSnapshotsResult></DescribeDBSnapshotsResponse>",
        "DescribeDBSnapshotAttributes",
    ),
    (
        "sns",
        "ListTopics",
        "<ListTopicsResponse><ListTopicsResult><Topics><member><TopicArn>\
         arn:aws:sns:us-east-1:123456789012:item</TopicArn></member></Topics><NextToken>2</NextToken>\
         </ListTopicsResult></ListTopicsResponse>",
        "GetTopicAttributes",
    ),
    (
        "sqs",
        "ListQueues",
        r#"{"QueueUrls":["https://sqs.us-east-1.amazonaws.com/123456789012/item"],"NextToken":"2"}"#,
        "GetQueueAttributes",
    ),
];

/// An account with one item on the first page of each of [`LISTS`]; where the second one `hangs`.
fn items(hangs: bool) -> impl Fn(&Asked) -> Answer + Send + Sync {
    move |asked| {
        let is_second = [":\"2\"", "Token=2", "Marker=2"].iter().any(|it| asked.body.contains(it));
        let body = match asked.operation.as_str() {
            "DescribeTable" => r#"{"Table":{"TableName":"item"}}"#,
            "DescribeKey" => {
                r#"{"KeyMetadata":{"KeyId":"item","Arn":"arn:aws:kms:us-east-1:123456789012:key/item","KeyManager":"CUSTOMER"}}"#
            }
            list => match LISTS.iter().find(|(_, operation, ..)| *operation == list) {
                Some(_) if is_second && hangs => return (HANGS, Vec::new()),
                Some((.., page, _)) if !is_second => page,
                _ => return answer(asked),
            },
        };
        (200, body.as_bytes().to_vec())
    }
}

#[tokio::test]
async fn no_service_is_asked_again_for_what_is_known_of_an_item() {
    let cycle = cycle();
    let first = Account::of(Arc::default(), items(true));
    assert_eq!(first.scan(&cycle).await.remaining, Some(8));
    let second = Account::of(Arc::clone(&first.store), items(false));
    let ended = second.scan(&cycle).await;
    for (service, list, _, detail) in LISTS {
        assert!(first.asked().contains(detail), "{service}: {:?}", first.asked());
        assert!(second.asked().contains(list), "{service}: {:?}", second.asked());
        assert!(!second.asked().contains(detail), "{service}: {:?}", second.asked());
    }
    let account = Account::of(Arc::default(), items(false));
    let whole = account.scan(&cycle).await;
    assert_eq!(ended.manifest.coverage, whole.manifest.coverage);
    assert_eq!(ended.manifest.resources, whole.manifest.resources);
    assert_eq!(second.lines(&cycle, &ended).await, account.lines(&cycle, &whole).await);
}

#[tokio::test]
async fn the_pages_that_were_read_stay_of_a_list_that_is_given_up() {
    let cycle = cycle();
    let first = Account::of(Arc::default(), volumes("3"));
    assert_eq!(first.scan(&cycle).await.remaining, Some(1));
    let second = Account::of(Arc::clone(&first.store), volumes("3"));
    let ended = second.scan(&cycle).await;
    assert_eq!(ended.remaining, None, "a third invocation would come no further");
    let cut = ended.manifest.coverage.iter().find(|c| c.api.as_str() == "ec2:DescribeVolumes");
    let cut = cut.unwrap();
    assert_eq!(cut.kinds, [ResourceKind::Ec2Volume], "so that it is not taken for the whole");
    let why = &cut.result.get().unwrap_err().reason;
    assert_eq!(why, "reading it takes longer than a function may run; 2 were read");
    let found = second.found(&cycle, &ended).await;
    assert_eq!(found.iter().filter(|id| id.starts_with("vol-")).count(), 2, "{found:?}");
    assert_eq!(
        *coverage(&ended, "ec2:DescribeInstances"),
        Evidence::Known(0),
        "was read to its end"
    );
}
