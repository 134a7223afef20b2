//! ECS clusters, services and task definitions.

use std::collections::BTreeSet;

use aws_sdk_ecs::{
    Client,
    error::SdkError,
    types::{
        AssignPublicIp, Cluster as SdkCluster, ClusterField, ClusterSettingName,
        ContainerDefinition, Service as SdkService, ServiceField, Tag,
        TaskDefinition as SdkTaskDefinition, TaskDefinitionFamilyStatus, TaskDefinitionField,
    },
};
use futures::FutureExt;
use miyabi_types::{
    id::Arn,
    resource::{
        Resource, ResourceConfig,
        ResourceKind::{EcsCluster, EcsService, EcsTaskDefinition},
        Tags,
        ecs::{Cluster, Container, Service, TaskDefinition},
    },
};

use super::{
    Collected, Collector, Reach,
    cloudwatch::{self, Source},
    ec2::{security_group_arn, subnet_arn},
    natural, or_none, owned, sorted, text, timestamp,
};
use crate::{call::Call, lists::Known, place::Place, scope::Scan};

// What is in clusters that cannot be listed is not known either.
const CLUSTERS: Call = Call::lists("ecs:ListClusters", &[EcsCluster, EcsService]);
const CLUSTER: Call = Call::lists("ecs:DescribeClusters", &[EcsCluster]);
const SERVICES: Call = Call::lists("ecs:ListServices", &[EcsService]);
const SERVICE: Call = Call::lists("ecs:DescribeServices", &[EcsService]);
const FAMILIES: Call = Call::lists("ecs:ListTaskDefinitionFamilies", &[EcsTaskDefinition]);
const TASK_DEFINITION: Call = Call::lists("ecs:DescribeTaskDefinition", &[EcsTaskDefinition]);

/// Clusters and services that one call describes. Source: ECS API reference.
const CLUSTERS_A_CALL: usize = 100;
const SERVICES_A_CALL: usize = 10;

/// Services that are in memory at once.
const AT_ONCE: usize = 500;

/// Reads ECS.
pub const COLLECTOR: Collector = Collector {
    service: "ecs",
    reach: Reach::Regional,
    calls: &[
        CLUSTERS,
        CLUSTER,
        SERVICES,
        SERVICE,
        FAMILIES,
        TASK_DEFINITION,
        cloudwatch::GET_METRIC_DATA,
    ],
    collect: |scan| collect(scan).boxed(),
};

async fn collect(scan: &Scan) -> Collected {
    let client = &Client::new(scan.sdk());
    let (clusters, families) = tokio::join!(cluster_arns(scan, client), families(scan, client));
    let (clusters, running) = tokio::join!(
        self::clusters(scan, client, clusters.clone()),
        services(scan, client, clusters)
    );
    // Services may run older revisions.
    task_definitions(scan, client, families, &running).await;
    clusters.into()
}

async fn cluster_arns(scan: &Scan, client: &Client) -> Vec<String> {
    let pages = client.list_clusters().max_results(100).into_paginator().items().send();
    or_none(scan.list(CLUSTERS, pages.collect::<Result<Vec<_>, _>>()).await)
}

async fn families(scan: &Scan, client: &Client) -> Vec<String> {
    let list = client.list_task_definition_families().status(TaskDefinitionFamilyStatus::Active);
    let pages = list.max_results(100).into_paginator().items().send();
    or_none(scan.list(FAMILIES, pages.collect::<Result<Vec<_>, _>>()).await)
}

async fn clusters(scan: &Scan, client: &Client, arns: Vec<String>) -> Vec<Resource> {
    let batches: Vec<_> = arns.chunks(CLUSTERS_A_CALL).map(<[String]>::to_vec).collect();
    let resources = scan.each(batches, |batch: Vec<String>| async move {
        let call = client.describe_clusters().set_clusters(Some(batch));
        let call = call.include(ClusterField::Settings).include(ClusterField::Tags).send();
        let list = async { Ok::<_, SdkError<_, _>>(call.await?.clusters.unwrap_or_default()) };
        let answer = scan.narrow(CLUSTER, Box::pin(list)).await;
        or_none(answer).iter().filter_map(|sdk| cluster(&scan.place, sdk)).collect::<Vec<_>>()
    });
    resources.await.into_iter().flatten().collect()
}

/// Reads the services, and answers the task definitions that they run.
async fn services(scan: &Scan, client: &Client, clusters: Vec<String>) -> BTreeSet<String> {
    let lists = scan.each(clusters, |cluster: String| async move {
        let pages = client.list_services().cluster(&cluster).max_results(100);
        let pages = pages.into_paginator().items().send().collect::<Result<Vec<_>, _>>();
        let arns = or_none(scan.list(SERVICES, pages).await);
        let batches = arns.chunks(SERVICES_A_CALL).map(<[String]>::to_vec);
        batches.map(|batch| (cluster.clone(), batch)).collect::<Vec<_>>()
    });
    let batches: Vec<_> = lists.await.into_iter().flatten().collect();
    let mut running = BTreeSet::new();
    for some in batches.chunks(AT_ONCE / SERVICES_A_CALL) {
        let services = described(scan, client, some.to_vec()).await;
        running.extend(services.iter().filter_map(|service| match &service.config {
            ResourceConfig::EcsService(service) => service.task_definition_arn.clone(),
            _ => None,
        }));
        scan.keep(SERVICE, services).await;
    }
    running
}

async fn described(
    scan: &Scan,
    client: &Client,
    batches: Vec<(String, Vec<String>)>,
) -> Vec<Resource> {
    let resources = scan.each(batches, |(cluster, batch): (String, Vec<String>)| async move {
        let call = client.describe_services().cluster(cluster).set_services(Some(batch));
        let call = call.include(ServiceField::Tags).send();
        let list = async { Ok::<_, SdkError<_, _>>(call.await?.services.unwrap_or_default()) };
        let answer = scan.narrow(SERVICE, Box::pin(list)).await;
        or_none(answer).iter().filter_map(|sdk| service(&scan.place, sdk)).collect::<Vec<_>>()
    });
    let mut resources: Vec<_> = resources.await.into_iter().flatten().collect();
    cloudwatch::fill_utilization_from(scan, metrics, &mut resources).await;
    resources
}

/// Source: Amazon ECS Developer Guide, Amazon ECS service utilization metrics.
fn metrics(resource: &Resource) -> Vec<Source> {
    let ResourceConfig::EcsService(service) = &resource.config else { return Vec::new() };
    let last = |text: &str| text.rsplit('/').next().unwrap_or_default().to_owned();
    let dimensions = || {
        let cluster = last(&service.cluster_arn);
        vec![("ClusterName", cluster), ("ServiceName", last(resource.arn.as_str()))]
    };
    let metric = |name| Source { namespace: "AWS/ECS", name, dimensions: dimensions() };
    ["CPUUtilization", "MemoryUtilization"].map(metric).into()
}

/// Families tell their latest active revisions, which may be among the `running` ones.
async fn task_definitions(
    scan: &Scan,
    client: &Client,
    families: Vec<String>,
    running: &BTreeSet<String>,
) {
    let one = |name: String| async move {
        let call = client.describe_task_definition().task_definition(&name);
        let call = call.include(TaskDefinitionField::Tags).send();
        let answer = scan.read(TASK_DEFINITION, call).await.ok();
        let told = answer.and_then(|answer| {
            task_definition(&scan.place, answer.task_definition()?, answer.tags())
        });
        let told =
            told.filter(|told| running.contains(&name) || !running.contains(told.arn.as_str()));
        told.into_iter().collect()
    };
    let is_known = |known: &Known, name: &String| {
        let latest = scan.place.arn("ecs", &format!("task-definition/{name}:"));
        known.has(name) || known.beginning(latest.as_str()).any(|arn| !running.contains(arn))
    };
    let names = families.into_iter().filter(|family| !running.contains(family));
    let names: BTreeSet<_> = names.chain(running.iter().cloned()).collect();
    scan.each_on(TASK_DEFINITION, names.into_iter().collect(), is_known, one).await;
}

fn tags(tags: &[Tag]) -> Tags {
    super::tags(tags.iter().map(|tag| (tag.key(), tag.value())))
}

fn cluster(place: &Place, cluster: &SdkCluster) -> Option<Resource> {
    let name = cluster.cluster_name()?;
    let insights = cluster.settings().iter().find(|setting| {
        setting.name().is_some_and(|name| *name == ClusterSettingName::ContainerInsights)
    });
    let config = Cluster {
        status: text(cluster.status()),
        container_insights: owned(insights.and_then(|setting| setting.value())),
        capacity_providers: sorted(cluster.capacity_providers().iter().cloned()),
        container_instances: natural(cluster.registered_container_instances_count()),
        running_tasks: natural(cluster.running_tasks_count()),
        active_services: natural(cluster.active_services_count()),
    };
    let arn = Place::told(cluster.cluster_arn(), || place.arn("ecs", &format!("cluster/{name}")));
    let tags = tags(cluster.tags());
    let resource = place.resource(arn, name, tags, ResourceConfig::EcsCluster(config));
    Some(Resource { name: Some(name.to_owned()), ..resource })
}

fn service(place: &Place, service: &SdkService) -> Option<Resource> {
    let (name, arn) = (service.service_name()?, Arn::parse(service.service_arn()?).ok()?);
    let network = service.network_configuration();
    let network = network.and_then(|network| network.awsvpc_configuration());
    let public = network.map(|network| network.assign_public_ip().map(AssignPublicIp::as_str));
    let providers = service.capacity_provider_strategy().iter();
    let targets = service.load_balancers().iter().filter_map(|lb| owned(lb.target_group_arn()));
    let config = Service {
        cluster_arn: text(service.cluster_arn()),
        status: text(service.status()),
        launch_type: service.launch_type().map(|kind| kind.as_str().to_owned()),
        capacity_providers: sorted(
            providers.map(|item| (item.capacity_provider().to_owned(), natural(item.weight()))),
        ),
        platform_version: owned(service.platform_version()),
        scheduling_strategy: service.scheduling_strategy().map(|kind| kind.as_str().to_owned()),
        desired_count: natural(service.desired_count()),
        running_count: natural(service.running_count()),
        task_definition_arn: owned(service.task_definition()),
        // Without a word ECS gives none.
        assign_public_ip: public.map(|public| public == Some("ENABLED")),
        subnet_ids: sorted(network.into_iter().flat_map(|n| n.subnets().iter().cloned())),
        security_group_ids: sorted(
            network.into_iter().flat_map(|n| n.security_groups().iter().cloned()),
        ),
        target_group_arns: sorted(targets),
        execute_command: service.enable_execute_command(),
    };
    let named = [Some(&config.cluster_arn), config.task_definition_arn.as_ref()];
    let named = named.into_iter().flatten().chain(&config.target_group_arns);
    let mut depends_on: Vec<_> = named.filter_map(|arn| Arn::parse(arn).ok()).collect();
    depends_on.extend(config.subnet_ids.iter().map(|id| subnet_arn(place, id)));
    depends_on.extend(config.security_group_ids.iter().map(|id| security_group_arn(place, id)));
    let tags = tags(service.tags());
    let resource = place.resource(arn, name, tags, ResourceConfig::EcsService(config));
    let created_at = timestamp(service.created_at());
    Some(Resource { name: Some(name.to_owned()), created_at, depends_on, ..resource })
}

fn task_definition(
    place: &Place,
    definition: &SdkTaskDefinition,
    tags: &[Tag],
) -> Option<Resource> {
    let arn = Arn::parse(definition.task_definition_arn()?).ok()?;
    let platform = definition.runtime_platform();
    let compatibilities = definition.requires_compatibilities().iter();
    let config = TaskDefinition {
        family: text(definition.family()),
        revision: natural(definition.revision()),
        status: definition.status().map(|status| status.as_str().to_owned()).unwrap_or_default(),
        network_mode: definition.network_mode().map(|mode| mode.as_str().to_owned()),
        pid_mode: definition.pid_mode().map(|mode| mode.as_str().to_owned()),
        cpu: owned(definition.cpu()),
        memory: owned(definition.memory()),
        architecture: platform
            .and_then(|platform| platform.cpu_architecture())
            .map(|architecture| architecture.as_str().to_owned()),
        operating_system: platform
            .and_then(|platform| platform.operating_system_family())
            .map(|family| family.as_str().to_owned()),
        requires_compatibilities: sorted(compatibilities.map(|kind| kind.as_str().to_owned())),
        task_role_arn: owned(definition.task_role_arn()),
        execution_role_arn: owned(definition.execution_role_arn()),
        containers: definition.container_definitions().iter().map(container).collect(),
    };
    let roles = [&config.task_role_arn, &config.execution_role_arn].into_iter().flatten();
    let depends_on = roles.filter_map(|arn| Arn::parse(arn).ok()).collect();
    let id = format!("{}:{}", config.family, config.revision);
    let name = Some(config.family.clone());
    let created_at = timestamp(definition.registered_at());
    let config = ResourceConfig::EcsTaskDefinition(config);
    Some(Resource {
        name,
        created_at,
        depends_on,
        ..place.resource(arn, id, self::tags(tags), config)
    })
}

fn container(container: &ContainerDefinition) -> Container {
    Container {
        name: text(container.name()),
        image: text(container.image()),
        privileged: container.privileged(),
        user: owned(container.user()),
        readonly_root_filesystem: container.readonly_root_filesystem(),
        // Names only: values are often secrets.
        environment_keys: sorted(container.environment().iter().filter_map(|v| owned(v.name()))),
        secret_keys: sorted(container.secrets().iter().map(|secret| secret.name().to_owned())),
        log_driver: container.log_configuration().map(|log| log.log_driver().as_str().to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use aws_sdk_ecs::types::{
        AwsVpcConfiguration, ClusterSetting, KeyValuePair, LaunchType, NetworkConfiguration,
        NetworkMode, TaskDefinitionStatus,
    };

    use super::*;
    use crate::testing::place;

    const DEFINITION: &str = "arn:aws:ecs:us-east-1:123456789012:task-definition/web:3";

    #[test]
    fn a_cluster_tells_its_insights() {
        let setting = ClusterSetting::builder().name(ClusterSettingName::ContainerInsights);
        let sdk = SdkCluster::builder()
            .cluster_name("shop")
            .status("ACTIVE")
            .settings(setting.value("disabled").build())
            .running_tasks_count(2)
            .build();
        let resource = cluster(&place(), &sdk).unwrap();
        assert_eq!(resource.arn.as_str(), "arn:aws:ecs:us-east-1:123456789012:cluster/shop");
        let ResourceConfig::EcsCluster(config) = resource.config else { panic!() };
        assert_eq!(config.container_insights.as_deref(), Some("disabled"));
        assert_eq!((&*config.status, config.running_tasks), ("ACTIVE", 2));
    }

    #[test]
    fn a_service_needs_its_cluster_definition_and_network() {
        let network = AwsVpcConfiguration::builder()
            .subnets("subnet-1")
            .security_groups("sg-1")
            .assign_public_ip(AssignPublicIp::Enabled)
            .build();
        let cluster = "arn:aws:ecs:us-east-1:123456789012:cluster/shop";
        let sdk = SdkService::builder()
            .service_name("web")
            .service_arn("arn:aws:ecs:us-east-1:123456789012:service/shop/web")
            .cluster_arn(cluster)
            .task_definition(DEFINITION)
            .launch_type(LaunchType::Fargate)
            .desired_count(2)
            .network_configuration(
                NetworkConfiguration::builder().awsvpc_configuration(network.unwrap()).build(),
            )
            .tags(Tag::builder().key("env").value("prod").build())
            .build();
        let resource = service(&place(), &sdk).unwrap();
        let needs: Vec<_> = resource.depends_on.iter().map(Arn::resource).collect();
        let expected =
            ["cluster/shop", "task-definition/web:3", "subnet/subnet-1", "security-group/sg-1"];
        assert_eq!((needs, &*resource.tags["env"]), (expected.to_vec(), "prod"));
        let ResourceConfig::EcsService(config) = resource.config else { panic!() };
        assert_eq!(config.assign_public_ip, Some(true));
        assert_eq!((config.launch_type.as_deref(), config.desired_count), (Some("FARGATE"), 2));
    }

    #[test]
    fn a_task_definition_tells_its_powers_and_keeps_no_secret() {
        let variable =
            KeyValuePair::builder().name("AWS_SECRET_ACCESS_KEY").value("s3cret").build();
        let sdk = SdkTaskDefinition::builder()
            .task_definition_arn(DEFINITION)
            .family("web")
            .revision(3)
            .status(TaskDefinitionStatus::Active)
            .network_mode(NetworkMode::Host)
            .task_role_arn("arn:aws:iam::123456789012:role/web")
            .container_definitions(
                ContainerDefinition::builder()
                    .name("web")
                    .image("nginx")
                    .privileged(true)
                    .environment(variable)
                    .build(),
            )
            .build();
        let resource = task_definition(&place(), &sdk, &[]).unwrap();
        assert!(!serde_json::to_string(&resource).unwrap().contains("s3cret"));
        assert_eq!((&*resource.id, resource.depends_on[0].resource()), ("web:3", "role/web"));
        let ResourceConfig::EcsTaskDefinition(config) = resource.config else { panic!() };
        assert_eq!((config.network_mode.as_deref(), config.pid_mode), (Some("host"), None));
        let [container] = &config.containers[..] else { panic!("{:?}", config.containers) };
        assert_eq!((container.privileged, &container.user), (Some(true), &None));
        assert_eq!(container.readonly_root_filesystem, None);
        assert_eq!(container.environment_keys, ["AWS_SECRET_ACCESS_KEY"]);
    }
}
