//! Which controls belong to which standard of Security Hub.
//!
//! Source: AWS Security Hub User Guide, "Control reference for Security Hub CSPM", column "Applicable standards",
//! and "CIS AWS Foundations Benchmark" (read 2026-11), without what "Change log for Security Hub CSPM controls"
//! says is retired: EKS.3 (after 2026-08-10). The lists are whole: also of controls that no check decides yet.

use std::collections::BTreeSet;

use miyabi_types::{id::ControlId, standard::Standard};

/// Controls of a service by number.
type Controls = &'static [(&'static str, &'static [u16])];

/// The standards that `control` belongs to.
pub fn of(control: &ControlId) -> BTreeSet<Standard> {
    let Some((service, number)) = control.as_str().split_once('.') else { return BTreeSet::new() };
    let Ok(number) = number.parse() else { return BTreeSet::new() };
    Standard::ALL
        .into_iter()
        .filter(|standard| {
            controls(*standard).iter().any(|(name, numbers)| {
                // The guide itself writes `AutoScaling.3` and `Autoscaling.5`.
                name.eq_ignore_ascii_case(service) && numbers.contains(&number)
            })
        })
        .collect()
}

/// How many controls a standard has.
pub fn size(standard: Standard) -> usize {
    controls(standard).iter().map(|(_, numbers)| numbers.len()).sum()
}

const fn controls(standard: Standard) -> Controls {
    match standard {
        Standard::Fsbp => FSBP,
        Standard::Cis5 => CIS_5,
        Standard::Cis3 => CIS_3,
        Standard::Cis14 => CIS_1_4,
        Standard::Cis12 => CIS_1_2,
    }
}

const FSBP: Controls = &[
    ("Account", &[1]),
    ("ACM", &[1, 2]),
    ("APIGateway", &[1, 2, 3, 4, 5, 8, 9, 10, 11]),
    ("AppSync", &[2, 5]),
    ("Athena", &[4]),
    ("AutoScaling", &[1, 2, 3, 5, 6, 9]),
    ("Backup", &[1]),
    ("Bedrock", &[1]),
    ("BedrockAgentCore", &[1, 2, 5, 6, 7]),
    ("CloudFormation", &[3, 4]),
    ("CloudFront", &[1, 3, 4, 5, 6, 7, 8, 9, 10, 12, 13, 15, 16, 17]),
    ("CloudTrail", &[1, 2, 4, 5]),
    ("CodeBuild", &[1, 2, 3, 4, 7]),
    ("Cognito", &[1, 2, 3, 4, 5, 6]),
    ("Config", &[1]),
    ("Connect", &[2]),
    ("DataFirehose", &[1]),
    ("DataSync", &[1]),
    ("DMS", &[1, 6, 7, 8, 9, 10, 11, 12, 13]),
    ("DocumentDB", &[1, 2, 3, 4, 5, 6]),
    ("DynamoDB", &[1, 2, 3, 6, 7]),
    (
        "EC2",
        &[
            1, 2, 3, 4, 6, 7, 8, 9, 10, 15, 16, 17, 18, 19, 20, 21, 23, 24, 25, 51, 55, 56, 57, 58,
            60, 170, 171, 172, 173, 180, 181, 182, 183,
        ],
    ),
    ("ECR", &[1, 2, 3]),
    ("ECS", &[2, 3, 4, 5, 8, 9, 10, 12, 16, 18, 19, 20, 21]),
    ("EFS", &[1, 2, 3, 4, 7, 8]),
    ("EKS", &[1, 2, 8, 9]),
    ("ElastiCache", &[1, 2, 3, 4, 5, 6, 7]),
    ("ElasticBeanstalk", &[1, 2, 3]),
    ("ELB", &[1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 12, 13, 14, 17, 18, 21, 22]),
    ("EMR", &[1, 2, 3, 4]),
    ("ES", &[1, 2, 3, 4, 5, 6, 7, 8]),
    ("EventBridge", &[3]),
    ("FSx", &[1, 2, 3, 4, 5]),
    ("Glue", &[3, 4]),
    ("GuardDuty", &[1, 5, 6, 7, 8, 9, 10, 11, 12, 13]),
    ("IAM", &[1, 2, 3, 4, 5, 6, 7, 8, 21]),
    ("Inspector", &[1, 2, 3, 4]),
    ("Kinesis", &[1, 3]),
    ("KMS", &[1, 2, 3, 5]),
    ("Lambda", &[1, 2, 5]),
    ("Macie", &[1, 2]),
    ("MQ", &[2]),
    ("MSK", &[1, 3, 4, 5, 6]),
    ("Neptune", &[1, 2, 3, 4, 5, 6, 7, 8]),
    ("NetworkFirewall", &[2, 3, 4, 5, 6, 9, 10]),
    ("OpenSearch", &[1, 2, 3, 4, 5, 6, 7, 8, 10]),
    ("PCA", &[1]),
    (
        "RDS",
        &[
            1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 19, 20, 21, 22, 23, 24, 25,
            27, 34, 35, 36, 37, 38, 39, 40, 41, 42, 43, 44, 45, 46, 47, 48, 50, 51,
        ],
    ),
    ("Redshift", &[1, 2, 3, 4, 6, 7, 8, 10, 15, 18]),
    ("RedshiftServerless", &[1, 2, 3, 5, 6]),
    ("Route53", &[2]),
    ("S3", &[1, 2, 3, 5, 6, 8, 9, 12, 13, 19, 24, 25]),
    (
        "SageMaker",
        &[1, 2, 3, 4, 5, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 19, 20, 21, 22, 23, 24, 25],
    ),
    ("SecretsManager", &[1, 2, 3, 4]),
    ("ServiceCatalog", &[1]),
    ("SES", &[3]),
    ("SNS", &[4]),
    ("SQS", &[1, 3]),
    ("SSM", &[1, 2, 3, 4, 6, 7]),
    ("StepFunctions", &[1]),
    ("Transfer", &[2, 3]),
    ("WAF", &[1, 2, 3, 4, 6, 7, 8, 10, 12]),
    ("WorkSpaces", &[1, 2]),
];

const CIS_5: Controls = &[
    ("Account", &[1]),
    ("CloudTrail", &[1, 2, 4, 7]),
    ("Config", &[1]),
    ("EC2", &[2, 6, 7, 8, 21, 53, 54]),
    ("EFS", &[1, 8]),
    ("IAM", &[2, 3, 4, 5, 6, 9, 15, 16, 18, 22, 26, 27, 28]),
    ("KMS", &[4]),
    ("RDS", &[2, 3, 5, 13, 15]),
    ("S3", &[1, 5, 8, 20, 22, 23]),
];

const CIS_3: Controls = &[
    ("Account", &[1]),
    ("CloudTrail", &[1, 2, 4, 7]),
    ("Config", &[1]),
    ("EC2", &[2, 6, 7, 8, 21, 53, 54]),
    ("EFS", &[1]),
    ("IAM", &[2, 3, 4, 5, 6, 9, 15, 16, 18, 22, 26, 27, 28]),
    ("KMS", &[4]),
    ("RDS", &[2, 3, 13]),
    ("S3", &[1, 5, 8, 20, 22, 23]),
];

const CIS_1_4: Controls = &[
    ("CloudTrail", &[1, 2, 4, 5, 6, 7]),
    ("CloudWatch", &[1, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14]),
    ("Config", &[1]),
    ("EC2", &[2, 6, 7, 21]),
    ("IAM", &[1, 3, 4, 5, 6, 9, 15, 16, 18, 22]),
    ("KMS", &[4]),
    ("RDS", &[3]),
    ("S3", &[1, 5, 8, 20]),
];

const CIS_1_2: Controls = &[
    ("CloudTrail", &[1, 2, 4, 5, 6, 7]),
    ("CloudWatch", &[1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14]),
    ("Config", &[1]),
    ("EC2", &[2, 6, 13, 14]),
    ("IAM", &[1, 2, 3, 4, 5, 6, 8, 9, 11, 12, 13, 14, 15, 16, 17, 18]),
    ("KMS", &[4]),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(control: &str, expected: &[Standard]) {
        let control = ControlId::parse(control).unwrap();
        assert_eq!(of(&control), expected.iter().copied().collect(), "{control}");
    }

    #[test]
    fn membership_is_as_the_guide_lists_it() {
        use Standard::{Cis3, Cis5, Cis12, Cis14, Fsbp};
        check("EC2.19", &[Fsbp]);
        check("EC2.13", &[Cis12]);
        check("EC2.53", &[Cis5, Cis3]);
        check("IAM.9", &[Cis5, Cis3, Cis14, Cis12]);
        check("IAM.1", &[Fsbp, Cis14, Cis12]);
        check("RDS.5", &[Fsbp, Cis5]);
        check("S3.5", &[Fsbp, Cis5, Cis3, Cis14]);
        check("Autoscaling.5", &[Fsbp]);
        check("EC2.12", &[]);
        check("EFS.6", &[]);
        check("EKS.3", &[]);
        check("EC2.1900", &[]);
    }

    #[test]
    fn lists_hold_each_control_once() {
        for standard in Standard::ALL {
            for (service, numbers) in controls(standard) {
                assert!(numbers.is_sorted_by(|a, b| a < b), "{standard:?} {service}");
            }
            let services: BTreeSet<_> = controls(standard).iter().map(|(name, _)| name).collect();
            assert_eq!(services.len(), controls(standard).len(), "{standard:?}");
        }
        let sizes = Standard::ALL.map(size);
        assert_eq!(sizes, [375, 40, 37, 39, 42]);
    }
}
