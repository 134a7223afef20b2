//! Sheets as the first version wrote them: a field for each price, in micro-dollars.

use serde_json::{Map, Value, json};

use super::{
    Per, Rate, UnitPrice, cloudwatch, ebs, ec2, elb, lambda, rds, s3, secrets_manager, vpc,
};

/// Lifts the sheet's body to today's shape. What an older version knew is a snapshot.
pub(crate) fn upgrade(sheet: &mut Value) {
    let Some(regions) = sheet.get_mut("regions").and_then(Value::as_object_mut) else { return };
    for prices in regions.values_mut() {
        let mut lifted = Map::new();
        for (rate, price) in prices.as_object().into_iter().flatten().flat_map(|(field, price)| {
            let mut rates = Vec::new();
            rates_of(field, price, &mut rates);
            rates
        }) {
            lifted.entry(rate.service.code()).or_insert_with(|| json!({ "snapshot": {} }))["snapshot"]
                [&*rate.key] = json!(price);
        }
        *prices = Value::Object(lifted);
    }
}

fn rates_of(field: &str, price: &Value, rates: &mut Vec<(Rate, UnitPrice)>) {
    let micros = |price: &Value| price.as_i64().map(UnitPrice::from_micros);
    // Prices of functions were in millionths of a micro-dollar.
    let pico = |price: &Value| Some(UnitPrice::from_micros(price.as_i64()?).divided_by(1_000_000));
    let mut one = |rate: Rate| rates.extend(micros(price).map(|price| (rate, price)));
    match field {
        "snapshot_gib_month" => one(ebs::SNAPSHOT_GIB),
        "snapshot_archive_gib_month" => one(ebs::ARCHIVED_SNAPSHOT_GIB),
        "public_ipv4_hour" => one(vpc::PUBLIC_IPV4),
        "nat_gateway_hour" => one(vpc::NAT_GATEWAY),
        "vpc_endpoint_hour" => one(vpc::INTERFACE_ENDPOINT),
        "cloudwatch_logs_gib_month" => one(cloudwatch::LOGS_STORED_GIB),
        "secret_month" => one(secrets_manager::SECRET),
        "alb_hour" => one(elb::APPLICATION),
        "nlb_hour" => one(elb::NETWORK),
        "clb_hour" => one(elb::CLASSIC),
        "lambda_request_pico" => rates.extend(pico(price).map(|price| (lambda::REQUEST, price))),
        _ => {
            for (name, price) in price.as_object().into_iter().flatten() {
                let rate = match field {
                    "ebs_gib_month" => ebs::volume_gib(name),
                    "ebs_iops_month" => ebs::volume_iops(name),
                    "ebs_mibps_month" => ebs::volume_mibps(name),
                    "rds_storage_gib_month" => rds::storage_gib(name, false),
                    "rds_iops_month" => rds::iops(name, false),
                    "s3_gib_month" => s3::storage_gib(name),
                    "lambda_gib_second_pico" => lambda::gib_second(name),
                    _ => {
                        two_deep(field, name, price, rates);
                        continue;
                    }
                };
                let price = if rate.per == Per::Use { pico(price) } else { micros(price) };
                rates.extend(price.map(|price| (rate, price)));
            }
        }
    }
}

/// Prices by what is bought and by what it runs.
fn two_deep(field: &str, name: &str, prices: &Value, rates: &mut Vec<(Rate, UnitPrice)>) {
    for (with, price) in prices.as_object().into_iter().flatten() {
        let platform = ec2::PLATFORMS.iter().find(|platform| platform.name == with);
        let rate = match (field, platform) {
            ("ec2_instance_hour", Some(platform)) => ec2::instance(name, platform, "default"),
            ("rds_instance_hour", _) => rds::instance(name, with, false),
            _ => continue,
        };
        rates.extend(price.as_i64().map(|micros| (rate, UnitPrice::from_micros(micros))));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        id::Region,
        pricing::{PriceSheet, VolumeSpec},
    };

    #[test]
    fn what_it_knew_is_known() {
        let mut sheet = json!({
            "as_of": "2026-07-20", "sources": ["somewhere"], "instance_types": {},
            "regions": {"us-east-1": {
                "ec2_instance_hour": {"m5.large": {"linux": 96_000}},
                "rds_instance_hour": {"db.m5.large": {"mysql": 171_000}},
                "ebs_gib_month": {"gp3": 80_000},
                "lambda_gib_second_pico": {"x86_64": 16_666_700},
                "lambda_request_pico": 200_000,
                "nat_gateway_hour": 45_000,
                "secret_month": null,
            }},
        });
        upgrade(&mut sheet);
        let sheet: PriceSheet = serde_json::from_value(sheet).unwrap();
        let virginia = Region::parse("us-east-1").unwrap();
        let usd = |rate: &Rate| sheet.price(&virginia, rate).known().unwrap().to_string();
        assert_eq!(usd(&vpc::NAT_GATEWAY), "0.045");
        assert_eq!(usd(&lambda::gib_second("x86_64")), "0.0000166667");
        assert_eq!(usd(&lambda::REQUEST), "0.0000002");
        assert_eq!(usd(&rds::instance("db.m5.large", "mysql", false)), "0.171");
        assert!(sheet.price(&virginia, &secrets_manager::SECRET).known().is_none());
        let m5 = sheet.instance(&virginia, "m5.large", "Linux/UNIX");
        assert_eq!(m5.known().unwrap().to_string(), "$70.08");
        let gp3 = VolumeSpec {
            volume_type: "gp3".into(),
            size_gib: 100,
            iops: None,
            throughput_mibps: None,
        };
        assert_eq!(sheet.volume(&virginia, &gp3).known().unwrap().to_string(), "$8.00");
    }
}
