//! CloudTrail: trails, whether they work and what they record.

use aws_sdk_cloudtrail::{
    Client,
    operation::get_event_selectors::GetEventSelectorsOutput,
    types::{self, ReadWriteType},
};
use futures::{FutureExt, TryFutureExt};
use miyabi_types::{
    evidence::{Evidence, Unavailable},
    id::Arn,
    resource::{
        Resource, ResourceConfig,
        ResourceKind::{CloudTrailRegion, CloudTrailTrail},
        Tags,
        cloudtrail::{
            AdvancedSelector, EventSelector, EventSelectors, FieldSelector, RegionTrails, Trail,
            TrailStatus,
        },
    },
};

use super::{Collected, Collector, Reach, owned, sorted, text, timestamp};
use crate::{call::Call, place::Place, scope::Scan};

const TRAILS: Call = Call::lists("cloudtrail:DescribeTrails", &[CloudTrailTrail, CloudTrailRegion]);
const STATUS: Call = Call::details("cloudtrail:GetTrailStatus");
const SELECTORS: Call = Call::details("cloudtrail:GetEventSelectors");
const TAGS: Call = Call::details("cloudtrail:ListTags");

/// Most trails of one request for tags. Source: `ListTags` in the API reference.
const TAGS_BATCH: usize = 20;

/// Reads CloudTrail.
pub const COLLECTOR: Collector = Collector {
    service: "cloudtrail",
    reach: Reach::Regional,
    calls: &[TRAILS, STATUS, SELECTORS, TAGS],
    collect: |scan| collect(scan).boxed(),
};

async fn collect(scan: &Scan) -> Collected {
    let client = &Client::new(scan.sdk());
    // Shadows too: a member account sees the organization's trail as one, in every region.
    let call = client.describe_trails().include_shadow_trails(true).send();
    let listed = scan.list(TRAILS, call.map_ok(|a| a.trail_list.unwrap_or_default()));
    let Ok(listed) = listed.await else { return Collected::default() };
    let trails = scan.each(listed, |sdk: types::Trail| async move {
        let arn = sdk.trail_arn()?;
        let (status, selectors) =
            tokio::join!(status(scan, client, arn), Box::pin(selectors(scan, client, arn)));
        Some((text(sdk.name()), trail(&sdk, status, selectors)))
    });
    let mut trails: Vec<_> = trails.await.into_iter().flatten().collect();
    trails.sort_by(|a, b| a.1.arn.cmp(&b.1.arn));
    let mut resources = own(&scan.place, &trails);
    tags(scan, client, &mut resources).await;
    resources.push(region(&scan.place, trails.into_iter().map(|(_, trail)| trail).collect()));
    resources.into()
}

async fn status(scan: &Scan, client: &Client, arn: &str) -> Result<TrailStatus, Unavailable> {
    let status = scan.read(STATUS, client.get_trail_status().name(arn).send()).await?;
    Ok(TrailStatus {
        is_logging: status.is_logging().unwrap_or(false),
        delivered_at: timestamp(status.latest_delivery_time()),
        delivery_error: owned(status.latest_delivery_error()),
        log_group_delivered_at: timestamp(status.latest_cloud_watch_logs_delivery_time()),
        log_group_delivery_error: owned(status.latest_cloud_watch_logs_delivery_error()),
    })
}

async fn selectors(scan: &Scan, client: &Client, arn: &str) -> Result<EventSelectors, Unavailable> {
    let call = client.get_event_selectors().trail_name(arn).send();
    Ok(event_selectors(&scan.read(SELECTORS, call).await?))
}

fn event_selectors(answer: &GetEventSelectorsOutput) -> EventSelectors {
    let basic = answer.event_selectors().iter().map(|selector| EventSelector {
        read_write: selector.read_write_type().map_or("All", ReadWriteType::as_str).to_owned(),
        management_events: selector.include_management_events().unwrap_or(true),
        excluded_sources: sorted(selector.exclude_management_event_sources().iter().cloned()),
        data_resources: selector
            .data_resources()
            .iter()
            .map(|data| (text(data.r#type()), sorted(data.values().iter().cloned())))
            .collect(),
    });
    let advanced = answer.advanced_event_selectors().iter().map(|selector| AdvancedSelector {
        name: owned(selector.name()),
        fields: selector
            .field_selectors()
            .iter()
            .map(|field| FieldSelector {
                field: field.field().to_owned(),
                equals: field.equals().to_vec(),
                starts_with: field.starts_with().to_vec(),
                ends_with: field.ends_with().to_vec(),
                not_equals: field.not_equals().to_vec(),
                not_starts_with: field.not_starts_with().to_vec(),
                not_ends_with: field.not_ends_with().to_vec(),
            })
            .collect(),
    });
    EventSelectors { basic: basic.collect(), advanced: advanced.collect() }
}

fn trail(
    sdk: &types::Trail,
    status: Result<TrailStatus, Unavailable>,
    selectors: Result<EventSelectors, Unavailable>,
) -> Trail {
    Trail {
        arn: text(sdk.trail_arn()),
        home_region: text(sdk.home_region()),
        is_multi_region: sdk.is_multi_region_trail().unwrap_or(false),
        is_organization: sdk.is_organization_trail().unwrap_or(false),
        includes_global_services: sdk.include_global_service_events().unwrap_or(false),
        log_file_validation: sdk.log_file_validation_enabled().unwrap_or(false),
        bucket: owned(sdk.s3_bucket_name()),
        kms_key_id: owned(sdk.kms_key_id()),
        log_group_arn: owned(sdk.cloud_watch_logs_log_group_arn()),
        topic_arn: owned(sdk.sns_topic_arn()),
        status: Evidence::from(status),
        selectors: Evidence::from(selectors),
    }
}

/// The trails that are resources of this account and region; the others are of elsewhere.
fn own(place: &Place, trails: &[(String, Trail)]) -> Vec<Resource> {
    let resource = |(name, trail): &(String, Trail)| {
        let arn = Arn::parse(&*trail.arn).ok()?;
        let here = place.arn("cloudtrail", &format!("trail/{name}")) == arn;
        let depends_on = [
            trail.bucket.as_deref().map(|bucket| place.bucket_arn(bucket)),
            trail.kms_key_id.as_deref().map(|key| place.key_arn(key)),
            trail.topic_arn.as_deref().and_then(|topic| Arn::parse(topic).ok()),
            trail
                .log_group_arn
                .as_deref()
                .and_then(|group| Arn::parse(group.strip_suffix(":*").unwrap_or(group)).ok()),
        ];
        let config = ResourceConfig::CloudTrailTrail(trail.clone());
        let resource = place.resource(arn, name, Tags::new(), config);
        here.then(|| Resource {
            name: Some(name.clone()),
            depends_on: depends_on.into_iter().flatten().collect(),
            ..resource
        })
    };
    trails.iter().filter_map(resource).collect()
}

async fn tags(scan: &Scan, client: &Client, resources: &mut [Resource]) {
    for batch in resources.chunks_mut(TAGS_BATCH) {
        let arns = batch.iter().map(|resource| resource.arn.to_string()).collect();
        let call = client.list_tags().set_resource_id_list(Some(arns)).send();
        match scan.read(TAGS, call).await {
            Ok(answer) => {
                for listed in answer.resource_tag_list() {
                    let of = |r: &&mut Resource| Some(r.arn.as_str()) == listed.resource_id();
                    let pairs = listed.tags_list().iter().map(|tag| (Some(tag.key()), tag.value()));
                    if let Some(resource) = batch.iter_mut().find(of) {
                        resource.tags = super::tags(pairs);
                    }
                }
            }
            Err(why) => {
                for resource in batch {
                    resource.tags_unavailable = Some(why.clone());
                }
            }
        }
    }
}

fn region(place: &Place, trails: Vec<Trail>) -> Resource {
    let arn = place.arn("cloudtrail", "region-trails");
    let config = ResourceConfig::CloudTrailRegion(RegionTrails { trails });
    place.resource(arn, place.region.as_str(), Tags::new(), config)
}

#[cfg(test)]
mod tests {
    use aws_sdk_cloudtrail::types::{AdvancedEventSelector, AdvancedFieldSelector, DataResource};
    use miyabi_types::id::IamAction;

    use super::*;
    use crate::testing::{
        aws::{empty, error, sdk},
        coverage, of_kind, place, scan,
    };

    #[tokio::test]
    async fn a_trail_is_a_resource_where_it_was_made_and_records_where_it_records() {
        let scanned = scan(
            sdk(|asked| match asked.operation.as_str() {
                "DescribeTrails" => {
                    let trail = |name: &str, region: &str, account: &str| {
                        format!(
                            r#"{{"Name":"{name}","HomeRegion":"{region}","S3BucketName":"logs",
                            "IsMultiRegionTrail":true,
                            "TrailARN":"arn:aws:cloudtrail:{region}:{account}:trail/{name}"}}"#
                        )
                    };
                    let trails = [
                        trail("here", "us-east-1", "123456789012"),
                        trail("elsewhere", "eu-west-1", "123456789012"),
                        trail("organization", "us-east-1", "999999999999"),
                    ];
                    (200, format!(r#"{{"trailList":[{}]}}"#, trails.join(",")).into_bytes())
                }
                "GetTrailStatus" if asked.body.contains("elsewhere") => {
                    error(asked, 400, "AccessDeniedException")
                }
                "GetTrailStatus" => (200, br#"{"IsLogging":true}"#.into()),
                "ListTags" => (
                    200,
                    br#"{"ResourceTagList":[{"ResourceId":
                    "arn:aws:cloudtrail:us-east-1:123456789012:trail/here",
                    "TagsList":[{"Key":"team","Value":"audit"}]}]}"#
                        .into(),
                ),
                _ => empty(asked),
            }),
            "us-east-1",
        )
        .await;
        let own = of_kind(&scanned, CloudTrailTrail);
        assert_eq!(own.iter().map(|trail| &*trail.id).collect::<Vec<_>>(), ["here"]);
        assert_eq!(own[0].tags["team"], "audit");
        assert_eq!(own[0].depends_on[0].as_str(), "arn:aws:s3:::logs");
        let all = of_kind(&scanned, CloudTrailRegion);
        let ResourceConfig::CloudTrailRegion(region) = &all[0].config else { panic!() };
        let logging: Vec<_> = region.trails.iter().map(|trail| trail.status.known()).collect();
        assert_eq!(logging.len(), 3);
        assert_eq!(logging.iter().flatten().filter(|status| status.is_logging).count(), 2);
        let why = coverage(&scanned, "cloudtrail:GetTrailStatus").get().unwrap_err();
        assert_eq!(why.reason, "access denied (for 1 of 3 reads)");
    }

    #[tokio::test]
    async fn a_region_that_nothing_records_is_known_to_have_no_trail() {
        let scanned = scan(sdk(empty), "us-east-1").await;
        let all = of_kind(&scanned, CloudTrailRegion);
        let ResourceConfig::CloudTrailRegion(region) = &all[0].config else { panic!() };
        assert_eq!(region.trails, []);
    }

    #[test]
    fn both_kinds_of_selectors_are_kept() {
        let answer = GetEventSelectorsOutput::builder()
            .event_selectors(
                types::EventSelector::builder()
                    .read_write_type(ReadWriteType::WriteOnly)
                    .include_management_events(false)
                    .exclude_management_event_sources("kms.amazonaws.com")
                    .data_resources(
                        DataResource::builder()
                            .r#type("AWS::S3::Object")
                            .values("arn:aws:s3")
                            .build(),
                    )
                    .build(),
            )
            .advanced_event_selectors(
                AdvancedEventSelector::builder()
                    .name("management")
                    .field_selectors(
                        AdvancedFieldSelector::builder()
                            .field("eventCategory")
                            .equals("Management")
                            .build()
                            .unwrap(),
                    )
                    .build()
                    .unwrap(),
            )
            .build();
        let selectors = event_selectors(&answer);
        let basic = &selectors.basic[0];
        assert_eq!((&*basic.read_write, basic.management_events), ("WriteOnly", false));
        assert_eq!(basic.excluded_sources, ["kms.amazonaws.com"]);
        assert_eq!(basic.data_resources["AWS::S3::Object"], ["arn:aws:s3"]);
        let advanced = &selectors.advanced[0];
        assert_eq!(advanced.name.as_deref(), Some("management"));
        assert_eq!(advanced.fields[0].equals, ["Management"]);
    }

    #[test]
    fn what_is_not_known_of_a_trail_stays_unknown() {
        let sdk = types::Trail::builder()
            .name("t")
            .trail_arn("arn:aws:cloudtrail:us-east-1:123456789012:trail/t")
            .kms_key_id("arn:aws:kms:us-east-1:123456789012:key/1")
            .cloud_watch_logs_log_group_arn("arn:aws:logs:us-east-1:123456789012:log-group:t:*")
            .log_file_validation_enabled(true)
            .build();
        let denied = |action| Unavailable::denied(IamAction::parse(action).unwrap());
        let trail = trail(
            &sdk,
            Err(denied("cloudtrail:GetTrailStatus")),
            Err(denied("cloudtrail:GetEventSelectors")),
        );
        assert!(trail.log_file_validation && !trail.is_multi_region);
        assert!(trail.status.known().is_none() && trail.selectors.known().is_none());
        let own = own(&place(), &[("t".into(), trail)]);
        let needed: Vec<_> = own[0].depends_on.iter().map(Arn::as_str).collect();
        assert_eq!(
            needed,
            [
                "arn:aws:kms:us-east-1:123456789012:key/1",
                "arn:aws:logs:us-east-1:123456789012:log-group:t"
            ]
        );
    }
}
