"""DynamoDB."""

from . import metrics
from .account import Unknown
from .shape import Place, known, tags, unique, when_known


def collect(account):
    place, dynamodb = Place(account), account.client("dynamodb")
    names = account.list("dynamodb", "list_tables", "TableNames")
    arn = lambda name: place.arn("dynamodb", f"table/{name}")
    told = account.details(
        names,
        table=(lambda name: dynamodb.describe_table(TableName=name)["Table"], "ResourceNotFoundException"),
        recovery=(
            lambda name: dynamodb.describe_continuous_backups(TableName=name)["ContinuousBackupsDescription"],
            "TableNotFoundException",
        ),
        tags=(
            lambda name: account.pages("dynamodb", "list_tags_of_resource", "Tags", ResourceArn=arn(name)),
            "ResourceNotFoundException",
        ),
    )
    found = [
        table(place, arn(name), t) for name, t in zip(names, told)
        if t["table"] is not None and not isinstance(t["table"], Unknown)
    ]
    return metrics.fill(account, found, table_metrics)


def table_metrics(table):
    names = ["ConsumedReadCapacityUnits", "ConsumedWriteCapacityUnits"]
    # Reported at any time, so that a table without use can be told from one that was not seen.
    names += ["ProvisionedReadCapacityUnits"] if table["config"]["billing_mode"] == "PROVISIONED" else []
    return [("AWS/DynamoDB", name, [("TableName", table["id"])]) for name in names]


def capacity(throughput):
    return {"read": throughput.get("ReadCapacityUnits", 0), "write": throughput.get("WriteCapacityUnits", 0)}


def key(schema, types):
    return [
        {"name": k["AttributeName"], "attribute_type": types.get(k["AttributeName"], ""), "role": k["KeyType"]}
        for k in schema
    ]


def index(i, types, status):
    projection = i.get("Projection", {})
    return {
        "name": i["IndexName"],
        "status": status,
        "capacity": capacity(i.get("ProvisionedThroughput", {})),
        "size_bytes": i.get("IndexSizeBytes", 0),
        "key": key(i.get("KeySchema", []), types),
        "projection": {
            "kind": projection.get("ProjectionType", ""),
            "attributes": unique(projection.get("NonKeyAttributes", [])),
        },
    }


def table(place, arn, told):
    t = told["table"]
    sse, stream = t.get("SSEDescription", {}), t.get("StreamSpecification", {})
    sse = sse if sse.get("Status") in ("ENABLED", "UPDATING") else {}
    types = {a["AttributeName"]: a["AttributeType"] for a in t.get("AttributeDefinitions", [])}
    indexes = [index(i, types, i.get("IndexStatus", "")) for i in t.get("GlobalSecondaryIndexes", [])]
    # They live and are paid with their table.
    local = [index(i, types, t.get("TableStatus", "")) for i in t.get("LocalSecondaryIndexes", [])]
    on = lambda answer: (answer or {}).get("PointInTimeRecoveryDescription", {}).get(
        "PointInTimeRecoveryStatus") == "ENABLED"
    config = {
        "status": t.get("TableStatus", ""),
        "billing_mode": t.get("BillingModeSummary", {}).get("BillingMode", "PROVISIONED"),
        "capacity": capacity(t.get("ProvisionedThroughput", {})),
        "table_class": t.get("TableClassSummary", {}).get("TableClass", "STANDARD"),
        "size_bytes": t.get("TableSizeBytes", 0),
        "item_count": t.get("ItemCount", 0),
        "indexes": sorted(indexes, key=lambda index: index["name"]),
        "key": key(t.get("KeySchema", []), types),
        "local_indexes": sorted(local, key=lambda index: index["name"]),
        "deletion_protection": t.get("DeletionProtectionEnabled", False),
        "encryption": sse.get("SSEType") or None,
        "kms_key_arn": sse.get("KMSMasterKeyArn") or None,
        "stream_view": stream.get("StreamViewType") if stream.get("StreamEnabled") else None,
        "replica_regions": unique(r["RegionName"] for r in t.get("Replicas", [])),
        "point_in_time_recovery": known(when_known(told["recovery"], on)),
    }
    name = t["TableName"]
    return place.resource(
        "AWS::DynamoDB::Table", t.get("TableArn") or arn, name, config,
        when_known(told["tags"], tags), name=name, created_at=t.get("CreationDateTime"),
        depends_on=place.keys(config["kms_key_arn"]),
    )
