"""Buckets, databases, tables, files, caches."""

from .account import OTHER, bit, policy, statement, tags

BUCKETS, DATABASES = 32, 24


def buckets(account):
    s3 = account.client("s3")
    for n in range(BUCKETS):
        name = f"company-{n:02}"
        s3.create_bucket(Bucket=name)
        s3.put_bucket_tagging(Bucket=name, Tagging={"TagSet": tags("company", n)})
        if bit(n, 1):
            s3.put_bucket_versioning(Bucket=name, VersioningConfiguration={"Status": "Enabled"})
        if bit(n, 2):
            s3.put_bucket_lifecycle_configuration(Bucket=name, LifecycleConfiguration={"Rules": [{
                "ID": "old", "Status": ["Enabled", "Disabled"][n % 5 == 0], "Filter": {"Prefix": ""},
                "Expiration": {"Days": 365},
                **({"AbortIncompleteMultipartUpload": {"DaysAfterInitiation": 7}} if bit(n, 1) else {})}]})
        if bit(n, 3):
            s3.put_bucket_logging(Bucket=name, BucketLoggingStatus={"LoggingEnabled": {
                "TargetBucket": "company-00", "TargetPrefix": f"{name}/"}})
        # Before what may be public is given, nothing may block it.
        s3.delete_public_access_block(Bucket=name)
        statements = bucket_policy(name, n)
        if statements:
            s3.put_bucket_policy(Bucket=name, Policy=policy(*statements))
        if n in (4, 12, 20):
            s3.put_bucket_ownership_controls(
                Bucket=name, OwnershipControls={"Rules": [{"ObjectOwnership": "ObjectWriter"}]})
            s3.put_bucket_acl(Bucket=name, ACL={4: "public-read", 12: "public-read-write", 20: "private"}[n])
        if bit(n, 0):
            s3.put_public_access_block(Bucket=name, PublicAccessBlockConfiguration={
                "BlockPublicAcls": True, "IgnorePublicAcls": n % 8 != 3, "BlockPublicPolicy": n % 8 != 5,
                "RestrictPublicBuckets": n % 8 != 7})


def bucket_policy(name, n):
    here = [f"arn:aws:s3:::{name}", f"arn:aws:s3:::{name}/*"]
    plain = {"Bool": {"aws:SecureTransport": "false"}}
    tls = statement("s3:*", effect="Deny", Principal="*", resource=here, Condition=plain)
    return {
        0: [tls],
        1: [tls, statement("s3:GetObject", Principal={"AWS": f"arn:aws:iam::{OTHER}:root"}, resource=here[1])],
        2: [statement("s3:GetObject", Principal="*", resource=here[1])],
        3: [statement("s3:PutObject", Principal="*", resource=here[1])],
        4: [tls],
        5: [statement("s3:PutBucketPolicy", "s3:DeleteBucketPolicy", Principal={"AWS": OTHER}, resource=here)],
        6: [statement("s3:GetObject", Principal="*", resource=here[1],
                      Condition={"StringEquals": {"aws:PrincipalOrgID": "o-1234567890"}})],
        7: [statement("s3:GetObject", effect="Deny", Principal="*", resource=here, Condition=plain)],
        8: [tls, statement("s3:PutObject", "s3:DeleteObject", Principal={"AWS": "*"}, resource=here[1])],
    }.get(n % 12, [])


def databases(account):
    rds, made = account.client("rds"), account.made
    engines = ["mysql", "postgres", "mariadb"]
    for n in range(DATABASES):
        engine = engines[n % 3]
        rds.create_db_instance(
            DBInstanceIdentifier=f"store-{n:02}", DBInstanceClass=["db.t3.medium", "db.r5.large", "db.m6g.large"][n % 3],
            Engine=engine, AllocatedStorage=20 + n, MasterUsername=["admin", "keeper", "postgres"][n % 3],
            MasterUserPassword="not-a-secret", StorageType=["gp2", "gp3"][bit(n, 0)], Tags=tags("store", n),
            MultiAZ=bit(n, 0), StorageEncrypted=bit(n, 1), DeletionProtection=bit(n, 2), PubliclyAccessible=bit(n, 3),
            AutoMinorVersionUpgrade=bit(n, 4), CopyTagsToSnapshot=bit(n, 0), EnableIAMDatabaseAuthentication=bit(n, 1),
            BackupRetentionPeriod=[0, 1, 7, 14][n % 4], Port=[3306, 5432, 3307][n % 3],
            **({"MonitoringInterval": 60, "MonitoringRoleArn": made["role"]} if bit(n, 2) else {}),
            **({"EnableCloudwatchLogsExports": {
                "mysql": ["error", "general", "slowquery", "audit"], "postgres": ["postgresql", "upgrade"],
                "mariadb": ["error"]}[engine]} if bit(n, 3) else {}),
        )
    for n in range(8):
        rds.create_db_snapshot(DBInstanceIdentifier=f"store-{n:02}", DBSnapshotIdentifier=f"before-{n}")


def clusters(account):
    rds, made = account.client("rds"), account.made
    engines = ["aurora-mysql", "aurora-postgresql", "docdb", "neptune"]
    for n in range(12):
        engine = engines[n % 4]
        logs = {"aurora-mysql": "audit", "aurora-postgresql": "postgresql", "docdb": "audit", "neptune": "audit"}
        rds.create_db_cluster(
            DBClusterIdentifier=f"cluster-{n:02}", Engine=engine, MasterUsername=["keeper", "admin"][bit(n, 2)],
            MasterUserPassword="not-a-secret", StorageEncrypted=bit(n, 2), DeletionProtection=bit(n, 3),
            BackupRetentionPeriod=[1, 7, 14][n // 4], CopyTagsToSnapshot=bit(n, 2),
            EnableIAMDatabaseAuthentication=bit(n, 3), Tags=tags("cluster", n),
            **({"EnableCloudwatchLogsExports": [logs[engine]]} if bit(n, 2) else {}))
    for n in (0, 1, 4, 5, 8, 9):
        rds.create_db_cluster_snapshot(
            DBClusterIdentifier=f"cluster-{n:02}", DBClusterSnapshotIdentifier=f"cluster-before-{n}")


def tables(account):
    dynamodb, scaling = account.client("dynamodb"), account.client("application-autoscaling")
    for n in range(16):
        name = f"table-{n:02}"
        billing = {"BillingMode": "PAY_PER_REQUEST"} if bit(n, 2) else {
            "BillingMode": "PROVISIONED", "ProvisionedThroughput": {"ReadCapacityUnits": 5, "WriteCapacityUnits": 5}}
        dynamodb.create_table(
            TableName=name, KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
            DeletionProtectionEnabled=bit(n, 0), Tags=tags("table", n), **billing)
        if bit(n, 1):
            dynamodb.update_continuous_backups(
                TableName=name, PointInTimeRecoverySpecification={"PointInTimeRecoveryEnabled": True})


def files(account):
    efs, made = account.client("efs"), account.made
    for n in range(8):
        file_system = efs.create_file_system(
            CreationToken=f"files-{n}", Encrypted=bit(n, 0), Tags=tags("files", n))["FileSystemId"]
        efs.put_backup_policy(
            FileSystemId=file_system, BackupPolicy={"Status": ["DISABLED", "ENABLED"][bit(n, 1)]})
        if bit(n, 2):
            efs.put_lifecycle_configuration(
                FileSystemId=file_system, LifecyclePolicies=[{"TransitionToIA": "AFTER_30_DAYS"}])
        if n % 3:
            subnet = made["subnets"][n][1]
            efs.create_mount_target(FileSystemId=file_system, SubnetId=subnet)


def caches(account):
    client = account.client("elasticache")
    for n in range(4):
        client.create_cache_cluster(
            CacheClusterId=f"cache-{n}", Engine=["redis", "memcached"][n // 3], CacheNodeType="cache.t3.micro",
            NumCacheNodes=1, AutoMinorVersionUpgrade=bit(n, 0), Tags=tags("cache", n),
            **({"SnapshotRetentionLimit": [0, 7][bit(n, 1)]} if n < 3 else {}))
    for n in range(6):
        client.create_replication_group(
            ReplicationGroupId=f"sessions-{n}", ReplicationGroupDescription="of the shop", Engine="redis",
            EngineVersion=["7.0", "5.0.6"][bit(n, 0)], CacheNodeType="cache.m5.large", NumCacheClusters=2,
            AutomaticFailoverEnabled=bit(n, 0), AtRestEncryptionEnabled=bit(n, 1),
            TransitEncryptionEnabled=bit(n, 2), SnapshotRetentionLimit=[0, 1, 7][n % 3])


def warehouses(account):
    redshift = account.client("redshift")
    for n in range(6):
        redshift.create_cluster(
            ClusterIdentifier=f"warehouse-{n}", NodeType="ra3.large", NumberOfNodes=2, ClusterType="multi-node",
            MasterUsername=["awsuser", "keeper"][bit(n, 0)], MasterUserPassword="Not-a-secret-1",
            DBName=["dev", "sales"][bit(n, 1)], Encrypted=bit(n, 2), PubliclyAccessible=bit(n, 0),
            AllowVersionUpgrade=bit(n, 1), EnhancedVpcRouting=bit(n, 2),
            AutomatedSnapshotRetentionPeriod=[1, 7, 14][n % 3])
        if bit(n, 1):
            redshift.enable_logging(ClusterIdentifier=f"warehouse-{n}", BucketName="company-00", S3KeyPrefix="r/")


def searches(account):
    client = account.client("opensearch")
    for n in range(4):
        client.create_domain(
            DomainName=f"search-{n}", EngineVersion="OpenSearch_2.11",
            ClusterConfig={
                "InstanceType": "m6g.large.search", "InstanceCount": 3 if bit(n, 0) else 1,
                "ZoneAwarenessEnabled": bit(n, 0)},
            EBSOptions={"EBSEnabled": True, "VolumeType": ["gp2", "gp3"][bit(n, 1)], "VolumeSize": 20},
            EncryptionAtRestOptions={"Enabled": bit(n, 0)}, NodeToNodeEncryptionOptions={"Enabled": bit(n, 1)},
            DomainEndpointOptions={
                "EnforceHTTPS": bit(n, 1),
                "TLSSecurityPolicy": ["Policy-Min-TLS-1-0-2019-07", "Policy-Min-TLS-1-2-PFS-2023-10"][bit(n, 0)]})
