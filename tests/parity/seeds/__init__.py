"""An account in which every collector finds something, with settings that are not the defaults."""

from . import data, identity, machines, network, services, watch
from .account import Account

PARTS = [
    identity.keys, identity.seed, identity.certificates, identity.organization, network.seed, machines.seed,
    network.balancers, machines.scaling, services.messages, watch.logs, services.functions,
    data.buckets, data.databases, data.caches, data.tables, data.warehouses,
    services.apis, services.distributions, services.containers, services.stacks, watch.alarms, watch.metrics,
    watch.trails, watch.recorders, watch.detectors, watch.hub,
]
