//! Sizes of instance types as reservations count them.

/// The family of an instance type, class or node type, and its size in normalized units: `m5.large` is 4 of
/// `m5`, `db.r5.xlarge` 8 of `db.r5`. Nothing where the size is not one of those that are counted.
pub fn normalized(instance_type: &str) -> Option<(&str, f64)> {
    let (family, size) = instance_type.rsplit_once('.')?;
    Some((family, units(size)?))
}

/// The normalization factor of a size. Source: Amazon EC2 User Guide, How Reserved Instance discounts are applied.
pub fn units(size: &str) -> Option<f64> {
    Some(match size {
        "nano" => 0.25,
        "micro" => 0.5,
        "small" => 1.0,
        "medium" => 2.0,
        "large" => 4.0,
        "xlarge" => 8.0,
        _ => 8.0 * size.strip_suffix("xlarge")?.parse::<f64>().ok()?,
    })
}
