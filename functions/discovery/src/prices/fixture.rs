//! Products of the Price List for tests, in the shape of `GetProducts`' answers.

use serde_json::{Map, Value, json};

/// A product with these attributes and tiers (begin, dollars).
pub fn item(
    family: &str,
    attributes: &[(&str, &str)],
    unit: &str,
    tiers: &[(&str, &str)],
) -> String {
    let attributes: Map<String, Value> =
        attributes.iter().map(|(name, value)| ((*name).to_owned(), json!(value))).collect();
    let dimensions: Map<String, Value> = tiers
        .iter()
        .enumerate()
        .map(|(at, (begin, usd))| {
            let end = tiers.get(at + 1).map_or("Inf", |(begin, _)| begin);
            let dimension = json!({
                "rateCode": format!("SKU.JRTCKXETXF.{at}"), "unit": unit, "description": "",
                "beginRange": begin, "endRange": end, "appliesTo": [],
                "pricePerUnit": {"USD": usd},
            });
            (format!("SKU.JRTCKXETXF.{at}"), dimension)
        })
        .collect();
    json!({
        "product": {"productFamily": family, "attributes": attributes, "sku": "SKU"},
        "serviceCode": "any",
        "terms": {
            "OnDemand": {"SKU.JRTCKXETXF": {
                "priceDimensions": dimensions, "sku": "SKU", "offerTermCode": "JRTCKXETXF",
                "effectiveDate": "2026-09-01T00:00:00Z", "termAttributes": {},
            }},
            "Reserved": {"SKU.4NA7Y494T4": {
                "priceDimensions": {"SKU.4NA7Y494T4.6YS6EN2CT7": {
                    "rateCode": "SKU.4NA7Y494T4.6YS6EN2CT7", "unit": unit, "description": "",
                    "beginRange": "0", "endRange": "Inf", "appliesTo": [],
                    "pricePerUnit": {"USD": "0.0000000001"},
                }},
                "sku": "SKU", "offerTermCode": "4NA7Y494T4", "effectiveDate": "2026-09-01T00:00:00Z",
                "termAttributes": {
                    "LeaseContractLength": "1yr", "OfferingClass": "standard",
                    "PurchaseOption": "No Upfront",
                },
            }},
        },
        "version": "20260910195514",
        "publicationDate": "2026-09-10T19:55:14Z",
    })
    .to_string()
}
