//! Reading a resource as it was stored.
//!
//! By hand, because what is flattened is held twice and read three times slower, and a World may have a
//! hundred thousand resources.

use std::fmt;

use serde::{
    Deserialize, Deserializer,
    de::{DeserializeSeed, Error, IgnoredAny, MapAccess, Visitor},
};
use serde_json::Value;

use super::{Resource, ResourceConfig, ResourceKind};

#[derive(Deserialize)]
#[serde(field_identifier, rename_all = "snake_case")]
enum Field {
    Arn,
    Account,
    Region,
    Id,
    Name,
    Tags,
    TagsUnavailable,
    CreatedAt,
    ManagedBy,
    DependsOn,
    Utilization,
    MonthlyCost,
    Kind,
    Config,
    #[serde(other)]
    Other,
}

impl<'de> Deserialize<'de> for Resource {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(Fields)
    }
}

struct Fields;

impl<'de> Visitor<'de> for Fields {
    type Value = Resource;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a resource")
    }

    fn visit_map<M: MapAccess<'de>>(self, mut map: M) -> Result<Resource, M::Error> {
        let (mut arn, mut account, mut region, mut id) = (None, None, None, None);
        let (mut name, mut tags, mut tags_unavailable, mut created_at) = (None, None, None, None);
        let (mut managed_by, mut depends_on) = (None, None);
        let (mut utilization, mut monthly_cost) = (None, None);
        let (mut kind, mut config, mut early) = (None, None, None);
        while let Some(field) = map.next_key()? {
            match field {
                Field::Arn => arn = Some(map.next_value()?),
                Field::Account => account = Some(map.next_value()?),
                Field::Region => region = Some(map.next_value()?),
                Field::Id => id = Some(map.next_value()?),
                Field::Name => name = map.next_value()?,
                Field::Tags => tags = Some(map.next_value()?),
                Field::TagsUnavailable => tags_unavailable = map.next_value()?,
                Field::CreatedAt => created_at = map.next_value()?,
                Field::ManagedBy => managed_by = Some(map.next_value()?),
                Field::DependsOn => depends_on = Some(map.next_value()?),
                Field::Utilization => utilization = Some(map.next_value()?),
                Field::MonthlyCost => monthly_cost = Some(map.next_value()?),
                Field::Kind => kind = Some(map.next_value::<ResourceKind>()?),
                Field::Config => match kind {
                    Some(kind) => config = Some(map.next_value_seed(Of(kind))?),
                    // Written by other hands: its kind comes later.
                    None => early = Some(map.next_value::<Value>()?),
                },
                Field::Other => drop(map.next_value::<IgnoredAny>()?),
            }
        }
        let kind = kind.ok_or_else(|| M::Error::missing_field("kind"))?;
        let config = match (config, early) {
            (Some(config), _) => config,
            (None, Some(early)) => kind.read(early).map_err(M::Error::custom)?,
            (None, None) => return Err(M::Error::missing_field("config")),
        };
        Ok(Resource {
            arn: arn.ok_or_else(|| M::Error::missing_field("arn"))?,
            account: account.ok_or_else(|| M::Error::missing_field("account"))?,
            region: region.ok_or_else(|| M::Error::missing_field("region"))?,
            id: id.ok_or_else(|| M::Error::missing_field("id"))?,
            name,
            tags: tags.unwrap_or_default(),
            tags_unavailable,
            created_at,
            managed_by: managed_by.unwrap_or_default(),
            depends_on: depends_on.unwrap_or_default(),
            utilization: utilization.ok_or_else(|| M::Error::missing_field("utilization"))?,
            monthly_cost: monthly_cost.ok_or_else(|| M::Error::missing_field("monthly_cost"))?,
            config,
        })
    }
}

/// The configuration of a resource of this kind.
struct Of(ResourceKind);

impl<'de> DeserializeSeed<'de> for Of {
    type Value = ResourceConfig;

    fn deserialize<D: Deserializer<'de>>(
        self,
        deserializer: D,
    ) -> Result<ResourceConfig, D::Error> {
        self.0.read(deserializer)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn stored() -> Value {
        json!({
            "arn": "arn:aws:ec2:us-east-1:123456789012:elastic-ip/eipalloc-1",
            "account": "123456789012", "region": "us-east-1", "id": "eipalloc-1",
            "utilization": { "unavailable": { "reason": "no metrics" } },
            "monthly_cost": { "known": 3_650_000 },
            "kind": "AWS::EC2::EIP",
            "config": { "public_ip": "203.0.113.7", "allocation_id": "eipalloc-1" },
        })
    }

    #[test]
    fn what_was_written_is_read_again_and_what_is_new_is_left() {
        let mut resource: Resource = serde_json::from_value(stored()).unwrap();
        assert_eq!((resource.kind(), resource.tags.len()), (ResourceKind::Ec2Address, 0));
        resource.name = Some("nat".into());
        resource.tags = [("team".to_owned(), "web".to_owned())].into();
        resource.depends_on = vec![resource.arn.clone()];
        let text = serde_json::to_string(&resource).unwrap();
        assert_eq!(serde_json::from_str::<Resource>(&text).unwrap(), resource);
        let newer = text.replacen('{', r#"{"unheard_of":[1],"#, 1);
        assert_eq!(serde_json::from_str::<Resource>(&newer).unwrap(), resource);
    }

    #[test]
    fn fields_come_in_any_order_and_the_needed_ones_must_come() {
        let resource: Resource = serde_json::from_value(stored()).unwrap();
        let text = stored().to_string();
        let (front, config) = text.split_once(r#","kind":"AWS::EC2::EIP","#).unwrap();
        let config = config.strip_suffix('}').unwrap();
        let turned = format!(r#"{{{config},"kind":"AWS::EC2::EIP",{}}}"#, &front[1..]);
        assert_eq!(serde_json::from_str::<Resource>(&turned).unwrap(), resource);
        for needed in
            ["arn", "account", "region", "id", "utilization", "monthly_cost", "kind", "config"]
        {
            let mut without = stored();
            without.as_object_mut().unwrap().remove(needed);
            let error = serde_json::from_value::<Resource>(without).unwrap_err().to_string();
            assert!(error.contains(needed), "{error}");
        }
    }
}
