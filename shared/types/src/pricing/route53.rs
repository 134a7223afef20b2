//! Route 53. Its prices are those of the pseudo region `aws-global`.

use super::{Service, rate::Rate};

/// One of the first 25 hosted zones.
pub const HOSTED_ZONE: Rate = Rate::monthly(Service::Route53, "hosted_zone");

/// A basic health check of an endpoint in AWS.
pub const HEALTH_CHECK: Rate = Rate::monthly(Service::Route53, "health_check/aws");

/// A basic health check of any other endpoint.
pub const OUTSIDE_HEALTH_CHECK: Rate = Rate::monthly(Service::Route53, "health_check/outside");
