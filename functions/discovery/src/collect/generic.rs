//! Everything else: what Cloud Control lists and what the Resource Groups Tagging API knows the
//! tags of, by their CloudFormation types. Where a collector of its own reads the same resource, the World
//! keeps that.

use std::collections::{BTreeMap, HashMap, HashSet};

use aws_sdk_resourcegroupstagging::{Client, types::ResourceTagMapping};
use aws_types::region::Region;
use futures::FutureExt;
use miyabi_types::{
    id::Arn,
    resource::{
        Resource, ResourceConfig,
        ResourceKind::{self, Generic},
        Tags, generic,
    },
};
use serde_json::{Map, Value};

use super::{Collected, Collector, Reach, or_none, owned};
use crate::{call::Call, place::Place, scope::Scan};

mod catalogue;
mod cloud_control;
mod named;
mod redact;

pub use catalogue::CATALOGUE;
use catalogue::{name_of, plain};

const LIST_RESOURCES: Call = Call::lists("cloudformation:ListResources", &[Generic]);
const GET_RESOURCES: Call = Call::lists("tag:GetResources", &[Generic]);

/// Reads the resources of a region that no other collector reads.
pub const REGIONAL: Collector = Collector {
    service: "generic",
    reach: Reach::Regional,
    calls: &[LIST_RESOURCES, GET_RESOURCES],
    collect: |scan| collect(scan).boxed(),
};

/// The same of global services.
pub const GLOBAL: Collector = Collector { reach: Reach::Global, ..REGIONAL };

async fn collect(scan: &Scan) -> Collected {
    if scan.settings.generic_types.is_empty() {
        return Collected::default();
    }
    let mut merge = Merge::of(tagged(scan).await);
    cloud_control::list(scan, &mut merge).await;
    merge.rest(&scan.place).into()
}

/// What is tagged here, or was once. The home region also tells of global services' resources,
/// which belong to the global scope.
async fn tagged(scan: &Scan) -> Vec<(Arn, Tags)> {
    let place = &scan.place;
    let global = place.region.is_global();
    let mut config = aws_sdk_resourcegroupstagging::config::Builder::from(scan.sdk());
    if global {
        config = config.region(Region::new(place.home()));
    }
    let client = Client::from_conf(config.build());
    let pages = client.get_resources().resources_per_page(100).into_paginator().items().send();
    let here = async {
        let all = pages.collect::<Result<Vec<_>, _>>().await?;
        Ok::<_, aws_sdk_resourcegroupstagging::error::SdkError<_, _>>(
            all.iter().filter_map(arn_and_tags).filter(|(arn, _)| is_here(place, arn)).collect(),
        )
    };
    or_none(scan.list(GET_RESOURCES, here).await)
}

fn arn_and_tags(mapping: &ResourceTagMapping) -> Option<(Arn, Tags)> {
    let arn = Arn::parse(mapping.resource_arn()?).ok()?;
    let tags = mapping.tags().iter().map(|tag| (Some(tag.key()), Some(tag.value())));
    Some((arn, super::tags(tags)))
}

/// Whether an ARN belongs to the scope. Buckets have no region in theirs but are not global; what WAF has for
/// CloudFront is global but has one.
fn is_here(place: &Place, arn: &Arn) -> bool {
    match arn.as_str().split(':').nth(3) {
        _ if arn.service() == "wafv2" && arn.resource().starts_with("global/") => {
            place.region.is_global()
        }
        None | Some("") => place.region.is_global() && arn.service() != "s3",
        Some(region) => region == place.region.as_str(),
    }
}

/// A resource as Cloud Control describes it.
#[derive(Debug, Clone, PartialEq)]
struct Listed {
    type_name: String,
    identifier: String,
    properties: Option<Map<String, Value>>,
}

/// One resource for each thing: where both tell of it, with the properties of the one and the ARN
/// and tags of the other.
struct Merge {
    tags: BTreeMap<Arn, Tags>,
    by_service: HashMap<String, Vec<Arn>>,
    by_name: HashMap<(String, String), Vec<Arn>>,
    listed: HashSet<Arn>,
}

impl Merge {
    fn of(tagged: Vec<(Arn, Tags)>) -> Self {
        let tags: BTreeMap<Arn, Tags> = tagged.into_iter().collect();
        let (mut by_service, mut by_name) = (HashMap::new(), HashMap::new());
        for arn in tags.keys() {
            let (service, name) = (arn.service().to_owned(), last_part(arn).to_owned());
            by_service.entry(service.clone()).or_insert_with(Vec::new).push(arn.clone());
            by_name.entry((service, name)).or_insert_with(Vec::new).push(arn.clone());
        }
        Self { tags, by_service, by_name, listed: HashSet::new() }
    }

    /// What Cloud Control tells of, with what it all belongs to.
    fn listed(
        &mut self,
        place: &Place,
        listed: Vec<Listed>,
        parent: Option<&Arn>,
    ) -> Vec<Resource> {
        let mut resources = Vec::with_capacity(listed.len());
        for item in listed {
            let arn = self.arn(place, &item);
            if self.listed.insert(arn.clone()) {
                let told = self.tags.remove(&arn);
                resources.push(from_cloud_control(place, arn, item, told, parent));
            }
        }
        resources
    }

    fn arn(&self, place: &Place, item: &Listed) -> Arn {
        self.known_arn(item).unwrap_or_else(|| made_up_arn(place, item))
    }

    /// The ARN that one of both tells.
    fn known_arn(&self, item: &Listed) -> Option<Arn> {
        told_arn(item).or_else(|| self.tagged_arn(item).cloned())
    }

    /// The ARN of what has tags and the same identifier.
    fn tagged_arn(&self, item: &Listed) -> Option<&Arn> {
        let (type_name, identifier) = (&item.type_name, &item.identifier);
        let service = CATALOGUE.service_of(type_name);
        let is_one = |arn: &&Arn| is_of_type(arn, type_name);
        if identifier.contains('|') {
            let chosen = |part: &&str| {
                CATALOGUE.inputs.get(&**type_name).is_some_and(|input| input.is_choice(part))
            };
            let parts: Vec<_> = identifier.split('|').filter(|part| !chosen(part)).collect();
            let names_all =
                |arn: &&Arn| parts.iter().all(|part| segments(arn).any(|one| one == *part));
            return self.by_service.get(&service)?.iter().find(|arn| is_one(arn) && names_all(arn));
        }
        let named = self.by_name.get(&(service, identifier.clone()))?;
        // Not every ARN tells its type, but one of another type is of something else.
        let may_be_one = |arn: &&Arn| !CATALOGUE.type_of(arn).starts_with("AWS::");
        named.iter().find(is_one).or_else(|| named.iter().find(may_be_one))
    }

    /// What only has tags.
    fn rest(self, place: &Place) -> Vec<Resource> {
        self.tags.into_iter().map(|(arn, tags)| from_tags(place, arn, tags)).collect()
    }
}

fn last_part(arn: &Arn) -> &str {
    segments(arn).last().unwrap_or_default()
}

/// The ARN that a description tells: as its identifier, `Arn`, or `JobQueueArn` of a job queue.
fn told_arn(item: &Listed) -> Option<Arn> {
    let name = name_of(&item.type_name);
    let properties = item.properties.as_ref();
    let property = |key: &str| properties.and_then(|map| map.get(key)?.as_str());
    let told = [Some(item.identifier.as_str()), property("Arn"), property(&format!("{name}Arn"))];
    told.into_iter().flatten().find_map(|text| Arn::parse(text).ok())
}

fn segments(arn: &Arn) -> impl Iterator<Item = &str> {
    arn.resource().split(['/', ':'])
}

/// Whether an ARN says that it is of a type: `regional/webacl/…`, `job-queue/…`.
fn is_of_type(arn: &Arn, type_name: &str) -> bool {
    let name = plain(name_of(type_name));
    segments(arn).any(|part| plain(part) == name)
}

/// Names the resource within its type, where nothing tells its ARN.
fn made_up_arn(place: &Place, item: &Listed) -> Arn {
    let service = &CATALOGUE.service_of(&item.type_name);
    let name = name_of(&item.type_name).to_ascii_lowercase();
    let resource = format!("{name}/{}", item.identifier);
    if place.region.is_global() {
        place.global_arn(service, &resource)
    } else {
        place.arn(service, &resource)
    }
}

fn from_cloud_control(
    place: &Place,
    arn: Arn,
    item: Listed,
    told: Option<Tags>,
    parent: Option<&Arn>,
) -> Resource {
    let mut properties = item.properties.unwrap_or_default();
    let mut tags = properties.remove("Tags").as_ref().map(tags_of).unwrap_or_default();
    tags.extend(told.unwrap_or_default());
    let kind = name_of(&item.type_name);
    let name = ["Name".to_owned(), format!("{kind}Name")];
    let name = name.iter().find_map(|key| owned(properties.get(key)?.as_str()));
    let mut properties = Value::Object(properties);
    redact::redact(&mut properties);
    let mut needs = named::named(place, &arn, &item.identifier, &properties);
    needs.extend(parent.cloned());
    let config = generic::Resource { type_name: item.type_name, properties: Some(properties) };
    let resource = place.resource(arn, item.identifier, tags, ResourceConfig::Generic(config));
    let depends_on = needs.into_iter().collect();
    Resource { name: resource.name.or(name), depends_on, ..resource }
}

fn from_tags(place: &Place, arn: Arn, tags: Tags) -> Resource {
    let type_name = CATALOGUE.type_of(&arn);
    let id = last_part(&arn).to_owned();
    let config = generic::Resource { type_name, properties: None };
    place.resource(arn, id, tags, ResourceConfig::Generic(config))
}

/// Tags as schemas write them: a list of `Key` and `Value`, or a map.
fn tags_of(tags: &Value) -> Tags {
    match tags {
        Value::Array(list) => super::tags(list.iter().map(|tag| {
            let text = |upper: &str, lower: &str| tag.get(upper).or(tag.get(lower))?.as_str();
            (text("Key", "key"), text("Value", "value"))
        })),
        Value::Object(map) => {
            super::tags(map.iter().map(|(key, value)| (Some(key.as_str()), value.as_str())))
        }
        _ => Tags::new(),
    }
}

/// Whether a collector of its own reads the type.
fn has_collector(type_name: &str) -> bool {
    ResourceKind::ALL.iter().any(|kind| kind.as_str() == type_name)
}

#[cfg(test)]
mod tests;
