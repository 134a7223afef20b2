//! Load balancers.

use super::{PriceSheet, Service, rate::Rate};
use crate::{
    evidence::Evidence, id::Region, money::MonthlyUsd, resource::elasticloadbalancing::LoadBalancer,
};

/// An application load balancer, without what its traffic uses.
pub const APPLICATION: Rate = Rate::hourly(Service::Elb, "application");

/// A capacity unit (LCU) that an application load balancer's traffic uses.
pub const APPLICATION_UNIT: Rate = Rate::hourly(Service::Elb, "application/unit");

/// A network load balancer, without what its traffic uses.
pub const NETWORK: Rate = Rate::hourly(Service::Elb, "network");

/// A capacity unit (NLCU) that a network load balancer's traffic uses.
pub const NETWORK_UNIT: Rate = Rate::hourly(Service::Elb, "network/unit");

/// A gateway load balancer, without what its traffic uses.
pub const GATEWAY: Rate = Rate::hourly(Service::Elb, "gateway");

/// A capacity unit (GLCU) that a gateway load balancer's traffic uses.
pub const GATEWAY_UNIT: Rate = Rate::hourly(Service::Elb, "gateway/unit");

/// A classic load balancer, without its traffic.
pub const CLASSIC: Rate = Rate::hourly(Service::Elb, "classic");

/// A GiB through a classic load balancer.
pub const CLASSIC_GIB: Rate = Rate::by_use(Service::Elb, "classic/gib");

impl PriceSheet {
    /// The monthly price of a load balancer, without what its traffic uses.
    pub(super) fn load_balancer(
        &self,
        region: &Region,
        balancer: &LoadBalancer,
    ) -> Evidence<MonthlyUsd> {
        let rate = match balancer.load_balancer_type.as_str() {
            "application" => &APPLICATION,
            "network" => &NETWORK,
            "gateway" => &GATEWAY,
            kind => return Evidence::unavailable(format!("no price for {kind} load balancers")),
        };
        self.monthly(region, rate, 1.0)
    }
}
