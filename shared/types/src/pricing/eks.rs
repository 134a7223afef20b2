//! EKS.

use super::{Service, rate::Rate};

/// A cluster, without its nodes.
pub const CLUSTER: Rate = Rate::hourly(Service::Eks, "cluster");

/// What extended support of a cluster's version costs on top.
pub const EXTENDED_SUPPORT: Rate = Rate::hourly(Service::Eks, "cluster/extended_support");
