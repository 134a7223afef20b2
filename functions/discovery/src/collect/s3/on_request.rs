//! Settings of a bucket that no check needs, each by a call of its own: read only if the tenant asks for them.

use aws_sdk_s3::{
    Client,
    operation::{
        get_bucket_cors::GetBucketCorsOutput,
        get_bucket_notification_configuration::GetBucketNotificationConfigurationOutput,
        get_bucket_website::GetBucketWebsiteOutput,
    },
    types,
};
use miyabi_types::{
    id::Arn,
    resource::s3::{
        CorsRule, IntelligentTiering, Inventory, NotificationTarget, Notifications, Replication,
        Website,
    },
};

use super::{
    ACCELERATION, ANALYTICS, CORS, INTELLIGENT_TIERING, INVENTORIES, METRICS, NOTIFICATIONS,
    REQUEST_PAYMENT, WEBSITE, replication, settings::Read,
};
use crate::{
    call::Request::EveryBucketSetting,
    collect::{natural, owned, pages::pages, sorted, text},
    scope::Scan,
};

/// What is set, or why that is not known.
pub(super) struct OnRequest {
    pub replication: Read<Option<Replication>>,
    pub website: Read<Option<Website>>,
    pub cors: Read<Vec<CorsRule>>,
    pub notifications: Read<Notifications>,
    pub inventories: Read<Vec<Inventory>>,
    pub intelligent_tiering: Read<Vec<IntelligentTiering>>,
    pub acceleration: Read<Option<String>>,
    pub requester_pays: Read<bool>,
    pub metrics_configurations: Read<Vec<String>>,
    pub analytics_configurations: Read<Vec<String>>,
}

impl OnRequest {
    /// Nobody asked.
    fn not_made() -> Self {
        let why = || EveryBucketSetting.not_made();
        Self {
            replication: Err(why()),
            website: Err(why()),
            cors: Err(why()),
            notifications: Err(why()),
            inventories: Err(why()),
            intelligent_tiering: Err(why()),
            acceleration: Err(why()),
            requester_pays: Err(why()),
            metrics_configurations: Err(why()),
            analytics_configurations: Err(why()),
        }
    }

    /// Whom it tells and where its copies and lists go.
    pub(super) fn needs(&self) -> impl Iterator<Item = Arn> {
        let copies = self.replication.as_ref().ok().and_then(Option::as_ref);
        let told = self.notifications.as_ref().ok().into_iter().flat_map(|told| &told.targets);
        let told = told.map(|target| resource_of(&target.destination));
        let lists = self.inventories.as_ref().ok().into_iter().flatten();
        let lists = lists.map(|list| list.destination_bucket.clone());
        let needs = told.chain(lists).filter_map(|arn| Arn::parse(arn).ok());
        copies.into_iter().flat_map(replication::needs).chain(needs)
    }
}

/// The function of an ARN that ends in one of its versions or aliases; any other ARN as it is.
fn resource_of(arn: &str) -> String {
    let parts: Vec<_> = arn.split(':').collect();
    match parts[..] {
        [_, _, "lambda", _, _, "function", _, _] => parts[..7].join(":"),
        _ => arn.to_owned(),
    }
}

/// Reads them, all at once, if they are asked for.
pub(super) async fn read(scan: &Scan, client: &Client, bucket: &str) -> OnRequest {
    if !EveryBucketSetting.is_in(&scan.settings) {
        return OnRequest::not_made();
    }
    // In a box, so that whoever does not ask for them needs no room for them.
    Box::pin(read_all(scan, client, bucket)).await
}

async fn read_all(scan: &Scan, client: &Client, bucket: &str) -> OnRequest {
    let (
        replication,
        website,
        cors,
        notifications,
        inventories,
        intelligent_tiering,
        acceleration,
        requester_pays,
        metrics_configurations,
        analytics_configurations,
    ) = tokio::join!(
        scan.queued(replication::read(scan, client, bucket)),
        scan.queued(website(scan, client, bucket)),
        scan.queued(cors(scan, client, bucket)),
        scan.queued(notifications(scan, client, bucket)),
        scan.queued(inventories(scan, client, bucket)),
        scan.queued(intelligent_tiering(scan, client, bucket)),
        scan.queued(acceleration(scan, client, bucket)),
        scan.queued(requester_pays(scan, client, bucket)),
        scan.queued(metrics_configurations(scan, client, bucket)),
        scan.queued(analytics_configurations(scan, client, bucket)),
    );
    OnRequest {
        replication,
        website,
        cors,
        notifications,
        inventories,
        intelligent_tiering,
        acceleration,
        requester_pays,
        metrics_configurations,
        analytics_configurations,
    }
}

async fn website(scan: &Scan, client: &Client, bucket: &str) -> Read<Option<Website>> {
    let call = client.get_bucket_website().bucket(bucket).send();
    let answer = scan.find(WEBSITE, &["NoSuchWebsiteConfiguration"], call).await?;
    Ok(answer.as_ref().map(site))
}

fn site(website: &GetBucketWebsiteOutput) -> Website {
    let redirect = website.redirect_all_requests_to();
    let protocol = redirect.and_then(types::RedirectAllRequestsTo::protocol);
    Website {
        index_document: owned(website.index_document().map(types::IndexDocument::suffix)),
        error_document: owned(website.error_document().map(types::ErrorDocument::key)),
        redirect_host: owned(redirect.map(types::RedirectAllRequestsTo::host_name)),
        redirect_protocol: owned(protocol.map(types::Protocol::as_str)),
        routing_rules: u32::try_from(website.routing_rules().len()).unwrap_or(u32::MAX),
    }
}

async fn cors(scan: &Scan, client: &Client, bucket: &str) -> Read<Vec<CorsRule>> {
    let call = client.get_bucket_cors().bucket(bucket).send();
    let answer = scan.find(CORS, &["NoSuchCORSConfiguration"], call).await?;
    Ok(answer.iter().flat_map(GetBucketCorsOutput::cors_rules).map(cors_rule).collect())
}

fn cors_rule(rule: &types::CorsRule) -> CorsRule {
    CorsRule {
        id: owned(rule.id()),
        allowed_origins: sorted(rule.allowed_origins().to_vec()),
        allowed_methods: sorted(rule.allowed_methods().to_vec()),
        allowed_headers: sorted(rule.allowed_headers().to_vec()),
        exposed_headers: sorted(rule.expose_headers().to_vec()),
        max_age_seconds: rule.max_age_seconds().map(natural),
    }
}

async fn notifications(scan: &Scan, client: &Client, bucket: &str) -> Read<Notifications> {
    let call = client.get_bucket_notification_configuration().bucket(bucket).send();
    Ok(whom(&scan.read(NOTIFICATIONS, call).await?))
}

fn whom(told: &GetBucketNotificationConfigurationOutput) -> Notifications {
    let topics = told.topic_configurations().iter();
    let topics = topics.map(|to| target(to.topic_arn(), to.id(), to.events(), to.filter()));
    let queues = told.queue_configurations().iter();
    let queues = queues.map(|to| target(to.queue_arn(), to.id(), to.events(), to.filter()));
    let functions = told.lambda_function_configurations().iter();
    let functions =
        functions.map(|to| target(to.lambda_function_arn(), to.id(), to.events(), to.filter()));
    Notifications {
        event_bridge: told.event_bridge_configuration().is_some(),
        targets: sorted(topics.chain(queues).chain(functions)),
    }
}

fn target(
    arn: &str,
    id: Option<&str>,
    events: &[types::Event],
    filter: Option<&types::NotificationConfigurationFilter>,
) -> NotificationTarget {
    let key = filter.and_then(types::NotificationConfigurationFilter::key);
    let rules = key.map(types::S3KeyFilter::filter_rules).unwrap_or_default();
    // S3 answers `Prefix` where it was told `prefix`.
    let rule = |name: &str| {
        let is = |rule: &&types::FilterRule| {
            rule.name().is_some_and(|told| told.as_str().eq_ignore_ascii_case(name))
        };
        owned(rules.iter().find(is).and_then(types::FilterRule::value))
    };
    NotificationTarget {
        destination: arn.to_owned(),
        id: owned(id),
        events: sorted(events.iter().map(|event| event.as_str().to_owned())),
        prefix: rule("prefix"),
        suffix: rule("suffix"),
    }
}

async fn inventories(scan: &Scan, client: &Client, bucket: &str) -> Read<Vec<Inventory>> {
    let ask = |token| {
        let call = client.list_bucket_inventory_configurations().bucket(bucket);
        call.set_continuation_token(token).send()
    };
    let list = pages(ask, |page| {
        (page.inventory_configuration_list.unwrap_or_default(), page.next_continuation_token)
    });
    Ok(sorted(scan.list(INVENTORIES, list).await?.iter().map(inventory)))
}

fn inventory(list: &types::InventoryConfiguration) -> Inventory {
    let to = list.destination().and_then(types::InventoryDestination::s3_bucket_destination);
    let schedule = list.schedule().map(types::InventorySchedule::frequency);
    Inventory {
        id: list.id().to_owned(),
        enabled: list.is_enabled(),
        prefix: owned(list.filter().map(types::InventoryFilter::prefix)),
        versions: list.included_object_versions().as_str().to_owned(),
        destination_bucket: text(to.map(types::InventoryS3BucketDestination::bucket)),
        format: text(to.map(|to| to.format().as_str())),
        frequency: text(schedule.map(types::InventoryFrequency::as_str)),
    }
}

async fn intelligent_tiering(
    scan: &Scan,
    client: &Client,
    bucket: &str,
) -> Read<Vec<IntelligentTiering>> {
    let ask = |token| {
        let call = client.list_bucket_intelligent_tiering_configurations().bucket(bucket);
        call.set_continuation_token(token).send()
    };
    let list = pages(ask, |page| {
        let items = page.intelligent_tiering_configuration_list.unwrap_or_default();
        (items, page.next_continuation_token)
    });
    Ok(sorted(scan.list(INTELLIGENT_TIERING, list).await?.iter().map(tiering)))
}

fn tiering(tiering: &types::IntelligentTieringConfiguration) -> IntelligentTiering {
    let filter = tiering.filter();
    let both = filter.and_then(types::IntelligentTieringFilter::and);
    let prefix = filter
        .and_then(types::IntelligentTieringFilter::prefix)
        .or_else(|| both.and_then(types::IntelligentTieringAndOperator::prefix));
    let tiers = tiering.tierings().iter();
    let tiers = tiers.map(|tier| (natural(tier.days()), tier.access_tier().as_str().to_owned()));
    IntelligentTiering {
        id: tiering.id().to_owned(),
        enabled: *tiering.status() == types::IntelligentTieringStatus::Enabled,
        prefix: owned(prefix),
        filtered: filter.is_some_and(|filter| filter.tag().is_some())
            || both.is_some_and(|both| !both.tags().is_empty()),
        tiers: sorted(tiers),
    }
}

/// Regions that have no acceleration refuse the question, in the one or the other way, as Terraform's provider and
/// the controllers for Kubernetes found; the API reference does not tell.
async fn acceleration(scan: &Scan, client: &Client, bucket: &str) -> Read<Option<String>> {
    let call = client.get_bucket_accelerate_configuration().bucket(bucket).send();
    let absent = &["MethodNotAllowed", "UnsupportedArgument"];
    let answer = scan.find(ACCELERATION, absent, call).await?;
    let status = answer.as_ref().and_then(|answer| answer.status());
    Ok(owned(status.map(types::BucketAccelerateStatus::as_str)))
}

async fn requester_pays(scan: &Scan, client: &Client, bucket: &str) -> Read<bool> {
    let call = client.get_bucket_request_payment().bucket(bucket).send();
    Ok(scan.read(REQUEST_PAYMENT, call).await?.payer() == Some(&types::Payer::Requester))
}

async fn metrics_configurations(scan: &Scan, client: &Client, bucket: &str) -> Read<Vec<String>> {
    let ask = |token| {
        let call = client.list_bucket_metrics_configurations().bucket(bucket);
        call.set_continuation_token(token).send()
    };
    let list = pages(ask, |page| {
        (page.metrics_configuration_list.unwrap_or_default(), page.next_continuation_token)
    });
    let list = scan.list(METRICS, list).await?;
    Ok(sorted(list.into_iter().map(|configuration| configuration.id)))
}

async fn analytics_configurations(scan: &Scan, client: &Client, bucket: &str) -> Read<Vec<String>> {
    let ask = |token| {
        let call = client.list_bucket_analytics_configurations().bucket(bucket);
        call.set_continuation_token(token).send()
    };
    let list = pages(ask, |page| {
        (page.analytics_configuration_list.unwrap_or_default(), page.next_continuation_token)
    });
    let list = scan.list(ANALYTICS, list).await?;
    Ok(sorted(list.into_iter().map(|configuration| configuration.id)))
}

#[cfg(test)]
mod tests;
