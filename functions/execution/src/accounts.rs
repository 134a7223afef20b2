//! Clients for each account and region that a cycle touches.

use std::{collections::BTreeMap, sync::Arc};

use aws_config::{Region as SdkRegion, SdkConfig};
use miyabi_platform::aws;
use miyabi_types::{
    id::{AccountId, Region, TenantId},
    settings::AccountAccess,
};
use tokio::sync::Mutex;

/// The clients of one account in one region.
#[derive(Debug, Clone)]
pub struct Clients {
    /// EC2 and EBS.
    pub ec2: aws_sdk_ec2::Client,
    /// S3.
    pub s3: aws_sdk_s3::Client,
    /// RDS.
    pub rds: aws_sdk_rds::Client,
    /// IAM.
    pub iam: aws_sdk_iam::Client,
    /// CloudFormation.
    pub cloudformation: aws_sdk_cloudformation::Client,
    /// CloudTrail.
    pub cloudtrail: aws_sdk_cloudtrail::Client,
    /// CloudWatch.
    pub cloudwatch: aws_sdk_cloudwatch::Client,
    /// CloudWatch Logs.
    pub logs: aws_sdk_cloudwatchlogs::Client,
    /// ECR.
    pub ecr: aws_sdk_ecr::Client,
    /// ECS.
    pub ecs: aws_sdk_ecs::Client,
    /// EFS.
    pub efs: aws_sdk_efs::Client,
    /// Redshift.
    pub redshift: aws_sdk_redshift::Client,
    /// Secrets Manager.
    pub secrets: aws_sdk_secretsmanager::Client,
    /// `DynamoDB`.
    pub dynamodb: aws_sdk_dynamodb::Client,
    /// Load balancers other than classic ones.
    pub elbv2: aws_sdk_elasticloadbalancingv2::Client,
    /// KMS.
    pub kms: aws_sdk_kms::Client,
    /// SQS.
    pub sqs: aws_sdk_sqs::Client,
}

impl Clients {
    /// Clients with this configuration.
    pub fn new(config: &SdkConfig) -> Self {
        Self {
            ec2: aws_sdk_ec2::Client::new(config),
            s3: aws::s3_client(config),
            rds: aws_sdk_rds::Client::new(config),
            iam: aws_sdk_iam::Client::new(config),
            cloudformation: aws_sdk_cloudformation::Client::new(config),
            cloudtrail: aws_sdk_cloudtrail::Client::new(config),
            cloudwatch: aws_sdk_cloudwatch::Client::new(config),
            logs: aws_sdk_cloudwatchlogs::Client::new(config),
            ecr: aws_sdk_ecr::Client::new(config),
            ecs: aws_sdk_ecs::Client::new(config),
            efs: aws_sdk_efs::Client::new(config),
            redshift: aws_sdk_redshift::Client::new(config),
            secrets: aws_sdk_secretsmanager::Client::new(config),
            dynamodb: aws_sdk_dynamodb::Client::new(config),
            elbv2: aws_sdk_elasticloadbalancingv2::Client::new(config),
            kms: aws_sdk_kms::Client::new(config),
            sqs: aws_sdk_sqs::Client::new(config),
        }
    }
}

/// A tenant's accounts, each reached by its role or with Miyabi's own credentials.
pub struct Accounts {
    own: SdkConfig,
    tenant: TenantId,
    access: Vec<AccountAccess>,
    clients: Mutex<BTreeMap<(AccountId, Region), Arc<Clients>>>,
}

impl Accounts {
    /// The accounts of `tenant`, as its settings list them.
    pub fn new(own: SdkConfig, tenant: TenantId, access: Vec<AccountAccess>) -> Self {
        Self { own, tenant, access, clients: Mutex::new(BTreeMap::new()) }
    }

    /// The clients of `account` in `region`, made once.
    pub async fn clients(&self, account: &AccountId, region: &Region) -> Arc<Clients> {
        let mut clients = self.clients.lock().await;
        let place = (account.clone(), region.clone());
        if let Some(made) = clients.get(&place) {
            return Arc::clone(made);
        }
        let access = self.access.iter().find(|access| access.account == *account);
        let config = aws::for_account(&self.own, &self.tenant, access, None).await;
        // Global services are reached from the region Miyabi itself runs in.
        let config = if region.is_global() {
            config
        } else {
            config.into_builder().region(SdkRegion::new(region.to_string())).build()
        };
        let made = Arc::new(Clients::new(&config));
        clients.insert(place, Arc::clone(&made));
        made
    }
}
