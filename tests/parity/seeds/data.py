"""Databases and buckets."""

import json

from .account import pairs


def databases(account):
    rds, made = account.client("rds"), account.made
    administrator = {"MasterUsername": "root", "MasterUserPassword": "not-a-secret"}
    rds.create_db_instance(
        DBInstanceIdentifier="orders", DBInstanceClass="db.m5.large", Engine="postgres", AllocatedStorage=100,
        **administrator)
    rds.create_db_subnet_group(
        DBSubnetGroupName="private", DBSubnetGroupDescription="of data", SubnetIds=made["subnets"][:2],
        Tags=pairs())
    rds.create_db_snapshot(DBInstanceIdentifier="orders", DBSnapshotIdentifier="orders-1")
    rds.modify_db_snapshot_attribute(
        DBSnapshotIdentifier="orders-1", AttributeName="restore", ValuesToAdd=["210987654321", "all"])
    rds.create_db_cluster(
        DBClusterIdentifier="catalogue", Engine="aurora-mysql", StorageEncrypted=True, KmsKeyId=made["key"],
        **administrator)
    rds.create_db_cluster_snapshot(
        DBClusterIdentifier="catalogue", DBClusterSnapshotIdentifier="catalogue-1", Tags=pairs())
    rds.modify_db_cluster_snapshot_attribute(
        DBClusterSnapshotIdentifier="catalogue-1", AttributeName="restore", ValuesToAdd=["210987654321"])


def caches(account):
    client, made = account.client("elasticache"), account.made
    client.create_cache_subnet_group(
        CacheSubnetGroupName="private", CacheSubnetGroupDescription="of sessions",
        SubnetIds=made["subnets"][:2], Tags=pairs())


def tables(account):
    dynamodb = account.client("dynamodb")
    for name in ("carts", "events"):
        dynamodb.create_table(
            TableName=name, KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
            BillingMode="PAY_PER_REQUEST", Tags=pairs())
    dynamodb.update_continuous_backups(
        TableName="carts", PointInTimeRecoverySpecification={"PointInTimeRecoveryEnabled": True})


def warehouses(account):
    redshift, search = account.client("redshift"), account.client("opensearch")
    redshift.create_cluster_subnet_group(
        ClusterSubnetGroupName="private", Description="of the warehouse",
        SubnetIds=account.made["subnets"][1:], Tags=pairs())
    for name in ("warehouse", "trial"):
        redshift.create_cluster(
            ClusterIdentifier=name, NodeType="ra3.large", MasterUsername="root",
            MasterUserPassword="Not-a-secret-1")
    redshift.enable_logging(ClusterIdentifier="warehouse", BucketName="kumo-logs", S3KeyPrefix="redshift/")
    search.create_domain(DomainName="books", TagList=pairs())
    search.create_domain(DomainName="trial")


def buckets(account):
    s3, made = account.client("s3"), account.made
    for name, more in {
        "kumo-logs": {}, "kumo-assets": {}, "kumo-plain": {}, "kumo-records": {"ObjectLockEnabledForBucket": True},
    }.items():
        s3.create_bucket(Bucket=name, **more)
    s3.create_bucket(Bucket="kumo-elsewhere", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    for name in ("kumo-logs", "kumo-plain"):
        s3.put_bucket_ownership_controls(
            Bucket=name, OwnershipControls={"Rules": [{"ObjectOwnership": "ObjectWriter"}]})
        s3.delete_public_access_block(Bucket=name)
    s3.put_bucket_acl(Bucket="kumo-logs", ACL="log-delivery-write")
    assets = {"Bucket": "kumo-assets"}
    s3.put_bucket_tagging(**assets, Tagging={"TagSet": pairs(**{"managed-by": "Terraform"})})
    s3.put_bucket_versioning(**assets, VersioningConfiguration={"Status": "Enabled", "MFADelete": "Enabled"})
    s3.put_public_access_block(**assets, PublicAccessBlockConfiguration={
        "BlockPublicAcls": True, "IgnorePublicAcls": True, "BlockPublicPolicy": False,
        "RestrictPublicBuckets": True})
    s3.put_bucket_encryption(**assets, ServerSideEncryptionConfiguration={"Rules": [{
        "ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": made["key"]},
        "BucketKeyEnabled": True}]})
    s3.put_bucket_lifecycle_configuration(**assets, LifecycleConfiguration={"Rules": [
        {
            "ID": "old", "Status": "Enabled", "Filter": {"Prefix": "logs/"},
            "Transitions": [{"Days": 30, "StorageClass": "STANDARD_IA"}, {"Days": 90, "StorageClass": "GLACIER"}],
            "Expiration": {"Days": 365}, "NoncurrentVersionExpiration": {"NoncurrentDays": 30},
            "AbortIncompleteMultipartUpload": {"DaysAfterInitiation": 7},
        },
        {
            "ID": "tagged", "Status": "Disabled", "Expiration": {"Days": 1},
            "Filter": {"And": {"Prefix": "tmp/", "Tags": [{"Key": "kind", "Value": "scratch"}]}},
        },
        {
            "ID": "markers", "Status": "Enabled", "Filter": {"Prefix": ""},
            "Expiration": {"ExpiredObjectDeleteMarker": True},
        },
    ]})
    s3.put_bucket_policy(**assets, Policy=json.dumps({"Version": "2012-10-17", "Statement": [{
        "Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::kumo-assets/*"}]}))
    s3.put_bucket_logging(**assets, BucketLoggingStatus={"LoggingEnabled": {
        "TargetBucket": "kumo-logs", "TargetPrefix": "assets/"}})
    s3.put_bucket_ownership_controls(
        **assets, OwnershipControls={"Rules": [{"ObjectOwnership": "BucketOwnerPreferred"}]})
    s3.put_bucket_acl(Bucket="kumo-plain", ACL="public-read")
    more_of_buckets(s3, made)
    s3.put_object_lock_configuration(Bucket="kumo-records", ObjectLockConfiguration={
        "ObjectLockEnabled": "Enabled", "Rule": {"DefaultRetention": {"Mode": "COMPLIANCE", "Years": 7}}})


def more_of_buckets(s3, made):
    """Settings of buckets that no check needs."""
    assets = {"Bucket": "kumo-assets"}
    s3.put_bucket_replication(**assets, ReplicationConfiguration={"Role": made["role"], "Rules": [
        {
            "ID": "orders", "Status": "Enabled", "Priority": 1, "Filter": {"Prefix": "orders/"},
            "DeleteMarkerReplication": {"Status": "Enabled"},
            "Destination": {"Bucket": "arn:aws:s3:::kumo-records", "StorageClass": "STANDARD_IA"},
        },
        {
            "ID": "tagged", "Status": "Disabled", "Priority": 2,
            "Filter": {"And": {"Prefix": "tmp/", "Tags": [{"Key": "copy", "Value": "yes"}]}},
            "DeleteMarkerReplication": {"Status": "Disabled"},
            "SourceSelectionCriteria": {"SseKmsEncryptedObjects": {"Status": "Enabled"}},
            "Destination": {
                "Bucket": "arn:aws:s3:::kumo-of-others", "Account": "210987654321",
                "AccessControlTranslation": {"Owner": "Destination"},
                "EncryptionConfiguration": {"ReplicaKmsKeyID": made["key"]}},
        },
    ]})
    s3.put_bucket_replication(Bucket="kumo-records", ReplicationConfiguration={"Role": made["role"], "Rules": [
        {"ID": "old", "Status": "Enabled", "Prefix": "", "Destination": {"Bucket": "arn:aws:s3:::kumo-assets"}}]})
    s3.put_bucket_website(**assets, WebsiteConfiguration={
        "IndexDocument": {"Suffix": "index.html"}, "ErrorDocument": {"Key": "error.html"},
        "RoutingRules": [{
            "Condition": {"KeyPrefixEquals": "docs/"}, "Redirect": {"ReplaceKeyPrefixWith": "documents/"}}]})
    s3.put_bucket_website(Bucket="kumo-plain", WebsiteConfiguration={
        "RedirectAllRequestsTo": {"HostName": "kumo.example", "Protocol": "https"}})
    s3.put_bucket_cors(**assets, CORSConfiguration={"CORSRules": [
        {
            "ID": "shop", "AllowedOrigins": ["https://shop.kumo.example", "https://kumo.example"],
            "AllowedMethods": ["PUT", "GET"], "AllowedHeaders": ["*"], "ExposeHeaders": ["ETag"], "MaxAgeSeconds": 300,
        },
        {"AllowedOrigins": ["*"], "AllowedMethods": ["GET"]},
    ]})
    keys = lambda **rules: {"Key": {"FilterRules": [{"Name": name, "Value": value} for name, value in rules.items()]}}
    # Who is told is in the other emulator.
    s3.put_bucket_notification_configuration(
        **assets, SkipDestinationValidation=True, NotificationConfiguration={
            "TopicConfigurations": [
                {"Id": "removed", "TopicArn": made["topic"], "Events": ["s3:ObjectRemoved:*"]}],
            "QueueConfigurations": [{
                "Id": "orders", "QueueArn": made["dead"], "Filter": keys(prefix="orders/", suffix=".json"),
                "Events": ["s3:ObjectCreated:Put", "s3:ObjectCreated:Copy"]}],
            "LambdaFunctionConfigurations": [{
                "Id": "images", "LambdaFunctionArn": f"{made['function']}:live", "Filter": keys(suffix=".png"),
                "Events": ["s3:ObjectCreated:*"]}],
            "EventBridgeConfiguration": {},
        })
    s3.put_bucket_accelerate_configuration(**assets, AccelerateConfiguration={"Status": "Suspended"})
