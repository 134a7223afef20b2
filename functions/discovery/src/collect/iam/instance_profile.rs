//! Instance profiles: what hands a role to EC2's instances.

use aws_sdk_iam::{Client, types};
use miyabi_types::{
    evidence::Unavailable,
    id::Arn,
    resource::{
        Resource, ResourceConfig, ResourceKind::IamInstanceProfile, Tags, iam::InstanceProfile,
    },
};

use crate::{
    call::Call,
    collect::{or_none, sorted, timestamp},
    place::Place,
    scope::Scan,
};

pub const PROFILES: Call = Call::lists("iam:ListInstanceProfiles", &[IamInstanceProfile]);

/// Reads them. Roles tell theirs too, but nobody tells of one without a role.
pub async fn read(scan: &Scan, client: &Client) -> Vec<Resource> {
    let pages = client.list_instance_profiles().max_items(1000).into_paginator().items().send();
    let listed = or_none(scan.list(PROFILES, pages.collect::<Result<Vec<_>, _>>()).await);
    listed.iter().map(|profile| resource(&scan.place, profile)).collect()
}

fn resource(place: &Place, profile: &types::InstanceProfile) -> Resource {
    let name = profile.instance_profile_name();
    let config = InstanceProfile {
        path: profile.path().to_owned(),
        role_arns: sorted(profile.roles().iter().map(|role| role.arn().to_owned())),
    };
    let arn = Place::told(Some(profile.arn()), || {
        place.global_arn("iam", &format!("instance-profile/{name}"))
    });
    let depends_on = config.role_arns.iter().filter_map(|role| Arn::parse(&**role).ok()).collect();
    let config = ResourceConfig::IamInstanceProfile(config);
    Resource {
        name: Some(name.to_owned()),
        depends_on,
        // The list leaves them out.
        tags_unavailable: Some(Unavailable::because("tags of instance profiles are not read")),
        created_at: timestamp(Some(profile.create_date())),
        ..place.resource(arn, name, Tags::new(), config)
    }
}

#[cfg(test)]
mod tests {
    use aws_smithy_types::DateTime;

    use super::*;
    use crate::testing::place;

    #[test]
    fn a_profile_needs_its_role() {
        let role = types::Role::builder()
            .path("/")
            .role_name("web")
            .role_id("AROA1")
            .arn("arn:aws:iam::123456789012:role/web")
            .create_date(DateTime::from_secs(0))
            .build()
            .unwrap();
        let sdk = types::InstanceProfile::builder()
            .path("/")
            .instance_profile_name("web")
            .instance_profile_id("AIPA1")
            .arn("arn:aws:iam::123456789012:instance-profile/web")
            .create_date(DateTime::from_secs(0))
            .roles(role)
            .build()
            .unwrap();
        let resource = resource(&place(), &sdk);
        assert_eq!((&*resource.id, resource.arn.resource()), ("web", "instance-profile/web"));
        assert_eq!(resource.depends_on[0].resource(), "role/web");
    }
}
