//! Where instances report their memory: as the `CloudWatch` agent of each is set up.
//!
//! The agent reports under the instance's id alone only where it is told to; by its wizard's settings the image, the
//! type and the Auto Scaling group come with it. Source: Amazon `CloudWatch` User Guide, "Metrics collected by the
//! `CloudWatch` agent" and "Create the agent configuration file" (November 2026).

use std::collections::BTreeMap;

use miyabi_types::resource::{Resource, ResourceConfig};
use tokio::sync::OnceCell;

use crate::{
    collect::cloudwatch::{self, Source},
    scope::Scan,
};

const NAMESPACE: &str = "CWAgent";

/// Used memory of Linux, in percent of what the instance has.
const LINUX: &str = "mem_used_percent";

/// Committed memory of Windows, in percent of what it may commit: memory and page files.
const WINDOWS: &str = "Memory % Committed Bytes In Use";

/// The dimensions under which the agent reports. What has others of somebody's own is not asked for.
const DIMENSIONS: [&str; 5] =
    ["AutoScalingGroupName", "ImageId", "InstanceId", "InstanceType", "objectname"];

type Dimensions = Vec<(&'static str, String)>;

/// All dimensions under which instances reported in the last two weeks, by instance; `None` where they are not known.
type Reported = Option<BTreeMap<String, Vec<Dimensions>>>;

/// Which instances report their memory, read once the first instance of its platform is there.
#[derive(Default)]
pub(super) struct Memory {
    linux: OnceCell<Reported>,
    windows: OnceCell<Reported>,
}

impl Memory {
    /// The metric of each instance that reports one; where it is not known which do, the usual one of each.
    pub async fn of(&self, scan: &Scan, instances: &[Resource]) -> BTreeMap<String, Source> {
        let mut sources = BTreeMap::new();
        for instance in instances {
            let ResourceConfig::Ec2Instance(config) = &instance.config else { continue };
            let windows = config.platform.starts_with("Windows");
            let (cell, name) =
                if windows { (&self.windows, WINDOWS) } else { (&self.linux, LINUX) };
            let reported = cell.get_or_init(|| Box::pin(reported(scan, name))).await;
            let dimensions = match reported {
                Some(reported) => reported
                    .get(&instance.id)
                    .and_then(|several| chosen(several, &config.instance_type)),
                None => Some(vec![("InstanceId", instance.id.clone())]),
            };
            if let Some(dimensions) = dimensions {
                let source = Source { namespace: NAMESPACE, name, dimensions };
                sources.insert(instance.id.clone(), source);
            }
        }
        sources
    }
}

async fn reported(scan: &Scan, name: &str) -> Reported {
    let listed = cloudwatch::list(scan, NAMESPACE, name).await.ok()?;
    let mut reported = BTreeMap::<String, Vec<Dimensions>>::new();
    for mut told in listed {
        let Some(id) = told.get("InstanceId").cloned() else { continue };
        let known = DIMENSIONS.iter().filter_map(|name| Some((*name, told.remove(*name)?)));
        let known: Dimensions = known.collect();
        if told.is_empty() {
            reported.entry(id).or_default().push(known);
        }
    }
    Some(reported)
}

/// The dimensions to ask for: of the instance's present type, and as few as there are.
fn chosen(several: &[Dimensions], instance_type: &str) -> Option<Dimensions> {
    let before = |dimensions: &Dimensions| {
        dimensions.iter().any(|(name, value)| *name == "InstanceType" && value != instance_type)
    };
    several.iter().min_by_key(|one| (before(one), one.len(), (*one).clone())).cloned()
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use crate::testing::{
        aws::{Answer, Asked, cbor, empty, error, sdk},
        scan,
    };

    fn account(asked: &Asked, metrics: &Value) -> Answer {
        let instance = |id: &str, platform: &str| {
            format!(
                "<item><instancesSet><item><instanceId>{id}</instanceId><instanceType>m5.large</instanceType>\
                 <instanceState><name>running</name></instanceState>\
                 <platformDetails>{platform}</platformDetails></item></instancesSet></item>"
            )
        };
        match asked.operation.as_str() {
            "DescribeInstances" => {
                let all = instance("i-linux", "Linux/UNIX")
                    + &instance("i-windows", "Windows")
                    + &instance("i-silent", "Linux/UNIX");
                let body = format!(
                    "<DescribeInstancesResponse><reservationSet>{all}</reservationSet>\
                     </DescribeInstancesResponse>"
                );
                (200, body.into_bytes())
            }
            "ListMetrics" => (200, cbor(metrics)),
            _ => empty(asked),
        }
    }

    fn metric(dimensions: &[(&str, &str)]) -> Value {
        let dimensions: Vec<_> =
            dimensions.iter().map(|(n, v)| json!({ "Name": n, "Value": v })).collect();
        json!({ "Namespace": "CWAgent", "Dimensions": dimensions })
    }

    /// Bodies of what was asked of `GetMetricData`, and how often the list was.
    async fn asked_for(
        answer: impl Fn(&Asked) -> Answer + Send + Sync + 'static,
    ) -> (String, usize) {
        let seen = std::sync::Arc::new(std::sync::Mutex::new(Vec::new()));
        let noted = std::sync::Arc::clone(&seen);
        let sdk = sdk(move |asked| {
            noted.lock().unwrap().push((asked.operation.clone(), asked.body.clone()));
            answer(asked)
        });
        scan(sdk, "us-east-1").await;
        let seen = seen.lock().unwrap();
        let bodies = seen.iter().filter(|(operation, _)| operation == "GetMetricData");
        let lists = seen.iter().filter(|(operation, _)| operation == "ListMetrics").count();
        (bodies.map(|(_, body)| body.as_str()).collect(), lists)
    }

    #[tokio::test]
    async fn memory_is_asked_for_under_the_dimensions_that_an_instance_reports() {
        let metrics = json!({ "Metrics": [
            metric(&[("InstanceId", "i-linux"), ("ImageId", "ami-1"), ("InstanceType", "m5.large")]),
            metric(&[("InstanceId", "i-linux"), ("ImageId", "ami-1"), ("InstanceType", "m5.old")]),
            metric(&[("InstanceId", "i-windows"), ("objectname", "Memory")]),
        ]});
        let (asked, lists) = asked_for(move |asked| account(asked, &metrics)).await;
        assert_eq!(lists, 2, "once for each platform");
        assert!(asked.contains("mem_used_percent") && asked.contains("ami-1"), "{asked}");
        assert!(asked.contains("m5.large") && !asked.contains("m5.old"), "{asked}");
        assert!(asked.contains("Memory % Committed Bytes In Use"), "{asked}");
        assert!(asked.contains("objectname"), "{asked}");
        let memory = asked.matches("CWAgent").count();
        assert_eq!(memory, 2 * 3, "what reports none is not asked for: three statistics of two");
    }

    #[tokio::test]
    async fn where_the_list_is_refused_the_usual_dimension_is_asked_for() {
        let (asked, _) = asked_for(|asked| match asked.operation.as_str() {
            "ListMetrics" => error(asked, 403, "AccessDenied"),
            _ => account(asked, &Value::Null),
        })
        .await;
        assert_eq!(asked.matches("CWAgent").count(), 3 * 3);
    }
}
