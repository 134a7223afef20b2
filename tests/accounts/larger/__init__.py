"""The parts of the account, in the order in which they need one another."""

from . import application, data, identity, machines, network, watch
from .account import Account

PARTS = [
    identity.keys, identity.people, identity.policies, identity.roles, network.vpcs, network.groups, network.acls,
    network.addresses, machines.instances, machines.volumes, machines.templates, machines.scaling,
    network.balancers, data.buckets, data.databases, data.clusters, data.tables, data.files, data.caches,
    data.warehouses, data.searches, application.functions, application.messages, application.secrets,
    application.containers, application.kubernetes, application.apis, application.distributions, watch.trails,
    watch.alarms, watch.metrics,
]
