//! The security standards that Security Hub scores, of which Miyabi knows the controls.

use serde::{Deserialize, Serialize};

/// A standard, in the version that Security Hub implements.
///
/// Source: AWS Security Hub User Guide, "Standards reference for Security Hub CSPM" (read 2026-11).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Standard {
    /// AWS Foundational Security Best Practices v1.0.0.
    #[serde(rename = "fsbp")]
    Fsbp,
    /// CIS AWS Foundations Benchmark v5.0.0.
    #[serde(rename = "cis-5.0.0")]
    Cis5,
    /// CIS AWS Foundations Benchmark v3.0.0.
    #[serde(rename = "cis-3.0.0")]
    Cis3,
    /// CIS AWS Foundations Benchmark v1.4.0.
    #[serde(rename = "cis-1.4.0")]
    Cis14,
    /// CIS AWS Foundations Benchmark v1.2.0.
    #[serde(rename = "cis-1.2.0")]
    Cis12,
}

impl Standard {
    /// Every standard: AWS's own, then CIS, newest first.
    pub const ALL: [Self; 5] = [Self::Fsbp, Self::Cis5, Self::Cis3, Self::Cis14, Self::Cis12];

    /// The name as Security Hub shows it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Fsbp => "AWS Foundational Security Best Practices v1.0.0",
            Self::Cis5 => "CIS AWS Foundations Benchmark v5.0.0",
            Self::Cis3 => "CIS AWS Foundations Benchmark v3.0.0",
            Self::Cis14 => "CIS AWS Foundations Benchmark v1.4.0",
            Self::Cis12 => "CIS AWS Foundations Benchmark v1.2.0",
        }
    }

    /// The name where there is little room.
    pub const fn short_name(self) -> &'static str {
        match self {
            Self::Fsbp => "AWS Foundational (FSBP 1.0)",
            Self::Cis5 => "CIS Foundations 5.0",
            Self::Cis3 => "CIS Foundations 3.0",
            Self::Cis14 => "CIS Foundations 1.4",
            Self::Cis12 => "CIS Foundations 1.2",
        }
    }

    /// The id as findings name it (`Compliance.AssociatedStandards.StandardsId`): the end of its ARN.
    pub const fn id(self) -> &'static str {
        match self {
            Self::Fsbp => "standards/aws-foundational-security-best-practices/v/1.0.0",
            Self::Cis5 => "standards/cis-aws-foundations-benchmark/v/5.0.0",
            Self::Cis3 => "standards/cis-aws-foundations-benchmark/v/3.0.0",
            Self::Cis14 => "standards/cis-aws-foundations-benchmark/v/1.4.0",
            Self::Cis12 => "ruleset/cis-aws-foundations-benchmark/v/1.2.0",
        }
    }
}
